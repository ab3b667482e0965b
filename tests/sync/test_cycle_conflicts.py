"""Edits on both sides at once, and edits that meet a write."""

from collections.abc import Sequence

from sync.connection import Operation, Outcome, SystemColumn
from tests.sync.conftest import Office


def test_edits_of_different_fields_on_both_sides_both_stand(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["full_name"] = "护士", "王晓明"
    office.calm()
    assert (mine.cells["full_name"], theirs.cells["occupation"]) == ("王晓明", "护士")


def test_conflict_keeps_the_first_and_tells_the_second(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["occupation"] = "护士", "医生"
    office.calm()
    assert mine.cells["occupation"] == theirs.cells["occupation"] == "护士"
    assert "您填“医生”" in theirs.system[SystemColumn.NOTE]
    with office.engine.hub.unit() as unit:
        (entry,) = unit.lists.conflicts()
    assert (entry.kept, entry.other) == ("护士", "医生")


def test_retyping_a_value_closes_its_conflict(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["occupation"] = "护士", "医生"
    office.calm()
    theirs.cells["occupation"] = "医生"
    office.calm()
    assert mine.cells["occupation"] == "医生"
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []


def test_lost_value_stays_in_the_explanation_when_the_row_changes_elsewhere(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    mine.cells["occupation"], theirs.cells["occupation"] = "护士", "医生"
    office.calm()
    mine.cells["birth_date"] = "1990-03-07"
    office.calm()
    assert theirs.cells["birth_date"] == "1990-03-07"
    assert "您填“医生”" in theirs.system[SystemColumn.NOTE]


def test_edit_that_still_settles_is_not_swallowed_by_a_write_to_its_row(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.engine.settling._wait = office.engine.settling._wait.__class__(seconds=5)
    office.sheets.lines("customers")[0].cells["full_name"] = "王晓明"
    office.cycle()
    office.clock.advance(3)
    office.airtable.lines("customers")[0].cells["occupation"] = "护士"
    office.cycles(5, apart_s=3)
    assert office.airtable.find("customers", full_name="王晓明", occupation="护士")


def test_edit_between_reading_and_writing_is_seen_next_time(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    theirs, apply = office.sheets.lines("customers")[0], office.sheets.apply

    def meanwhile(table: str, operations: Sequence[Operation]) -> Outcome:
        theirs.cells["full_name"] = "王晓明"
        return apply(table, operations)

    office.sheets.apply = meanwhile  # type: ignore[method-assign]
    office.airtable.lines("customers")[0].cells["occupation"] = "护士"
    office.cycle()
    office.sheets.apply = apply  # type: ignore[method-assign]
    office.calm()
    assert office.airtable.find("customers", full_name="王晓明", occupation="护士")
