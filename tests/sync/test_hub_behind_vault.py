"""After a restore the journal leads the vault on, and the hub stays where the backup was: rows of after it keep their values."""

import pytest

from sync.connection import SystemColumn
from sync.store.tables import record, seen
from tests.postgres import Stores
from tests.sync.conftest import SCHEMA, Office, build_office
from tests.sync.people import ID_NUMBER
from vault.masks import is_stand_in

PHONE = {"name": "通知电话", "type": "phone", "sensitive": {"mask": "phone"}}


def forget(office: Office) -> None:
    """The hub knows no record and no row any more; the vault knows everything."""
    with office.engine.hub.unit() as unit:
        for table in (record, seen):
            unit.connection.execute(table.delete())


def test_a_row_that_the_hub_does_not_know_keeps_the_tokens_of_its_person(office: Office) -> None:
    row = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", mobile="13800138000", id_number=ID_NUMBER
    )
    office.calm()
    shown = dict(row.cells)
    forget(office)
    office.calm()
    assert row.cells == shown
    assert row.system[SystemColumn.STATUS] == "通过"
    theirs = office.sheets.find("customers", full_name="王小明")
    assert theirs and theirs.cells["mobile"] == shown["mobile"]
    row.cells["mobile"] = "13900139000"
    office.calm()
    assert theirs.cells["mobile"] == row.cells["mobile"] != shown["mobile"], "the row goes on as any other"


def test_the_value_of_a_row_whose_person_is_another_record_stays_too(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCHEMA["tables"]["policies"]["fields"], "notice_phone", PHONE)  # type: ignore[index]
    office = build_office(stores)
    person = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    policy = office.sheets.type_row(
        "policies",
        policy_no="P2024001",
        customer_no=person.cells["customer_no"],
        notice_phone="13800138000",
    )
    office.calm()
    shown = policy.cells["notice_phone"]
    assert "〔" in shown
    forget(office)
    office.calm()
    assert policy.cells["notice_phone"] == shown
    office.close()


def test_a_token_of_another_person_is_not_honoured_there_either(office: Office) -> None:
    one = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    two = office.airtable.type_row("customers", full_name="李小红", occupation="教师")
    office.calm()
    forget(office)
    two.cells["mobile"] = one.cells["mobile"]
    office.calm()
    assert not two.cells.get("mobile")
    assert "粘贴的加密代码不属于此人此栏" in two.system[SystemColumn.NOTE]


def test_what_waits_to_be_corrected_there_waits_on(office: Office) -> None:
    row = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER, mobile="1380013800"
    )
    office.calm()
    shown, note = dict(row.cells), row.system[SystemColumn.NOTE]
    assert is_stand_in(str(shown["mobile"])) and "手机号码" in note
    forget(office)
    office.calm()
    assert row.cells == shown
    assert row.system[SystemColumn.NOTE] == note
    row.cells["mobile"] = "13800138000"
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    assert theirs and theirs.cells["mobile"] == row.cells["mobile"]
    assert row.system[SystemColumn.STATUS] == "通过"


def test_what_waits_over_a_value_of_before_the_backup_waits_on(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    with office.engine.hub.unit() as unit:
        before = list(unit.connection.execute(seen.select()).mappings())
    row.cells["mobile"] = "1390013900"
    office.calm()
    shown = dict(row.cells)
    with office.engine.hub.unit() as unit:
        unit.connection.execute(seen.delete())
        unit.connection.execute(seen.insert(), [dict(one) for one in before])
    office.calm()
    assert row.cells == shown, "neither emptied nor set back to the older number"
    assert "手机号码" in row.system[SystemColumn.NOTE]


def test_a_value_of_another_person_that_waits_is_not_honoured(office: Office) -> None:
    one = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="1380013800")
    two = office.airtable.type_row("customers", full_name="李小红", occupation="教师")
    office.calm()
    two.cells["mobile"] = one.cells["mobile"]
    office.calm()
    assert not two.cells.get("mobile")
    assert "粘贴的加密代码不属于此人此栏" in two.system[SystemColumn.NOTE]


def test_a_value_that_waited_and_was_corrected_does_not_come_back_with_its_code(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="1380013800")
    office.calm()
    waited = row.cells["mobile"]
    row.cells["mobile"] = "13800138000"
    office.calm()
    good = row.cells["mobile"]
    row.cells["mobile"] = waited
    office.calm()
    assert row.cells["mobile"] == good


def test_what_waited_there_is_judged_by_what_the_row_says_now(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", occupation="教师", id_number="E12345678")
    office.calm()
    assert str(row.cells["id_number"]).startswith("待更正")
    forget(office)
    row.cells["id_type"] = "护照"
    office.calm()
    theirs = office.sheets.find("customers", full_name="王小明")
    assert theirs and theirs.cells["id_number"] == row.cells["id_number"]
    assert not str(row.cells["id_number"]).startswith("待更正")
