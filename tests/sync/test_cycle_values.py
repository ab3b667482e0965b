"""What becomes of sensitive values that people type, over two replicas in memory."""

import re

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from tests.sync.people import ID_NUMBER, STAND_IN


def test_typed_row_appears_on_the_other_side(office: Office) -> None:
    office.airtable.type_row(
        "customers", full_name="王小明", birth_date="1990-03-07", id_number=ID_NUMBER, mobile="138 0013 8000"
    )
    office.calm()
    line = office.sheets.find("customers", full_name="王小明")
    assert line.cells["customer_no"] == "C00000001"
    assert STAND_IN.match(line.cells["id_number"])
    assert line.cells["birth_date"] == "1990-03-07"


def test_plaintext_leaves_the_cell_it_was_typed_in(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", id_number=ID_NUMBER)
    office.calm()
    assert STAND_IN.match(typed.cells["id_number"])
    assert typed.system[SystemColumn.STATUS] == "提示"


def test_unfinished_number_waits(office: Office) -> None:
    office.engine.settling._wait_partial = office.engine.settling._wait_partial.__class__(seconds=60)
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="138001")
    office.cycle()
    assert typed.system == {}
    typed.cells["mobile"] = "13800138000"
    office.calm()
    assert typed.cells["mobile"].startswith("138****8000〔")


def test_half_edited_mask_is_put_back(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.calm()
    good = typed.cells["mobile"]
    typed.cells["mobile"] = good.replace("138", "139", 1)
    office.calm()
    assert typed.cells["mobile"] == good
    assert "已还原·手机号码" in typed.system[SystemColumn.NOTE]


def test_token_of_another_person_is_never_honoured(office: Office) -> None:
    one = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    two = office.airtable.type_row("customers", full_name="李小红", occupation="教师", mobile="13900139000")
    office.calm()
    good = two.cells["mobile"]
    two.cells["mobile"] = one.cells["mobile"]
    office.calm()
    assert two.cells["mobile"] == good


def test_number_in_the_notes_is_sealed_in_place(office: Office) -> None:
    typed = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", notes="本人电话13800138000备用"
    )
    office.calm()
    assert re.fullmatch(r"本人电话138\*+8000〔\w{10}〕备用", typed.cells["notes"])
    assert office.sheets.find("customers", full_name="王小明").cells["notes"] == typed.cells["notes"]


def test_row_copied_for_the_wife_gets_its_own_number_and_phone(office: Office) -> None:
    office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", id_number=ID_NUMBER, mobile="13800138000"
    )
    office.calm()
    original = office.sheets.find("customers", full_name="王小明")
    copy = office.sheets.copy_row("customers", original, full_name="李小红", customer_no="")
    office.calm()
    assert copy.system[SystemColumn.UID] != original.system[SystemColumn.UID]
    assert copy.cells["customer_no"] == "C00000002"
    assert not copy.cells["id_number"]
    assert copy.cells["mobile"].startswith("138") and copy.cells["mobile"] != original.cells["mobile"]
    assert office.airtable.find("customers", full_name="李小红")


def test_untidy_cell_is_put_in_order_once(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", customer_no="C00000001", occupation="教师")
    policy = office.sheets.type_row(
        "policies", policy_no=" p20 20 ", customer_no="C00000001", start="2024.3.1"
    )
    office.calm()
    assert (policy.cells["policy_no"], policy.cells["start"]) == ("P2020", "2024-03-01")
    before = office.sheets.writes
    policy.cells["premium"] = 5
    office.calm()
    assert office.sheets.writes == before


def test_plaintext_goes_even_if_the_first_write_fails(office: Office) -> None:
    typed = office.airtable.type_row("customers", full_name="王小明", occupation="教师", mobile="13800138000")
    office.airtable.fail_after = 0
    office.cycle()
    assert typed.cells["mobile"] == "13800138000"
    office.airtable.fail_after = None
    office.calm()
    assert typed.cells["mobile"].startswith("138****8000〔")


def test_nothing_is_kept_of_an_erased_person_and_the_others_go_on(office: Office) -> None:
    erased = office.airtable.type_row(
        "customers", full_name="王小明", occupation="教师", mobile="13800138000"
    )
    other = office.airtable.type_row("customers", full_name="李小红", occupation="教师")
    office.calm()
    office.engine.vault.erase_subject(erased.system[SystemColumn.UID], actor="tests", reason="request")
    erased.cells["mobile"], other.cells["mobile"] = "13800138001", "13900139000"
    office.calm()
    assert not erased.cells["mobile"]
    assert "依法删除" in erased.system[SystemColumn.NOTE]
    assert other.cells["mobile"].startswith("139****9000〔")


def test_column_emptied_at_a_stroke_is_put_back(new_office: NewOffice) -> None:
    office = new_office(clears_max=2)
    for n in "一二三四":
        office.airtable.type_row(
            "customers", full_name=f"王{n}明", occupation="教师", mobile=f"1380013800{ord(n) % 10}"
        )
    office.calm()
    shown = [line.cells["mobile"] for line in office.sheets.lines("customers")]
    for line in office.sheets.lines("customers"):
        line.cells["occupation"] = line.cells["mobile"] = ""
    office.calm()
    assert [line.cells["mobile"] for line in office.sheets.lines("customers")] == shown
    assert {line.cells["occupation"] for line in office.airtable.lines("customers")} == {"教师"}


def test_plaintext_goes_even_from_a_torn_tab_and_reaches_its_own_person(office: Office) -> None:
    for n in "一二三四":
        office.airtable.type_row("customers", full_name=f"王{n}明", occupation="教师")
    office.calm()
    lines = office.sheets.lines("customers")
    uids = [line.system[SystemColumn.UID] for line in lines]
    for line, uid in zip(lines, reversed(uids), strict=True):
        line.system[SystemColumn.UID] = uid
    lines[0].cells["mobile"] = "13800138000"
    name = lines[0].cells["full_name"]
    office.cycle()
    assert lines[0].cells["mobile"].startswith("暂存〔")
    for line, uid in zip(lines, uids, strict=True):
        line.system[SystemColumn.UID] = uid
    office.calm()
    assert lines[0].cells["mobile"].startswith("138****8000〔")
    assert office.airtable.find("customers", full_name=name).cells["mobile"] == lines[0].cells["mobile"]
    assert sum(bool(line.cells.get("mobile")) for line in office.airtable.lines("customers")) == 1
