"""Numbers in free text: whatever becomes of the text, they are sealed, and neither the cell nor the hub keeps them."""

from sync.connection import SystemColumn
from sync.discard import discard_held
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import Line

MOBILE = "13900139000"
NOTE = f"家属电话{MOBILE}晚上打"
LONG = NOTE + "好" * 1000


def customer(office: Office) -> Line:
    """A customer everywhere, as the spreadsheet shows it."""
    office.airtable.type_row("customers", full_name="王小明", mobile="13800138000", notes="老客户")
    office.calm()
    (line,) = office.sheets.lines("customers")
    return line


def is_masked(text: object) -> bool:
    return "家属电话" in str(text) and "〔" in str(text) and MOBILE not in str(text)


def test_a_note_that_was_undone_is_remembered_without_them(new_office: NewOffice) -> None:
    office = new_office({"name": "核保部", "edit": {}, "tables": ["customers"]})
    customer(office)
    line = office.replica("核保部").find("customers", full_name="王小明")
    line.cells["notes"] = NOTE
    office.calm()
    assert line.cells["notes"] == "老客户"
    with office.engine.hub.unit() as unit:
        (kept,) = unit.lists.withdrawn()
    assert is_masked(kept.other)


def test_a_note_that_is_too_long_waits_without_them(office: Office) -> None:
    line = customer(office)
    line.cells["notes"] = LONG
    office.calm()
    assert line.system[SystemColumn.STATUS] == "错误"
    assert is_masked(line.cells["notes"])
    assert str(line.cells["notes"]).endswith("好" * 1000)
    uid = line.system[SystemColumn.UID]
    discard_held(office.engine, "customers", uid, "notes")
    office.calm()
    assert line.cells["notes"] == "老客户"
    with office.engine.hub.unit() as unit:
        (kept,) = unit.lists.withdrawn()
    assert is_masked(kept.other)


def test_a_long_note_that_was_shortened_goes_everywhere_masked(office: Office) -> None:
    line = customer(office)
    line.cells["notes"] = LONG
    office.calm()
    line.cells["notes"] = str(line.cells["notes"])[:40]
    office.calm()
    (other,) = office.airtable.lines("customers")
    assert other.cells["notes"] == line.cells["notes"]
    assert is_masked(other.cells["notes"])


def test_an_erased_person_s_notes_are_cleared_however_they_were_typed(new_office: NewOffice) -> None:
    office = new_office({"name": "核保部", "edit": {}, "tables": ["customers"]})
    line = customer(office)
    seen = office.replica("核保部").find("customers", full_name="王小明")
    office.engine.vault.erase_subject(line.system[SystemColumn.UID], actor="tests", reason="request")
    line.cells["notes"], seen.cells["notes"] = LONG, NOTE
    office.calm()
    assert not line.cells.get("notes")
    assert MOBILE not in str([line.cells, seen.cells])
    with office.engine.hub.unit() as unit:
        assert MOBILE not in str([one.other for one in unit.lists.withdrawn()])
