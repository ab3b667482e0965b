"""The page's Airtable grid: what a person does on it is what the interface then answers."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import DESKTOP, PHONE, OpenPage
from tests.emulators.page_world import Office, Pane, page_office, pane


@pytest.fixture
def office() -> Iterator[Office]:
    with page_office() as office:
        yield office


@pytest.fixture
def grid(office: Office, open_page: OpenPage) -> Pane:
    return pane(open_page(f"{office.url}/#airtable"), "airtable")


def names(office: Office) -> list[Any]:
    return [row.get("姓名") for row in office.rows()]


def test_typing_over_a_cell_changes_the_record(grid: Pane, office: Office) -> None:
    grid.type(1, 0, "甲甲")
    grid.shows(1, 0, "甲甲")
    assert names(office) == ["丙", "甲甲", "乙"]
    expect(grid.cell(2, 0)).to_have_class(re.compile(r"\bcurrent\b"))


def test_a_text_is_saved_while_it_is_being_typed_and_escape_takes_it_back(grid: Pane, office: Office) -> None:
    grid.cell(1, 0).click()
    grid.page.keyboard.type("半个")
    wait_until(lambda: names(office)[1] == "半个", grid)
    grid.press("Escape")
    wait_until(lambda: names(office)[1] == "甲", grid)


def wait_until(there: Callable[[], bool], grid: Pane) -> None:
    for _ in range(100):
        if there():
            return
        grid.page.wait_for_timeout(50)
    raise AssertionError("it did not happen")


def test_an_edit_is_a_persons_and_not_the_daemons(grid: Pane, office: Office) -> None:
    grid.type(1, 0, "丁")
    grid.shows(1, 0, "丁")
    writes = [call for call in office.journal() if call["method"] == "PATCH"]
    assert writes and {call["caller"] for call in writes} == {"staff"}


def test_numbers_dates_and_boxes_are_written_as_such(grid: Pane, office: Office) -> None:
    grid.type(1, 2, "1,234.5")
    grid.shows(1, 2, "¥1,234.50")
    grid.type(1, 3, "2026年3月5日")
    grid.shows(1, 3, "2026-03-05")
    grid.cell(1, 4).locator(".check").click()
    grid.shows(1, 4, "☑")
    assert office.rows()[1] == {
        "姓名": "甲",
        "等级": "银",
        "保费": 1234.5,
        "生日": "2026-03-05",
        "已签": True,
    }


def test_what_is_no_number_is_refused_and_said(grid: Pane, office: Office) -> None:
    grid.type(1, 2, "许多")
    expect(grid.page.get_by_role("alert")).to_contain_text("保费")
    grid.shows(1, 2, "¥10.00")
    assert office.rows()[1]["保费"] == 10


def test_an_option_is_chosen_from_the_list_by_keys(grid: Pane, office: Office) -> None:
    grid.cell(1, 1).click()
    grid.press("Enter")
    expect(grid.root.get_by_role("option")).to_have_count(2)
    grid.page.keyboard.type("金")
    grid.press("Enter")
    grid.shows(1, 1, "金")
    assert office.rows()[1]["等级"] == "金"


def test_a_new_record_begins_in_the_last_row_and_goes_on_with_tab(grid: Pane, office: Office) -> None:
    grid.tool("新增行")
    grid.page.keyboard.type("丁")
    grid.press("Tab")
    grid.press("Tab")
    grid.page.keyboard.type("40")
    grid.press("Enter")
    grid.shows(3, 2, "¥40.00")
    assert office.rows()[3] == {"姓名": "丁", "保费": 40}
    assert len(office.rows()) == 4
    grid.shows(4, 0, "")


def test_rows_are_copied_deleted_and_brought_back(grid: Pane, office: Office) -> None:
    grid.choose(0, 0, 1, 0)
    grid.tool("复制行")
    grid.shows(4, 0, "甲")
    assert names(office) == ["丙", "甲", "乙", "丙", "甲"]
    assert office.rows()[3] == office.rows()[0]
    grid.choose(1, 0, 2, 0)
    grid.tool("删除行")
    grid.shows(1, 0, "丙")
    assert names(office) == ["丙", "丙", "甲"]
    grid.press("Control+z")
    grid.shows(4, 0, "乙")
    assert sorted(names(office)) == sorted(["丙", "甲", "乙", "丙", "甲"])


def test_a_column_sorts_the_view_and_not_the_table(grid: Pane, office: Office) -> None:
    grid.cell(0, 2).click()
    grid.tool("升序")
    grid.shows(0, 2, "¥10.00")
    assert [grid.cell(row, 0).inner_text() for row in range(3)] == ["甲", "乙", "丙"]
    assert names(office) == ["丙", "甲", "乙"]
    grid.type(0, 0, "甲甲")
    grid.shows(0, 0, "甲甲")
    assert names(office) == ["丙", "甲甲", "乙"]


def test_a_range_is_copied_and_pasted_and_deleted_by_keys(grid: Pane, office: Office) -> None:
    grid.choose(0, 0, 1, 2)
    grid.press("Control+c")
    grid.cell(2, 0).click()
    grid.press("Control+v")
    grid.shows(3, 2, "¥10.00")
    assert names(office) == ["丙", "甲", "丙", "甲"]
    assert [row["保费"] for row in office.rows()] == [30, 10, 30, 10]
    grid.choose(0, 0, 1, 0)
    grid.press("Delete")
    grid.shows(0, 0, "")
    assert names(office) == [None, None, "丙", "甲"]


def test_a_link_is_chosen_by_name_and_shown_by_name(grid: Pane, office: Office) -> None:
    base = office.customers.base
    link = {
        "name": "介绍人",
        "type": "multipleRecordLinks",
        "options": {"linkedTableId": office.customers.id},
    }
    base.create_table("保单", [{"name": "保单号", "type": "singleLineText"}, link])
    base.table("保单").create({"保单号": "P1"})
    grid.root.get_by_role("tab", name="保单").click()
    grid.shows(0, 0, "P1")
    grid.cell(0, 1).click()
    grid.press("Enter")
    grid.page.keyboard.type("乙")
    expect(grid.root.get_by_role("option")).to_have_count(1)
    grid.press("Enter", "Tab")
    grid.shows(0, 1, "乙")
    (made,) = base.table("保单").all()
    assert made["fields"]["介绍人"] == [office.customers.all(formula="{姓名}='乙'")[0]["id"]]


def test_a_computed_column_cannot_be_typed_in(grid: Pane, office: Office) -> None:
    field = {"type": "formula", "name": "全名", "options": {"formula": '{姓名} & "先生"'}}
    airtable = office.served.description["airtable"]
    address = f"/v0/meta/bases/{airtable['base_id']}/tables/{office.customers.id}/fields"
    grid.page.evaluate(
        """([address, token, field]) => fetch(address, {method: "POST", body: JSON.stringify(field),
        headers: {Authorization: `Bearer ${token}`}})""",
        [address, airtable["staff_token"], field],
    )
    column = len(office.customers.schema().fields) - 1
    grid.shows(0, column, "丙先生")
    grid.type(0, column, "x")
    expect(grid.page.get_by_role("alert")).to_contain_text("不能修改")
    grid.shows(0, column, "丙先生")


def test_what_others_write_appears_by_itself_and_idle_watching_asks_nothing(
    grid: Pane, office: Office
) -> None:
    calls = len(office.journal())
    grid.page.wait_for_timeout(1500)
    assert len(office.journal()) == calls
    office.customers.create({"姓名": "戊"})
    grid.shows(3, 0, "戊")


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_the_grid_can_be_read_at_any_width(
    office: Office, open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    page = open_page(f"{office.url}/#airtable", width=width)
    grid = pane(page, "airtable")
    grid.cell(1, 0).click()
    keep_picture(page, "airtable")
    assert page.evaluate("document.documentElement.scrollWidth") == width
