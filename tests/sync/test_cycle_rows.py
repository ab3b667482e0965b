"""Which record a row is: sorted, torn, new, on both sides at once; links between them; services that fail."""

from collections.abc import Sequence

from sync.connection import Operation, Outcome, SystemColumn
from sync.errors import TableMissing
from tests.sync.conftest import Office
from tests.sync.people import ID_NUMBER, STAND_IN


def test_idle_cycle_writes_nothing(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER)
    office.calm()
    before = office.airtable.writes + office.sheets.writes
    report = office.cycle()
    assert office.airtable.writes + office.sheets.writes == before
    assert report.pulled == {}


def test_links_are_ids_on_one_side_and_keys_on_the_other(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies",
        policy_no="p2020",
        customer_no=[office.airtable.row_id("customers", customer)],
        premium=12.5,
    )
    office.calm()
    line = office.sheets.find("policies", policy_no="P2020")
    assert line.cells["customer_no"] == "C00000001"
    office.sheets.type_row("policies", policy_no="P2021", customer_no="C00000001")
    office.calm()
    assert office.airtable.find("policies", policy_no="P2021").cells["customer_no"] == [
        office.airtable.row_id("customers", customer)
    ]


def test_sorted_tab_costs_no_write(office: Office) -> None:
    for n in "一二三四五":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    before = office.airtable.writes + office.sheets.writes
    office.sheets.lines("customers").reverse()
    office.cycle()
    assert office.airtable.writes + office.sheets.writes == before


def test_torn_sort_freezes_the_tab(office: Office) -> None:
    for n in "一二三四":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    lines = office.sheets.lines("customers")
    torn = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(torn), strict=True):
        line.system[SystemColumn.UID] = uid
    report = office.cycle()
    assert report.torn == ["sheets/customers"]
    assert {line.cells["full_name"] for line in office.airtable.lines("customers")} == {
        f"王{n}明" for n in "一二三四"
    }


def test_row_on_both_sides_is_one_record(office: Office) -> None:
    office.airtable.type_row("customers", customer_no="C00000007", full_name="王小明", occupation="教师")
    office.sheets.type_row("customers", customer_no="C00000007", full_name="王小明", birth_date="1990-03-07")
    office.calm()
    (mine,), (theirs,) = office.airtable.lines("customers"), office.sheets.lines("customers")
    assert theirs.cells["occupation"] == "教师"
    assert mine.cells["birth_date"] == "1990-03-07"


def test_new_row_goes_nowhere_before_its_uid_was_read_back(office: Office) -> None:
    typed = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.sheets.fail_after = 0
    for _ in range(3):
        office.cycle()
    assert office.airtable.tables.get("customers") is None
    office.sheets.fail_after = None
    office.calm()
    assert (
        office.airtable.find("customers", full_name="王小明").system[SystemColumn.UID]
        == typed.system[SystemColumn.UID]
    )


def test_one_service_down_does_not_stop_the_other(office: Office) -> None:
    office.sheets.down = True
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER)
    report = office.cycle()
    assert report.down == {"sheets": "Unavailable"}
    assert STAND_IN.match(typed.cells["id_number"])
    office.sheets.down = False
    office.calm()
    assert office.sheets.find("customers", full_name="王小明")


def test_missing_tab_does_not_stop_the_other_tabs(office: Office) -> None:
    apply = office.sheets.apply

    def without_customers(table: str, operations: Sequence[Operation]) -> Outcome:
        if table == "customers":
            raise TableMissing("sheets", "客户", advice="run setup")
        return apply(table, operations)

    office.sheets.apply = without_customers  # type: ignore[method-assign]
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    link = [office.airtable.row_id("customers", customer)]
    office.airtable.type_row("policies", policy_no="P2020", customer_no=link)
    for _ in range(4):
        report = office.cycle()
    assert office.sheets.find("policies", policy_no="P2020")
    assert report.down == {} and "run setup" in report.problems[0]


def test_business_key_that_is_renamed_is_renamed_in_the_links_to_it(office: Office) -> None:
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.sheets.type_row("policies", policy_no="P2020", customer_no="C00000001")
    office.calm()
    customer.cells["customer_no"] = "C00000777"
    office.calm()
    policy = office.sheets.find("policies", policy_no="P2020")
    assert policy.cells["customer_no"] == "C00000777"
    assert policy.system[SystemColumn.STATUS] == "通过"
    before = office.writes
    office.cycle()
    assert office.writes == before
