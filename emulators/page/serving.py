"""What the page asks of its own server: its files, whom it acts as, what changed, and the HTML of a mail.

Everything else it does with the services' API, with the tokens of the person at the screen.
"""

import mimetypes
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from emulators.exchange import Request, Response
from emulators.page.guard import foreign_name, foreign_page, is_loopback
from emulators.page.web import address_on_page
from emulators.world import World

BELOW = "/_page/"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A mail is shown as it is, without scripts, and without asking anybody for a picture.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
JSON = {"Content-Type": "application/json; charset=utf-8"}


def is_page(path: str) -> bool:
    """Whether a path belongs to the page."""
    return path == "/" or path.startswith(BELOW) or address_on_page(path) is not None


def page(world: World, request: Request, *, peer: str) -> Response:
    """Answer a request of the page's. `peer` is the caller's address: whoever is not on this machine gets no tokens."""
    refused = foreign_name(request.headers) or foreign_page(request.headers)
    if not refused and not is_loopback(peer):
        refused = "the page acts as a person, and so is only for this machine"
    if refused:
        return _json({"error": refused}, status=403)
    if request.method != "GET":
        return _json({"error": "only GET is answered here"}, status=405)
    elsewhere = address_on_page(request.path)
    if elsewhere is not None:
        return Response(302, b"", HEADERS | {"Location": elsewhere})
    return _answer(world, request.path.removeprefix(BELOW) if request.path != "/" else "index.html")


def _answer(world: World, name: str) -> Response:
    if name == "session":
        return _json(_session(world))
    if name == "revision":
        return _json(_revision(world))
    if name.startswith("mail/"):
        return _mail(world, name.removeprefix("mail/"))
    content = _files().get(name)
    if content is None:
        return _json({"error": "no such page"}, status=404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Security-Policy": POLICY}
    return Response(200, content, HEADERS | headers)


def _session(world: World) -> dict[str, Any]:
    """Whom the page acts as, and what it opens first."""
    with world.lock:
        return {
            "airtable": {"token": world.airtable.staff_token, "base": world.base_id},
            "google": {"token": world.google.staff_token, "spreadsheet": world.spreadsheet_id},
            "links": world.links,
            "steps": world.steps,
        }


def _revision(world: World) -> dict[str, Any]:
    """Numbers that move with every change. Asking for them is no API call: it reads no table and stands in no journal."""
    with world.lock:
        return {
            "airtable": world.airtable.revision,
            "google": world.google.revision,
            "mails": len(world.mailbox.mails),
            "guide": len(world.links) + len(world.steps),
        }


def _mail(world: World, number: str) -> Response:
    """One mail's HTML, whose links open beside the page."""
    with world.lock:
        mails = world.mailbox.mails
        found = mails[int(number)]["html"] if number.isdecimal() and int(number) < len(mails) else None
    if found is None:
        return _json({"error": "no such mail"}, status=404)
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": MAIL_POLICY}
    return Response(200, f'<base target="_blank">{found}'.encode(), HEADERS | headers)


@cache
def _files() -> dict[str, bytes]:
    """The shipped files by name: nothing else can be asked for."""
    folder = files("emulators.page") / "files"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def _json(content: Any, *, status: int = 200) -> Response:
    return Response(status, orjson.dumps(content), HEADERS | JSON)
