"""The metadata interface: creating tables and fields, links and their other ends."""

from typing import Any

import pytest

from tests.emulators.airtable_world import Office

TEXT = {"name": "号", "type": "singleLineText"}


@pytest.fixture
def office() -> Office:
    return Office()


def link_to(table: dict[str, Any], name: str = "投保人") -> dict[str, Any]:
    return {"name": name, "type": "multipleRecordLinks", "options": {"linkedTableId": table["id"]}}


def test_whoami_and_bases_say_who_and_where(office: Office) -> None:
    assert office.daemon("GET", "meta/whoami").body["id"] != office.staff("GET", "meta/whoami").body["id"]
    (base,) = office.daemon("GET", "meta/bases").body["bases"]
    assert base == {"id": office.base, "name": "客户保险档案", "permissionLevel": "create"}


def test_a_new_table_has_ids_a_primary_field_and_a_view(office: Office) -> None:
    made = office.daemon(
        "POST", office.schema_path, {"name": "保单", "fields": [TEXT], "description": "d"}
    ).body
    assert made["primaryFieldId"] == made["fields"][0]["id"]
    assert [view["type"] for view in made["views"]] == ["grid"]
    assert office.daemon("POST", office.schema_path, {"name": "保单", "fields": [TEXT]}).status == 422


def test_a_link_makes_its_other_end_under_a_free_name(office: Office) -> None:
    fields = [TEXT, link_to(office.table), link_to(office.table, "被保人")]
    policies = office.create_table("保单", fields)
    near = office.field("投保人", policies)["options"]
    far = office.field("保单")
    assert near["inverseLinkFieldId"] == far["id"] and far["options"]["inverseLinkFieldId"]
    assert office.field("保单 2")["options"]["linkedTableId"] == policies["id"]


def test_a_link_to_its_own_table_has_no_other_end(office: Office) -> None:
    made = office.staff(
        "POST", f"{office.schema_path}/{office.table['id']}/fields", link_to(office.table, "介绍人")
    ).body
    assert "inverseLinkFieldId" not in made["options"]


def test_both_ends_of_a_link_are_kept_in_step(office: Office) -> None:
    policies = office.create_table("保单", [TEXT, link_to(office.table)])
    path = f"{office.base}/{policies['id']}"
    one, two = office.create({"姓名": "甲"}, {"姓名": "乙"})
    (policy,) = office.create({"投保人": [one]}, path=path)
    assert office.cells(one)["保单"] == [policy]
    office.daemon("PATCH", f"{path}/{policy}", {"fields": {"投保人": [two]}})
    assert "保单" not in office.cells(one) and office.cells(two)["保单"] == [policy]
    office.daemon("PATCH", f"{office.path}/{one}", {"fields": {"保单": [policy]}})
    assert office.cells(policy, path)["投保人"] == [two, one]


def test_deleting_a_record_takes_the_links_to_it_away(office: Office) -> None:
    policies = office.create_table("保单", [TEXT, link_to(office.table)])
    own = link_to(office.table, "介绍人")
    office.staff("POST", f"{office.schema_path}/{office.table['id']}/fields", own)
    path = f"{office.base}/{policies['id']}"
    (one,) = office.create({"姓名": "甲"})
    (two,) = office.create({"姓名": "乙", "介绍人": [one]})
    (policy,) = office.create({"投保人": [one, two]}, path=path)
    office.daemon("DELETE", f"{office.path}/{one}")
    assert office.cells(policy, path) == {"投保人": [two]}
    assert office.cells(two) == {"姓名": "乙", "保单": [policy]}


def test_a_link_to_nothing_is_refused_and_leaves_no_trace(office: Office) -> None:
    policies = office.create_table("保单", [TEXT, link_to(office.table)])
    path = f"{office.base}/{policies['id']}"
    (one,) = office.create({"姓名": "甲"})
    entries = [{"fields": {"投保人": [one]}}, {"fields": {"投保人": ["rec" + "0" * 14]}}]
    assert office.daemon("POST", path, {"records": entries}).error == "ROW_DOES_NOT_EXIST"
    assert office.cells(one) == {"姓名": "甲"}
    assert office.daemon("POST", path, {"fields": {"投保人": ["甲"]}}).status == 422


def test_typecast_finds_a_linked_record_by_name_or_makes_it(office: Office) -> None:
    policies = office.create_table("保单", [TEXT, link_to(office.table)])
    path = f"{office.base}/{policies['id']}"
    (known,) = office.create({"姓名": "甲"})
    (policy,) = office.create({"投保人": ["甲", "新人"]}, path=path, typecast=True)
    first, second = office.cells(policy, path)["投保人"]
    assert first == known and office.cells(second) == {"姓名": "新人", "保单": [policy]}


def test_a_renamed_field_keeps_its_id_its_cells_and_the_formulas_on_it(office: Office) -> None:
    fields_path = f"{office.schema_path}/{office.table['id']}/fields"
    office.staff(
        "POST", fields_path, {"name": "称呼", "type": "formula", "options": {"formula": "{姓名}&'先生'"}}
    )
    (record,) = office.create({"姓名": "甲"})
    column = office.field("姓名")
    renamed = office.daemon("PATCH", f"{fields_path}/{column['id']}", {"name": "客户姓名"}).body
    assert renamed["id"] == column["id"]
    assert office.cells(record) == {"客户姓名": "甲", "称呼": "甲先生"}


def test_options_cannot_be_changed_by_a_token(office: Office) -> None:
    path = f"{office.schema_path}/{office.table['id']}/fields/{office.field('等级')['id']}"
    changed = {"options": {"choices": [{"name": "铜"}]}}
    assert office.daemon("PATCH", path, changed).status == 422
    assert office.staff("PATCH", path, changed).status == 200


def test_options_stay_as_text_when_a_column_becomes_text(office: Office) -> None:
    (record,) = office.create({"姓名": "甲", "等级": "金"})
    path = f"{office.schema_path}/{office.table['id']}/fields/{office.field('等级')['id']}"
    assert office.staff("PATCH", path, {"type": "singleLineText"}).status == 200
    assert office.cells(record)["等级"] == "金"


def test_computed_fields_are_made_by_people_and_by_tokens_only_if_the_policy_says_so(office: Office) -> None:
    path = f"{office.schema_path}/{office.table['id']}/fields"
    formula = {"name": "倍", "type": "formula", "options": {"formula": "{保费}*2"}}
    assert office.daemon("POST", path, formula).error == "UNSUPPORTED_FIELD_TYPE_FOR_CREATE"
    office.world.policy.change({"tokens_create_computed_fields": True})
    assert office.daemon("POST", path, formula).status == 200


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "姓名", "type": "singleLineText"},
        {"name": "", "type": "singleLineText"},
        {"type": "singleLineText"},
        {"name": "新", "type": "noSuchType"},
        {"name": "新", "type": "singleSelect"},
        {"name": "新", "type": "singleSelect", "options": {"choices": [{"name": "a"}, {"name": "a"}]}},
        {"name": "新", "type": "multipleRecordLinks", "options": {"linkedTableId": "tbl" + "0" * 14}},
        {"name": "新", "type": "formula", "options": {"formula": "NOSUCH("}},
    ],
)
def test_a_bad_field_is_refused_and_not_made(office: Office, wanted: dict[str, Any]) -> None:
    before = office.daemon("GET", office.schema_path).body
    assert office.staff("POST", f"{office.schema_path}/{office.table['id']}/fields", wanted).status == 422
    assert office.daemon("GET", office.schema_path).body == before


def test_a_table_with_one_bad_field_is_not_made_nor_the_other_end_of_its_link(office: Office) -> None:
    fields = [TEXT, link_to(office.table), {"name": "坏", "type": "number"}]
    before = office.daemon("GET", office.schema_path).body
    assert office.daemon("POST", office.schema_path, {"name": "保单", "fields": fields}).status == 422
    assert office.daemon("GET", office.schema_path).body == before


def test_an_option_that_a_person_renames_is_renamed_in_the_cells_and_one_that_goes_empties_them(
    office: Office,
) -> None:
    one, two = office.create({"等级": "金", "标签": ["老客户"]}, {"等级": "银"})
    gold, _ = office.field("等级")["options"]["choices"]
    path = f"{office.schema_path}/{office.table['id']}/fields/{office.field('等级')['id']}"
    office.staff("PATCH", path, {"options": {"choices": [gold | {"name": "黄金"}, {"name": "铜"}]}})
    assert office.cells(one) == {"等级": "黄金", "标签": ["老客户"]}
    assert office.cells(two) == {}
