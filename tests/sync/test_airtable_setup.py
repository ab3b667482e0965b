"""Creating, adopting and leaving alone tables and columns of a base."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from sync.airtable.blueprint import SENSITIVE_NOTE
from sync.errors import AnswerLost
from sync.setting_up import given_up
from tests.sync.airtable_office import ARCHIVE, MemoryBindings, Office, open_office

CUSTOMERS, POLICIES = "客户基本信息", "保险合同信息"


@pytest.fixture
def office() -> Iterator[Office]:
    with open_office(set_up=False) as opened:
        yield opened


def columns(office: Office, table: str = CUSTOMERS) -> dict[str, Any]:
    """The columns of a table as the base has them, by name, in order."""
    (found,) = [one for one in office.base().schema().tables if one.name == table]
    return {column.name: column for column in found.fields}


def rename(office: Office, old: str, new: str) -> None:
    """What a person does in the column's menu."""
    api, column = office.staff, columns(office)[old]
    path = (
        "meta",
        "bases",
        office.base().id,
        "tables",
        office.bindings["table:customers"],
        "fields",
        column.id,
    )
    api.patch(api.build_url(*path), json={"name": new})


def changed_archive(table: str, **fields: Any) -> dict[str, Any]:
    archive = copy.deepcopy(ARCHIVE)
    archive["tables"][table]["fields"] |= fields
    return archive


def test_a_second_run_writes_nothing_and_reports_nothing(office: Office) -> None:
    assert office.connection.setup()
    mark = office.mark
    assert list(office.connection.setup()) == []
    assert office.writes(since=mark) == []


def test_a_run_after_a_restart_writes_nothing(office: Office) -> None:
    office.connection.setup()
    mark = office.mark
    assert list(office.connect().setup()) == []
    assert office.writes(since=mark) == []


def test_a_dry_run_tells_the_same_changes_and_makes_none(office: Office) -> None:
    planned = list(office.connection.setup(dry_run=True))
    assert office.writes() == [] and office.bindings == {}
    assert planned == list(office.connection.setup())


def test_columns_stand_in_the_order_of_the_design(office: Office) -> None:
    office.connection.setup()
    names = list(columns(office))
    assert names[:5] == ["客户编号", "校验状态", "校验说明", "查看", "客户姓名"]
    ours = [name for name in names if name not in (POLICIES, *(f"{POLICIES} {n}" for n in (2, 3)))]
    assert ours.index("年龄") > ours.index("家人")
    assert ours.index("记录编号") == ours.index("年龄") + 1


def test_a_table_follows_the_tables_it_links_to(office: Office) -> None:
    office.connection.setup()
    names = [table.name for table in office.base().schema().tables]
    assert names == [CUSTOMERS, POLICIES, "系统状态"]


def test_the_business_key_is_the_primary_column(office: Office) -> None:
    office.connection.setup()
    (table,) = [one for one in office.base().schema().tables if one.name == CUSTOMERS]
    assert table.primary_field_id == columns(office)["客户编号"].id


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("校验状态", "singleSelect"),
        ("校验说明", "multilineText"),
        ("查看", "url"),
        ("性别", "singleSelect"),
        ("年龄", "number"),
        ("身份证号码", "singleLineText"),
        ("年收入", "singleLineText"),
        ("病史", "multilineText"),
        ("出生日期", "date"),
        ("到访时间", "dateTime"),
        ("身高", "number"),
        ("占比", "percent"),
        ("贵宾", "checkbox"),
        ("联系方式", "multipleSelects"),
        ("单位电话", "singleLineText"),
        ("电子邮箱", "email"),
        ("备注", "multilineText"),
        ("家人", "multipleRecordLinks"),
        ("记录编号", "singleLineText"),
    ],
)
def test_fields_get_the_type_that_holds_them(office: Office, header: str, kind: str) -> None:
    office.connection.setup()
    assert columns(office)[header].type == kind


def test_sensitive_columns_explain_themselves_to_staff(office: Office) -> None:
    office.connection.setup()
    made = columns(office)
    assert made["身份证号码"].description == SENSITIVE_NOTE
    assert made["备注"].description == "不要写号码"
    assert not made["客户姓名"].description


def test_instants_are_shown_in_shanghai_time(office: Office) -> None:
    office.connection.setup()
    assert columns(office)["到访时间"].options.time_zone == "Asia/Shanghai"


def test_a_table_that_stands_is_adopted_by_name_and_alias(office: Office) -> None:
    fields = [{"name": "客户编号", "type": "singleLineText"}, {"name": "姓名", "type": "singleLineText"}]
    office.base().create_table(CUSTOMERS, fields)
    theirs = columns(office)
    office.connection.setup()
    assert office.bindings["field:customers:full_name"] == theirs["姓名"].id
    assert "客户姓名" not in columns(office)
    assert "身份证号码" in columns(office)
    mark = office.mark
    assert list(office.connection.setup()) == []
    assert office.writes(since=mark) == []


def test_a_sensitive_column_that_is_not_text_is_left_with_instructions(office: Office) -> None:
    fields = [
        {"name": "客户编号", "type": "singleLineText"},
        {"name": "年收入", "type": "number", "options": {"precision": 0}},
    ]
    office.base().create_table(CUSTOMERS, fields)
    (left,) = [change for change in office.connection.setup() if change.why]
    assert "年收入" in left.what and "Single line text" in str(left.why) and "明文" in str(left.why)
    assert columns(office)["年收入"].type == "number"
    assert "field:customers:income" not in office.bindings
    assert "income" in office.pull(full=True)["customers"].missing


def test_a_header_renamed_by_staff_keeps_working_and_its_name(office: Office) -> None:
    office.connection.setup()
    rename(office, "客户姓名", "大名")
    assert list(office.connection.setup()) == []
    row = office.insert("R1", full_name="王伟")
    assert office.table().get(row.row_id)["fields"]["大名"] == "王伟"


def test_a_header_renamed_in_the_configuration_is_renamed(office: Office) -> None:
    office.connection.setup()
    before = columns(office)["客户姓名"].id
    archive = changed_archive("customers", full_name={"name": "姓名", "type": "text"})
    (change,) = office.connect(archive).setup()
    assert "姓名" in change.what and change.why is None
    assert columns(office)["姓名"].id == before
    assert list(office.connection.setup()) == []


def test_a_header_that_staff_and_configuration_renamed_alike_is_done(office: Office) -> None:
    office.connection.setup()
    rename(office, "客户姓名", "姓名")
    archive = changed_archive("customers", full_name={"name": "姓名", "type": "text"})
    assert list(office.connect(archive).setup()) == []


def test_a_table_renamed_in_the_configuration_is_renamed(office: Office) -> None:
    office.connection.setup()
    archive = copy.deepcopy(ARCHIVE)
    archive["tables"]["customers"]["name"] = "客户"
    (change,) = office.connect(archive).setup()
    assert change.what == "rename the table as configured"
    assert "客户" in [table.name for table in office.base().schema().tables]
    assert list(office.connection.setup()) == []


def test_a_new_field_of_the_configuration_is_added(office: Office) -> None:
    office.connection.setup()
    archive = changed_archive("customers", hobby={"name": "爱好", "type": "text"})
    (change,) = office.connect(archive).setup()
    assert change.what == "create the column 爱好"
    assert office.insert("R1", hobby="钓鱼").cells["hobby"] == "钓鱼"


def test_a_column_that_staff_deleted_is_missing_until_setup(office: Office) -> None:
    office.connection.setup()
    office.bindings["field:customers:notes"] = "fldGone0000000000"
    assert office.pull(full=True)["customers"].missing == {"notes"}


def test_the_other_end_of_a_link_is_nobodys_business(office: Office) -> None:
    office.connection.setup()
    assert any(column.type == "multipleRecordLinks" for column in columns(office).values())
    fields = {name for name in office.bindings if name.startswith("field:customers:")}
    assert len(fields) == len(ARCHIVE["tables"]["customers"]["fields"]) + 4


def test_a_link_to_a_table_outside_the_replica_is_a_text(office: Office) -> None:
    assert not [change for change in office.connect(tables=("policies",)).setup() if change.why]
    assert office.base().table(POLICIES).schema().field("投保人").type == "singleLineText"


def test_a_link_column_to_another_table_is_left_alone(office: Office) -> None:
    other = office.base().create_table("别的表", [{"name": "名称", "type": "singleLineText"}])
    link = {"name": "介绍人", "type": "multipleRecordLinks", "options": {"linkedTableId": other.id}}
    office.base().create_table(CUSTOMERS, [{"name": "客户编号", "type": "singleLineText"}, link])
    (left,) = [change for change in office.connection.setup() if change.why]
    assert "介绍人" in left.what and "field:customers:referrer" not in office.bindings


def test_a_replica_with_fewer_fields_gets_those_and_the_key(office: Office) -> None:
    office.connect(tables=("customers",), fields={"customers": ("gender",)}).setup()
    assert list(columns(office)) == ["客户编号", "校验状态", "校验说明", "查看", "性别", "记录编号"]


def test_a_table_whose_creation_was_not_answered_is_found_again(office: Office) -> None:
    office.fault("POST .*/tables$", "applied_then_lost")
    with pytest.raises(AnswerLost):
        office.connection.setup()
    office.connection.setup()
    names = [table.name for table in office.base().schema().tables]
    assert sorted(names) == sorted({CUSTOMERS, POLICIES, "系统状态"})


def test_lost_bindings_are_found_again_by_name(office: Office) -> None:
    office.connection.setup()
    remembered = dict(office.bindings)
    office.bindings = MemoryBindings()
    mark = office.mark
    assert all(change.why is None for change in office.connect().setup())
    assert office.bindings == remembered
    assert office.writes(since=mark) == []


def test_the_warning_is_a_formula_where_the_token_may_make_one(office: Office) -> None:
    office.served.world.policy.change({"tokens_create_computed_fields": True})
    office.connection.setup()
    assert columns(office, "系统状态")["提示"].type == "formula"
    assert list(office.connection.setup()) == []


def test_the_warning_is_a_standing_sentence_elsewhere(office: Office) -> None:
    office.connection.setup()
    warning = columns(office, "系统状态")["提示"]
    assert warning.type == "singleLineText" and "同步已停止" in str(warning.description)


def fewer(office: Office, *, taken_over: bool = True) -> Any:
    """The replica loses 性别 by a changed configuration."""
    kept = tuple(key for key in ARCHIVE["tables"]["customers"]["fields"] if key != "gender")
    if taken_over:
        office.bindings.set(given_up("customers", "gender"), "1")
    return office.connect(fields={"customers": kept})


def test_a_column_that_the_replica_loses_is_emptied_and_left_to_a_person_until_it_is_gone(
    office: Office,
) -> None:
    office.connection.setup()
    office.pull()
    for number in range(12):
        office.insert(f"R{number:021}", customer_no=f"C{number}", gender="女", full_name="王芳")
    connection = fewer(office)
    told = [change.what for change in connection.setup(dry_run=True)]
    assert told == ["empty the column 性别, which this replica no longer has"]
    emptied, left = connection.setup()
    assert emptied.what.endswith("12 cell(s)")
    rows = [record["fields"] for record in office.table().all()]
    assert all("停用·性别" not in row and row["客户姓名"] == "王芳" for row in rows)
    assert "请删除本列" in columns(office)["停用·性别"].description
    (still,) = connection.setup()
    assert left.left and still.left and still.why is not None and still.what == "delete the column 停用·性别"


def test_a_column_that_comes_back_gets_its_name_and_its_description_again(office: Office) -> None:
    office.connection.setup()
    fewer(office).setup()
    office.connect().setup()
    assert not columns(office)["性别"].description
    assert list(office.connection.setup()) == []
    assert [change.left for change in fewer(office).setup()] == [False, True]


def test_a_column_is_not_emptied_while_the_old_configuration_may_still_be_at_work(office: Office) -> None:
    office.connection.setup()
    office.pull()
    office.insert("R000000000000000000001", customer_no="C1", gender="女")
    (waits,) = fewer(office, taken_over=False).setup()
    assert waits.left and waits.why is not None
    assert [record["fields"]["性别"] for record in office.table().all()] == ["女"]


def test_a_table_that_the_replica_loses_is_told_until_it_is_gone(office: Office) -> None:
    office.connection.setup()
    (left,) = office.connect(tables=("customers",)).setup()
    assert (left.table, left.what, left.left) == (POLICIES, "delete the table", True)
