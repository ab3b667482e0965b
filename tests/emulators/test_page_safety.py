"""The page keeps to itself: stored scripts stay text, mails run nothing, other sites and other machines get no token."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from emulators.exchange import Request
from emulators.page.serving import page as answer_page
from emulators.server import Running, running
from emulators.world import World
from tests.browser import DESKTOP, PHONE, OpenPage
from tests.emulators.page_world import SCRIPT, Office, page_office, pane

ROOT = Path(__file__).parents[2]
TITLE = "仿真的在线表格与邮箱"


@pytest.fixture
def office() -> Iterator[Office]:
    with page_office() as office:
        yield office


@pytest.fixture(scope="module")
def served() -> Iterator[Running]:
    with running() as served:
        yield served


def test_a_stored_script_is_shown_and_does_not_run(office: Office, open_page: OpenPage) -> None:
    page = open_page(f"{office.url}/#both")
    airtable, sheets = pane(page, "airtable"), pane(page, "sheets")
    airtable.shows(2, 5, SCRIPT)
    sheets.root.get_by_text("显示隐藏列").click()
    sheets.shows(3, 4, SCRIPT)
    sheets.cell(3, 4).click()
    expect(sheets.root.locator(".bar")).to_contain_text(SCRIPT)
    office.batch(
        {"updateSheetProperties": {"properties": {"sheetId": 0, "title": SCRIPT}, "fields": "title"}}
    )
    expect(sheets.root.get_by_role("tab")).to_have_text(SCRIPT)
    page.wait_for_timeout(200)
    assert page.title() == TITLE


def test_only_addresses_of_the_web_become_links(office: Office, open_page: OpenPage) -> None:
    bad, good = "javascript:document.title='taken'", "https://example.com/a"
    office.google("PUT", "/values/A6", params={"valueInputOption": "RAW"}, json={"values": [[bad], [good]]})
    grid = pane(open_page(f"{office.url}/#sheets"), "sheets")
    grid.cell(6, 0).wait_for()
    assert grid.cell(5, 0).locator("a").count() == 0
    assert grid.cell(6, 0).locator("a").get_attribute("href") == good


def test_a_mail_is_read_as_text_and_as_sent_and_runs_nothing(
    office: Office, open_page: OpenPage, keep_picture: Callable[..., Path]
) -> None:
    picture = "<img src='https://example.com/spy.png'>"
    office.mail("续期提醒", "正文", f"<h1>{SCRIPT}续期</h1>{picture}<a href='http://127.0.0.1:9/'>查看</a>")
    office.mail(SCRIPT, "第二封", "<p>第二封</p>")
    for width in (PHONE, DESKTOP):
        page = open_page(f"{office.url}/#mail", width=width)
        expect(page.locator(".mails button")).to_have_count(2)
        expect(page.locator(".mails b").first).to_have_text(SCRIPT)
        page.get_by_role("button", name="续期提醒").click()
        expect(page.frame_locator("iframe").get_by_role("heading", name="续期")).to_be_visible()
        assert page.frame_locator("iframe").locator("base").get_attribute("target") == "_blank"
        keep_picture(page, "mail")
        page.get_by_role("button", name="文本").click()
        expect(page.locator(".reader pre")).to_have_text("正文\n")
        assert page.title() == TITLE


@pytest.mark.parametrize("path", ["/", "/_page/session", "/_control/state", "/_mailbox"])
def test_another_name_for_this_machine_is_not_served(served: Running, path: str) -> None:
    """A name that someone else's server points to 127.0.0.1 would make their page count as ours."""
    url = served.description["airtable"]["endpoint_url"] + path
    assert requests.get(url, headers={"Host": "evil.example:80"}, timeout=5).status_code == 403
    assert requests.get(url, timeout=5).status_code == 200
    port = url.split(":")[2].split("/")[0]
    assert requests.get(url, headers={"Host": f"localhost:{port}"}, timeout=5).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_another_sites_page_is_refused(served: Running, headers: dict[str, str]) -> None:
    control = served.description["control_url"]
    assert requests.post(f"{control}/reset", headers=headers, timeout=5).status_code == 403
    session = control.replace("_control", "_page/session")
    assert requests.get(session, headers=headers, timeout=5).status_code == 403


def test_a_link_to_the_page_may_be_followed_from_anywhere(served: Running) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    url = served.description["airtable"]["endpoint_url"]
    assert requests.get(url, headers=headers, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("peer", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), ("", 403)]
)
def test_only_this_machine_is_given_the_persons_tokens(peer: str, status: int) -> None:
    request = Request("", "GET", "/_page/session", headers={"host": "192.0.2.1:80"})
    assert answer_page(World(), request, peer=peer).status == status


@pytest.mark.parametrize(
    "path", ["../serving.py", "%2e%2e/serving.py", "files/main.js", "", "mail/0", "mail/-1"]
)
def test_nothing_but_the_pages_own_files_is_served(served: Running, path: str) -> None:
    url = served.description["airtable"]["endpoint_url"] + "/_page/" + path
    prepared = requests.Request("GET", url).prepare()
    prepared.url = url
    assert requests.Session().send(prepared, timeout=5).status_code == 404


def test_the_page_may_load_nothing_from_elsewhere(served: Running) -> None:
    answer = requests.get(served.description["airtable"]["endpoint_url"], timeout=5)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    files = ROOT / "emulators" / "page" / "files"
    assert not [file.name for file in files.iterdir() if "//cdn" in file.read_text("utf-8")]


def test_looking_is_neither_an_api_call_nor_a_change(served: Running) -> None:
    control = served.description["control_url"]
    before = served.world.changes
    for _ in range(3):
        requests.get(control.replace("_control", "_page/revision"), timeout=5).raise_for_status()
    assert requests.get(f"{control}/requests", timeout=5).json() == []
    assert served.world.changes == before


def test_what_else_there_is_to_see_is_linked_and_only_as_an_address(
    office: Office, open_page: OpenPage
) -> None:
    links = office.served.description["control_url"] + "/links"
    good = [{"title": "查看", "url": "http://127.0.0.1:9/"}]
    assert requests.post(links, json=good, timeout=5).status_code == 200
    bad = [{"title": "x", "url": "javascript:alert(1)"}]
    assert requests.post(links, json=bad, timeout=5).status_code == 400
    page = open_page(office.url)
    assert page.get_by_role("link", name="查看").get_attribute("href") == good[0]["url"]


@pytest.mark.parametrize("view", ["both", "mail"])
def test_the_page_has_no_serious_barriers(office: Office, open_page: OpenPage, view: str) -> None:
    office.mail("续期提醒", "正文", "<p>正文</p>")
    page = open_page(f"{office.url}/#{view}")
    page.locator("body[data-ready]").wait_for()
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"] for node in one["nodes"][:3]]) for one in serious] == []


def test_an_installed_package_brings_its_page_along(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = {file.name for file in (ROOT / "emulators" / "page" / "files").iterdir()}
    shipped = {
        name.rpartition("/")[2] for name in ZipFile(wheel).namelist() if "emulators/page/files/" in name
    }
    assert shipped == files
