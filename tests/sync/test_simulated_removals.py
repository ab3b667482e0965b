"""Cases that the simulation found about rows that are deleted while somebody works in them, one law each; see docs/TESTING.md."""

import pytest

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import Line, meanwhile
from tests.sync.people import ID_NUMBER


def _two_rows(office: Office) -> tuple[Line, Line]:
    """The rows of one customer, typed on Airtable, and on Sheets."""
    typed = office.airtable.type_row("customers", full_name="王小明", mobile="13800138000", height=170)
    office.calm()
    return typed, office.sheets.find("customers", full_name="王小明")


def test_value_typed_just_before_the_row_is_removed_brings_the_record_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2 and 3: an edit beats a delete, also one that was made after the last look."""
    typed, row = _two_rows(office)
    office.airtable.delete("customers", typed)
    meanwhile(office.sheets, lambda: row.cells.update(occupation="教师"), monkeypatch)
    office.calm()
    assert [line.cells["occupation"] for line in office.airtable.lines("customers")] == ["教师"]
    assert office.sheets.lines("customers") == [row]


def test_wrong_value_typed_just_before_the_row_is_removed_brings_the_record_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3: a wrong value is an edit, too; it stands nowhere but there."""
    typed, row = _two_rows(office)
    office.sheets.delete("customers", row)
    meanwhile(office.airtable, lambda: typed.cells.update(mobile="1380013"), monkeypatch)
    office.calm()
    assert "待更正" in typed.cells["mobile"]
    assert len(office.sheets.lines("customers")) == 1


def test_row_that_nobody_touched_is_removed_though_its_linked_record_left_first(office: Office) -> None:
    """3: a link that the service emptied is nobody's edit, so the delete holds."""
    office.airtable.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.calm()
    policy = office.sheets.type_row("policies", policy_no="P000001", customer_no="C00000007")
    office.calm()
    stale = office.airtable.find("policies", policy_no="P000001")
    office.airtable.down = True
    office.sheets.delete("policies", policy)
    office.cycle()
    office.sheets.delete("customers", office.sheets.find("customers", customer_no="C00000007"))
    office.cycle()
    office.airtable.down = False
    stale.cells["customer_no"] = []
    office.calm()
    assert (office.airtable.lines("policies"), office.airtable.lines("customers")) == ([], [])


def test_row_deleted_before_it_got_its_uid_back_is_put_back_for_an_edit(office: Office) -> None:
    """1: it waited for ever for a row to show its uid."""
    _, row = _two_rows(office)
    row.system[SystemColumn.UID] = ""
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    office.sheets.delete("customers", row)
    office.airtable.find("customers", full_name="王小明").cells["occupation"] = "护士"
    office.calm()
    assert [line.cells["occupation"] for line in office.sheets.lines("customers")] == ["护士"]


@pytest.mark.parametrize("arrived", [True, False])
def test_delete_by_whoever_saw_a_write_without_answer_holds(new_office: NewOffice, arrived: bool) -> None:
    """3: the row that showed it settled still when it was deleted; an edit that never arrived there beats the delete."""
    office = new_office(settle_s=5, delete_grace_s=600)
    typed = office.airtable.type_row("customers", full_name="王小明", mobile="13800138000")
    office.cycles(4)
    row = office.sheets.find("customers", full_name="王小明")
    typed.cells["occupation"] = "护士"
    office.cycle()
    office.clock.advance(6)
    office.sheets.loses_answers, office.sheets.fail_after = arrived, None if arrived else 0
    office.cycle()
    office.sheets.loses_answers = False
    office.cycle()
    office.sheets.fail_after = None
    assert (row.cells.get("occupation") == "护士") is arrived
    office.sheets.delete("customers", row)
    office.cycle()
    office.clock.advance(601)
    office.cycles(4)
    assert bool(office.airtable.lines("customers")) != arrived


NARROW = {
    "name": "核保部",
    "tables": ["customers"],
    "fields": {"customers": ["customer_no", "full_name"]},
    "deletes": ["customers"],
}


@pytest.mark.parametrize("edited", [True, False])
def test_edit_of_what_the_deleter_does_not_see_beats_the_delete(new_office: NewOffice, edited: bool) -> None:
    """3: an edit beats a delete, also of a field that the other replica does not show; without one the delete holds."""
    office = new_office(NARROW, delete_grace_s=600)
    typed, narrow = _two_rows(office)[0], office.replica("核保部")
    office.clock.advance(60)
    narrow.delete("customers", narrow.find("customers", full_name="王小明"))
    office.cycle()
    if edited:
        typed.cells["occupation"] = "护士"
    office.cycle()
    office.clock.advance(601)
    office.calm()
    assert [len(one.lines("customers")) for one in (office.airtable, narrow)] == [edited, edited]


def test_inserted_row_that_is_typed_into_and_deleted_before_it_was_judged_stays_deleted(
    new_office: NewOffice,
) -> None:
    """3: a delete never comes back. The answer to the insert was lost, so the hub knew of the row from the listing only."""
    office = new_office(settle_s=5)
    office.airtable.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.cycle()
    office.clock.advance(6)
    office.sheets.loses_answers = True
    office.cycle()
    office.sheets.loses_answers = False
    (inserted,) = office.sheets.lines("customers")
    inserted.cells["occupation"] = "教师"
    office.cycle()
    office.sheets.delete("customers", inserted)
    for _ in range(3):
        office.clock.advance(6)
        office.cycle()
    assert (office.airtable.lines("customers"), office.sheets.lines("customers")) == ([], [])


def test_row_deleted_while_it_settles_stays_deleted(new_office: NewOffice) -> None:
    """3: what was typed into it last is not judged any more, for there is no row that it could go live in."""
    office = new_office(settle_s=5)
    typed = office.airtable.type_row(
        "customers", full_name="王小明", customer_no="C00000007", id_number="123"
    )
    office.cycles(2)
    office.airtable.change("customers", typed, id_number=ID_NUMBER)
    office.cycle()
    office.airtable.delete("customers", typed)
    for _ in range(3):
        office.clock.advance(6)
        office.cycle()
    assert (office.airtable.lines("customers"), office.sheets.lines("customers")) == ([], [])


@pytest.mark.parametrize(("deleter", "editor"), [("airtable", "sheets"), ("sheets", "airtable")])
def test_row_leaves_no_table_while_somebody_types_into_it(
    new_office: NewOffice, deleter: str, editor: str
) -> None:
    """10: storm 8386. It would come back, but without the formulas and without what is the staff's own."""
    office = new_office({"name": "理赔部"}, settle_s=5, delete_grace_s=600)
    office.airtable.type_row("customers", full_name="王小明", mobile="13800138000")
    office.cycles(4)
    rows = {one.name: office.replica(one.name).lines("customers")[0] for one in office.engine.replicas}
    office.replica(deleter).delete("customers", rows.pop(deleter))
    office.cycle()
    office.clock.advance(601)
    rows[editor].cells["occupation"] = "护士"
    office.cycles(4)
    assert all(office.replica(name).lines("customers")[0] is row for name, row in rows.items())
    assert office.replica(deleter).lines("customers")[0].cells["occupation"] == "护士"
