"""Deletions and clears that were mistakes are taken back, and every table shows the record as it was."""

import pytest

from sync.connection import SystemColumn
from sync.restore import CannotRestore, cleared, restore_field, restore_record
from tests.sync.conftest import Office
from tests.sync.memory import Line


def customer(office: Office, **cells: str) -> tuple[Line, str]:
    line = office.airtable.type_row("customers", full_name="王小明", **cells)
    office.calm()
    return line, line.system[SystemColumn.UID]


def test_deleted_record_comes_back_everywhere_with_its_sealed_values(office: Office) -> None:
    line, uid = customer(office, mobile="13800138000")
    cell = line.cells["mobile"]
    office.airtable.delete("customers", line)
    office.calm()
    assert office.sheets.lines("customers") == []
    restore_record(office.engine, "customers", uid, actor="李柜员")
    office.calm()
    for side in (office.airtable, office.sheets):
        assert side.find("customers", full_name="王小明").cells["mobile"] == cell


def test_who_brought_a_record_back_is_in_its_history(office: Office) -> None:
    line, uid = customer(office)
    office.airtable.delete("customers", line)
    office.calm()
    restore_record(office.engine, "customers", uid, actor="李柜员")
    with office.engine.hub.reading() as unit:
        assert unit.lists.history(uid)[-1]["actor"] == "李柜员"


def test_row_that_vanished_a_moment_ago_is_put_back_before_it_counts_as_deleted(office: Office) -> None:
    line, uid = customer(office)
    office.engine.config = office.engine.config.model_copy(update={"delete_grace_s": 600})
    office.airtable.delete("customers", line)
    office.calm()
    assert office.airtable.lines("customers") == []
    restore_record(office.engine, "customers", uid, actor="李柜员")
    office.calm()
    office.clock.advance(700)
    office.calm()
    back = office.airtable.find("customers", full_name="王小明")
    assert back.system[SystemColumn.UID] == uid
    assert office.sheets.find("customers", full_name="王小明")


def test_record_whose_number_was_given_away_stays_deleted(office: Office) -> None:
    line, uid = customer(office)
    number = line.cells["customer_no"]
    office.airtable.delete("customers", line)
    office.calm()
    office.airtable.type_row("customers", full_name="别人", customer_no=number)
    office.calm()
    with pytest.raises(CannotRestore):
        restore_record(office.engine, "customers", uid, actor="李柜员")
    assert len(office.sheets.lines("customers")) == 1


def test_record_that_stands_cannot_be_restored(office: Office) -> None:
    _, uid = customer(office)
    with pytest.raises(CannotRestore):
        restore_record(office.engine, "customers", uid, actor="李柜员")


@pytest.mark.parametrize(("key", "value"), [("mobile", "13800138000"), ("occupation", "教师")])
def test_emptied_field_gets_its_last_value_back(office: Office, key: str, value: str) -> None:
    line, uid = customer(office, **{key: value})
    cell = line.cells[key]
    line.cells[key] = ""
    office.calm()
    with office.engine.hub.reading() as unit:
        record = unit.records.get("customers", uid)
        assert record is not None
        assert cleared(unit, record).keys() == {key}
    restore_field(office.engine, "customers", uid, key, actor="李柜员")
    office.calm()
    assert line.cells[key] == cell
    assert office.sheets.find("customers", full_name="王小明").cells[key] == cell


def test_value_that_the_vault_no_longer_keeps_cannot_come_back(office: Office) -> None:
    line, uid = customer(office, mobile="13800138000")
    line.cells["mobile"] = ""
    office.calm()
    office.clock.advance(40 * 24 * 3600)
    office.engine.vault.purge()
    with pytest.raises(CannotRestore):
        restore_field(office.engine, "customers", uid, "mobile", actor="李柜员")
