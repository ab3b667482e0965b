"""From the rows of a flat ledger, of claims and of staff to new rows of the archive."""

from datetime import date

import pytest

from sync.admit import NewRow
from tablekeeper.importing.workbook import Grid
from tests.tablekeeper.workbooks import BIRTH, identity_number, ledger, ledger_row, rows_of, split_of
from validators.raw import Raw

CLAIMS = ("赔案号", "保单号", "出险人", "出险日期")
STAFF = Grid(
    "业务员",
    (
        ("工号", "姓名", "部门", "直属主管"),
        ("A1001", "何平", "业务部", "陈静"),
        ("A1002", "陈静", "业务部", None),
    ),
)


def claims(*rows: tuple[Raw, ...]) -> Grid:
    return Grid("理赔", (CLAIMS, *rows))


def only(rows: list[NewRow]) -> NewRow:
    (row,) = rows
    return row


def policy_with(status: str, **more: Raw) -> NewRow:
    headers = ["姓名", "保单号", "到期日期", "保单状态", *more]
    return only(
        rows_of(
            "policies",
            ledger(("王芳", "P2020000001", date(2024, 1, 1), status, *more.values()), headers=headers),
        )
    )


def test_one_customer_with_two_policies_is_one_record_with_two() -> None:
    parts = split_of(ledger(ledger_row(), ledger_row(保单号="P2020000002")))
    customer = only([row for row in parts.rows if row.table == "customers"])
    owners = [row.links["customer_no"] for row in parts.rows if row.table == "policies"]
    assert owners == [customer.uid, customer.uid]


def test_values_are_passed_on_as_they_stand() -> None:
    row = only(rows_of("policies", ledger(ledger_row(保单号=" p2020000001 "))))
    assert row.cells["policy_no"] == " p2020000001 "


def test_rows_that_others_refer_to_come_first() -> None:
    parts = split_of(claims(("CL000001", "P2020000001", "王芳", BIRTH)), ledger(ledger_row()), STAFF)
    assert list(dict.fromkeys(row.table for row in parts.rows)) == [
        *("staff", "customers", "policies", "health_risk", "finances", "claims")
    ]


def test_two_customers_with_one_policy_number_both_get_a_row() -> None:
    other = ledger_row(姓名="李芳", 身份证号=identity_number(BIRTH, place=2))
    assert len(rows_of("policies", ledger(ledger_row(), other))) == 2


def test_a_row_written_twice_is_taken_once_and_named() -> None:
    parts = split_of(ledger(ledger_row(), ledger_row()))
    assert parts.notes.repeated["policies"] == 1
    assert [remark.origins for remark in parts.notes.remarks] == [("台账 第3行",)]
    assert len([row for row in parts.rows if row.table == "policies"]) == 1


def test_who_is_insured_is_the_customer_where_the_ledger_does_not_say() -> None:
    row = only(rows_of("policies", ledger(ledger_row())))
    assert row.links["insured_no"] == row.links["customer_no"]
    assert row.cells["insured_relation"] == "本人"


def test_somebody_else_who_is_insured_is_not_taken_for_the_customer() -> None:
    headers = ["姓名", "保单号", "被保险人"]
    row = only(rows_of("policies", ledger(("王芳", "P2020000001", "李明"), headers=headers)))
    assert "insured_no" not in row.links
    assert row.cells["insured_no"] == "李明"


def test_a_matured_policy_ended_on_its_last_day() -> None:
    cells = policy_with("满期").cells
    assert (cells["status"], cells["termination_reason"], cells["terminated_on"]) == (
        *("满期", "满期"),
        date(2024, 1, 1),
    )


def test_a_surrendered_policy_says_why_but_not_when() -> None:
    cells = policy_with("退保").cells
    assert cells["termination_reason"] == "退保"
    assert "terminated_on" not in cells


def test_what_the_ledger_says_of_the_end_is_kept() -> None:
    cells = policy_with("满期", 退保日期=date(2023, 5, 5), 终止原因="退保").cells
    assert (cells["termination_reason"], cells["terminated_on"]) == ("退保", date(2023, 5, 5))


@pytest.mark.parametrize("status", ["有效", "终止", "失效"])
def test_other_states_say_nothing_of_an_end(status: str) -> None:
    assert {"termination_reason", "terminated_on"}.isdisjoint(policy_with(status).cells)


@pytest.mark.parametrize(("status", "expected"), [("有效", "在保客户"), ("满期", "无有效保单客户")])
def test_a_customer_is_insured_while_a_policy_is_in_force(status: str, expected: str) -> None:
    grid = ledger(("王芳", "P2020000001", status), headers=["姓名", "保单号", "保单状态"])
    assert only(rows_of("customers", grid)).cells["status"] == expected


def test_a_ledger_without_states_says_nothing_of_the_customer_either() -> None:
    assert "status" not in only(rows_of("customers", ledger(ledger_row()))).cells


def test_a_number_keeps_the_kind_of_document_that_stood_beside_it() -> None:
    rows = [
        ("王芳", BIRTH, "15400000001", "护照", "E12345678", date(2019, 1, 1)),
        ("王芳", BIRTH, "15400000001", "身份证", "123", date(2021, 1, 1)),
    ]
    headers = ["姓名", "出生年月", "联系电话", "证件类型", "证件号码", "投保时间"]
    cells = only(rows_of("customers", ledger(*rows, headers=headers))).cells
    assert (cells["id_type"], cells["id_number"]) == ("护照", "E12345678")


def test_equal_assessments_in_a_row_are_one_with_the_latest_date() -> None:
    rows = [
        ledger_row(健康状况=grade, 投保时间=date(year, 1, 1), 保单号=f"P{year}000001")
        for year, grade in ((2021, "优良"), (2019, "标准"), (2020, "标准"))
    ]
    found = [
        (row.cells["health_grade"], row.cells["assessed_on"]) for row in rows_of("health_risk", ledger(*rows))
    ]
    assert found == [("标准", date(2020, 1, 1)), ("优良", date(2021, 1, 1))]


def test_incomes_that_differ_are_two_records() -> None:
    rows = (
        ledger_row(),
        ledger_row(年收入="6万元", 保单号="P2020000002"),
        ledger_row(年收入=7, 保单号="P2020000003"),
    )
    assert len(rows_of("finances", ledger(*rows))) == 2


def test_a_row_without_policy_gives_the_customer_alone() -> None:
    parts = split_of(ledger(ledger_row(险种=None, 保单号=None, 投保时间=None, 年收入=None, 健康状况=None)))
    assert [row.table for row in parts.rows] == ["customers"]


def test_an_agent_is_found_by_number_or_by_name() -> None:
    rows = [("王芳", "P2020000001", "a1001 "), ("李芳", "P2020000002", "何平")]
    grid = ledger(*rows, headers=["姓名", "保单号", "业务员"])
    staff, *_ = (row.uid for row in split_of(STAFF, grid).rows)
    assert [row.links["agent_no"] for row in rows_of("policies", STAFF, grid)] == [staff, staff]


def test_an_agent_that_nobody_knows_stays_as_text() -> None:
    grid = ledger(("王芳", "P2020000001", "A9999"), headers=["姓名", "保单号", "业务员"])
    row = only(rows_of("policies", grid))
    assert ("agent_no" in row.links, row.cells["agent_no"]) == (False, "A9999")


def test_a_name_that_two_of_the_staff_have_finds_neither() -> None:
    staff = Grid(
        "业务员", (("工号", "姓名", "部门"), ("A1001", "何平", "业务部"), ("A1002", "何平", "业务部"))
    )
    grid = ledger(("王芳", "P2020000001", "何平"), headers=["姓名", "保单号", "业务员"])
    assert "agent_no" not in only(rows_of("policies", staff, grid)).links


def test_a_manager_further_down_the_sheet_is_found() -> None:
    first, second = rows_of("staff", STAFF)
    assert first.links == {"manager_no": second.uid}


def test_a_claim_finds_its_policy_and_the_person_who_is_on_it() -> None:
    grids = ledger(ledger_row()), claims(("CL000001", " p2020000001", "王 芳", BIRTH))
    policy, claim = only(rows_of("policies", *grids)), only(rows_of("claims", *grids))
    assert claim.links == {"policy_no": policy.uid, "customer_no": policy.links["customer_no"]}
    assert {"policy_no", "customer_no"}.isdisjoint(claim.cells)


def test_a_claim_of_somebody_who_is_not_on_the_policy_keeps_the_name_as_text() -> None:
    claim = only(rows_of("claims", ledger(ledger_row()), claims(("CL000001", "P2020000001", "李芳", BIRTH))))
    assert (list(claim.links), claim.cells["customer_no"]) == (["policy_no"], "李芳")


def test_a_claim_for_an_unknown_policy_is_not_lost() -> None:
    claim = only(rows_of("claims", ledger(ledger_row()), claims(("CL000001", "P9999999999", "王芳", BIRTH))))
    assert (claim.links, claim.cells["policy_no"]) == ({}, "P9999999999")


def test_of_two_policies_with_one_number_a_claim_means_that_of_its_person() -> None:
    other = ledger_row(姓名="李芳", 身份证号=identity_number(BIRTH, place=2))
    grids = ledger(ledger_row(), other), claims(("CL000001", "P2020000001", "李芳", BIRTH))
    assert only(rows_of("claims", *grids)).links["policy_no"] == rows_of("policies", *grids)[1].uid


def test_a_text_that_looks_like_a_formula_is_remarked() -> None:
    grid = ledger(("王芳", "P2020000001", '=HYPERLINK("x")'), headers=["姓名", "保单号", "备注"])
    assert [remark.origins for remark in split_of(grid).notes.remarks] == [("台账 第2行",)]


def test_every_row_says_where_it_comes_from() -> None:
    assert {row.origin for row in split_of(ledger(ledger_row())).rows} == {"台账 第2行"}


def test_no_row_shows_its_cells_by_accident() -> None:
    assert "15400000001" not in repr(split_of(ledger(ledger_row())))
