"""Cases that the simulation found about rows that wait for their uid, one law each; see docs/TESTING.md."""

import pytest

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import Line
from tests.sync.people import ID_NUMBER


def test_row_that_moves_while_it_waits_for_its_uid_is_known_where_it_was_seen_last(
    new_office: NewOffice,
) -> None:
    """5: seed 2883. Its own number is another by the time it is judged again, so that only its place tells."""
    office = new_office(settle_s=5)
    cells = {"customer_no": "C00000001", "premium": "300", "start": "2026-01-01", "end": "2027-01-01"}
    office.sheets.lines("policies").append(Line())
    row = office.sheets.type_row("policies", policy_no="P0001", **cells)
    office.cycle()
    office.clock.advance(6)
    uid = office.fail_to_number("policies")
    office.sheets.lines("policies").pop(0)
    office.cycle()
    row.cells["policy_no"] = "P0002"
    office.cycles(3)
    assert row.system[SystemColumn.UID] == uid


def contract(office: Office) -> Line:
    """A contract that is agreed on, in the last row of its tab."""
    row = office.sheets.type_row(
        "policies", policy_no="P0001", customer_no="C00000001", premium="300", start="2026-01-01"
    )
    office.calm()
    return row


@pytest.fixture
def insured(new_office: NewOffice) -> Office:
    """Two customers; what is deleted is archived after ten minutes."""
    office = new_office(delete_grace_s=600)
    for number, name in enumerate(("王小明", "李小红"), start=1):
        office.sheets.type_row("customers", customer_no=f"C{number:08}", full_name=name, occupation="教师")
    office.calm()
    return office


@pytest.mark.parametrize("written", ["", "我写的"])
def test_row_that_lost_its_number_and_its_uid_is_known_by_all_the_rest(insured: Office, written: str) -> None:
    """5: seed 5115. It stands where it stood, and shows all else that it showed, whatever was typed into it beside."""
    row = contract(insured)
    uid = row.system[SystemColumn.UID]
    insured.airtable.find("policies", policy_no="P0001").cells["end"] = "2030-01-01"
    row.cells |= {"policy_no": "", "status": "有效"}
    row.system[SystemColumn.UID] = written
    for _ in range(4):
        insured.cycle()
        insured.clock.advance(601)
    assert insured.sheets.lines("policies") == [row]
    assert (row.system[SystemColumn.UID], row.cells["policy_no"], row.cells["status"]) == (
        uid,
        "P0001",
        "有效",
    )


@pytest.mark.parametrize("changed", [{"customer_no": "C00000002"}, {"premium": "301"}, {"start": ""}])
def test_row_typed_without_number_where_one_was_deleted_is_another_record(
    insured: Office, changed: dict[str, str]
) -> None:
    """7: who it is about, or anything else, is not what stood there."""
    deleted = contract(insured)
    uid = deleted.system[SystemColumn.UID]
    insured.sheets.delete("policies", deleted)
    typed = insured.sheets.type_row("policies", **{**deleted.cells, "policy_no": "", **changed})
    for _ in range(4):
        insured.cycle()
        insured.clock.advance(601)
    assert typed.system[SystemColumn.UID] not in ("", uid)
    assert not typed.cells["policy_no"]
    assert insured.airtable.lines("policies") == []


def test_options_alone_do_not_tell_a_row_without_number(new_office: NewOffice) -> None:
    """7: many rows share them."""
    office = new_office(delete_grace_s=600)
    deleted = office.sheets.type_row("policies", policy_no="P0001", status="有效", customer_no="C1")
    office.calm()
    uid = deleted.system[SystemColumn.UID]
    office.sheets.delete("policies", deleted)
    typed = office.sheets.type_row("policies", status="有效")
    office.calm()
    assert typed.system[SystemColumn.UID] not in ("", uid)


@pytest.mark.parametrize("written", ["我写的", "another"])
def test_row_whose_uid_was_written_over_is_not_deleted_while_the_daemon_is_away(
    insured: Office, written: str
) -> None:
    """2: seed 5395. It could not be given its uid at once, and stood there all the while."""
    row, other = insured.sheets.lines("customers")
    uid, cells = row.system[SystemColumn.UID], dict(row.cells)
    row.system[SystemColumn.UID] = other.system[SystemColumn.UID] if written == "another" else written
    insured.sheets.fail_after = 0
    insured.cycle()
    insured.sheets.fail_after = None
    insured.clock.advance(86_400)
    insured.calm()
    assert (row.system[SystemColumn.UID], row.cells) == (uid, cells)
    assert len(insured.airtable.lines("customers")) == len(insured.sheets.lines("customers")) == 2


def test_row_that_lost_its_uid_while_a_secret_in_it_was_corrected_keeps_its_record(insured: Office) -> None:
    """5 and 2: seed 5509. Nothing that is sealed tells it any more; its number, its place and all the rest do."""
    row = insured.sheets.lines("customers")[1]
    row.cells["mobile"] = "13800138000"
    insured.calm()
    uid = row.system[SystemColumn.UID]
    row.cells |= {"mobile": "13900139000", "birth_date": "1990-01-02"}
    row.system[SystemColumn.UID] = ""
    insured.calm()
    assert row.system[SystemColumn.UID] == uid
    line = insured.airtable.find("customers", full_name="李小红")
    assert (line.cells["mobile"], line.cells["birth_date"]) == (row.cells["mobile"], "1990-01-02")


def test_row_without_secrets_that_lost_its_uid_and_is_typed_into_keeps_its_record(insured: Office) -> None:
    """5 and 2: storm 9013. It stands where it stood and goes by its number and name."""
    row = insured.sheets.lines("customers")[1]
    row.cells |= {"birth_date": "1990-01-02", "notes": "常出差"}
    insured.calm()
    uid = row.system[SystemColumn.UID]
    row.cells |= {"occupation": "护士", "birth_date": "1990-01-20"}
    row.system[SystemColumn.UID] = "我写的"
    insured.calm()
    assert row.system[SystemColumn.UID] == uid
    line = insured.airtable.find("customers", full_name="李小红")
    assert (line.cells["occupation"], line.cells["birth_date"]) == ("护士", "1990-01-20")


@pytest.mark.parametrize("changed", [{"full_name": "张敏"}, {"occupation": ""}])
def test_another_row_with_the_number_of_a_deleted_one_is_another_record(
    insured: Office, changed: dict[str, str]
) -> None:
    """7: what was sealed for the one who stood there is not for whom somebody gives that number."""
    deleted = insured.sheets.lines("customers")[1]
    deleted.cells["mobile"] = "13800138000"
    insured.calm()
    uid = deleted.system[SystemColumn.UID]
    insured.sheets.delete("customers", deleted)
    typed = insured.sheets.type_row("customers", **{**deleted.cells, "mobile": "13900139000", **changed})
    insured.calm()
    assert typed.system[SystemColumn.UID] not in ("", uid)


def test_damaged_stand_in_of_a_row_that_lost_its_uid_is_put_back(insured: Office) -> None:
    """2: seed 5509. The row is known by another stand-in, and is nobody's copy."""
    row = insured.sheets.lines("customers")[1]
    row.cells |= {"mobile": "13800138000", "id_number": ID_NUMBER}
    insured.calm()
    shown = dict(row.cells)
    row.cells["mobile"] = shown["mobile"][:-1]
    row.system[SystemColumn.UID] = ""
    insured.calm()
    assert row.cells == shown == insured.airtable.find("customers", full_name="李小红").cells


def test_row_that_waits_for_its_uid_once_more_and_is_typed_into_keeps_its_record(insured: Office) -> None:
    """5: seed 5509. The write that was to give it back failed; its number, its name and its place are left."""
    row = insured.sheets.lines("customers")[1]
    row.cells |= {
        "birth_date": "1990-01-02",
        "id_number": ID_NUMBER,
        "notes": "常出差",
        "mobile": "13800138000",
    }
    insured.calm()
    uid = row.system[SystemColumn.UID]
    row.system[SystemColumn.UID] = ""
    insured.sheets.fail_after = 0
    insured.cycle()
    insured.sheets.fail_after = None
    row.cells |= {
        "occupation": "护士",
        "birth_date": "",
        "id_number": "",
        "notes": "",
        "mobile": "13900139000",
    }
    insured.calm()
    assert row.system[SystemColumn.UID] == uid
    assert insured.airtable.find("customers", full_name="李小红").cells["occupation"] == "护士"


def test_another_person_in_the_place_of_a_row_that_waits_for_its_uid_once_more_is_another_record(
    insured: Office,
) -> None:
    """7: much the same is no proof where it goes by another name, or by none of its numbers."""
    row = insured.sheets.lines("customers")[1]
    row.cells |= {"birth_date": "1990-01-02", "notes": "常出差", "mobile": "13800138000"}
    insured.calm()
    uid, cells = row.system[SystemColumn.UID], dict(row.cells)
    row.system[SystemColumn.UID] = ""
    insured.sheets.fail_after = 0
    insured.cycle()
    insured.sheets.fail_after = None
    insured.sheets.delete("customers", row)
    other = {"customer_no": "", "full_name": "张敏", "mobile": ""}
    typed = insured.sheets.type_row("customers", **{**cells, **other})
    insured.calm()
    assert typed.system[SystemColumn.UID] not in ("", uid)
    assert not typed.cells["mobile"]


def test_row_without_uid_is_the_record_that_neither_of_two_rows_with_that_uid_shows(office: Office) -> None:
    """2 and 7: storm 8339. A row, its copy and a blank one were sorted without the column 记录编号."""
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138000", id_number="1101")
    office.calm()
    uid, shown = row.system[SystemColumn.UID], dict(row.cells)
    copied = office.sheets.copy_row("customers", row, full_name="李小红", customer_no=None, occupation="护士")
    office.sheets.lines("customers").append(Line(system={SystemColumn.UID: row.system.pop(SystemColumn.UID)}))
    office.calm()
    assert (row.system[SystemColumn.UID], row.cells) == (uid, shown)
    assert copied.system[SystemColumn.UID] not in ("", uid)
    assert not copied.cells["id_number"]
