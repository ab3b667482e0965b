"""Ranges that somebody protected against the daemon: it writes beside them, and says what it cannot write."""

from typing import Any

import pytest

from sync.connection import Insert, Remove, SystemColumn
from sync.errors import ColumnsClosed
from sync.sheets.closed import closed_ranges
from tests.sync.sheets_office import CUSTOMERS, Office, uid

MASK = "138****8000〔9TQK27MB4D〕"


@pytest.fixture
def office(spreadsheet: Office) -> Office:
    return spreadsheet


def protect(office: Office, header: str, **rows: int) -> int:
    """A column that only the one who protects it may edit; the protection's id."""
    column = office.column(header)
    where = {
        "sheetId": office.gid(CUSTOMERS),
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
        **rows,
    }
    answer = office.batch({"addProtectedRange": {"protectedRange": {"range": where, "warningOnly": False}}})
    return int(answer["replies"][0]["addProtectedRange"]["protectedRange"]["protectedRangeId"])


def problems(office: Office) -> list[tuple[str, ...]]:
    return [one.columns for one in office.connection.problems if isinstance(one, ColumnsClosed)]


def test_mask_beside_a_protected_cell_is_written(office: Office) -> None:
    (row,) = office.fill(1)
    protect(office, "等级")
    outcome = office.update(row, mobile=MASK, level="银卡")
    assert [(one.uid, one.reason) for one in outcome.refused] == [(uid(1), "protected")]
    shown = office.rows()[uid(1)].cells
    assert shown["mobile"] == MASK
    assert "level" not in shown


def test_what_a_protection_alone_stands_against_costs_no_call(office: Office) -> None:
    (row,) = office.fill(1)
    protect(office, "等级")
    office.update(row, level="银卡")
    office.calls()
    assert [one.reason for one in office.update(row, level="银卡").refused] == ["protected"]
    assert office.calls() == []


def test_new_row_that_needs_a_protected_cell_waits_and_others_come(office: Office) -> None:
    office.fill(1)
    protect(office, "等级")
    operations = [
        Insert(uid(2), {"customer_no": "C00000002", "level": "银卡"}, {SystemColumn.UID: uid(2)}),
        Insert(uid(3), {"customer_no": "C00000003", "level": None}, {SystemColumn.UID: uid(3)}),
    ]
    outcome = office.connection.apply("customers", operations)
    assert [(one.uid, one.reason) for one in outcome.refused] == [(uid(2), "protected")]
    assert office.rows().keys() == {uid(1), uid(3)}


def test_row_with_protected_cells_is_not_removed(office: Office) -> None:
    first, _ = office.fill(2)
    protect(office, "等级", startRowIndex=1, endRowIndex=2)
    office.update(first, level="银卡")
    operations = [Remove(uid(1), "", 1), Remove(uid(2), "", 2)]
    outcome = office.connection.apply("customers", operations)
    assert [(one.uid, one.reason) for one in outcome.refused] == [(uid(1), "protected")]
    assert office.rows().keys() == {uid(1)}


def test_protected_columns_are_told_until_they_are_open(office: Office) -> None:
    (row,) = office.fill(1)
    key = protect(office, "手机号码")
    assert problems(office) == []
    office.update(row, mobile=MASK)
    assert problems(office) == [("手机号码",)]
    (told,) = (one for one in office.connection.problems if isinstance(one, ColumnsClosed))
    assert told.sensitive
    assert "@" in told.advice
    office.batch({"deleteProtectedRange": {"protectedRangeId": key}})
    office.rows()
    assert problems(office) == []
    assert office.update(row, mobile=MASK).refused == []


def test_setup_names_protected_columns(office: Office) -> None:
    protect(office, "等级")
    left = [change.what for change in office.connection.setup(dry_run=True) if change.why]
    assert left == ["protection of the column 等级"]


def ranges(**entry: Any) -> bool:
    sheets = [{"properties": {"sheetId": 7}, "protectedRanges": [{"range": {"sheetId": 7}, **entry}]}]
    (found,) = closed_ranges({"sheets": sheets}).values()
    return bool(found)


def test_only_what_shuts_the_daemon_out_is_closed() -> None:
    assert ranges()
    assert not ranges(warningOnly=True)
    assert not ranges(requestingUserCanEdit=True)


def test_header_row_may_be_protected_and_parts_of_a_sheet_may_be_free() -> None:
    free = {"sheetId": 7, "startColumnIndex": 2, "endColumnIndex": 3}
    entries = [
        {"range": {"sheetId": 7, "endRowIndex": 1}},
        {"range": {"sheetId": 7, "startColumnIndex": 2}, "unprotectedRanges": [free]},
    ]
    header, sheet = closed_ranges({"sheets": [{"properties": {"sheetId": 7}, "protectedRanges": entries}]})[7]
    assert not any(header.touches(column) for column in range(9))
    assert [sheet.touches(column) for column in (1, 2, 3)] == [False, False, True]
    assert not sheet.covers(5, 2)
    assert sheet.covers(5, 3)
