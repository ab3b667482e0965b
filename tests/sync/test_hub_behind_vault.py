"""After a restore the journal leads the vault on, and the hub stays where the backup was: rows of after it keep their values."""

import pytest
from postgres import Stores

from sync.connection import SystemColumn
from sync.store.tables import record, seen
from tests.sync.conftest import SCHEMA, Office, build_office
from tests.sync.people import ID_NUMBER

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
