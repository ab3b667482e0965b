"""What the desk refuses before any page: foreign hosts and origins, stolen and guessed sessions, forged forms, odd paths."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.desk.desk_office import DeskOffice, form, sign_in

NewBrowser = Callable[[], requests.Session]


@pytest.fixture
def browser(desk: DeskOffice) -> Iterator[NewBrowser]:
    """Makes browsers without script, which send the Origin that browsers send."""
    with ExitStack() as open_ones:

        def made() -> requests.Session:
            session = open_ones.enter_context(requests.Session())
            session.headers["Origin"] = desk.url
            return session

        yield made


@pytest.fixture
def clerk(desk: DeskOffice, browser: NewBrowser) -> requests.Session:
    made = browser()
    assert sign_in(made, desk).status_code == 303
    return made


# Who is not signed in


@pytest.mark.parametrize("path", ["/", "/find", "/r/R0", "/status", "/enter", "/import"])
def test_pages_lead_to_signing_in(desk: DeskOffice, path: str) -> None:
    answer = requests.get(desk.url + path, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?to={path}")


@pytest.mark.parametrize("path", ["/alive", "/_nicegui/3.18.0/static/nicegui.js", "/openapi.json", "/docs"])
def test_nothing_else_is_there_without_a_session(desk: DeskOffice, path: str) -> None:
    assert requests.get(desk.url + path, allow_redirects=False, timeout=10).status_code == 403


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_to_no_other_site(desk: DeskOffice, browser: NewBrowser, to: str) -> None:
    answer = sign_in(browser(), desk, to=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_wrong_key_is_refused_and_says_neither_name_nor_key(desk: DeskOffice, browser: NewBrowser) -> None:
    answer = sign_in(browser(), desk, key="wrong key 1")
    assert answer.status_code == 403
    assert "wrong key 1" not in answer.text
    assert "wrong key 1" not in desk.log.read_text()


# Sessions


def test_session_is_never_one_that_the_browser_brought_along(desk: DeskOffice, browser: NewBrowser) -> None:
    victim = browser()
    victim.cookies.set("desk", "chosen-by-somebody-else")
    answer = sign_in(victim, desk)
    assert "chosen-by-somebody-else" not in answer.headers["set-cookie"]
    fixed = requests.get(
        f"{desk.url}/find", cookies={"desk": "chosen-by-somebody-else"}, allow_redirects=False, timeout=10
    )
    assert fixed.status_code == 303


def test_signing_out_ends_the_session_and_no_link_does_it(desk: DeskOffice, clerk: requests.Session) -> None:
    before = clerk.cookies["desk"]
    clerk.get(f"{desk.url}/sign-out")
    assert clerk.get(f"{desk.url}/find", allow_redirects=False).status_code == 200
    clerk.post(f"{desk.url}/sign-out", allow_redirects=False)
    stale = requests.get(f"{desk.url}/find", cookies={"desk": before}, allow_redirects=False, timeout=10)
    assert stale.status_code == 303


def test_cookie_is_out_of_reach_of_scripts(desk: DeskOffice, browser: NewBrowser) -> None:
    handed_out = sign_in(browser(), desk).headers["set-cookie"]
    assert "HttpOnly" in handed_out
    assert "SameSite=lax" in handed_out


# Forged requests


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_form_of_another_site_is_refused(desk: DeskOffice, browser: NewBrowser, origin: str) -> None:
    session = browser()
    session.headers["Origin"] = origin
    assert sign_in(session, desk).status_code == 403


def test_form_that_was_not_shown_to_this_browser_is_refused(desk: DeskOffice, browser: NewBrowser) -> None:
    stolen = form(browser(), desk)
    assert sign_in(browser(), desk, form=stolen).status_code == 403


def test_foreign_site_cannot_sign_anybody_out(desk: DeskOffice, clerk: requests.Session) -> None:
    answer = clerk.post(
        f"{desk.url}/sign-out", headers={"Origin": "https://evil.example"}, allow_redirects=False
    )
    assert answer.status_code == 403
    assert clerk.get(f"{desk.url}/find", allow_redirects=False).status_code == 200


def test_host_that_is_not_the_desk_s_is_refused(desk: DeskOffice, clerk: requests.Session) -> None:
    assert clerk.get(f"{desk.url}/find", headers={"Host": "rebound.example"}).status_code == 421


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_only_what_pages_need_is_answered(desk: DeskOffice, clerk: requests.Session, method: str) -> None:
    assert clerk.request(method, f"{desk.url}/find").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../sessions.py",
        "/static/%2e%2e/sessions.py",
        "/r/..%2f..%2fetc",
        "/r/%00",
        "/static//etc/passwd",
    ],
)
def test_paths_lead_nowhere_else(desk: DeskOffice, clerk: requests.Session, path: str) -> None:
    answer = requests.Request("GET", desk.url + path, cookies=clerk.cookies).prepare()
    answer.url = desk.url + path
    found = clerk.send(answer, allow_redirects=False)
    assert found.status_code == 404 or "档案中没有这条记录" in found.text
    assert "Session" not in found.text


# The socket over which pages are pushed


def socket(desk: DeskOffice, page: str, **headers: str) -> ClientConnection:
    address = (
        f"ws://{urlsplit(desk.url).netloc}/_nicegui_ws/socket.io/?EIO=4&transport=websocket&client_id={page}"
    )
    return connect(address, additional_headers=headers)


def open_page_of(session: requests.Session, desk: DeskOffice) -> str:
    found = re.search(r"client_id['\"]: ['\"]([0-9a-f-]{36})", session.get(f"{desk.url}/find").text)
    assert found
    return found[1]


def cookie(session: requests.Session) -> str:
    return f"desk={session.cookies['desk']}"


def test_socket_of_another_site_is_refused(desk: DeskOffice, clerk: requests.Session) -> None:
    page = open_page_of(clerk, desk)
    with pytest.raises(InvalidStatus):
        socket(desk, page, Origin="https://evil.example", Cookie=cookie(clerk))


def test_socket_without_session_is_refused(desk: DeskOffice, clerk: requests.Session) -> None:
    with pytest.raises(InvalidStatus):
        socket(desk, open_page_of(clerk, desk), Origin=desk.url)


def test_socket_to_somebody_else_s_page_is_refused(
    desk: DeskOffice, browser: NewBrowser, clerk: requests.Session
) -> None:
    other = browser()
    sign_in(other, desk)
    with pytest.raises(InvalidStatus):
        socket(desk, open_page_of(clerk, desk), Origin=desk.url, Cookie=cookie(other))
    with socket(desk, open_page_of(clerk, desk), Origin=desk.url, Cookie=cookie(clerk)) as mine:
        assert str(mine.recv(timeout=5)).startswith("0{")


def test_long_polling_is_not_there(desk: DeskOffice, clerk: requests.Session) -> None:
    answer = clerk.get(f"{desk.url}/_nicegui_ws/socket.io/?EIO=4&transport=polling")
    assert answer.status_code == 404


# Headers


def test_every_answer_carries_strict_headers(desk: DeskOffice, clerk: requests.Session) -> None:
    for path in ("/find", "/sign-in", "/static/desk.css", "/nowhere"):
        headers = clerk.get(desk.url + path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"].split("style-src")[0]
        assert headers["cache-control"] == "no-store"
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_every_page_has_a_nonce_of_its_own(desk: DeskOffice, clerk: requests.Session) -> None:
    nonces = {
        re.search(r"'nonce-([^']+)'", clerk.get(f"{desk.url}/find").headers["content-security-policy"])[1]  # type: ignore[index]
        for _ in range(2)
    }
    assert len(nonces) == 2


# Guessing


class FromElsewhere(HTTPAdapter):
    """Calls from another address of this machine, so that the other tests need not wait when it is shut out."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=("127.0.0.2", 0))


def test_guessing_is_stopped_even_with_the_right_key_in_the_end(
    desk: DeskOffice, browser: NewBrowser
) -> None:
    guesser = browser()
    guesser.mount("http://", FromElsewhere())
    answers = [sign_in(guesser, desk, key=f"guess {n}", name=f"somebody {n}").status_code for n in range(11)]
    assert (answers[0], answers[-1]) == (403, 429)
    assert sign_in(guesser, desk).status_code == 429
