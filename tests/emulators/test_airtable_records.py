"""Writing records: values, batches, replacing, upserting, deleting."""

import pytest

from tests.emulators.airtable_world import Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_empty_values_are_left_out_and_zero_is_not_empty(office: Office) -> None:
    row: dict[str, object] = {"姓名": "", "等级": None, "标签": [], "已签": False, "保费": 0}
    (record,) = office.create(row)
    assert office.cells(record) == {"保费": 0}


def test_a_batch_with_one_bad_record_changes_nothing(office: Office) -> None:
    (record,) = office.create({"姓名": "甲"})
    entries = [{"id": record, "fields": {"姓名": "乙"}}, {"id": "rec" + "0" * 14, "fields": {"姓名": "丙"}}]
    refused = office.daemon("PATCH", office.path, {"records": entries})
    assert (refused.status, refused.error) == (422, "ROW_DOES_NOT_EXIST")
    assert office.cells(record) == {"姓名": "甲"}


def test_a_refused_create_uses_up_no_automatic_number(office: Office) -> None:
    numbered = office.create_table(
        "赔案", [{"name": "号", "type": "autoNumber"}, {"name": "注", "type": "email"}]
    )
    path = f"{office.base}/{numbered['id']}"
    office.create({}, path=path)
    office.daemon("POST", path, {"records": [{"fields": {}}, {"fields": {"注": 5}}]})
    (second,) = office.create({}, path=path)
    assert office.cells(second, path) == {"号": 2}


def test_eleven_records_are_too_many(office: Office) -> None:
    refused = office.daemon("POST", office.path, {"records": [{"fields": {}}] * 11})
    assert (refused.status, refused.error) == (422, "INVALID_RECORDS")


def test_put_empties_what_was_not_sent_and_patch_keeps_it(office: Office) -> None:
    (record,) = office.create({"姓名": "甲", "保费": 5})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"等级": "金"}})
    assert office.cells(record) == {"姓名": "甲", "保费": 5, "等级": "金"}
    office.daemon("PUT", f"{office.path}/{record}", {"fields": {"等级": "银"}})
    assert office.cells(record) == {"等级": "银"}


def test_an_unknown_option_is_refused_and_named_with_escaped_quotes(office: Office) -> None:
    refused = office.daemon("POST", office.path, {"fields": {"等级": "铜"}})
    assert refused.error == "INVALID_MULTIPLE_CHOICE_OPTIONS"
    assert (
        refused.body["error"]["message"] == 'Insufficient permissions to create new select option "\\"铜\\""'
    )


def test_typecast_makes_the_option_and_it_stays(office: Office) -> None:
    (record,) = office.create({"等级": "铜", "保费": "¥1,200.50", "已签": "true", "姓名": 7}, typecast=True)
    assert office.cells(record) == {"等级": "铜", "保费": 1200.5, "已签": True, "姓名": "7"}
    names = [choice["name"] for choice in office.field("等级")["options"]["choices"]]
    assert names == ["金", "银", "铜"]


def test_an_option_made_by_a_refused_call_does_not_stay(office: Office) -> None:
    entries = [{"fields": {"等级": "铜"}}, {"fields": {"没有的列": 1}}]
    refused = office.daemon("POST", office.path, {"records": entries, "typecast": True})
    assert refused.error == "UNKNOWN_FIELD_NAME"
    assert len(office.field("等级")["options"]["choices"]) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("姓名", 5),
        ("保费", "5"),
        ("保费", True),
        ("生日", "昨天"),
        ("已签", "yes"),
        ("标签", "老客户"),
        ("备注", 1),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(office: Office, name: str, value: object) -> None:
    refused = office.daemon("POST", office.path, {"fields": {name: value}})
    assert (refused.status, refused.error) == (422, "INVALID_VALUE_FOR_COLUMN")
    assert refused.body["error"]["message"] == f'Field "{name}" cannot accept the provided value'


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-02 09:00", "2026-03-02T01:00:00.000Z"),
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00.000Z"),
        ("2026-03-02T09:00:00+01:00", "2026-03-02T08:00:00.000Z"),
        (1640520000000, "2021-12-26T12:00:00.000Z"),
    ],
)
def test_a_time_without_offset_is_read_in_the_zone_of_its_field(
    office: Office, written: object, read: str
) -> None:
    (record,) = office.create({"回访时间": written})
    assert office.cells(record) == {"回访时间": read}


def test_rich_text_comes_back_changed_and_never_quite_empty(office: Office) -> None:
    (record,) = office.create({"备注": "# 一\n* 二"})
    assert office.cells(record) == {"备注": "# 一\n- 二\n"}
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"备注": None}})
    assert office.cells(record) == {"备注": "\n"}


def test_upsert_creates_what_does_not_match_and_updates_what_does(office: Office) -> None:
    (known,) = office.create({"姓名": "甲", "保费": 1})
    body = {
        "performUpsert": {"fieldsToMergeOn": ["姓名"]},
        "records": [{"fields": {"姓名": "甲", "保费": 2}}, {"fields": {"姓名": "乙"}}],
    }
    first = office.daemon("PATCH", office.path, body).body
    assert first["updatedRecords"] == [known] and len(first["createdRecords"]) == 1
    again = office.daemon("PATCH", office.path, body).body
    assert again["createdRecords"] == [] and office.cells(known)["保费"] == 2


def test_upsert_that_matches_two_records_fails(office: Office) -> None:
    office.create({"姓名": "甲"}, {"姓名": "甲"})
    body = {"performUpsert": {"fieldsToMergeOn": ["姓名"]}, "records": [{"fields": {"姓名": "甲"}}]}
    assert office.daemon("PATCH", office.path, body).status == 422
    office.world.policy.change({"duplicate_keys_fail_upserts": False})
    assert len(office.daemon("PATCH", office.path, body).body["updatedRecords"]) == 1


def test_upsert_sees_a_key_that_was_just_changed_or_deleted(office: Office) -> None:
    body = {"performUpsert": {"fieldsToMergeOn": ["姓名"]}, "records": [{"fields": {"姓名": "甲"}}]}
    (made,) = office.daemon("PATCH", office.path, body).body["createdRecords"]
    office.daemon("PATCH", f"{office.path}/{made}", {"fields": {"姓名": "乙"}})
    (second,) = office.daemon("PATCH", office.path, body).body["createdRecords"]
    office.daemon("DELETE", f"{office.path}/{second}")
    assert office.daemon("PATCH", office.path, body).body["updatedRecords"] == []


def test_deleting_answers_in_order_and_a_missing_one_stops_all(office: Office) -> None:
    one, two = office.create({}, {})
    query = [("records[]", one), ("records[]", "rec" + "0" * 14)]
    assert office.daemon("DELETE", office.path, query=query).error == "ROW_DOES_NOT_EXIST"
    gone = office.daemon("DELETE", office.path, query=[("records[]", two), ("records[]", one)]).body
    assert gone == {"records": [{"deleted": True, "id": two}, {"deleted": True, "id": one}]}


def test_a_record_is_found_through_the_name_of_any_table(office: Office) -> None:
    other = office.create_table("保单", [{"name": "号", "type": "singleLineText"}])
    (record,) = office.create({"姓名": "甲"})
    assert office.daemon("GET", f"{office.base}/{other['id']}/{record}").body["id"] == record


def test_a_table_is_found_by_its_name_in_any_case_and_with_a_trailing_slash(office: Office) -> None:
    office.create_table("Claims", [{"name": "号", "type": "singleLineText"}])
    assert office.daemon("GET", f"{office.base}/cLAIMS/").body == {"records": []}


def test_what_is_unknown_is_forbidden_or_missing_as_the_policy_says(office: Office) -> None:
    path = f"{office.base}/没有的表"
    assert office.daemon("GET", path).status == 403
    office.world.policy.change({"unknown_models_are_forbidden": False})
    assert (office.daemon("GET", path).status, office.daemon("GET", path).error) == (404, "TABLE_NOT_FOUND")
    assert office.daemon("GET", "meta/bases/junk/tables").body == {"error": "NOT_FOUND"}


def test_a_wrong_token_is_told_so(office: Office) -> None:
    stranger = type(office.daemon)(office.world, "patWrong")
    assert (stranger("GET", "meta/bases").status, stranger("GET", "meta/bases").error) == (
        401,
        "AUTHENTICATION_REQUIRED",
    )


def test_comments_belong_to_their_author(office: Office) -> None:
    (record,) = office.create({"姓名": "甲"})
    path = f"{office.path}/{record}/comments"
    comment = office.staff("POST", path, {"text": "请核对"}).body
    assert office.daemon("PATCH", f"{path}/{comment['id']}", {"text": "x"}).status == 403
    office.staff("PATCH", f"{path}/{comment['id']}", {"text": "已核对"})
    assert [entry["text"] for entry in office.daemon("GET", path).body["comments"]] == ["已核对"]
    assert office.staff("DELETE", f"{path}/{comment['id']}").body["deleted"] is True


def test_a_refused_batch_leaves_no_record_behind(office: Office) -> None:
    office.daemon("POST", office.path, {"records": [{"fields": {"姓名": "甲"}}, {"fields": {"保费": "x"}}]})
    assert office.daemon("GET", office.path).body == {"records": []}


@pytest.mark.parametrize(("trims", "read"), [(False, " 甲 "), (True, "甲")])
def test_outer_blanks_stay_or_go_as_the_policy_says(office: Office, trims: bool, read: str) -> None:
    office.world.policy.change({"text_is_trimmed": trims})
    (record,) = office.create({"姓名": " 甲 "})
    assert office.cells(record) == {"姓名": read}
