"""Cases that the simulation found: somebody acts just before a batch, the daemon dies, and somebody types on before the restart."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.connection import Insert, Listing, SeenRow, SystemColumn
from sync.errors import AnswerLost, Unavailable
from sync.sheets.grid import letters
from tests.sync.conftest import Office as Archive
from tests.sync.sheets_deaths import crash, insert_row, number, remove, rows
from tests.sync.sheets_office import CUSTOMERS, Office, before_write, schema_of, uid


def give_the_wrong_row_its_uid(office: Office) -> None:
    """A row is numbered; somebody had just sorted another there, which has no uid yet either, and types over its mobile now."""
    operation = number(office, "C1", "王芳", "13800138000")
    office.type(f"{CUSTOMERS}!D3", ["C2", "李雷", "13900139000"])
    office.sort()
    crash(office, lambda: office.connection.apply("customers", [operation]))
    office.type(f"{CUSTOMERS}!E2:F2", ["李小雷", "13700137000"])


def test_row_that_was_given_another_s_uid_is_without_again_though_somebody_typed_over_that_write(
    spreadsheet: Office,
) -> None:
    """2 and 7: storm 6029. What the write had gone over and nobody had seen is told, of the row at this place."""
    give_the_wrong_row_its_uid(spreadsheet)
    listing = spreadsheet.pull()["customers"]
    assert {(row.uid, row.cells["full_name"], str(row.cells["mobile"])) for row in listing.rows} == {
        ("", "李小雷", "13700137000"),
        ("", "王芳", "13800138000"),
    }
    (lost,) = listing.overwritten
    assert (lost.uid, lost.position, lost.cells) == ("", 1, {"mobile": "13900139000"})


def test_what_an_unnumbered_row_lost_is_told_again_where_the_restart_dies_too(spreadsheet: Office) -> None:
    """2: the uid that told the row is gone by then."""
    office = spreadsheet
    operation = number(office, "C1", "王芳", "13800138000", "1980-01-02")
    office.type(f"{CUSTOMERS}!D3", ["C2", "李雷", "13900139000", "1990-01-02"])
    office.sort()
    crash(office, lambda: office.connection.apply("customers", [operation]))
    office.type(f"{CUSTOMERS}!F2", ["13700137000"])
    list(office.connection.pull(reread={}, full=False))
    office.connect()
    (lost,) = office.pull()["customers"].overwritten
    assert (lost.uid, lost.position, lost.cells) == ("", 1, {"mobile": "13900139000"})
    assert office.pull(full=True)["customers"].overwritten == ()


def test_of_a_write_into_another_row_what_nobody_typed_over_is_undone(spreadsheet: Office) -> None:
    """7: else it stands there as if somebody had typed it."""
    office = spreadsheet
    first, _ = office.fill(2)
    office.sort()
    before = rows(office)
    crash(office, lambda: office.update(first, full_name="系统", level="银卡"))
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    listing = office.pull()["customers"]
    before[0][4] = "王芳"
    assert (rows(office), listing.overwritten) == (before, ())


def test_write_into_a_blank_row_is_undone_though_a_header_was_renamed_since(spreadsheet: Office) -> None:
    """5: what stood there alone was taken for a new row."""
    office = spreadsheet
    first, _ = office.fill(2)
    insert_row(office, 1)
    before = rows(office)
    crash(office, lambda: office.update(first, full_name="系统", level="银卡"))
    office.connect(schema_of({"remarks": {"name": "说明"}}))
    office.connection.setup()
    office.pull()
    assert "说明" in office.values(f"{CUSTOMERS}!1:1")[0]
    assert rows(office) == before


def test_row_that_a_blank_one_pushed_away_from_its_removal_is_not_gone(spreadsheet: Office) -> None:
    """3: storm 35. The blank row was removed, and the row would be taken for one that somebody brought back."""
    office = spreadsheet
    office.fill(2)
    before = rows(office)
    before_write(office, 1, lambda: insert_row(office, 1))
    outcome = office.connection.apply("customers", [remove(office, 1, "C00000001")])
    assert ([one.uid for one in outcome.refused], outcome.removed) == ([uid(1)], [])
    assert rows(office) == before
    office.pull()
    assert office.connection.apply("customers", [remove(office, 1, "C00000001")]).removed == [uid(1)]


def drag_column(office: Office, header: str, to: int) -> None:
    """Before the column that stands at `to`."""
    at = office.column(header)
    source = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    office.batch({"moveDimension": {"source": source, "destinationIndex": to}})


@pytest.mark.parametrize("to", [3, 8])
def test_write_under_columns_that_somebody_had_just_dragged_is_undone(spreadsheet: Office, to: int) -> None:
    """2 and 5: headers 328. What it went over was gone, and a stand-in stood in another's column."""
    office = spreadsheet
    operation = number(office, "C1", "王芳", "13800138000", "1980-01-02")
    drag_column(office, "客户姓名", to)
    before = rows(office)
    crash(office, lambda: office.connection.apply("customers", [operation]))
    listing = office.pull()["customers"]
    assert (rows(office), listing.overwritten) == (before, ())


def test_unanswered_write_under_dragged_columns_is_undone(spreadsheet: Office) -> None:
    """2: in a daemon that lives."""
    office = spreadsheet
    operation = number(office, "C1", "王芳", "13800138000", "1980-01-02")
    drag_column(office, "客户姓名", 8)
    before = rows(office)
    office.faults({"match": ":batchUpdate", "kind": "applied_then_lost"})
    with pytest.raises(AnswerLost):
        office.connection.apply("customers", [operation])
    assert rows(office) != before
    office.pull()
    assert rows(office) == before


def test_row_removed_under_dragged_columns_is_put_back(spreadsheet: Office) -> None:
    """2: as it is by a daemon that lives, which looks at it once more."""
    office = spreadsheet
    office.fill(2)
    before_write(office, 1, lambda: drag_column(office, "客户姓名", 8))
    crash(office, lambda: office.connection.apply("customers", [remove(office, 1, "C00000001")]))
    assert [one.uid for one in office.pull()["customers"].rows] == [uid(1), uid(2)]


@pytest.mark.parametrize("to", [3, 8])
def test_edit_that_a_write_went_over_stands_again_though_columns_are_dragged_before_the_restart(
    spreadsheet: Office, to: int
) -> None:
    """2: what the batch found is told by the headers that it found."""
    office = spreadsheet
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    before = office.rows()[uid(1)].cells
    crash(office, lambda: office.update(row, full_name="系统", level="银卡"))
    drag_column(office, "客户姓名", to)
    assert office.rows()[uid(1)].cells == before


def test_write_into_a_blank_row_is_undone_though_a_column_is_dragged_just_before_that(
    spreadsheet: Office,
) -> None:
    """5: headers 483. A part of it stood there for ever, in a row that nobody made."""
    office = spreadsheet
    (row,) = office.fill(1)
    insert_row(office, 1)
    before_write(office, 2, lambda: drag_column(office, "客户姓名", 8))
    with pytest.raises(Unavailable):
        office.update(row, full_name="系统", born=date(1990, 1, 2), level="银卡")
    assert [one.uid for one in office.pull()["customers"].rows] == [row.uid]
    assert rows(office)[0] == []


def before_second_look(office: Office, act: Callable[[], None]) -> None:
    """Let a person act between the next pull's look at the scratch tab and that at the rows which were written to."""
    client, plain = office.connection._client, office.connection._client.cells
    acts = iter([lambda: None, act])
    client.cells = lambda *args, **options: next(acts, lambda: None)() or plain(*args, **options)  # type: ignore[method-assign]


def test_write_into_a_blank_row_is_undone_though_it_moves_under_the_look_at_it(spreadsheet: Office) -> None:
    """5: storm 8509. The look found nothing there, and what was written stood there for ever."""
    office = spreadsheet
    (row,) = office.fill(1)
    before = rows(office)
    insert_row(office, 1)
    crash(office, lambda: office.update(row, full_name="系统"))
    before_second_look(office, lambda: insert_row(office, 1))
    with pytest.raises(Unavailable):
        office.pull()
    assert [one.uid for one in office.pull()["customers"].rows] == [row.uid]
    assert rows(office) == [[], [], *before]


def test_edit_that_a_write_went_over_is_kept_while_columns_move_under_the_look_at_it(
    spreadsheet: Office,
) -> None:
    """2: headers 571. That look was over, and the copy of what had stood there wiped."""
    office = spreadsheet
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    crash(office, lambda: office.update(row, full_name="系统"))
    before_second_look(office, lambda: drag_column(office, "客户姓名", 8))
    with pytest.raises(Unavailable):
        office.pull()
    assert office.pull()["customers"].rows[0].cells["full_name"] == "王芳"


def tell_once(monkeypatch: pytest.MonkeyPatch, office: Archive, lost: SeenRow) -> None:
    """The next pull of the spreadsheet tells of a cell that was written over."""
    plain = office.sheets.pull

    def pull(**asked: Any) -> Iterator[Listing]:
        monkeypatch.undo()
        return (replace(listing, overwritten=(lost,)) for listing in plain(**asked))

    monkeypatch.setattr(office.sheets, "pull", pull)


@pytest.mark.parametrize("settle_s", [0, 5])
def test_what_was_written_over_in_a_row_without_uid_is_in_the_ledger_under_the_one_that_it_gets(
    new_office: Any, settle_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2: sealed for that person, and told in the row."""
    office: Archive = new_office(settle_s=settle_s)
    row = office.sheets.type_row("customers", full_name="李小雷", mobile="13700137000")
    lost = SeenRow("", "", 0, {"mobile": "13900139000"}, partial=True)
    tell_once(monkeypatch, office, lost)
    office.cycles(4)
    number_given = row.system[SystemColumn.UID]
    with office.engine.hub.unit() as unit:
        (told,) = unit.lists.conflicts(number_given)
    token = str(told.other)
    assert office.engine.vault.open_for_check([token])[token] == "13900139000"
    assert "手机号码" in row.system[SystemColumn.NOTE]


@pytest.mark.parametrize("settle_s", [0, 5])
def test_what_somebody_typed_over_before_the_row_told_of_it_stays_in_the_ledger(
    new_office: Any, settle_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2: whoever typed there saw what the daemon had written, and not what that had gone over."""
    office: Archive = new_office(settle_s=settle_s)
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.cycles(4)
    lost = SeenRow(row.system[SystemColumn.UID], "", -1, {"occupation": "医生"}, partial=True)
    row.cells["occupation"] = "护士"
    tell_once(monkeypatch, office, lost)
    office.cycles(4)
    with office.engine.hub.unit() as unit:
        assert [entry.other for entry in unit.lists.conflicts(lost.uid)] == ["医生"]
    assert "医生" in row.system[SystemColumn.NOTE]


def test_insert_without_answer_stands_beside_a_column_of_the_staff_s_own(spreadsheet: Office) -> None:
    """2: storm 13. By its header the columns seemed to have moved, and the row was taken away with what was typed into it."""
    office = spreadsheet
    office.batch({"appendDimension": {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "length": 1}})
    office.type(f"{CUSTOMERS}!{letters(office.column('记录编号') + 1)}1", ["我的备注"])
    office.pull()
    office.faults({"match": ":batchUpdate", "kind": "applied_then_lost"})
    insert = Insert(uid(1), {"customer_no": "C00000001"}, {SystemColumn.UID: uid(1)})
    assert [one.uid for one in office.connection.apply("customers", [insert]).written] == [uid(1)]
