"""Departments: replicas that hold some tables, fields and rows, and may change some of them."""

from datetime import timedelta

import pytest

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from tests.sync.memory import FORMULA, Line, MemoryConnection
from tests.sync.people import ID_NUMBER

FINANCE = {"name": "财务部", "edit": {"policies": ["premium"]}, "tables": ["policies"]}
CLAIMS = {
    "name": "理赔部",
    "tables": ["customers", "policies"],
    "fields": {
        "customers": ["customer_no", "full_name", "mobile"],
        "policies": ["policy_no", "customer_no", "status", "start", "end"],
    },
    "filter": {"policies": "status == '有效'"},
    "edit": {"customers": ["mobile"], "policies": ["policy_no", "customer_no", "status", "start"]},
    "creates": ["policies"],
    "deletes": ["policies"],
}


@pytest.fixture
def departments(new_office: NewOffice) -> Office:
    """Two departments beside the main tables, a customer, and two policies, one of them in force."""
    office = new_office(FINANCE, CLAIMS)
    customer = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER, mobile="13800138000"
    )
    link = [office.airtable.row_id("customers", customer)]
    for number, status in (("P2020", "有效"), ("P2021", "终止")):
        office.airtable.type_row(
            "policies", policy_no=number, customer_no=link, premium=100, status=status, start="2024-01-01"
        )
    office.calm()
    return office


def row(office: Office, replica: str, number: str) -> Line:
    return office.replica(replica).find("policies", policy_no=number)


def numbers(connection: MemoryConnection) -> set[str]:
    return {line.cells["policy_no"] for line in connection.lines("policies")}


def note(line: Line) -> str:
    return line.system[SystemColumn.NOTE]


def morning(office: Office) -> None:
    office.clock.advance(timedelta(days=1).total_seconds())


def rests(office: Office) -> bool:
    """Whether nothing is written any more, once it is calm."""
    office.calm()
    before = office.writes
    for _ in range(3):
        office.cycle()
    return office.writes == before


def test_department_sees_its_tables_fields_and_rows_only(departments: Office) -> None:
    claims = departments.replica("理赔部")
    assert numbers(claims) == {"P2020"}
    assert set(row(departments, "理赔部", "P2020").cells) == {"policy_no", "customer_no", "status", "start"}
    (customer,) = claims.lines("customers")
    assert set(customer.cells) == {"customer_no", "full_name", "mobile"}
    assert "customers" not in departments.replica("财务部").tables


def test_edit_of_an_own_field_goes_everywhere(departments: Office) -> None:
    row(departments, "财务部", "P2020").cells["premium"] = 250
    departments.calm()
    assert row(departments, "airtable", "P2020").cells["premium"] == 250
    assert row(departments, "sheets", "P2020").cells["premium"] == 250


def test_edit_of_what_another_department_keeps_is_undone_and_explained(departments: Office) -> None:
    line = row(departments, "财务部", "P2020")
    line.cells["status"] = "终止"
    departments.calm()
    assert line.cells["status"] == "有效" == row(departments, "airtable", "P2020").cells["status"]
    assert note(line) == "已撤回·状态由理赔部维护 → 联系理赔部"


def test_undone_edit_is_remembered_and_nobody_has_to_decide(departments: Office) -> None:
    row(departments, "财务部", "P2020").cells["start"] = "2023-05-06"
    departments.calm()
    with departments.engine.hub.unit() as unit:
        assert unit.lists.conflicts() == []
        (kept,) = unit.lists.withdrawn()
    assert (kept.replica, kept.field, kept.other) == ("财务部", "start", "2023-05-06")


def test_plaintext_typed_into_a_field_that_is_only_shown_goes_at_once(new_office: NewOffice) -> None:
    office = new_office({"name": "核保部", "edit": {}, "tables": ["customers"]})
    office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    line = office.replica("核保部").find("customers", full_name="王小明")
    shown = line.cells["mobile"]
    for typed in ("13900139000", "139", ""):
        line.cells["mobile"] = typed
        office.calm()
        assert line.cells["mobile"] == shown
        assert "在本表只能查看" in note(line)


def test_text_in_a_blank_field_that_is_only_shown_is_cleared(new_office: NewOffice) -> None:
    office = new_office({"name": "核保部", "edit": {}, "tables": ["customers"]})
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    line = office.replica("核保部").find("customers", full_name="王小明")
    line.cells |= {"birth_date": "1990-03-07", "mobile": "13900139000"}
    office.calm()
    assert not line.cells["birth_date"] and not line.cells["mobile"]
    assert "birth_date" not in office.airtable.find("customers", full_name="王小明").cells


def test_sensitive_field_can_be_changed_by_a_department_that_keeps_it(departments: Office) -> None:
    (line,) = departments.replica("理赔部").lines("customers")
    line.cells["mobile"] = "13900139000"
    departments.calm()
    assert line.cells["mobile"].startswith("139****9000〔")
    assert departments.airtable.lines("customers")[0].cells["mobile"] == line.cells["mobile"]


def test_link_out_of_the_department_is_shown_by_its_key_and_only_shown(departments: Office) -> None:
    line = row(departments, "财务部", "P2020")
    assert line.cells["customer_no"] == "C00000001"
    departments.airtable.type_row("customers", full_name="李小红", occupation="教师")
    departments.calm()
    line.cells["customer_no"] = "C00000002"
    departments.calm()
    assert line.cells["customer_no"] == "C00000001"


def test_row_that_leaves_the_filter_stays_until_the_morning_and_then_leaves_only_this_replica(
    departments: Office,
) -> None:
    line = row(departments, "理赔部", "P2020")
    row(departments, "airtable", "P2020").cells["status"] = "终止"
    departments.calm()
    assert line.cells["status"] == "终止"
    assert "已不属本表范围" in note(line) and "档案仍在" in note(line)
    morning(departments)
    departments.calm()
    assert numbers(departments.replica("理赔部")) == set()
    assert numbers(departments.airtable) == numbers(departments.sheets) == {"P2020", "P2021"}


def test_row_that_comes_back_before_the_morning_just_stays(departments: Office) -> None:
    line = row(departments, "理赔部", "P2020")
    line.cells["status"] = "终止"
    departments.calm()
    line.cells["status"] = "有效"
    departments.calm()
    morning(departments)
    departments.calm()
    assert line in departments.replica("理赔部").lines("policies")
    assert "范围" not in note(line)


def test_row_that_enters_the_filter_appears(departments: Office) -> None:
    row(departments, "sheets", "P2021").cells["status"] = "有效"
    departments.calm()
    assert numbers(departments.replica("理赔部")) == {"P2020", "P2021"}


def test_row_on_its_way_out_that_somebody_deletes_stays_in_the_archive(departments: Office) -> None:
    line = row(departments, "理赔部", "P2020")
    line.cells["status"] = "终止"
    departments.calm()
    departments.replica("理赔部").delete("policies", line)
    departments.calm()
    morning(departments)
    departments.calm()
    assert numbers(departments.airtable) == {"P2020", "P2021"}
    assert numbers(departments.replica("理赔部")) == set()


def test_row_taken_out_by_a_write_whose_answer_was_lost_stays_in_the_archive(departments: Office) -> None:
    line = row(departments, "理赔部", "P2020")
    line.cells["status"] = "终止"
    departments.calm()
    morning(departments)
    departments.replica("理赔部").delete("policies", line)
    departments.calm()
    assert numbers(departments.airtable) == {"P2020", "P2021"}


def test_row_with_a_value_to_be_mended_does_not_leave_with_it(departments: Office) -> None:
    line = row(departments, "理赔部", "P2020")
    line.cells |= {"status": "终止", "start": "二月三十日"}
    departments.calm()
    morning(departments)
    departments.calm()
    assert line.cells["start"] == "二月三十日"
    line.cells["start"] = "2024-02-01"
    departments.calm()
    departments.calm()
    assert numbers(departments.replica("理赔部")) == set()
    assert row(departments, "airtable", "P2020").cells["start"] == "2024-02-01"


def test_row_that_leaves_its_filter_is_not_written_again_and_again_over_a_formula(
    departments: Office,
) -> None:
    """1 and 10: between its note and its morning nothing is to be written to it; what it calculates is nobody's to write."""
    line = row(departments, "理赔部", "P2020")
    line.cells["start"] = FORMULA
    row(departments, "airtable", "P2020").cells |= {"start": "2024-05-01", "status": "终止"}
    assert rests(departments)
    assert "已不属本表范围" in note(line)
    assert line.cells["start"] == FORMULA


def test_row_that_may_not_leave_yet_is_not_written_again_and_again_over_a_formula(
    departments: Office,
) -> None:
    """1 and 10: it stays for what is to be mended in it, on the morning after too."""
    line = row(departments, "理赔部", "P2020")
    line.cells |= {"start": FORMULA, "customer_no": "C99999999"}
    row(departments, "airtable", "P2020").cells |= {"start": "2024-05-01", "status": "终止"}
    departments.calm()
    morning(departments)
    assert rests(departments)
    assert (line.cells["start"], line.cells["customer_no"]) == (FORMULA, "C99999999")


def test_new_row_in_a_department_that_may_create_becomes_a_record(departments: Office) -> None:
    departments.replica("理赔部").type_row(
        "policies", policy_no="P2030", customer_no="C00000001", status="有效"
    )
    departments.calm()
    assert row(departments, "airtable", "P2030").cells["status"] == "有效"


def test_new_row_outside_the_filter_is_held_with_an_explanation(departments: Office) -> None:
    line = departments.replica("理赔部").type_row(
        "policies", policy_no="P2030", customer_no="C00000001", status="终止"
    )
    departments.calm()
    assert note(line) == "未生效·新行不属本表范围(由状态决定) → 改到范围内，或到主表新增"
    assert "P2030" not in numbers(departments.airtable)
    line.cells["status"] = "有效"
    departments.calm()
    assert "P2030" in numbers(departments.airtable)


def test_new_row_where_none_may_be_made_is_held_and_may_be_taken_away_again(departments: Office) -> None:
    finance = departments.replica("财务部")
    line = finance.type_row("policies", policy_no="P2030", premium=5)
    departments.calm()
    assert "本表不能新增行" in note(line)
    assert "P2030" not in numbers(departments.airtable)
    finance.delete("policies", line)
    departments.calm()
    assert numbers(finance) == {"P2020", "P2021"}


def test_row_deleted_where_none_may_be_deleted_is_put_back(departments: Office) -> None:
    finance = departments.replica("财务部")
    for line in list(finance.lines("policies")):
        finance.delete("policies", line)
    departments.calm()
    assert numbers(finance) == numbers(departments.airtable) == {"P2020", "P2021"}
    assert "本表不能删除行" in note(row(departments, "财务部", "P2020"))


def test_what_is_missing_is_told_only_where_it_can_be_seen(new_office: NewOffice) -> None:
    office = new_office(
        {"name": "理赔部", "tables": ["customers"], "fields": {"customers": ["full_name"]}, "edit": {}},
    )
    office.airtable.type_row("customers", full_name="王小明")
    office.calm()
    assert "职业" in note(office.sheets.lines("customers")[0])
    line = office.replica("理赔部").find("customers", full_name="王小明")
    assert (note(line), line.system[SystemColumn.STATUS]) == ("", "通过")


def test_business_key_typed_into_a_department_shows_nothing_of_a_record_outside_its_filter(
    departments: Office,
) -> None:
    line = departments.replica("理赔部").type_row(
        "policies", policy_no="P2021", customer_no="C00000001", status="有效"
    )
    departments.calm()
    assert "start" not in line.cells
    assert row(departments, "airtable", "P2021").cells["status"] == "终止"


def test_uid_of_a_record_outside_the_filter_brings_nothing_of_it(departments: Office) -> None:
    uid = row(departments, "airtable", "P2021").system[SystemColumn.UID]
    line = departments.replica("理赔部").type_row("policies", status="有效")
    line.system[SystemColumn.UID] = uid
    departments.calm()
    assert not line.cells.get("policy_no")
    assert line.system[SystemColumn.UID] != uid


def test_department_costs_no_write_when_nothing_happens(departments: Office) -> None:
    before = departments.writes
    departments.cycle()
    morning(departments)
    departments.calm()
    assert departments.writes == before


def test_filter_that_reads_a_linked_record_follows_it(new_office: NewOffice) -> None:
    filters = {"policies": "customer_no.occupation == '教师'"}
    office = new_office({"name": "教师组", "tables": ["policies"], "filter": filters, "edit": {}})
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="护士")
    link = [office.airtable.row_id("customers", customer)]
    office.airtable.type_row("policies", policy_no="P2020", customer_no=link)
    office.calm()
    assert office.replica("教师组").lines("policies") == []
    customer.cells["occupation"] = "教师"
    office.calm()
    assert numbers(office.replica("教师组")) == {"P2020"}


def test_filter_that_reads_the_day_decides_anew_every_day(new_office: NewOffice) -> None:
    filters = {"policies": "end >= today"}
    office = new_office({"name": "续期组", "tables": ["policies"], "filter": filters, "edit": {}})
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="护士")
    link = [office.airtable.row_id("customers", customer)]
    office.airtable.type_row("policies", policy_no="P2020", customer_no=link, end="2026-11-23")
    office.calm()
    line = row(office, "续期组", "P2020")
    morning(office)
    office.calm()
    assert "已不属本表范围" in note(line)
    morning(office)
    office.calm()
    assert numbers(office.replica("续期组")) == set()


def test_rows_outside_the_filter_are_not_looked_at_again_and_again(departments: Office) -> None:
    departments.cycle()
    with departments.engine.hub.unit() as unit:
        assert unit.agreement.behind("理赔部", "policies") == set()


def test_row_whose_insert_was_not_answered_is_no_edit(departments: Office) -> None:
    line = row(departments, "财务部", "P2020")
    with departments.engine.hub.unit() as unit:
        unit.seen.forget("财务部", "policies", [line.system[SystemColumn.UID]])
    departments.calm()
    assert "已撤回" not in note(line)
    assert len(departments.replica("财务部").lines("policies")) == 2


def test_row_cannot_be_linked_to_a_record_that_the_department_does_not_see(new_office: NewOffice) -> None:
    filters = {"customers": "full_name == '王小明'"}
    office = new_office({"name": "理赔部", "filter": filters, "creates": True})
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row("customers", full_name="李小红", occupation="教师")
    office.calm()
    office.replica("理赔部").type_row("policies", policy_no="P2020", customer_no="C00000001")
    held = office.replica("理赔部").type_row("policies", policy_no="P2021", customer_no="C00000002")
    office.calm()
    assert numbers(office.airtable) == {"P2020"}
    assert "没有这个客户编号" in note(held)


def test_link_in_a_base_to_a_record_outside_its_filter_is_the_key(new_office: NewOffice) -> None:
    department = {
        "name": "理赔部",
        "service": "airtable",
        "filter": {"customers": "full_name == '李小红'"},
        "edit": {},
    }
    office = new_office(department)
    customer = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.airtable.type_row(
        "policies", policy_no="P2020", customer_no=[office.airtable.row_id("customers", customer)]
    )
    office.calm()
    assert row(office, "理赔部", "P2020").cells["customer_no"] == "C00000001"
    before = office.writes
    office.cycle()
    assert office.writes == before


def test_number_in_a_note_that_a_new_row_was_made_with_is_not_taken_back(new_office: NewOffice) -> None:
    """4: the row was judged and not written yet; what stands there is what the archive has, and nobody's edit."""
    edit = {"customers": ["full_name", "occupation"]}
    office = new_office({"name": "理赔部", "tables": ["customers"], "edit": edit, "creates": ["customers"]})
    typed = office.replica("理赔部").type_row(
        "customers", full_name="王小明", occupation="教师", notes="家属电话13800138000"
    )
    office.replica("理赔部").fail_after = 0
    office.cycle()
    office.replica("理赔部").fail_after = None
    office.calm()
    assert "已撤回" not in typed.system.get(SystemColumn.NOTE, "")
    assert "13800138000" not in typed.cells["notes"]
    with office.engine.hub.unit() as unit:
        assert (unit.lists.conflicts(), unit.lists.withdrawn()) == ([], [])
