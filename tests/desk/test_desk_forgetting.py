"""A shown value leaves the desk's own memory: after its time, and when the tab closes. Looked at in the desk's process."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import OpenPage
from tests.desk.desk_office import DeskOffice, running_desk
from tests.tablekeeper.cli_office import MOBILE

PATIENCE_S = 20
WATCHED = """
import threading, time
from pathlib import Path
from nicegui import Client
from nicegui.page import page
from tablekeeper.desk import asking

asking.SHOWN_S = {shown_s}
page.resolve_reconnect_timeout = lambda self: 3600  # NiceGUI itself lets go of no page meanwhile.

def watch():
    while True:
        texts = [
            repr((element._props, getattr(element, "_text", "")))
            for client in list(Client.instances.values()) for element in list(client.elements.values())
        ]
        file = Path({file!r})
        file.with_suffix(".new").write_text("\\n".join(texts))
        file.with_suffix(".new").replace(file)
        time.sleep(0.1)

threading.Thread(target=watch, daemon=True).start()
"""


@pytest.fixture(scope="module")
def elements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that holds all elements of the desk's pages, as its process has them."""
    return tmp_path_factory.mktemp("watched") / "elements"


@pytest.fixture(scope="module")
def watched(desk: DeskOffice, elements: Path) -> Iterator[DeskOffice]:
    """A desk that shows values for a few seconds only."""
    before = WATCHED.format(shown_s=4, file=str(elements))
    with running_desk(desk.office, before=before) as made:
        yield made


@pytest.fixture(scope="module")
def patient(desk: DeskOffice, elements: Path) -> Iterator[DeskOffice]:
    """A desk that would show values for an hour."""
    before = WATCHED.format(shown_s=3600, file=str(elements.with_name("patient")))
    with running_desk(desk.office, before=before) as made:
        yield made


def show(desk: DeskOffice, open_page: OpenPage) -> Page:
    page = desk.sign_in(open_page, f"/r/{desk.office.uid('C00000001')}")
    page.get_by_role("button", name="显示手机号码").click()
    page.get_by_role("button", name="联系客户", exact=True).click()
    expect(page.locator(".shown")).to_have_text(MOBILE)
    return page


def until(file: Path, *, has: bool) -> None:
    """Wait for the value to be in the desk's elements, or to be gone from them."""
    end = time.monotonic() + PATIENCE_S
    while (MOBILE in file.read_text()) is not has:
        assert time.monotonic() < end, "the desk keeps the value" if not has else "the value was never there"
        time.sleep(0.1)


def test_desk_takes_a_shown_value_back_when_its_time_is_over(
    watched: DeskOffice, elements: Path, open_page: OpenPage
) -> None:
    page = show(watched, open_page)
    until(elements, has=True)
    until(elements, has=False)
    expect(page.locator(".shown")).to_have_count(0)
    assert MOBILE not in page.content()


def test_desk_takes_a_shown_value_back_when_the_tab_closes(
    patient: DeskOffice, elements: Path, open_page: OpenPage
) -> None:
    page, file = show(patient, open_page), elements.with_name("patient")
    until(file, has=True)
    page.close()
    until(file, has=False)
