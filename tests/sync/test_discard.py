"""Giving up a held value: its cell shows again what the archive has, unless somebody typed there meanwhile."""

import pytest

from sync.connection import SystemColumn
from sync.discard import discard_held
from sync.resolve import CannotResolve
from tests.sync.conftest import Office
from tests.sync.memory import Line

MOBILE, SHORT = "13800138000", "1380013"


def held(office: Office, key: str, text: str) -> tuple[str, Line]:
    """A customer everywhere, and a wrong value in the spreadsheet."""
    office.airtable.type_row("customers", full_name="王小明", mobile=MOBILE, birth_date="1990-03-07")
    office.calm()
    (line,) = office.sheets.lines("customers")
    line.cells[key] = text
    office.calm()
    assert line.system[SystemColumn.STATUS] == "错误"
    return line.system[SystemColumn.UID], line


@pytest.mark.parametrize(("key", "text"), [("mobile", SHORT), ("birth_date", "不详")])
def test_the_last_good_value_stands_again_and_what_was_typed_is_in_the_ledger(
    office: Office, key: str, text: str
) -> None:
    uid, line = held(office, key, text)
    assert discard_held(office.engine, "customers", uid, key) == ["sheets"]
    office.calm()
    assert line.cells[key] == office.airtable.lines("customers")[0].cells[key]
    assert line.system[SystemColumn.STATUS] != "错误"
    with office.engine.hub.reading() as unit:
        (kept,) = unit.lists.withdrawn()
        assert not unit.lists.conflicts()
    assert (kept.field, bool(kept.other)) == (key, True)


def test_what_is_typed_meanwhile_counts(office: Office) -> None:
    uid, line = held(office, "birth_date", "不详")
    discard_held(office.engine, "customers", uid, "birth_date")
    line.cells["birth_date"] = "1991-01-01"
    office.calm()
    assert office.airtable.lines("customers")[0].cells["birth_date"] == "1991-01-01"


def test_a_field_in_which_nothing_is_held_has_nothing_to_give_up(office: Office) -> None:
    uid, _ = held(office, "mobile", SHORT)
    with pytest.raises(CannotResolve, match="nothing is held"):
        discard_held(office.engine, "customers", uid, "birth_date")


def test_a_row_that_is_nowhere_else_has_nothing_to_show_instead(office: Office) -> None:
    line = office.sheets.type_row("customers", full_name="", mobile=MOBILE)
    office.calm()
    with pytest.raises(CannotResolve, match="in no other table"):
        discard_held(office.engine, "customers", line.system[SystemColumn.UID], "full_name")
