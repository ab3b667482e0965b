"""Debian's Chromium for tests of pages: fixtures that open a page at a width and keep pictures. Nothing but loopback is reached."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

PICTURES = "BROWSER_PICTURES"
"""Names the folder to keep pictures in; without it they go to pytest's own."""
PHONE, DESKTOP = 360, 1280
LOOPBACK = ("127.0.0.1", "localhost")
ARGUMENTS = (
    # The tests' container runs as root, for which Chromium's own sandbox does not start.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # No name but loopback is found: a page that needs anything else shows itself broken.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
PATIENCE_MS = 30_000
"""How long a condition is waited for: a machine may be busy with others."""


class OpenPage(Protocol):
    """Opens an address as a person of their own (a fresh browser context) and hands the page back."""

    def __call__(self, url: str, *, width: int = DESKTOP, height: int = 800, **context: Any) -> Page: ...


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running browser. Per module, since playwright keeps an event loop running in this thread while it is open."""
    executable = shutil.which("chromium")
    if executable is None:
        _missing("no chromium on PATH: apt-get install chromium fonts-noto-cjk (as .ci/chromium does)")
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


def _missing(reason: str) -> None:
    """Skip; where all has to be tried, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens pages. Fails the test when a page raised an error, or asked for anything that is not on loopback."""
    faults: list[str] = []
    with ExitStack() as cleanup:

        def open_(url: str, *, width: int = DESKTOP, height: int = 800, **context: Any) -> Page:
            person = chromium.new_context(
                viewport={"width": width, "height": height},
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                # What fades in is seen at once, in pictures and by scans.
                reduced_motion="reduce",
                **context,
            )
            cleanup.callback(person.close)
            person.set_default_timeout(PATIENCE_MS)
            _watch(person, faults)
            page = person.new_page()
            page.goto(url)
            return page

        yield open_
    assert faults == [], faults


def _watch(person: BrowserContext, faults: list[str]) -> None:
    person.on("weberror", lambda fault: faults.append(str(fault.error)))
    person.on("request", lambda request: faults.extend(_elsewhere(request.url)))
    # What the page's own policy forbids is announced all the same, and never sent.
    person.on("requestfailed", lambda request: _forgive(faults, request))
    person.on("page", lambda page: page.on("websocket", lambda socket: faults.extend(_elsewhere(socket.url))))


def _forgive(faults: list[str], request: Request) -> None:
    for fault in _elsewhere(request.url) if request.failure == "csp" else ():
        faults.remove(fault)


def _elsewhere(url: str) -> list[str]:
    parts = urlsplit(url)
    local = parts.scheme in ("data", "blob", "about") or parts.hostname in LOOPBACK
    return [] if local else [f"asked for {url}"]


@pytest.fixture
def keep_picture(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """`keep_picture(page, "name")` keeps what the page shows, named after the test, the name and the width."""
    folder = Path(os.environ.get(PICTURES) or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def keep(page: Page, name: str, *, full_page: bool = False) -> Path:
        assert page.viewport_size
        parts = (request.node.name, name, str(page.viewport_size["width"]))
        file = folder / (re.sub(r"[^\w-]+", "_", "-".join(parts)) + ".png")
        page.screenshot(path=file, full_page=full_page)
        return file

    return keep
