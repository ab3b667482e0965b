"""Cases that the simulation found about which row is which, one law each; see docs/TESTING.md."""

from random import Random

import pytest

from sync.connection import SystemColumn
from sync.uid import new_uid
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import Line, meanwhile
from tests.sync.people import ID_NUMBER, identity


def test_row_that_moves_while_it_settles_is_known_where_it_stands(new_office: NewOffice) -> None:
    """7: a row that is remembered at another row's place is taken for a copy, and loses its number and its secrets."""
    office = new_office(settle_s=5)
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.cycle()
    for _ in range(2):
        office.clock.advance(6)
        office.cycle()
    row.cells["occupation"] = "护士"
    office.cycle()
    row.cells["occupation"] = "教师"
    office.sheets.lines("customers").insert(0, Line())
    office.clock.advance(6)
    office.cycle()
    with office.engine.hub.unit() as unit:
        assert [state.position for state in unit.seen.of("sheets", "customers").values()] == [1]


def test_row_with_a_number_in_prose_that_was_not_numbered_and_is_typed_into_is_still_one_record(
    office: Office,
) -> None:
    """5: no record twice. What was sealed in prose still stands there as it was typed, and tells nothing."""
    row = office.sheets.type_row("customers", full_name="王小明", notes="家属电话13800138000")
    uid = office.fail_to_number("customers")
    row.cells["occupation"] = "教师"
    office.calm()
    assert row.system[SystemColumn.UID] == uid


def test_row_that_was_not_numbered_is_known_by_its_secrets_when_its_name_is_corrected(office: Office) -> None:
    """5: no record twice, and nobody is told that his own number stands elsewhere."""
    row = office.sheets.type_row("customers", full_name="王小名", id_number=ID_NUMBER, mobile="1380013800")
    uid = office.fail_to_number("customers")
    row.cells["full_name"] = "王小明"
    office.calm()
    assert row.system[SystemColumn.UID] == uid
    assert "已有相同的记录" not in row.system[SystemColumn.NOTE]


def test_row_that_was_not_numbered_is_known_by_its_number_where_it_moved(office: Office) -> None:
    row = office.sheets.type_row("customers", full_name="王小名", id_number=ID_NUMBER, occupation="教师")
    uid = office.fail_to_number("customers")
    row.cells["full_name"] = "王小明"
    office.sheets.lines("customers").insert(0, Line())
    office.calm()
    assert row.system[SystemColumn.UID] == uid


def test_row_that_was_not_numbered_and_changed_in_most_cells_is_known_where_it_stands(office: Office) -> None:
    row = office.sheets.type_row(
        "customers",
        full_name="王小名",
        mobile="13800138000",
        id_type="护照",
        notes="老客户",
        occupation="教师",
    )
    uid = office.fail_to_number("customers")
    row.cells |= {"full_name": "王小明", "mobile": "13800138001", "id_type": "居民身份证"}
    office.calm()
    assert row.system[SystemColumn.UID] == uid


def test_another_person_in_the_place_of_a_row_that_was_not_numbered_is_another_record(office: Office) -> None:
    row = office.sheets.type_row("customers", full_name="王小名", id_number=ID_NUMBER, mobile="13800138000")
    uid = office.fail_to_number("customers")
    row.cells |= {"full_name": "李小红", "id_number": identity("11010519900307124")}
    office.calm()
    assert row.system[SystemColumn.UID] not in ("", uid)


def test_row_that_is_about_to_get_its_uid_back_is_not_deleted_for_having_been_without(
    new_office: NewOffice,
) -> None:
    """2: nobody's value is lost because the daemon was away between the two writes that put a uid right."""
    office = new_office(settle_s=5, delete_grace_s=86_400)
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000")
    _settle(office)
    uid, shown = row.system[SystemColumn.UID], dict(row.cells)
    row.system[SystemColumn.UID] = "我写的"
    office.cycle()
    assert not row.system[SystemColumn.UID]
    office.clock.advance(7 * 24 * 3600)
    _settle(office)
    assert (row.system[SystemColumn.UID], row.cells) == (uid, shown)


def _settle(office: Office) -> None:
    """Cycles enough for what was typed to settle and be written everywhere."""
    office.cycles(6)


def _uids(office: Office) -> list[str]:
    return [line.system[SystemColumn.UID] for line in office.sheets.lines("customers")]


def _give(office: Office, *uids: str) -> None:
    """The column 记录编号 shows these from the top."""
    for line, uid in zip(office.sheets.lines("customers"), uids, strict=True):
        line.system[SystemColumn.UID] = uid


def test_copy_without_number_that_is_torn_with_its_original_freezes_the_tab(office: Office) -> None:
    """7: the copy stands where another's uid is, and that one's row passes for a copy: only its key tells."""
    first = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000")
    office.sheets.type_row("customers", full_name="张敏", mobile="13900139000")
    office.calm()
    one, other = _uids(office)
    office.sheets.copy_row("customers", first, customer_no=None, full_name="王小红")
    lines = office.sheets.lines("customers")
    lines[1], lines[2] = lines[2], lines[1]
    _give(office, one, other, one)
    before = [dict(line.cells) for line in lines]
    assert office.cycle().torn == ["sheets/customers"]
    assert [line.cells for line in lines] == before


def test_number_that_a_record_has_is_not_claimed_by_the_row_that_is_judged_first(office: Office) -> None:
    """7: judged again together, the one who came first keeps the number, whichever row comes first then."""
    first = office.sheets.type_row("policies", policy_no="P0001")
    office.calm()
    second = office.sheets.type_row("policies", policy_no="p0001")
    office.calm()
    notes = [line.system[SystemColumn.NOTE] for line in (first, second)]
    assert "已有相同的记录" in notes[1]
    office.sheets.lines("policies").reverse()
    with office.engine.hub.unit() as unit:
        uids = [line.system[SystemColumn.UID] for line in (first, second)]
        unit.lists.ask_recheck("sheets", "policies", uids, "linked")
    office.calm()
    assert [line.system[SystemColumn.NOTE] for line in (first, second)] == notes


def test_copy_whose_original_is_deleted_at_once_gets_none_of_its_secrets(new_office: NewOffice) -> None:
    """7: the copy shows the original's number and stand-ins, and yet it was a copy when its uid was blanked."""
    office = new_office(settle_s=5, delete_grace_s=60)
    row = office.sheets.type_row("customers", full_name="王小明", id_number="11010119900307001X")
    office.cycles(3)
    uid = row.system[SystemColumn.UID]
    copied = office.sheets.copy_row("customers", row)
    office.cycle()
    office.sheets.delete("customers", row)
    for _ in range(4):
        office.clock.advance(61)
        office.cycle()
    assert copied.system[SystemColumn.UID] not in ("", uid)
    assert not copied.cells.get("id_number")


def test_copy_whose_original_gets_another_number_at_once_is_no_tear(office: Office) -> None:
    """7: the copy shows the token that its original had; freezing the tab would leave both as they are for good."""
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000")
    office.calm()
    copied = office.sheets.copy_row("customers", row, customer_no=None, full_name="王小红")
    row.cells["mobile"] = "13900139000"
    office.calm()
    assert copied.system[SystemColumn.UID] not in ("", row.system[SystemColumn.UID])
    assert len(office.airtable.lines("customers")) == 2


@pytest.mark.parametrize("last", ["教师", "司机", None])
def test_update_whose_answer_was_lost_is_not_taken_for_typed(office: Office, last: str | None) -> None:
    """4 and 2: the record changes again before the row is read; what stands there is our own, and no edit of anybody."""
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    row.cells["occupation"] = "护士"
    office.sheets.loses_answers = True
    office.cycle()
    office.sheets.loses_answers = False
    row.cells["occupation"] = last
    office.calm()
    assert [line.cells.get("occupation") for line in (row, *office.sheets.lines("customers"))] == [last] * 2
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []


def test_update_that_never_arrived_makes_no_edit_of_what_stands(office: Office) -> None:
    """2: the cell still shows what it showed; it follows the record, as if nothing had been sent."""
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    row.cells["occupation"] = "护士"
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    office.calm()
    assert [line.cells["occupation"] for line in (row, *office.sheets.lines("customers"))] == ["护士"] * 2


def test_row_that_was_not_numbered_moves_and_is_typed_into_is_still_one_record(office: Office) -> None:
    """5: no record twice. It shows all that it showed, elsewhere, and something new."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    uid = office.fail_to_number("customers")
    office.sheets.lines("customers").insert(0, Line())
    row.cells["notes"] = "老客户"
    office.calm()
    assert row.system[SystemColumn.UID] == uid


def test_row_that_was_not_numbered_moves_and_is_changed_is_still_one_record(office: Office) -> None:
    """5: seed 79. It shows most of what it showed, its name among that; a second record would keep what was sealed for good."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师", notes="老客户")
    uid = office.fail_to_number("customers")
    office.sheets.lines("customers").insert(0, Line())
    row.cells["occupation"] = "护士"
    office.calm()
    with office.engine.hub.unit() as unit:
        assert [one.uid for one in unit.records.of_table("customers")] == [uid]


def test_copy_of_a_row_that_was_not_numbered_is_the_new_one_wherever_a_sort_puts_it(office: Office) -> None:
    """5 and 7: seed 620. Both show as much of it, and the copy stands in its place; the name tells."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师", notes="老客户")
    uid = office.fail_to_number("customers")
    copied = office.sheets.copy_row("customers", row, full_name="王小红")
    row.cells["occupation"] = "护士"
    office.sheets.lines("customers").reverse()
    office.calm()
    assert (row.system[SystemColumn.UID], copied.system[SystemColumn.UID] == uid) == (uid, False)


def test_row_of_another_name_that_shows_much_the_same_elsewhere_is_another_record(office: Office) -> None:
    """7: the first row was deleted, and somebody typed in another person of the same trade."""
    cells = {"birth_date": "1990-03-07", "occupation": "教师", "notes": "老客户"}
    row = office.sheets.type_row("customers", full_name="王小明", **cells)
    uid = office.fail_to_number("customers")
    office.sheets.lines("customers").insert(0, Line())
    row.cells["full_name"] = "王小红"
    office.calm()
    assert row.system[SystemColumn.UID] != uid


def test_row_that_shows_less_than_one_that_was_not_numbered_is_another_record(office: Office) -> None:
    """7: what was sealed for the first person is not the second one's."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    uid = office.fail_to_number("customers")
    office.sheets.lines("customers").insert(0, Line())
    row.cells = {"full_name": "王小红", "occupation": "教师"}
    office.calm()
    assert row.system[SystemColumn.UID] != uid


def test_copy_that_a_sort_puts_in_the_original_s_place_is_the_copy(office: Office) -> None:
    """7: both were typed into before the daemon looked; only the original still shows its number."""
    row = office.sheets.type_row("customers", full_name="王小明", id_number="11010119900307001X")
    office.calm()
    uid, shown = row.system[SystemColumn.UID], row.cells["id_number"]
    copied = office.sheets.copy_row("customers", row, customer_no=None, full_name="王小红")
    row.cells["occupation"] = "教师"
    office.sheets.lines("customers").reverse()
    office.calm()
    assert (row.system[SystemColumn.UID], row.cells["id_number"]) == (uid, shown)
    assert copied.system[SystemColumn.UID] not in ("", uid)
    assert not copied.cells.get("id_number")


@pytest.mark.parametrize("written", ["我写的", "another"])
def test_row_whose_own_uid_was_written_over_is_no_copy(new_office: NewOffice, written: str) -> None:
    """5: seed 91. Its uid is blanked as a copy's is, and yet it is the record that it shows."""
    office = new_office(settle_s=5, delete_grace_s=60)
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13900139000")
    other = office.sheets.type_row("customers", full_name="李小红", mobile="13900139001")
    office.cycles(3)
    uid, mobile = row.system[SystemColumn.UID], row.cells["mobile"]
    row.system[SystemColumn.UID] = other.system[SystemColumn.UID] if written == "another" else written
    office.cycles(4)
    assert row.system[SystemColumn.UID] == uid
    assert row.cells["mobile"] == mobile


def test_copy_that_a_deleted_row_lets_up_into_the_original_s_place_is_the_copy(office: Office) -> None:
    """2 and 7: both show the same, number and all, and neither what was last seen; the original stands above, where it moved up."""
    gone = office.sheets.type_row("customers", full_name="张敏")
    row = office.sheets.type_row("customers", full_name="王小明", id_number="11010119900307001X")
    office.calm()
    uid, shown = row.system[SystemColumn.UID], row.cells["id_number"]
    row.cells["occupation"] = "护士"
    copied = office.sheets.copy_row("customers", row)
    office.sheets.delete("customers", gone)
    office.calm()
    assert (row.system[SystemColumn.UID], row.cells["id_number"]) == (uid, shown)
    assert copied.system[SystemColumn.UID] not in ("", uid)


@pytest.mark.parametrize("written", ["我写的", ""])
def test_row_whose_uid_was_written_over_while_it_settled_keeps_its_record(
    new_office: NewOffice, written: str
) -> None:
    """2 and 5: its number was changed just before; it was seen so, with its uid, and stands so still."""
    office = new_office(settle_s=5)
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000", id_number="1101")
    office.cycles(3)
    uid, shown = row.system[SystemColumn.UID], row.cells["mobile"]
    row.cells["customer_no"] = "C00000025"
    office.cycle()
    row.system[SystemColumn.UID] = written
    office.cycles(6)
    assert (row.system[SystemColumn.UID], row.cells["mobile"]) == (uid, shown)


def test_original_keeps_its_uid_where_its_copy_moves_just_before_that_loses_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5 and 7: both bear it, so that it does not tell them apart."""
    typed = office.sheets.type_row("customers", full_name="王小明", id_number=ID_NUMBER)
    office.calm()
    uid = typed.system[SystemColumn.UID]
    copied = office.sheets.copy_row("customers", typed, full_name="李小红", customer_no="C00000009")
    meanwhile(office.sheets, lambda: office.sheets.lines("customers").insert(0, Line()), monkeypatch)
    office.calm()
    assert typed.system[SystemColumn.UID] == uid != copied.system[SystemColumn.UID]
    assert "〔" in typed.cells["id_number"] and not copied.cells["id_number"]


def test_row_that_lost_its_uid_before_it_heard_of_its_new_number_keeps_its_record(
    new_office: NewOffice,
) -> None:
    """5: it shows what it was last known to show, the number among it; it has no fingerprint until it is written."""
    office = new_office(delete_grace_s=600)
    row = office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007", occupation="教师")
    office.calm()
    uid, typed = row.system[SystemColumn.UID], office.airtable.find("customers", customer_no="C00000007")
    typed.cells["customer_no"], row.cells["occupation"] = "C00000008", "护士"
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    row.system[SystemColumn.UID] = "我写的"
    office.calm()
    assert (row.system[SystemColumn.UID], row.cells["customer_no"]) == (uid, "C00000008")


def test_copy_without_uid_is_not_the_record_whose_row_bears_its_uid(office: Office) -> None:
    """4 and 7: the hub was restored from before the record, and reads both rows for the first time."""
    cells, uid = (
        {"full_name": "王小明", "customer_no": "C00000007"},
        new_uid(office.clock(), Random(9).getrandbits),
    )
    office.airtable.type_row("customers", **cells).system[SystemColumn.UID] = uid
    original = office.sheets.type_row("customers", **cells)
    original.system[SystemColumn.UID] = uid
    copied = office.sheets.copy_row("customers", original, full_name="李小红")
    copied.system[SystemColumn.UID] = ""
    office.calm()
    with office.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []
    assert (original.cells["full_name"], original.system[SystemColumn.UID]) == ("王小明", uid)
    assert copied.system[SystemColumn.UID] not in ("", uid)
