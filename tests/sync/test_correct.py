"""A value given at the desk: judged like one typed into a table, and then in every table as mask and token."""

from datetime import date

import pytest

from sync.connection import SystemColumn
from sync.correct import CannotCorrect, Correction, Sight, correct
from sync.store.seen import Held
from tests.sync.conftest import Office
from tests.sync.memory import Line
from tests.sync.people import ID_NUMBER, STAND_IN
from vault.plaintext import Plaintext

ELSE = "13900139000"


def customer(office: Office, **cells: str) -> tuple[Line, str]:
    line = office.airtable.type_row("customers", full_name="王小明", birth_date="1990-03-07", **cells)
    office.calm()
    return line, line.system[SystemColumn.UID]


def give(office: Office, uid: str, key: str, text: str) -> str:
    return str(correct(office.engine, Correction("customers", uid, key, text), actor="李柜员"))


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
    found = office.engine.vault.matches("customers.mobile", Plaintext("13800138000"))
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


# Plain fields that are held


def held_birth_date(office: Office, typed: str = "二月三十日", **cells: str) -> tuple[Line, str]:
    """A customer in whose row a birth date was typed that is none."""
    line, uid = customer(office, occupation="教师", **cells)
    line.cells["birth_date"] = typed
    office.calm()
    assert line.system[SystemColumn.STATUS] == "错误"
    return line, uid


def waiting(office: Office, uid: str, key: str, replica: str = "airtable") -> Held | None:
    with office.engine.hub.reading() as unit:
        return unit.seen.get_many(replica, "customers", [uid])[uid].held.get(key)


def mend(office: Office, uid: str, raw: str, *, held: str = "二月三十日", value: object = "") -> None:
    stands = value or date(1990, 3, 7)
    sight = Sight(stands, "airtable", held)
    correct(office.engine, Correction("customers", uid, "birth_date", raw, sight), actor="李柜员")


def test_what_was_typed_into_a_plain_cell_is_remembered_while_it_is_held(office: Office) -> None:
    line, uid = held_birth_date(office)
    found = waiting(office, uid, "birth_date")
    assert found
    assert found.text == "二月三十日"
    line.cells["occupation"] = "医生"
    office.calm()
    assert waiting(office, uid, "birth_date") == found


def test_number_of_a_person_in_a_wrong_column_is_not_remembered(office: Office) -> None:
    _, uid = held_birth_date(office, typed=ID_NUMBER)
    found = waiting(office, uid, "birth_date")
    assert found
    assert found.text is None


@pytest.mark.parametrize("right", ["1991-04-08", "1990-03-07"], ids=["another", "as it was"])
def test_mended_plain_value_stands_in_every_table(office: Office, right: str) -> None:
    line, uid = held_birth_date(office)
    mend(office, uid, right)
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    assert line.cells["birth_date"] == theirs.cells["birth_date"] == right
    assert line.system[SystemColumn.STATUS] == "通过"
    assert waiting(office, uid, "birth_date") is None
    with office.engine.hub.reading() as unit:
        assert unit.lists.conflicts() == []


def test_mended_plain_value_survives_a_write_that_did_not_happen(office: Office) -> None:
    line, uid = held_birth_date(office)
    mend(office, uid, "1991-04-08")
    office.airtable.fail_after = 0
    office.cycle()
    assert line.cells["birth_date"] == "二月三十日"
    office.airtable.fail_after = None
    office.calm()
    assert (line.cells["birth_date"], line.system[SystemColumn.STATUS]) == ("1991-04-08", "通过")


def test_what_is_typed_after_the_mend_goes_to_the_ledger(office: Office) -> None:
    line, uid = held_birth_date(office)
    mend(office, uid, "1991-04-08")
    line.cells["birth_date"] = "1992-05-09"
    office.calm()
    assert line.cells["birth_date"] == "1991-04-08"
    with office.engine.hub.reading() as unit:
        (entry,) = unit.lists.conflicts()
    assert entry.other == "1992-05-09"


def test_mend_of_what_was_typed_over_meanwhile_is_refused(office: Office) -> None:
    line, uid = held_birth_date(office)
    line.cells["birth_date"] = "二月三十一日"
    office.calm()
    with pytest.raises(CannotCorrect, match="有了变化"):
        mend(office, uid, "1991-04-08")
    office.calm()
    assert line.cells["birth_date"] == "二月三十一日"


def test_mend_is_refused_when_the_other_side_has_another_value_by_now(office: Office) -> None:
    _, uid = held_birth_date(office)
    office.sheets.find("customers", full_name="王小明").cells["birth_date"] = "1993-01-01"
    office.calm()
    with pytest.raises(CannotCorrect, match="有了变化"):
        mend(office, uid, "1991-04-08")
    assert office.sheets.find("customers", full_name="王小明").cells["birth_date"] == "1993-01-01"


def test_mend_that_is_wrong_too_is_refused_and_what_was_typed_waits_on(office: Office) -> None:
    line, uid = held_birth_date(office)
    with pytest.raises(CannotCorrect) as refused:
        mend(office, uid, "三月三十二日")
    office.calm()
    assert refused.value.issue.mend
    assert line.cells["birth_date"] == "二月三十日"
    assert waiting(office, uid, "birth_date")


def test_policyholder_is_mended_by_business_key(office: Office) -> None:
    held, _ = customer(office)
    policy = office.sheets.type_row("policies", policy_no="P2020", customer_no="C00000999")
    office.calm()
    uid = policy.system[SystemColumn.UID]
    correction = Correction("policies", uid, "customer_no", "C00000001", Sight(None, "sheets", "C00000999"))
    correct(office.engine, correction, actor="李柜员")
    office.calm()
    assert policy.cells["customer_no"] == "C00000001"
    theirs = office.airtable.find("policies", policy_no="P2020")
    assert theirs.cells["customer_no"] == [office.airtable.row_id("customers", held)]


def test_policyholder_who_is_not_in_effect_yet_is_refused_at_the_desk(office: Office) -> None:
    """Nothing waits there, so it must not sound as if it did."""
    office.sheets.type_row("customers", customer_no="C00000001", full_name="王小明", occupation="教师")
    office.sheets.type_row("customers", customer_no="C00000002", full_name="李小红", id_number="123")
    policy = office.sheets.type_row("policies", policy_no="P2020", customer_no="C00000001")
    office.calm()
    uid = policy.system[SystemColumn.UID]
    with pytest.raises(CannotCorrect, match="还没有生效") as refused:
        correct(office.engine, Correction("policies", uid, "customer_no", "C00000002"), actor="李柜员")
    assert "先更正那条记录" in refused.value.issue.mend


def test_one_of_two_dates_that_contradict_each_other_is_mended(office: Office) -> None:
    customer(office)
    policy = office.sheets.type_row(
        "policies", policy_no="P2020", customer_no="C00000001", start="2024-01-01", end="2025-01-01"
    )
    office.calm()
    policy.cells |= {"start": "2026-01-01"}
    office.calm()
    uid = policy.system[SystemColumn.UID]
    assert policy.system[SystemColumn.STATUS] == "错误"
    sight = Sight(date(2024, 1, 1), "sheets", "2026-01-01")
    correct(office.engine, Correction("policies", uid, "start", "2024-06-01", sight), actor="李柜员")
    office.calm()
    theirs = office.airtable.find("policies", policy_no="P2020")
    assert policy.cells["start"] == theirs.cells["start"] == "2024-06-01"
    assert policy.system[SystemColumn.STATUS] == "通过"


def test_required_plain_field_is_not_mended_with_nothing(office: Office) -> None:
    customer(office)
    policy = office.sheets.type_row("policies", policy_no="!", customer_no="C00000001")
    office.calm()
    with pytest.raises(CannotCorrect):
        correct(
            office.engine,
            Correction("policies", policy.system[SystemColumn.UID], "policy_no", " "),
            actor="李柜员",
        )
