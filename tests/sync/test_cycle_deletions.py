"""Rows that people delete."""

from sync.connection import Change, SystemColumn
from sync.setting_up import set_up
from sync.store.records import State
from tests.sync.conftest import NewOffice, Office


def test_deleted_row_is_archived_everywhere(office: Office) -> None:
    mine = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.airtable.delete("customers", mine)
    office.calm()
    assert office.sheets.lines("customers") == []


def test_deleted_row_with_references_is_put_back(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies", policy_no="P2020", customer_no=[office.airtable.row_id("customers", customer)]
    )
    office.calm()
    office.airtable.delete("customers", customer)
    office.calm()
    assert office.airtable.find("customers", full_name="王小明")
    assert office.sheets.find("customers", full_name="王小明")


def test_customer_deleted_with_all_contracts_is_archived_with_them(office: Office) -> None:
    """3: seed 4895. Nothing that is to stay refers to the customer."""
    customer = office.sheets.type_row(
        "customers", full_name="王小明", customer_no="C00000007", occupation="教师"
    )
    policy = office.sheets.type_row("policies", policy_no="P2020", customer_no="C00000007")
    office.calm()
    office.sheets.delete("customers", customer)
    office.sheets.delete("policies", policy)
    for _ in range(3):
        office.cycle()
    for table in ("customers", "policies"):
        assert office.airtable.lines(table) == office.sheets.lines(table) == []


def test_emptied_table_waits_for_a_person(office: Office) -> None:
    lines = [
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师") for n in "一二三四五"
    ]
    office.calm()
    for line in lines:
        office.airtable.delete("customers", line)
    report = office.cycle()
    assert report.waiting_deletions == 5
    assert len(office.sheets.lines("customers")) == 5


def test_copied_row_that_is_deleted_again_is_archived(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    copy = office.sheets.copy_row(
        "customers", office.sheets.lines("customers")[0], full_name="李小红", customer_no=""
    )
    office.calm()
    office.sheets.delete("customers", copy)
    office.calm()
    assert [line.cells["full_name"] for line in office.airtable.lines("customers")] == ["王小明"]


def test_row_put_back_says_why(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies", policy_no="P2020", customer_no=[office.airtable.row_id("customers", customer)]
    )
    office.calm()
    office.airtable.delete("customers", customer)
    office.calm()
    assert "不能删除" in office.airtable.find("customers", full_name="王小明").system[SystemColumn.NOTE]


def test_table_made_anew_is_filled_and_deletes_nothing(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    held = office.sheets.type_row("customers", full_name="李小红", occupation="教师", id_number="123")
    office.calm()
    make_anew(office)
    office.calm()
    names = {line.cells["full_name"] for line in office.sheets.lines("customers")}
    assert names == {"王小明", held.cells["full_name"]}
    assert len(office.airtable.lines("customers")) == 1


def test_row_that_was_seen_to_be_deleted_is_not_put_into_the_table_made_anew(new_office: NewOffice) -> None:
    """3: storm 8094. Its grace had begun when somebody deleted the whole tab."""
    office = new_office(delete_grace_s=60)
    for name in ("王小明", "李小红"):
        office.airtable.type_row("customers", full_name=name, occupation="教师")
    office.calm()
    office.sheets.delete("customers", office.sheets.find("customers", full_name="李小红"))
    office.cycle()
    make_anew(office)
    office.calm()
    office.clock.advance(61)
    office.calm()
    for lines in (office.sheets.lines("customers"), office.airtable.lines("customers")):
        assert [line.cells["full_name"] for line in lines] == ["王小明"]


def test_rows_of_archived_records_that_vanish_wait_for_nobody(office: Office) -> None:
    """The daemon removed them, and could not tell at once that they were gone."""
    for number in range(8):
        office.airtable.type_row("customers", full_name=f"王{number}明", occupation="教师")
    office.calm()
    with office.engine.hub.unit() as unit:
        for record in unit.records.of_table("customers"):
            unit.records.save(
                "customers", record.uid, record.values, state=State.ARCHIVED, now=office.clock()
            )
    office.sheets.lines("customers").clear()
    report = office.cycle()
    assert report.waiting_deletions == 0
    with office.engine.hub.unit() as unit:
        assert unit.seen.of("sheets", "customers") == {}


def make_anew(office: Office) -> None:
    """Setup finds no tab, and makes one."""
    office.sheets.lines("customers").clear()
    blank = [Change("客户", "create the tab", blank=("customers", ()))]
    office.sheets.setup = lambda *, dry_run=False: blank  # type: ignore[method-assign]
    set_up(office.sheets, office.engine.hub)


def test_row_of_an_archived_record_is_not_waited_for_once_its_table_is_gone(office: Office) -> None:
    """1: seed 4655. Its removal had failed; where nothing stands any more nothing can be removed."""
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.airtable.delete("customers", typed)
    office.sheets.fail_after = 0
    for _ in range(3):
        office.cycle()
    office.sheets.fail_after = None
    make_anew(office)
    assert office.cycle().refused == {}


def test_row_that_was_to_be_put_back_and_is_deleted_elsewhere_meanwhile_is_not_waited_for(
    office: Office,
) -> None:
    """1: seed 5349. It stands nowhere in the tab, so that there is nothing to be removed from it."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.sheets.delete("customers", row)
    office.airtable.find("customers", full_name="王小明").cells["occupation"] = "护士"
    office.sheets.fail_after = 0
    office.cycle()
    office.sheets.fail_after = None
    office.airtable.delete("customers", office.airtable.find("customers", occupation="护士"))
    office.cycle()
    report = office.cycle()
    assert (report.refused, report.rechecks, office.sheets.lines("customers")) == ({}, 0, [])


def test_delete_is_not_contradicted_in_a_column_that_its_tab_has_lost(office: Office) -> None:
    """3: seed 5418. The cell was emptied elsewhere, and the tab shows nothing of it, either."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师", birth_date="1990-01-02")
    office.calm()
    office.sheets.missing = frozenset({"birth_date"})
    office.airtable.find("customers", full_name="王小明").cells["birth_date"] = ""
    office.calm()
    office.sheets.delete("customers", row)
    office.calm()
    assert office.sheets.lines("customers") == office.airtable.lines("customers") == []


def test_edit_after_the_delete_counts_in_a_column_that_its_tab_has_lost(new_office: NewOffice) -> None:
    """3: whoever deleted the row has not seen it, there or elsewhere."""
    office = new_office(delete_grace_s=600)
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师", birth_date="1990-01-02")
    office.calm()
    office.sheets.missing = frozenset({"birth_date"})
    office.sheets.delete("customers", row)
    office.cycle()
    office.clock.advance(60)
    office.airtable.find("customers", full_name="王小明").cells["birth_date"] = "1991-01-02"
    office.calm()
    office.clock.advance(601)
    office.calm()
    assert office.sheets.find("customers", full_name="王小明")


def test_delete_is_not_contradicted_by_a_write_that_stood_there_when_it_was_made(
    new_office: NewOffice,
) -> None:
    """3: seed 5398. Nobody heard of that write, but the row showed it before it was deleted."""
    office = new_office(settle_s=5)
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    for _ in range(4):
        office.cycle()
        office.clock.advance(6)
    row.cells["occupation"] = "护士"
    office.cycle()
    office.clock.advance(6)
    office.airtable.loses_answers = True
    office.cycle()
    office.airtable.loses_answers = False
    office.cycle()
    office.airtable.delete("customers", office.airtable.find("customers", occupation="护士"))
    for _ in range(4):
        office.cycle()
        office.clock.advance(6)
    assert office.sheets.lines("customers") == office.airtable.lines("customers") == []
