"""The page's spreadsheet grid: what a person does on it is what the interface then answers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from tests.browser import DESKTOP, PHONE, OpenPage
from tests.emulators.page_world import SHEET, Office, Pane, page_office, pane

HEADERS, C, A, B = SHEET


@pytest.fixture
def office() -> Iterator[Office]:
    with page_office() as office:
        yield office


@pytest.fixture
def grid(office: Office, open_page: OpenPage) -> Pane:
    return pane(open_page(f"{office.url}/#sheets"), "sheets")


def names(office: Office) -> list[Any]:
    return [row[0] if row else "" for row in office.sheet()[1:]]


def test_what_is_typed_is_taken_as_the_spreadsheet_takes_it(grid: Pane, office: Office) -> None:
    grid.type(2, 0, "甲甲")
    grid.type(2, 2, "=C2*2")
    grid.shows(2, 2, "60")
    grid.type(5, 2, "12%")
    grid.shows(5, 2, "12%")
    assert office.sheet(formulas=True)[2][:3] == ["甲甲", "银", "=C2*2"]
    assert office.sheet(formulas=True)[5][2] == 0.12


def test_an_edit_begins_with_the_formula_and_escape_leaves_it(grid: Pane, office: Office) -> None:
    grid.type(2, 2, "=C2+1")
    grid.shows(2, 2, "31")
    grid.cell(2, 2).dblclick()
    expect(grid.root.locator(".editor")).to_have_value("=C2+1")
    grid.page.keyboard.type("00")
    grid.press("Escape")
    grid.shows(2, 2, "31")
    assert office.sheet(formulas=True)[2][2] == "=C2+1"


def test_a_cell_offers_the_options_of_its_rule_and_takes_others(grid: Pane, office: Office) -> None:
    grid.cell(2, 1).click()
    grid.press("Enter")
    expect(grid.root.locator("[role=option] .pill")).to_have_text(["金", "银"])
    grid.root.get_by_role("option", name="金").click()
    grid.shows(2, 1, "金")
    grid.cell(2, 1).click()
    grid.page.keyboard.type("白金")
    grid.press("Enter")
    grid.shows(2, 1, "白金")
    assert office.sheet()[2][1] == "白金"


def test_a_box_is_ticked_by_click_and_by_key(grid: Pane, office: Office) -> None:
    grid.cell(2, 3).locator(".check").click()
    grid.shows(2, 3, "☑")
    grid.press("Space")
    grid.shows(2, 3, "☐")
    grid.press("Space")
    grid.shows(2, 3, "☑")
    assert office.sheet()[2][3] == "TRUE"


def test_rows_are_inserted_copied_deleted_and_brought_back(grid: Pane, office: Office) -> None:
    grid.cell(1, 0).click()
    grid.tool("下方插入行")
    grid.shows(3, 0, "甲")
    assert names(office) == ["丙", "", "甲", "乙"]
    grid.cell(1, 0).click()
    grid.tool("复制行")
    grid.shows(2, 0, "丙")
    assert office.sheet()[2] == office.sheet()[1] == C
    grid.choose(1, 0, 3, 0)
    grid.tool("删除行")
    grid.shows(1, 0, "甲")
    assert names(office) == ["甲", "乙"]
    grid.press("Control+z")
    grid.shows(1, 0, "丙")
    assert names(office) == ["丙", "丙", "", "甲", "乙"]
    assert office.sheet()[1] == C


def test_the_tab_is_sorted_below_its_header(grid: Pane, office: Office) -> None:
    grid.cell(1, 2).click()
    grid.tool("升序")
    grid.shows(1, 0, "甲")
    assert names(office) == ["甲", "乙", "丙"]
    assert office.sheet()[0] == HEADERS and office.sheet()[3] == C
    grid.press("Control+z")
    grid.shows(1, 0, "丙")
    assert names(office) == ["丙", "甲", "乙"]


def test_chosen_rows_are_sorted_alone(grid: Pane, office: Office) -> None:
    grid.choose(1, 2, 2, 2)
    grid.tool("升序")
    grid.shows(1, 0, "甲")
    assert names(office) == ["甲", "丙", "乙"]


def test_a_copied_row_is_pasted_with_all_that_belongs_to_it(grid: Pane, office: Office) -> None:
    grid.root.locator('[data-name="1"]').click()
    grid.press("Control+c")
    grid.cell(5, 0).click()
    grid.press("Control+v")
    grid.shows(5, 0, "丙")
    grid.shows(5, 3, "☑")
    assert office.sheet()[5] == C
    assert any(
        call["path"].endswith(":batchUpdate") and call["caller"] == "staff" for call in office.journal()
    )


def test_cut_cells_move(grid: Pane, office: Office) -> None:
    grid.choose(1, 0, 1, 1)
    grid.press("Control+x")
    grid.cell(6, 0).click()
    grid.press("Control+v")
    grid.shows(6, 1, "金")
    assert office.sheet()[6] == ["丙", "金"] and office.sheet()[1][:2] == ["", ""]


def test_text_from_elsewhere_is_pasted_as_if_typed_also_below_the_end(grid: Pane, office: Office) -> None:
    office.batch({"deleteDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 5}}})
    grid.cell(4, 0).click()
    grid.page.evaluate(
        """text => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.activeElement.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }""",
        '丁\t金\t1,5\n"戊\n二"\t银\t007\n',
    )
    grid.shows(5, 1, "银")
    assert office.sheet(formulas=True)[4:] == [["丁", "金", "1,5"], ["戊\n二", "银", 7]]


def test_a_range_is_emptied_and_the_undo_fills_it(grid: Pane, office: Office) -> None:
    grid.choose(1, 0, 3, 2)
    grid.press("Delete")
    grid.shows(1, 0, "")
    assert names(office) == ["", "", ""]
    grid.press("Control+z")
    grid.shows(1, 0, "丙")
    assert office.sheet() == SHEET


def test_hidden_columns_are_hidden_until_asked_for(grid: Pane) -> None:
    assert grid.cell(1, 4).count() == 0
    grid.root.get_by_text("显示隐藏列").click()
    grid.shows(1, 4, "R3")


def test_another_spreadsheet_can_be_chosen(grid: Pane, office: Office) -> None:
    control = office.served.description["control_url"]
    other = {"id": "department-1", "title": "理赔部", "private": False}
    requests.post(f"{control}/seed", json={"spreadsheets": [other]}, timeout=10).raise_for_status()
    grid.page.reload()
    grid.shows(1, 0, "丙")
    grid.root.get_by_label("Google 表格的文件").select_option("理赔部")
    grid.shows(1, 0, "")
    grid.type(0, 0, "赔案号")
    grid.shows(0, 0, "赔案号")
    assert office.sheet() == SHEET


def test_a_note_is_a_tooltip_and_stands_in_full_beside_the_cell(grid: Pane) -> None:
    assert grid.cell(0, 0).get_attribute("title") == "按证件填写"
    grid.cell(0, 0).click()
    expect(grid.root.locator(".bar")).to_contain_text("按证件填写")


def test_a_protected_column_warns_before_it_is_changed(grid: Pane, office: Office) -> None:
    area = {"sheetId": 0, "startColumnIndex": 0, "endColumnIndex": 1}
    protection = {"range": area, "warningOnly": True, "description": "由系统维护"}
    office.batch({"addProtectedRange": {"protectedRange": protection}})
    grid.page.wait_for_timeout(900)
    grid.type(2, 0, "改")
    expect(grid.page.get_by_role("dialog")).to_contain_text("由系统维护")
    grid.page.get_by_role("button", name="取消").click()
    assert names(office)[1] == "甲"
    grid.type(2, 0, "改")
    grid.page.get_by_role("button", name="仍要修改").click()
    grid.shows(2, 0, "改")
    assert names(office)[1] == "改"


def test_ten_thousand_rows_are_read_as_far_as_they_are_seen(grid: Pane, office: Office) -> None:
    office.batch({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 9000}})
    values = [[f"客户{number:05}", "金", number] for number in range(9999)]
    office.google("PUT", "/values/A2", params={"valueInputOption": "RAW"}, json={"values": values})
    grid.shows(1, 0, "客户00000")
    grid.cell(1, 0).click()
    grid.press("Control+ArrowDown")
    grid.shows(9999, 0, "客户09998")
    assert grid.root.locator("[data-row]").count() < 1500


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_tab_can_be_read_at_any_width(
    office: Office, open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    page = open_page(f"{office.url}/#{'both' if width == DESKTOP else 'sheets'}", width=width)
    grid = pane(page, "sheets")
    grid.cell(2, 1).click()
    grid.press("Enter")
    expect(grid.root.get_by_role("option")).to_have_count(2)
    keep_picture(page, "sheets")
    assert page.evaluate("document.documentElement.scrollWidth") == width
