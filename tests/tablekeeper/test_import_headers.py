"""Which field a header means, and which tables a sheet feeds."""

import pytest

from tablekeeper.importing.headers import HeaderBook
from tablekeeper.importing.workbook import Grid
from tests.tablekeeper.workbooks import archive_config, rows_of, workbook_of
from validators.schema import SchemaConfig

BOOK = HeaderBook(archive_config())


def targets(*headers: str) -> list[tuple[tuple[str, str], ...]]:
    return [column.targets for column in BOOK.read(headers).columns]


@pytest.mark.parametrize(
    "header",
    [
        "身份证号",
        "身份证号码",
        " 身份 证号 ",
        "*身份证号:",
        "身份证号\n(必填)",
        "身份证号(18位)",
        "【身份证号】",
    ],
)
def test_width_blanks_and_punctuation_do_not_matter(header: str) -> None:
    assert targets(header, "姓名")[0] == (("customers", "id_number"),)


def test_a_flat_ledger_feeds_four_tables() -> None:
    columns = BOOK.read(["姓名", "身份证号", "保单号", "保费", "健康状况", "年收入"])
    assert columns.tables == ("customers", "policies", "health_risk", "finances")


def test_a_sheet_of_claims_feeds_the_claims_alone() -> None:
    columns = BOOK.read(["赔案号", "保单号", "出险人", "出险日期", "诊断结果"])
    assert columns.tables == ("claims",)
    assert ("claims", "policy_no") in columns.columns[1].targets


def test_a_sheet_of_staff_feeds_the_staff_alone() -> None:
    assert BOOK.read(["工号", "姓名", "部门", "工作邮箱"]).tables == ("staff",)


def test_the_agent_of_a_ledger_looks_after_policy_and_customer() -> None:
    assert targets("姓名", "保单号", "业务员")[2] == (("customers", "agent_no"), ("policies", "agent_no"))


def test_a_remark_belongs_to_the_policy_of_its_row_or_else_to_the_customer() -> None:
    rows = ("王芳", "P2020000001", "甲"), ("李芳", None, "乙")
    book = workbook_of(Grid("台账", (("姓名", "保单号", "备注"), *rows)))
    first, second = (line.cells for line in book.sheets[0].lines)
    assert (first["policies"]["notes"], first["customers"].get("notes")) == ("甲", None)
    assert (second["policies"], second["customers"]["notes"]) == ({}, "乙")


def test_a_list_of_customers_with_their_agents_holds_no_policies() -> None:
    assert BOOK.read(["姓名", "身份证号", "业务员", "备注"]).tables == ("customers",)


def test_a_customer_without_policy_in_a_ledger_gets_none_from_his_agent() -> None:
    book = workbook_of(Grid("台账", (("姓名", "保单号", "业务员"), ("王芳", None, "A1001"))))
    assert book.sheets[0].lines[0].cells["policies"] == {}


def test_the_customer_of_an_assessment_is_a_name_too() -> None:
    assert targets("客户", "身份证号", "保单号")[0] == (("customers", "full_name"),)


def test_the_policyholder_of_a_ledger_is_the_customer() -> None:
    assert targets("投保人", "身份证号", "保单号")[0] == (("customers", "full_name"),)


def test_an_unknown_header_is_reported_and_a_running_number_is_not() -> None:
    assert BOOK.read(["序号", "NO.", "姓名", "星座", "保单号"]).unmapped == ("星座",)


def test_a_second_column_of_one_field_is_reported() -> None:
    assert BOOK.read(["姓名", "保单号", "手机号", "联系电话"]).unmapped == ("联系电话",)


def test_columns_that_the_daemon_keeps_are_not_read() -> None:
    columns = BOOK.read(["校验状态", "校验说明", "查看", "姓名", "下次审查日期", "身份证号", "记录编号"])
    assert [column.index for column in columns.columns] == [3, 5]


def test_amounts_below_a_header_in_ten_thousands_are_meant_so() -> None:
    grid = Grid("台账", (("姓名", "投保时间", "年收入(万元)"), ("王芳", "2020-01-01", 6.5)))
    assert rows_of("finances", grid)[0].cells["annual_income"] == "6.5万元"


def test_an_archive_without_customers_takes_lists() -> None:
    schema = SchemaConfig.model_validate(
        {
            "tables": {
                "policies": {
                    "name": "保单",
                    "key": "number",
                    "fields": {
                        "number": {"name": "保单号", "type": "text"},
                        "product": {"name": "产品", "type": "text"},
                    },
                }
            }
        }
    )
    assert HeaderBook(schema).read(["保单号", "产品"]).tables == ("policies",)


def test_the_header_row_is_the_one_with_most_known_headers() -> None:
    grid = Grid(
        "台账",
        (("姓名与保单号", None), ("保单", "客户"), ("姓名", "保单号", "保费"), ("王芳", "P2020000001", 1)),
    )
    assert [line.number for line in workbook_of(grid).sheets[0].lines] == [4]
