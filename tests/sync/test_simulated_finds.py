"""Cases that the simulation found, one law each; see docs/TESTING.md."""

from sync.connection import SystemColumn
from sync.erasing import person, take_out
from sync.store.records import ERASED
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import Line


def test_record_typed_on_both_sides_is_not_inserted_while_the_other_row_settles(
    new_office: NewOffice,
) -> None:
    """5: no record twice. The row that still stands there without a uid is the one that the replica seems to lack."""
    office = new_office(settle_s=5)
    customer = office.airtable.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.cycle()
    office.clock.advance(6)
    row = office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.cycle()
    office.clock.advance(6)
    office.cycle()
    assert office.sheets.lines("customers") == [row]
    assert row.system[SystemColumn.UID] == customer.system[SystemColumn.UID]


def test_row_whose_uid_somebody_emptied_gets_its_own_back(office: Office) -> None:
    """2 and 7: it is still the same person's row. As a new row it would lose what is sealed for that person."""
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000")
    office.calm()
    uid, shown = row.system[SystemColumn.UID], row.cells["mobile"]
    row.system[SystemColumn.UID] = ""
    row.cells["occupation"] = "教师"
    office.calm()
    assert (row.system[SystemColumn.UID], row.cells["mobile"]) == (uid, shown)
    assert office.airtable.find("customers", occupation="教师").system[SystemColumn.UID] == uid


def test_copy_is_not_taken_for_the_row_that_stands_beside_it(office: Office) -> None:
    """7: a stand-in proves whose row it is only where that row is nowhere else."""
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000")
    office.calm()
    copied = office.sheets.copy_row("customers", row)
    copied.system[SystemColumn.UID] = ""
    office.calm()
    assert copied.system[SystemColumn.UID] != row.system[SystemColumn.UID]


def test_row_without_its_uid_is_not_also_looked_at_again(office: Office) -> None:
    """11: a row whose uid could not be written stands there; its place in the queue means that same row."""
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000")
    uid = office.fail_to_number("customers")
    with office.engine.hub.unit() as unit:
        unit.lists.ask_recheck("sheets", "customers", [uid], "linked")
    office.calm()
    assert row.system[SystemColumn.UID] == uid
    assert "13800138000" not in str(row.cells)


def test_row_with_the_number_of_a_record_that_never_went_live_is_that_record(office: Office) -> None:
    """5: no record twice. The write of its uid failed, and the person typed on: no fingerprint tells the row any more."""
    row = office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007")
    uid = office.fail_to_number("customers")
    row.cells["occupation"] = "教师"
    office.calm()
    assert row.system[SystemColumn.UID] == uid
    assert [line.cells["occupation"] for line in office.airtable.lines("customers")] == ["教师"]


def test_copy_of_a_row_that_was_not_numbered_does_not_take_its_record(office: Office) -> None:
    """5: the row stands there as it was, and is known; that the copy shows its number still proves nothing."""
    row = office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007")
    uid = office.fail_to_number("customers")
    copied = office.sheets.copy_row("customers", row, occupation="教师")
    office.calm()
    assert (row.system[SystemColumn.UID], copied.system[SystemColumn.UID] == uid) == (uid, False)


def test_copy_of_a_row_that_was_not_numbered_and_is_typed_into_does_not_take_its_record(
    office: Office,
) -> None:
    """5: both show its number; the original shows more of what it showed."""
    row = office.sheets.type_row(
        "customers", full_name="王小明", customer_no="C00000007", occupation="教师", notes="老客户"
    )
    uid = office.fail_to_number("customers")
    copied = office.sheets.copy_row("customers", row, full_name="王小红", notes="新客户")
    row.cells["birth_date"] = "1990-01-01"
    office.calm()
    assert (row.system[SystemColumn.UID], copied.system[SystemColumn.UID] == uid) == (uid, False)


def test_row_that_does_not_show_its_uid_is_not_written_without_it(new_office: NewOffice) -> None:
    """5: a number without the uid would make the row look like another record with the same number."""
    office = new_office(settle_s=5)
    office.sheets.type_row("customers", full_name="王小明")
    office.cycle()
    office.clock.advance(6)
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    before = office.sheets.writes
    office.cycle()
    assert office.sheets.writes == before


def test_held_record_that_a_waiting_row_links_to_is_put_back(office: Office) -> None:
    """1: else the waiting row goes live with a link to nothing, which no replica can show."""
    customer = office.sheets.type_row(
        "customers", full_name="王小明", customer_no="C00000007", id_number="1101"
    )
    office.sheets.type_row("policies", policy_no="P000001", customer_no="C00000007")
    office.calm()
    office.sheets.delete("customers", customer)
    office.calm()
    assert office.sheets.find("customers", customer_no="C00000007").cells["full_name"] == "王小明"
    assert office.airtable.find("policies", policy_no="P000001").cells["customer_no"]


def test_findings_stand_in_the_order_of_the_columns(office: Office) -> None:
    """1: in which order they were found depends on how the row was read, and must not rewrite the note."""
    row = office.airtable.type_row("policies", policy_no="P000001", start="2026-02-01", end="2026-01-01")
    office.calm()
    assert [line.split("·")[1][:3] for line in row.system[SystemColumn.NOTE].splitlines()] == [
        "投保人",
        "满期日",
    ]


def test_row_that_was_not_numbered_and_is_typed_into_is_still_one_record(office: Office) -> None:
    """5: no record twice, not even one that is archived at once. The row bears no number; it stands where it stood."""
    row = office.sheets.type_row("customers", full_name="王小明", notes="老客户")
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    row.cells["occupation"] = "教师"
    office.calm()
    with office.engine.hub.unit() as unit:
        assert [one.uid for one in unit.records.of_table("customers")] == [row.system[SystemColumn.UID]]


def test_row_with_a_link_that_was_not_numbered_and_is_typed_into_is_still_one_record(office: Office) -> None:
    """11: what a link shows is no value to compare; the row is recognised by its other cells."""
    office.airtable.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.calm()
    row = office.sheets.type_row("policies", policy_no="P000001", customer_no="C00000007", premium=100)
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    row.cells["status"] = "有效"
    office.calm()
    with office.engine.hub.unit() as unit:
        assert [one.uid for one in unit.records.of_table("policies")] == [row.system[SystemColumn.UID]]


def test_another_row_typed_in_the_place_of_one_that_was_not_numbered_is_another_record(
    office: Office,
) -> None:
    """7: what was sealed for the first person is not the second one's."""
    row = office.sheets.type_row("customers", full_name="王小明", notes="老客户")
    uid = office.fail_to_number("customers")
    row.cells = {"full_name": "张敏", "notes": "新客户"}
    office.calm()
    assert row.system[SystemColumn.UID] != uid


def test_delete_waits_for_what_has_to_be_mended_elsewhere(office: Office) -> None:
    """2 and 3: a wrong value is an edit too, and stands nowhere but where it was typed."""
    row = office.airtable.type_row("customers", full_name="王小明", mobile="13800138000")
    office.calm()
    row.cells["mobile"] = "1380013"
    office.calm()
    waiting = row.cells["mobile"]
    office.sheets.delete("customers", office.sheets.find("customers", full_name="王小明"))
    office.calm()
    assert office.airtable.find("customers", full_name="王小明").cells["mobile"] == waiting
    assert office.sheets.find("customers", full_name="王小明")


def test_row_deleted_where_a_wrong_value_waits_comes_back_with_the_value_typed_elsewhere(
    office: Office,
) -> None:
    """2 and 3: whoever deleted it saw the wrong value there, and never the one that was typed elsewhere meanwhile."""
    typed = office.airtable.type_row("customers", full_name="王小明", mobile="13800138000")
    office.calm()
    row = office.sheets.find("customers", full_name="王小明")
    row.cells["mobile"] = "1380013"
    office.calm()
    typed.cells["mobile"] = "13900139000"
    office.calm()
    shown = typed.cells["mobile"]
    office.sheets.delete("customers", row)
    office.calm()
    assert [line.cells["mobile"] for line in office.airtable.lines("customers")] == [shown]


def test_wrong_value_typed_before_the_delete_elsewhere_is_known_keeps_the_record(office: Office) -> None:
    """3: an edit beats a delete, and a wrong value is an edit; it stands nowhere but where it was typed."""
    typed = office.airtable.type_row("customers", full_name="王小明", mobile="13800138000")
    office.calm()
    office.sheets.find("customers", full_name="王小明").cells["mobile"] = "1380013"
    office.airtable.delete("customers", typed)
    office.calm()
    assert len(office.sheets.lines("customers")) == len(office.airtable.lines("customers")) == 1


def _insert_with_its_answer_lost(office: Office) -> Line:
    """A customer typed on Airtable whose new row stands on Sheets, which the hub has not heard."""
    typed = office.airtable.type_row(
        "customers", full_name="王小明", customer_no="C00000007", notes="老客户", occupation="教师"
    )
    office.sheets.loses_answers = True
    office.cycle()
    office.sheets.loses_answers = False
    assert office.sheets.lines("customers")
    return typed


def test_insert_whose_answer_was_lost_is_not_taken_for_typed_when_the_record_changes(office: Office) -> None:
    """4: nobody typed there what a write of ours left there, so there is no conflict."""
    typed = _insert_with_its_answer_lost(office)
    typed.cells["occupation"] = "护士"
    del typed.cells["notes"]
    office.calm()
    (inserted,) = office.sheets.lines("customers")
    assert (inserted.cells["occupation"], inserted.cells["notes"]) == ("护士", None)
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []


def test_edit_of_a_row_whose_insert_had_no_answer_is_an_edit(office: Office) -> None:
    """2: what the person saw there is what the hub had, so it is overwritten, not in conflict."""
    typed = _insert_with_its_answer_lost(office)
    (inserted,) = office.sheets.lines("customers")
    inserted.cells["occupation"] = "护士"
    office.calm()
    assert typed.cells["occupation"] == "护士"


def test_record_deleted_before_its_insert_was_read_back_stays_deleted(office: Office) -> None:
    """3: a delete never comes back from a row that a write of ours left there."""
    typed = _insert_with_its_answer_lost(office)
    office.airtable.delete("customers", typed)
    office.calm()
    assert (office.airtable.lines("customers"), office.sheets.lines("customers")) == ([], [])


def test_row_typed_where_an_insert_failed_clears_nothing(office: Office) -> None:
    """2: it is another row than the one that was to be inserted: what it leaves blank nobody cleared."""
    typed = office.airtable.type_row(
        "customers", full_name="王小明", customer_no="C00000007", occupation="教师"
    )
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after, office.sheets.lists_everything = None, False
    office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.calm()
    assert typed.cells["occupation"] == "教师"
    assert len(office.sheets.lines("customers")) == 1


def test_insert_that_never_arrived_is_agreed_on_as_it_was_sent_at_last(office: Office) -> None:
    """4: only the second one took effect, and its answer was lost, too."""
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after, office.sheets.loses_answers = None, True
    typed.cells["occupation"] = "护士"
    office.cycle()
    office.sheets.loses_answers = False
    typed.cells["occupation"] = "医生"
    office.calm()
    assert [line.cells["occupation"] for line in office.sheets.lines("customers")] == ["医生"]
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []


def test_erased_person_leaves_no_note_of_an_insert(office: Office) -> None:
    """9: what was to be written of the person goes with what was written."""
    _insert_with_its_answer_lost(office)
    engine = office.engine
    with engine.hub.unit() as unit:
        (customer,) = unit.records.of_table("customers")
        who = person(engine.schema, unit, customer.uid)
    take_out(engine.hub, engine.vault, engine.schema, who, mark=ERASED, now=engine.clock())
    with engine.hub.unit() as unit:
        assert unit.unanswered.take("sheets", "customers", [customer.uid]) == {}
