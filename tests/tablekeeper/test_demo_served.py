"""The whole demo as a stranger runs it, with a small workbook; at its end everything runs on, and the stranger tries it in a browser."""

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from tablekeeper.demo.desk import DeskProcess
from tablekeeper.demo.sample import SEED, sample_grids, save
from tablekeeper.importing.workbook import Grid
from tests.browser import DESKTOP, PHONE, OpenPage
from tests.google_answers import judged, watched

ROOT = Path(__file__).parents[2]
DEMO = "from tablekeeper.cli import main; main()"
LEDGER_ROWS, HEADING_ROWS = 60, 3
NEW_CUSTOMERS = 5
"""Typed in the course of the morning, the wife apart, who is deleted again."""
MASK_S_MAX = 30
NAME, NAME_COLUMN, IDENTITY_COLUMN = "欧阳试试", 4, 10
IDENTITY = "11010119900307109X"


@dataclass(frozen=True, slots=True)
class Served:
    """A demo that was played and is still running."""

    facts: dict[str, Any]
    program: "subprocess.Popen[str]"
    folder: Path

    @property
    def shown(self) -> str:
        return (self.folder / "shown").read_text("utf-8")

    def daemon_log(self) -> list[str]:
        return (self.folder / "kept" / "home" / "daemon.log").read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("demo")
    options = ["--json", "--serve", "--input", str(workbook(folder)), "--keep", str(folder / "kept")]
    with (folder / "shown").open("w") as shown:
        program = subprocess.Popen(
            [*watched(DEMO, folder / "judged"), "demo", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=shown,
            text=True,
        )
    try:
        yield Served(first_object(program), program, folder)
    finally:
        program.terminate()
        program.communicate(timeout=60)


def workbook(folder: Path) -> Path:
    """The beginning of the shipped sample, with its staff."""
    ledger, _, staff = sample_grids(SEED, today=date.today())
    file = folder / "ledger.xlsx"
    save([Grid(ledger.title, ledger.rows[: HEADING_ROWS + LEDGER_ROWS]), staff], file)
    return file


def first_object(program: "subprocess.Popen[str]") -> dict[str, Any]:
    """What it says once everything is played and running; nothing if it ended instead."""
    assert program.stdout is not None
    lines = []
    for line in program.stdout:
        lines.append(line)
        if line.startswith("}"):
            break
    return dict(json.loads("".join(lines) or "{}"))


def test_a_morning_at_the_office_ends_with_every_check_passed(served: Served) -> None:
    facts, shown = served.facts, served.shown
    assert facts.get("failed") == [], shown[-3000:]
    assert facts["plaintext_found"] == 0 and facts["writes_when_idle"] == 0
    assert facts["replicas_agree"] is True and facts["mails"] > 0
    assert facts["records"]["客户基本信息"] == taken_in(shown) + NEW_CUSTOMERS
    assert facts["tokens"] > facts["records"]["客户基本信息"]
    assert facts["held"].keys() == facts["records"].keys()
    assert facts["history_exposures"] > 0, (
        "what was typed stays in the service's own history: the search works"
    )
    log = served.daemon_log()
    assert [json.loads(line)["event"] for line in log].count("daemon_started") == 2


def taken_in(shown: str) -> int:
    """How many customers the terminal said the workbook holds."""
    return next(
        int(line.split()[1]) for line in shown.splitlines() if line.strip().startswith("客户基本信息 ")
    )


def test_a_stranger_types_a_customer_into_a_cell_and_sees_it_become_a_mask(
    served: Served, open_page: OpenPage, keep_picture: Callable[..., Path]
) -> None:
    page = open_page(served.facts["address"])
    page.locator("body[data-ready]").wait_for()
    tool(page, "airtable", "新增行").click()
    type_across(page, {NAME_COLUMN: NAME, IDENTITY_COLUMN: IDENTITY})
    identity = page.locator(".pane.airtable .bar .full")
    expect(identity).to_have_text(IDENTITY)
    expect(identity).to_contain_text("〔", timeout=MASK_S_MAX * 1000)
    masked = identity.inner_text()
    assert IDENTITY not in masked
    in_sheets(page, NAME).click()
    for _ in range(IDENTITY_COLUMN):
        page.keyboard.press("ArrowRight")
        if page.locator(".pane.sheets .bar .full").inner_text() == masked:
            break
    expect(page.locator(".pane.sheets .bar .full")).to_have_text(masked)
    keep_picture(page, "typed")
    assert IDENTITY not in page.locator("main").inner_text()


def tool(page: Page, name: str, text: str) -> Locator:
    return page.locator(f".pane.{name}").get_by_role("button", name=text, exact=True)


def type_across(page: Page, cells: dict[int, str]) -> None:
    """Type into some columns of the current row, from its first, and stay on the last of them."""
    column = 0
    for goal, text in cells.items():
        for _ in range(goal - column):
            page.keyboard.press("ArrowRight")
        page.keyboard.type(text, delay=20)
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowLeft")
        column = goal


def in_sheets(page: Page, name: str) -> Locator:
    """The cell of the last rows that shows this name, once the row has come."""
    for _ in range(MASK_S_MAX):
        tool(page, "sheets", "到末尾").click()
        page.wait_for_timeout(700)
        page.keyboard.press("ArrowUp")
        found = page.locator(".pane.sheets .cell").get_by_text(name)
        if found.count():
            break
    return found.first


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_managers_mail_is_in_the_mailbox(
    served: Served, open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    page = open_page(served.facts["address"].partition("#")[0] + "#mail", width=width)
    expect(page.locator(".mails button")).to_have_count(served.facts["mails"])
    expect(page.frame_locator("iframe").locator("table").first).to_be_visible()
    keep_picture(page, "mail")


@pytest.mark.skipif(not DeskProcess.is_there(), reason="this checkout has no desk")
def test_the_desk_is_led_to_and_its_guests_are_named(served: Served, open_page: OpenPage) -> None:
    desk = served.facts["desk"]
    assert requests.get(desk["url"], timeout=10).status_code == 200
    assert {person["name"] for person in desk["people"]} == {"演示客服", "演示稽核", "演示管理层"}
    page = open_page(served.facts["address"])
    assert page.get_by_role("link", name="查看页").get_attribute("href") == desk["url"]


def test_page_says_what_to_try_first_and_who_may_sign_in(served: Served, open_page: OpenPage) -> None:
    page = open_page(served.facts["address"])
    guide = page.locator(".guide")
    expect(guide).to_contain_text("点「新增行」")
    for person in served.facts["desk"]["people"] if DeskProcess.is_there() else ():
        expect(guide).to_contain_text(person["key"])


def test_links_in_the_mails_lead_to_rows_on_this_machine(served: Served, open_page: OpenPage) -> None:
    mailbox = urljoin(served.facts["address"], "/_mailbox")
    mails = requests.get(mailbox, timeout=10).json()
    links = {link for mail in mails for link in re.findall(r'href="([^"]+)"', mail["html"])}
    assert links
    assert {urlsplit(link).hostname for link in links} == {"127.0.0.1"}
    row = next(link for link in links if "/rec" in link)
    expect(open_page(row).locator(".pane.airtable .cell.current")).not_to_be_empty()


def test_every_answer_of_its_google_was_one_that_google_gives(served: Served) -> None:
    assert judged(served.folder / "judged") == {""}


def test_an_end_from_outside_leaves_nothing_running(served: Served) -> None:
    """The last test: it ends what the others look at."""
    served.program.send_signal(signal.SIGTERM)
    assert served.program.wait(timeout=60) == 0
    log = served.daemon_log()
    assert json.loads(log[-1])["event"] == "daemon_stopped"
    with pytest.raises(requests.ConnectionError):
        requests.get(served.facts["address"], timeout=5)
