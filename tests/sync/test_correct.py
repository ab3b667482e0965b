"""A value given at the desk: judged like one typed into a table, and then in every table as mask and token."""

import pytest

from sync.connection import SystemColumn
from sync.correct import CannotCorrect, Correction, correct
from tests.sync.conftest import Office
from tests.sync.memory import Line
from tests.sync.people import ID_NUMBER, STAND_IN

ELSE = "13900139000"


def customer(office: Office, **cells: str) -> tuple[Line, str]:
    line = office.airtable.type_row("customers", full_name="王小明", birth_date="1990-03-07", **cells)
    office.calm()
    return line, line.system[SystemColumn.UID]


def give(office: Office, uid: str, key: str, text: str) -> str:
    return correct(office.engine, Correction("customers", uid, key, text), actor="李柜员")


def test_corrected_value_stands_in_every_table_as_mask_and_token(office: Office) -> None:
    line, uid = customer(office, mobile="13800138000")
    token = give(office, uid, "mobile", "139 0013 9000")
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    assert line.cells["mobile"] == theirs.cells["mobile"] == f"139****9000〔{token}〕"
    assert office.engine.vault.reveal(token, actor="t", purpose="核保") == ELSE


def test_correction_is_in_the_history_under_the_name_of_who_gave_it(office: Office) -> None:
    _, uid = customer(office, mobile="13800138000")
    token = give(office, uid, "mobile", ELSE)
    with office.engine.hub.reading() as unit:
        last = unit.lists.history(uid)[-1]
    assert (last["field"], last["replica"], last["actor"], last["after"]) == (
        "mobile",
        "desk",
        "李柜员",
        token,
    )


def test_value_that_was_replaced_goes_out_of_use(office: Office) -> None:
    _, uid = customer(office, mobile="13800138000")
    give(office, uid, "mobile", ELSE)
    found = office.engine.vault.matches("customers.mobile", "13800138000")
    assert found == []


@pytest.mark.parametrize("wrong", ["1380013", "", "138****8000"])
def test_value_that_does_not_pass_is_refused_and_nothing_is_kept(office: Office, wrong: str) -> None:
    line, uid = customer(office, mobile="13800138000")
    before, sealed = line.cells["mobile"], office.engine.vault.counts()
    with pytest.raises(CannotCorrect) as refused:
        give(office, uid, "mobile", wrong)
    office.calm()
    assert refused.value.issue.mend
    assert (line.cells["mobile"], office.engine.vault.counts()) == (before, sealed)


def test_rules_across_fields_judge_a_correction_too(office: Office) -> None:
    _, uid = customer(office, id_number=ID_NUMBER)
    office.airtable.type_row("customers", full_name="别人", birth_date="1991-03-07")
    office.calm()
    other = office.airtable.find("customers", full_name="别人").system[SystemColumn.UID]
    with pytest.raises(CannotCorrect) as refused:
        give(office, other, "id_number", ID_NUMBER)
    assert refused.value.issue.message
    assert uid != other


def test_correction_mends_what_was_held_in_a_table(office: Office) -> None:
    line, uid = customer(office, mobile="1380013")
    assert line.system[SystemColumn.STATUS] == "错误"
    give(office, uid, "mobile", ELSE)
    office.calm()
    assert line.cells["mobile"].startswith("139****9000〔")
    assert line.system[SystemColumn.STATUS] == "提示"
    assert "已还原" not in line.system[SystemColumn.NOTE]


def test_record_that_waited_for_the_correction_appears_on_the_other_side(office: Office) -> None:
    line, uid = customer(office, id_number=ID_NUMBER[:-2])
    assert office.sheets.lines("customers") == []
    give(office, uid, "id_number", ID_NUMBER)
    office.calm()
    assert STAND_IN.match(office.sheets.find("customers", full_name="王小明").cells["id_number"])
    assert STAND_IN.match(line.cells["id_number"])


def test_correction_of_one_field_does_not_let_through_another_that_is_held(office: Office) -> None:
    _, uid = customer(office, id_number=ID_NUMBER[:-2], mobile="13800138000")
    give(office, uid, "mobile", ELSE)
    office.calm()
    assert office.sheets.lines("customers") == []


def test_correction_in_the_middle_of_typing_is_a_conflict_and_loses_nothing(office: Office) -> None:
    line, uid = customer(office, mobile="13800138000")
    give(office, uid, "mobile", ELSE)
    line.cells["mobile"] = "13700137000"
    office.calm()
    with office.engine.hub.reading() as unit:
        (entry,) = unit.lists.conflicts()
    assert line.cells["mobile"].startswith("139****9000〔")
    assert office.engine.vault.reveal(str(entry.other), actor="t", purpose="核保") == "13700137000"


def test_deleted_record_takes_no_correction(office: Office) -> None:
    line, uid = customer(office, mobile="13800138000")
    office.airtable.delete("customers", line)
    office.calm()
    with pytest.raises(CannotCorrect):
        give(office, uid, "mobile", ELSE)
