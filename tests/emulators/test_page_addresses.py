"""Addresses of records as the services' own sites have them lead to the page, at that record; and a visitor's first steps."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import DESKTOP, PHONE, OpenPage
from tests.emulators.page_world import Office, page_office


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with page_office() as office:
        yield office


def test_address_of_an_airtable_record_leads_to_its_row(office: Office, open_page: OpenPage) -> None:
    table = office.customers
    record = next(one for one in table.all() if one["fields"]["姓名"] == "乙")
    base = office.served.description["airtable"]["base_id"]
    page = open_page(f"{office.url}/{base}/{table.schema().id}/{record['id']}")
    expect(page.locator(".pane.airtable .cell.current")).to_have_text("乙")
    assert urlsplit(page.url).path == "/"


def test_address_of_a_spreadsheet_s_row_leads_to_it(office: Office, open_page: OpenPage) -> None:
    spreadsheet = office.served.description["google"]["spreadsheet_id"]
    page = open_page(f"{office.url}/spreadsheets/d/{spreadsheet}/edit#gid=0&range=A3")
    expect(page.locator(".pane.sheets .cell.current")).to_have_text("甲")


def test_no_other_path_is_an_address_of_the_page(office: Office) -> None:
    for path in ("/appX/../_control", "/app1/tbl1/rec1/x", "/spreadsheets/d/", "/spreadsheets/d/x/copy"):
        assert requests.get(office.url + path, allow_redirects=False, timeout=10).status_code != 302


def test_foreign_page_is_not_led_anywhere(office: Office) -> None:
    answer = requests.get(
        f"{office.url}/app1/tbl1",
        headers={"Origin": "https://evil.example"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_visitor_is_told_what_to_try_first_also_when_the_page_is_open_already(
    office: Office, open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    steps = f"{office.served.description['control_url']}/steps"
    requests.post(steps, json=[], timeout=10).raise_for_status()
    page = open_page(office.url, width=width)
    page.locator("body[data-ready]").wait_for()
    expect(page.locator(".guide")).to_have_count(0)
    requests.post(steps, json=["点「新增行」", "<b>再看</b>表格"], timeout=10).raise_for_status()
    expect(page.get_by_text("先试这几步")).to_be_visible()
    if width == PHONE:
        page.get_by_text("先试这几步").click()
    expect(page.get_by_role("listitem").get_by_text("<b>再看</b>表格")).to_be_visible()
    keep_picture(page, "steps")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]})
    assert [
        one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")
    ] == []
