"""Headers that people spoil in a spreadsheet: the values stay with their fields, it is told, and the right header comes back."""

from collections.abc import Callable, Iterator

import pytest

from emulators.server import Running
from sync.connection import SystemColumn
from sync.errors import HeadersSpoiled, TableMissing
from sync.sheets.columns import find_columns, misnamed_columns
from sync.sheets.grid import letters
from tests.sync.sheets_office import (
    CUSTOMERS,
    Office,
    before_write,
    open_office,
    uid,
    world_of_offices,
)
from tests.sync.test_sheets_columns import layout

NAME = 4
"""The column 客户姓名; 手机号码 is the next one."""


@pytest.fixture(scope="module", params=(False, True), ids=("as_likely", "other_way"))
def world(request: pytest.FixtureRequest) -> Iterator[Running]:
    """In both positions of every switch for what nobody is sure of."""
    with world_of_offices(turned=request.param) as world:
        yield world


@pytest.fixture
def office(world: Running) -> Office:
    office = open_office(world)
    office.fill(2)
    office.type(f"{CUSTOMERS}!E2:F2", ["王芳", "13800138000"])
    office.pull()
    return office


def headers(office: Office) -> list[str]:
    return [str(cell) for cell in office.values(f"{CUSTOMERS}!1:1")[0]]


def header_cells(office: Office, column: int) -> dict[str, int]:
    where = {"sheetId": office.gid(CUSTOMERS), "startRowIndex": 0, "endRowIndex": 1}
    return {**where, "startColumnIndex": column, "endColumnIndex": column + 1}


def delete_and_shift_left(office: Office) -> None:
    office.batch({"deleteRange": {"range": header_cells(office, NAME), "shiftDimension": "COLUMNS"}})


def insert_and_shift_right(office: Office) -> None:
    office.batch({"insertRange": {"range": header_cells(office, NAME), "shiftDimension": "COLUMNS"}})


def name_as_another(office: Office) -> None:
    office.type(f"{CUSTOMERS}!E1", ["备注"])


def swap_names(office: Office) -> None:
    office.type(f"{CUSTOMERS}!E1:F1", ["手机号码", "客户姓名"])


def clear(office: Office) -> None:
    office.call(f"/values/{CUSTOMERS}!E1:clear")


def rename_ours(office: Office) -> None:
    office.type(f"{CUSTOMERS}!B1", ["说明"])


SPOILERS = (delete_and_shift_left, insert_and_shift_right, name_as_another, swap_names, clear, rename_ours)


def told(office: Office) -> list[tuple[tuple[str, ...], bool]]:
    found = [one for one in office.connection.problems if isinstance(one, HeadersSpoiled)]
    return [(one.columns, one.given_up) for one in found]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_spoiled_header_is_told_and_put_right_and_the_values_stay(
    office: Office, spoil: Callable[[Office], None]
) -> None:
    right = headers(office)
    spoil(office)
    office.pull()
    [(columns, given_up)] = told(office)
    assert columns and not given_up
    office.connection.name_columns("customers")
    assert headers(office)[: len(right)] == right
    assert told(office) == []
    office.pull()
    assert (told(office), office.pull()) == ([], {})
    row = office.rows()[uid(1)]
    assert (row.cells["full_name"], str(row.cells["mobile"])) == ("王芳", "13800138000")


def test_header_of_their_own_that_people_give_is_a_rename(office: Office) -> None:
    office.type(f"{CUSTOMERS}!F1", ["客户手机"])
    office.pull()
    assert told(office) == []
    office.calls()
    office.connection.name_columns("customers")
    assert office.calls() == []


def test_wrong_headers_that_stand_cost_no_call(office: Office) -> None:
    name_as_another(office)
    office.pull()
    office.calls()
    office.pull()
    assert told(office)
    assert office.calls() == ["POST /values:batchGetByDataFilter"]


def test_spoiled_header_is_known_after_a_restart(office: Office) -> None:
    swap_names(office)
    office.connect()
    office.pull()
    assert told(office) == [(("客户姓名", "手机号码"), False)]


def test_column_that_was_pasted_elsewhere_is_not_named(office: Office) -> None:
    """Its values went along with its header: nothing says which column is meant."""
    source = header_cells(office, NAME) | {"endRowIndex": 3}
    beyond = {"sheetId": office.gid(CUSTOMERS), "rowIndex": 0, "columnIndex": len(headers(office))}
    office.batch(
        {"appendDimension": {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "length": 1}},
        {"cutPaste": {"source": source, "destination": beyond, "pasteType": "PASTE_NORMAL"}},
    )
    assert office.pull()["customers"].missing == {"full_name"}
    assert told(office) == []


def test_header_that_was_pushed_over_a_column_of_the_staff_s_own_leaves_its_values_behind(
    office: Office,
) -> None:
    """Two cells were inserted: the names of our last two columns stand over one of the staff's own, and beyond it."""
    office.batch({"appendDimension": {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "length": 1}})
    right = headers(office)
    own = letters(len(right))
    office.type(f"{CUSTOMERS}!{own}1:{own}2", ["我的备注"], ["我的"])
    office.type(f"{CUSTOMERS}!{letters(office.column('年龄'))}2", [46])
    for _ in range(2):
        insert_and_shift_right(office)
    listing = office.pull(full=True)["customers"]
    assert listing.missing == frozenset()
    office.connection.name_columns("customers")
    assert headers(office)[: len(right)] == right
    assert office.rows()[uid(1)].cells["age"] == 46


def test_row_that_stands_in_the_place_of_the_headers_is_not_written_into(office: Office) -> None:
    """Somebody moves the header row away in the moment before the write."""
    clear(office)
    office.pull()
    gone = {"sheetId": office.gid(CUSTOMERS), "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    before_write(office, 1, lambda: office.batch({"deleteDimension": {"range": gone}}))
    office.connection.name_columns("customers")
    assert office.values(f"{CUSTOMERS}!D1:E1") == [["C00000001", "王芳"]]


def test_header_that_cannot_be_written_is_told_and_tried_again_with_a_full_reading(office: Office) -> None:
    clear(office)
    protection = {"range": header_cells(office, NAME), "warningOnly": False}
    answer = office.batch({"addProtectedRange": {"protectedRange": protection}})
    office.pull()
    office.connection.name_columns("customers")
    assert told(office) == [(("客户姓名",), True)]
    office.calls()
    office.connection.name_columns("customers")
    assert office.calls() == []
    key = answer["replies"][0]["addProtectedRange"]["protectedRange"]["protectedRangeId"]
    office.batch({"deleteProtectedRange": {"protectedRangeId": key}})
    office.pull(full=True)
    office.connection.name_columns("customers")
    assert told(office) == []


def rows_at_the_top(office: Office, kind: str, count: int = 1) -> None:
    where = {"sheetId": office.gid(CUSTOMERS), "dimension": "ROWS", "startIndex": 0, "endIndex": count}
    office.batch({kind: {"range": where}})


@pytest.mark.parametrize("title", ["", "客户档案"])
def test_row_inserted_above_the_headers_freezes_the_tab_until_it_is_gone(office: Office, title: str) -> None:
    """The header row is no record, and row 1 gets no headers."""
    rows_at_the_top(office, "insertDimension")
    office.type(f"{CUSTOMERS}!A1", [title])
    assert office.pull() == {}
    assert [type(one) for one in office.connection.problems] == [TableMissing]
    rows_at_the_top(office, "deleteDimension")
    office.pull()
    assert office.connection.problems == []


def test_new_row_in_the_place_of_the_headers_gets_none(office: Office) -> None:
    """Somebody deletes the header row, and the rows below it but one that has no uid yet."""
    office.type(f"{CUSTOMERS}!D4:E4", ["C9", "李雷"])
    rows_at_the_top(office, "deleteDimension", 3)
    assert office.pull() == {}
    assert [type(one) for one in office.connection.problems] == [TableMissing]


def test_scratch_tab_keeps_nothing_of_it(office: Office) -> None:
    swap_names(office)
    office.pull()
    office.connection.name_columns("customers")
    assert office.values("_tablekeeper!A1:Z2600") == []


def test_setup_names_the_columns_too(office: Office) -> None:
    right = headers(office)
    delete_and_shift_left(office)
    office.connection.setup()
    assert headers(office) == right
    assert office.connection.setup() == []


def test_column_under_another_s_header_and_one_without_are_misnamed() -> None:
    columns = find_columns(
        layout().columns, ["编号", "", "客户姓名"], {"customer_no": 0, "full_name": 1, "age": 2}
    )
    assert misnamed_columns(layout(), ["编号", "", "客户姓名"], columns.at) == {"full_name", "age"}


def test_header_of_a_field_that_the_replica_does_not_hold_is_another_s() -> None:
    """Whoever reads 手机号码 types a number, and nobody seals it."""
    assert misnamed_columns(layout(), ["手机号码"], {"full_name": 0}) == {"full_name"}


def test_columns_of_the_daemon_s_own_have_one_name() -> None:
    at = {SystemColumn.NOTE: 0, "customer_no": 1}
    assert misnamed_columns(layout(), ["说明", "客户号"], at) == {SystemColumn.NOTE}


def test_formula_in_a_header_of_the_staff_s_own_stops_no_write(office: Office) -> None:
    """A listing shows the formula's text, and the answer to a write that it is one."""
    office.batch({"appendDimension": {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "length": 1}})
    office.type(f"{CUSTOMERS}!{letters(len(headers(office)))}1", ['="我的"&"备注"'])
    outcome = office.update(office.rows()[uid(1)], full_name="李雷")
    assert outcome.refused == []


def test_header_pushed_away_from_a_column_of_uids_that_is_still_blank_is_put_right(world: Running) -> None:
    """Or nothing that is typed into a new tab would be masked. Headers, seed 73."""
    office = open_office(world)
    insert_and_shift_right(office)
    office.type(f"{CUSTOMERS}!D2", ["C1"])
    assert [row.cells["customer_no"] for row in office.pull()["customers"].rows] == ["C1"]


@pytest.mark.parametrize("change", ["deleteRange", "insertRange"])
def test_cells_that_were_shifted_with_their_headers_freeze_the_tab(office: Office, change: str) -> None:
    """Somebody deletes or inserts the cells of a whole column: values stand under other columns' marks, the uids among them."""
    block = header_cells(office, NAME) | {"endRowIndex": 3}
    shift = {"range": block, "shiftDimension": "COLUMNS"}
    office.batch({change: shift})
    assert "customers" not in office.pull()
    (problem,) = office.connection.problems
    assert isinstance(problem, TableMissing)
    other = "insertRange" if change == "deleteRange" else "deleteRange"
    office.batch({other: shift})
    assert "customers" in office.pull()
    assert office.rows().keys() == {uid(1), uid(2)}


def test_tab_that_somebody_put_right_goes_on_at_the_next_look(office: Office) -> None:
    """It shows just what it showed before: nothing has changed, but that it can be read again."""
    place = office.column("记录编号")
    where = f"{CUSTOMERS}!{letters(place)}1"
    office.batch({"appendDimension": {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "length": 1}})
    office.pull()
    office.type(where, [uid(1)])
    assert office.pull() == {} and office.connection.problems
    office.type(where, ["记录编号"])
    office.pull()
    assert office.connection.problems == []
