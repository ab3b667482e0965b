"""The dry run: every row judged as the engine would, counted by kind, and no value shown."""

import json
from datetime import date
from io import StringIO

from rich.console import Console

from tablekeeper.importing.report import ImportReport, Problem, TableCount, rendered
from tablekeeper.importing.workbook import Grid
from tests.tablekeeper.workbooks import BIRTH, NUMBER, identity_number, ledger, ledger_row, report_of

FIRST_GENERATION = NUMBER[:6] + NUMBER[8:17]


def count_of(report: ImportReport, table: str) -> TableCount:
    return next(count for count in report.tables if count.table == table)


def errors_of(report: ImportReport) -> list[Problem]:
    return [problem for problem in report.problems if problem.level == "错误"]


def printed(report: ImportReport) -> str:
    out = StringIO()
    Console(file=out, width=250).print(rendered(report))
    return out.getvalue()


def test_sound_rows_have_no_error() -> None:
    report = report_of(ledger(ledger_row()))
    assert errors_of(report) == []
    assert [(count.found, count.new, count.held) for count in report.tables] == [(1, 1, 0)] * 4


def test_what_can_be_normalised_is_no_error() -> None:
    untidy = ledger_row(
        身份证号=f" {NUMBER[:6]} {NUMBER[6:].lower()}",
        联系电话="+86 154-0000-0001",
        投保时间="2020.1.1",
        年收入="6万元",
    )
    assert errors_of(report_of(ledger(untidy))) == []


def test_a_wrong_number_holds_the_customer_and_what_belongs_to_him_waits() -> None:
    report = report_of(ledger(ledger_row(身份证号=FIRST_GENERATION)))
    assert (count_of(report, "customers").held, count_of(report, "policies").waiting) == (1, 1)
    (error,) = errors_of(report)
    assert (error.field, error.message, error.origins) == (
        "身份证号码",
        "共15位,一代号码已失效,应为18位",
        ("台账 第2行",),
    )


def test_a_wrong_field_that_is_no_identity_is_an_error_in_a_record_that_lives() -> None:
    count = count_of(report_of(ledger(ledger_row(联系电话="154000"))), "customers")
    assert (count.errors, count.held) == (1, 0)


def test_of_two_policies_with_one_number_the_second_is_held() -> None:
    other = ledger_row(姓名="李芳", 身份证号=identity_number(BIRTH, place=2), 联系电话="15400000002")
    report = report_of(ledger(ledger_row(), other))
    assert [(error.message, error.origins) for error in errors_of(report)] == [
        ("已有相同的记录", ("台账 第3行",))
    ]


def test_rows_of_one_file_are_judged_together_with_those_they_refer_to() -> None:
    claims = Grid(
        "理赔",
        (("赔案号", "保单号", "出险人", "出险日期"), ("CL000001", "P2020000001", "王芳", date(2010, 1, 5))),
    )
    grid = ledger(("王芳", "P2020000001", date(2020, 1, 1)), headers=["姓名", "保单号", "生效日期"])
    assert [error.message for error in errors_of(report_of(grid, claims))] == ["出险日期早于保单生效日期"]


def test_one_kind_of_problem_is_one_line_however_many_rows_have_it() -> None:
    rows = [
        ledger_row(
            姓名=name, 联系电话="154000", 身份证号=identity_number(BIRTH, place), 保单号=f"P202000000{place}"
        )
        for place, name in enumerate(("王芳", "李芳", "赵芳"), 1)
    ]
    (error,) = errors_of(report_of(ledger(*rows)))
    assert len(error.origins) == 3


def test_no_sensitive_value_is_shown() -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    report = report_of(
        ledger(
            ledger_row(身份证号=wrong), ledger_row(身份证号=wrong, 联系电话="154000", 保单号="P2020000002")
        )
    )
    for text in (printed(report), repr(report), json.dumps(report.as_json(), ensure_ascii=False)):
        assert "台账 第2行" in text
        assert not any(value in text for value in (wrong, "15400000001", "154000", "60000"))


def test_what_was_left_out_is_named() -> None:
    grid = Grid("台账", (("姓名", "保单号", "星座"), ("王芳", "P2020000001", "白羊"), ("合计", None, None)))
    report = report_of(grid, Grid("库存", (("货号",), ("X1",))))
    assert (report.unmapped, report.skipped, report.foreign) == (
        {"台账": ("星座",)},
        {"台账": (3,)},
        ("库存",),
    )
    assert all(word in printed(report) for word in ("星座", "第3行", "库存"))


def test_staff_do_not_wait_for_a_manager_further_down_the_sheet() -> None:
    rows = ("A1001", "何平", "业务部", "A1002"), ("A1002", "陈静", "业务部", None)
    report = report_of(Grid("业务员", (("工号", "姓名", "部门", "直属主管"), *rows)))
    assert (count_of(report, "staff").new, count_of(report, "staff").waiting) == (2, 0)
