"""How long plaintext stood in a cell, and in which replica: noted when it is read, ended when it was overwritten."""

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from tests.sync.people import ID_NUMBER
from vault.windows import Window, Windows

MOBILE = "13900139000"


def windows(office: Office) -> list[Window]:
    return list(Windows(office.engine.vault).all())


def test_a_window_ends_when_the_cell_was_overwritten(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", mobile=MOBILE, occupation="教师")
    office.calm()
    (window,) = windows(office)
    assert (window.place, window.field) == ("airtable", "customers.mobile")
    assert window.token in row.cells["mobile"]
    assert window.subject == window.record
    assert window.since <= (window.until or window.since) == office.clock()


def test_what_never_stood_in_plain_text_has_no_window(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    assert windows(office) == []


def test_the_copy_in_the_other_replica_was_never_plain(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER, occupation="教师")
    office.calm()
    assert {window.place for window in windows(office)} == {"airtable"}


def test_invalid_values_and_numbers_in_prose_count_too(office: Office) -> None:
    office.sheets.type_row(
        "customers", full_name="王小明", mobile="1390013", occupation="教师", notes=f"其妻电话{MOBILE}"
    )
    office.calm()
    assert sorted(window.field for window in windows(office)) == ["customers.mobile", "customers.notes"]
    assert all(window.until for window in windows(office))
    assert "1390013" not in str(windows(office))


def test_a_window_stays_open_while_the_write_over_it_fails(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", mobile=MOBILE, occupation="教师")
    office.airtable.fail_after = 0
    office.cycle()
    office.airtable.fail_after = None
    assert [window.until for window in windows(office)] == [None]
    office.clock.advance(60)
    office.calm()
    (window,) = windows(office)
    assert window.until is not None
    assert (window.until - window.since).total_seconds() >= 60


def test_each_value_has_a_window_of_its_own(office: Office) -> None:
    row = office.airtable.type_row("customers", full_name="王小明", mobile=MOBILE, occupation="教师")
    office.calm()
    row.cells["mobile"] = "13900139001"
    office.calm()
    assert len({window.token for window in windows(office)}) == 2
    assert all(window.until for window in windows(office))


def test_plaintext_in_a_torn_tab_counts_too(office: Office) -> None:
    for n in "一二三四":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    lines = office.sheets.lines("customers")
    uids = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(uids), strict=True):
        line.system[SystemColumn.UID] = uid
    lines[0].cells["mobile"] = MOBILE
    office.cycle()
    (window,) = windows(office)
    assert (window.place, window.field) == ("sheets", "customers.mobile")
    assert window.token in lines[0].cells["mobile"]
    assert window.until is not None


def test_who_has_the_table_is_remembered_as_it_was(new_office: NewOffice) -> None:
    office = new_office({"name": "claims", "people": ["赵六", "钱七"], "creates": True})
    office.replica("claims").type_row("customers", full_name="王小明", mobile=MOBILE, occupation="教师")
    office.calm()
    (window,) = windows(office)
    assert (window.place, window.readers) == ("claims", "赵六、钱七")
