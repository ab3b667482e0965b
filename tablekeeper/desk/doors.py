"""The desk's outer doors, before any page: which hosts, origins and sessions come in, and the headers of what goes out.

Plain ASGI, so that the sockets over which NiceGUI pushes pass through the same doors as its pages.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote

import structlog

from tablekeeper.desk.sessions import Session, Sessions

log = structlog.get_logger("desk")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/sign-in", "/sign-in/oidc", "/sign-in/oidc/back", "/static/desk.css", "/favicon.ico"})
"""What is there for people who are not signed in."""
SOCKET = "/_nicegui_ws/"
LIBRARY = "/_nicegui/"
PAGES = "/_nicegui/client/"
"""Where a page of somebody has addresses of its own, for uploads."""
UPLOAD = re.compile(PAGES + "([^/]*)/")
KEPT = "public, max-age=31536000, immutable"
"""How long browsers may keep NiceGUI's own libraries, whose addresses carry its version."""
UNATTENDED = (LIBRARY, "/alive", "/static/")
"""What pages ask for by themselves: no sign that somebody is there."""
PLACES = re.compile(r"/(r/[0-9A-Za-z]{1,40}|find|enter|import|status)?")
"""Where signing in may lead on to: nothing but pages of this desk."""
BODY_MAX = 25 * 1024 * 1024

# 'unsafe-eval': Vue compiles NiceGUI's templates in the browser, and NiceGUI sends event handlers as text. Scripts in the page's
# source need this answer's nonce, which the page template alone gets (see `nonces.py`): nothing that a cell holds can run.
# 'unsafe-inline' for styles: Quasar sets style attributes. A style shows nothing elsewhere, for images and fonts come from here.
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'none'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), clipboard-read=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where browsers find the desk: the origins that its pages may have."""

    origins: frozenset[str]
    secure: bool

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; with the prefix, browsers take it from this host over HTTPS alone."""
        return "__Host-desk" if self.secure else "desk"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request's header Host may say. Anything else is a name that somebody bent to this address."""
        return frozenset(origin.split("://", 1)[1] for origin in self.origins)


class Doors:
    """Lets a request through to the pages, or answers it here."""

    def __init__(self, inside: App, *, sessions: Sessions, address: Address) -> None:
        self._inside, self._sessions, self._address = inside, sessions, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, as ASGI has it."""
        if scope["type"] == "lifespan":
            await self._inside(scope, receive, send)
            return
        headers = _headers(scope)
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"x-forwarded-prefix"]
        session = self._session(headers)
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {}).update(session=session, nonce=nonce, key=self._key(headers))
        sending = self._dressed(send, scope["path"], nonce)
        refused = self._refused(scope, headers, session)
        if refused is None:
            if session is not None and scope["type"] == "http" and not scope["path"].startswith(UNATTENDED):
                self._sessions.use(session)
            await self._inside(scope, receive, sending if scope["type"] == "http" else send)
        elif scope["type"] == "websocket":
            if (
                refused != "session"
            ):  # A page that was left open calls again and again after its session has ended.
                log.warning("desk_refused", why=refused, what="socket")
            await receive()
            await send({"type": "websocket.close", "code": 4403})
        else:
            await _answer(scope, sending, refused)

    def _refused(self, scope: Scope, headers: dict[str, str], session: Session | None) -> str | None:
        """Why a connection does not come in; None when it does."""
        if headers.get("host", "") not in self._address.hosts:
            return "host"
        if scope["type"] == "websocket":
            return self._socket_refused(scope, headers, session)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return "method"
        if scope["method"] == "POST" and headers.get("origin", "") not in self._address.origins:
            return "origin"
        if scope["method"] == "POST" and not headers.get("content-length", "x").isdecimal():
            return "length"
        if int(headers.get("content-length", "0") or 0) > BODY_MAX:
            return "length"
        if scope["path"].startswith(SOCKET):
            return "socket"
        upload = UPLOAD.match(scope["path"])
        if upload and (session is None or upload[1] not in session.pages):
            return "page"
        return "session" if session is None and scope["path"] not in OPEN else None

    def _socket_refused(self, scope: Scope, headers: dict[str, str], session: Session | None) -> str | None:
        if headers.get("origin", "") not in self._address.origins:
            return "origin"
        if session is None:
            return "session"
        page = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("client_id", [""])[0]
        return None if page in session.pages else "page"

    def _key(self, headers: dict[str, str]) -> str:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._address.cookie)
        except CookieError:
            return ""
        return morsel.value if morsel else ""

    def _session(self, headers: dict[str, str]) -> Session | None:
        key = self._key(headers)
        return self._sessions.of(key) if key else None

    def _dressed(self, send: Send, path: str, nonce: str) -> Send:
        """Sends with the headers that every answer of the desk carries."""
        ours = {**HEADERS, "content-security-policy": POLICY.format(nonce=nonce)}
        if self._address.secure:
            ours["strict-transport-security"] = "max-age=31536000"

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                library = path.startswith(LIBRARY) and message["status"] == 200
                kept = KEPT if library and not path.startswith(PAGES) else "no-store"
                message["headers"] = _replaced(message.get("headers", ()), {**ours, "cache-control": kept})
            await send(message)

        return sending


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _replaced(headers: Iterable[tuple[bytes, bytes]], ours: dict[str, str]) -> list[tuple[bytes, bytes]]:
    names = {name.encode() for name in ours}
    others = [(name, value) for name, value in headers if name.lower() not in names]
    return [*others, *((name.encode(), value.encode()) for name, value in ours.items())]


ANSWERS = {
    "host": (421, "这不是本系统的地址"),
    "method": (405, "不支持的请求"),
    "origin": (403, "请求不是从本系统的页面发出的"),
    "length": (413, "文件太大"),
    "socket": (404, "没有这个页面"),
}


async def _answer(scope: Scope, send: Send, refused: str) -> None:
    """What a refused request gets: who is merely not signed in is led to signing in."""
    path = str(scope["path"])
    if refused == "session" and scope["method"] == "GET" and PLACES.fullmatch(path):
        await _send(send, 303, "", location=f"/sign-in?to={quote(path, safe='/')}")
        return
    status, text = ANSWERS.get(refused, (403, "请先登录"))
    if refused in ("host", "origin"):
        log.warning("desk_refused", why=refused, what="request")
    await _send(send, status, text)


async def _send(send: Send, status: int, text: str, **headers: str) -> None:
    told = {"content-type": "text/plain; charset=utf-8", **headers}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": text.encode()})
