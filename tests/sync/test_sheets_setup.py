"""Setting a spreadsheet up, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from emulators.server import Running
from sync.connection import SystemColumn
from tests.sync.sheets_office import (
    CUSTOMERS,
    POLICIES,
    SCHEMA,
    Memo,
    Office,
    open_office,
    schema_of,
    uid,
    world_of_offices,
)
from validators.schema import SchemaConfig


@pytest.fixture(scope="module")
def world() -> Iterator[Running]:
    with world_of_offices() as world:
        yield world


@pytest.fixture
def office(world: Running) -> Office:
    return open_office(world, set_up=False)


def tab(office: Office, title: str) -> Any:
    """A tab with everything that Google tells of it."""
    sheets = office.call("", method="GET", includeGridData="true")["sheets"]
    return next(sheet for sheet in sheets if sheet["properties"]["title"] == title)


def cell(office: Office, header: str, row: int) -> Any:
    # One row only: formats of a whole tab are megabytes.
    where = f"{CUSTOMERS}!{row + 1}:{row + 1}"
    sheet = office.call("", method="GET", includeGridData="true", ranges=where)["sheets"][0]
    return sheet["data"][0]["rowData"][0]["values"][office.column(header)]


def test_dry_run_tells_and_writes_nothing(office: Office) -> None:
    changes = office.connection.setup(dry_run=True)
    assert {change.table for change in changes} >= {CUSTOMERS, POLICIES, "系统状态"}
    assert office.writes() == []
    assert office.memo == {}


def test_second_run_writes_nothing_and_reports_nothing(office: Office) -> None:
    assert office.connection.setup()
    assert len(office.writes()) == 1
    assert office.connection.setup() == []
    assert office.writes() == []


def test_run_after_bindings_were_lost_writes_nothing(office: Office) -> None:
    office.connection.setup()
    office.connect(memo=Memo())
    office.calls()
    assert office.connection.setup() == []
    assert office.writes() == []


def test_tab_has_its_columns_frozen_parts_and_hidden_uid(office: Office) -> None:
    office.connection.setup()
    headers = office.values(f"{CUSTOMERS}!1:1")[0]
    assert headers[:5] == ["校验状态", "校验说明", "查看", "客户编号", "客户姓名"]
    assert headers[-2:] == ["年龄", "记录编号"]
    made = tab(office, CUSTOMERS)
    grid = made["properties"]["gridProperties"]
    assert grid == {
        "rowCount": 1000,
        "columnCount": len(headers),
        "frozenRowCount": 1,
        "frozenColumnCount": 3,
    }
    hidden = [i for i, column in enumerate(made["data"][0]["columnMetadata"]) if column.get("hiddenByUser")]
    assert hidden == [len(headers) - 1]
    assert [view["title"] for view in made["filterViews"]] == ["按姓名"]


def test_columns_are_formatted_and_validated_by_type(office: Office) -> None:
    office.connection.setup()
    office.type(f"{CUSTOMERS}!D2", ["C00000001"])
    formats = {
        header: cell(office, header, 1).get("userEnteredFormat", {}).get("numberFormat")
        for header in ("手机号码", "客户编号", "出生日期", "保费", "记录编号")
    }
    assert formats == {
        "手机号码": {"type": "TEXT"},
        "客户编号": {"type": "TEXT"},
        "出生日期": {"type": "DATE", "pattern": "yyyy-mm-dd"},
        "保费": {"type": "NUMBER", "pattern": "#,##0.00"},
        "记录编号": {"type": "TEXT"},
    }
    level = cell(office, "等级", 1)["dataValidation"]
    assert [value["userEnteredValue"] for value in level["condition"]["values"]] == ["普通", "银卡"]
    assert not level.get("strict")
    assert cell(office, "在保", 1)["dataValidation"]["condition"]["type"] == "BOOLEAN"
    assert "dataValidation" not in cell(office, "手机号码", 1)


def test_digits_typed_into_a_text_column_stay_as_typed(office: Office) -> None:
    office.connection.setup()
    office.type(f"{CUSTOMERS}!D2", ["00123"])
    assert office.values(f"{CUSTOMERS}!D2") == [["00123"]]


def test_sensitive_columns_carry_the_note_and_ours_a_warning(office: Office) -> None:
    office.connection.setup()
    assert "自动加密" in cell(office, "手机号码", 0)["note"]
    assert cell(office, "备注", 0)["note"] == "写重点"
    ranges = tab(office, CUSTOMERS)["protectedRanges"]
    assert all(item["warningOnly"] for item in ranges)
    columns = {item["range"].get("startColumnIndex") for item in ranges}
    assert columns >= {office.column(header) for header in ("校验说明", "年龄", "记录编号")}
    assert office.column("客户姓名") not in columns


def test_existing_tab_is_adopted_and_keeps_its_order_and_formats(office: Office) -> None:
    office.batch({"addSheet": {"properties": {"title": CUSTOMERS}}})
    office.type(
        f"{CUSTOMERS}!A1:D3",
        ["客户姓名", "老备注", "客户号", "手机号码"],
        ["王芳", "x", "'C1", "y"],
        ["李雷", "", "'C2", ""],
    )
    changes = office.connection.setup()
    headers = office.values(f"{CUSTOMERS}!1:1")[0]
    assert headers[:7] == ["校验状态", "校验说明", "查看", "客户姓名", "老备注", "客户号", "手机号码"]
    assert headers[-1] == "记录编号"
    assert sorted(headers) == sorted({*headers})
    assert any(change.why and "纯文本" in change.why for change in changes)
    assert [row[3:6] for row in office.values(f"{CUSTOMERS}!A2:Z3")] == [
        ["王芳", "x", "C1"],
        ["李雷", "", "C2"],
    ]
    rows = office.pull(full=True)["customers"].rows
    assert [row.cells["customer_no"] for row in rows] == ["C1", "C2"]
    assert office.connection.setup() == []


def test_new_field_in_the_config_becomes_a_column_left_of_the_computed_ones(office: Office) -> None:
    office.connection.setup()
    office.fill(2)
    office.connect(schema_of({"hobby": {"name": "爱好", "type": "text"}}))
    changes = office.connection.setup()
    assert [change.what for change in changes] == ["add the column 爱好"]
    headers = office.values(f"{CUSTOMERS}!1:1")[0]
    assert headers[-3:] == ["爱好", "年龄", "记录编号"]
    assert set(office.rows()) == {uid(1), uid(2)}
    assert office.connection.setup() == []


def test_header_renamed_in_the_config_is_renamed_in_the_tab(office: Office) -> None:
    office.connection.setup()
    office.connect(schema_of({"full_name": {"name": "姓名", "aliases": ["客户姓名"]}}))
    assert len(office.connection.setup()) == 1
    assert "姓名" in office.values(f"{CUSTOMERS}!1:1")[0]
    assert office.connection.setup() == []


def test_header_renamed_by_staff_stays_and_is_reported(office: Office) -> None:
    office.connection.setup()
    office.type(f"{CUSTOMERS}!E1", ["称呼"])
    office.calls()
    changes = office.connection.setup()
    assert [change.why is not None and "称呼" in change.why for change in changes] == [True]
    assert office.writes() == []
    assert office.values(f"{CUSTOMERS}!E1") == [["称呼"]]


def test_header_that_staff_cleared_is_put_back(office: Office) -> None:
    office.connection.setup()
    office.call(f"/values/{CUSTOMERS}!E1:clear")
    office.connection.setup()
    assert office.values(f"{CUSTOMERS}!E1") == [["客户姓名"]]


def test_new_option_reaches_the_drop_down(office: Office) -> None:
    office.connection.setup()
    schema = schema_of({})
    wider = schema.model_copy(
        update={
            "options": {
                **schema.options,
                "level": schema.options["level"].model_copy(update={"values": ("普通", "银卡", "金卡")}),
            }
        }
    )
    office.connect(wider)
    assert [change.what for change in office.connection.setup()] == [
        "renew options and note of the column 等级"
    ]
    office.type(f"{CUSTOMERS}!D2", ["C1"])
    condition = cell(office, "等级", 1)["dataValidation"]["condition"]
    assert [value["userEnteredValue"] for value in condition["values"]] == ["普通", "银卡", "金卡"]


def test_status_warns_until_stamped_and_again_an_hour_after(office: Office) -> None:
    office.connection.setup()

    def state() -> str:
        shown: str = office.call("/values/系统状态!B1", method="GET")["values"][0][0]
        return shown

    assert state().startswith("⚠ 同步已停止")
    office.connection.stamp({"记录数": "12", "待更正": "3"})
    assert state() == "正常"
    office.connection.stamp({"记录数": "13"})
    assert office.values("系统状态!A3:B6")[1:] == [["记录数", "13"]]
    office.world.world.clock.advance(3700)
    assert state().startswith("⚠ 同步已停止")


def test_replica_with_fewer_fields_has_fewer_columns(office: Office) -> None:
    from sync.config import ReplicaConfig
    from sync.sheets.layout import layouts

    config = ReplicaConfig(
        name="sheets", service="sheets", tables=("customers",), fields={"customers": ("customer_no",)}
    )
    (layout,) = layouts(schema_of({}), config)
    assert [column.key for column in layout.columns if not isinstance(column.key, SystemColumn)] == [
        "customer_no"
    ]


def test_what_the_config_no_longer_has_is_named_for_a_person_to_delete(office: Office) -> None:
    office.connection.setup()
    customers = SCHEMA["tables"]["customers"]
    fields = {key: one for key, one in customers["fields"].items() if key != "remarks"}
    only = {**SCHEMA, "tables": {"customers": {**customers, "fields": fields}}}
    changes = office.connect(SchemaConfig.model_validate(only)).setup()
    assert {(one.table, one.what) for one in changes if one.left} == {
        (POLICIES, "delete the tab"),
        (CUSTOMERS, "delete the column 备注"),
    }
    assert all(one.why for one in changes)
