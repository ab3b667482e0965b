"""Webhooks read by polling: what they tell, to whom, how long, and in how many payloads."""

from typing import Any

import orjson
import pytest

from emulators.control import control
from emulators.exchange import Request
from tests.emulators.airtable_world import Office

WEEK_S = 7 * 86400


class Watched(Office):
    """An office with one webhook on everything."""

    def __init__(self) -> None:
        super().__init__()
        self.hooks_path = f"bases/{self.base}/webhooks"
        self.hook = self.watch({"dataTypes": ["tableData", "tableFields", "tableMetadata"]})

    def watch(self, filters: dict[str, Any], *, includes: dict[str, Any] | None = None) -> str:
        wanted = includes or {"includePreviousCellValues": True}
        body = {"specification": {"options": {"filters": filters, "includes": wanted}}}
        answered = self.daemon("POST", self.hooks_path, body)
        assert answered.status == 200, answered
        return str(answered.body["id"])

    def payloads(self, hook: str = "", cursor: int = 1) -> list[dict[str, Any]]:
        path = f"{self.hooks_path}/{hook or self.hook}/payloads"
        return list(self.daemon("GET", path, query={"cursor": str(cursor)}).body["payloads"])


@pytest.fixture
def office() -> Watched:
    return Watched()


def test_a_change_is_told_with_its_actor_its_new_and_its_old_value(office: Watched) -> None:
    (record,) = office.create({"姓名": "甲", "等级": "金"})
    office.staff("PATCH", f"{office.path}/{record}", {"fields": {"等级": "银"}})
    created, changed = office.payloads()
    assert created["actionMetadata"]["source"] == "publicApi"
    assert changed["actionMetadata"]["source"] == "client"
    assert changed["actionMetadata"]["sourceMetadata"]["user"]["email"] == "staff@example.com"
    level = office.field("等级")["id"]
    told = changed["changedTablesById"][office.table["id"]]["changedRecordsById"][record]
    assert told["current"]["cellValuesByFieldId"][level]["name"] == "银"
    assert told["previous"]["cellValuesByFieldId"][level]["name"] == "金"


def test_cleared_and_deleted_are_told(office: Watched) -> None:
    (record,) = office.create({"姓名": "甲"})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": None}})
    office.daemon("DELETE", f"{office.path}/{record}")
    _, cleared, deleted = (payload["changedTablesById"][office.table["id"]] for payload in office.payloads())
    assert list(cleared["changedRecordsById"][record]["current"]["cellValuesByFieldId"].values()) == [None]
    assert deleted["destroyedRecordIds"] == [record]


def test_a_write_that_changes_nothing_is_told_only_if_the_policy_says_so(office: Watched) -> None:
    (record,) = office.create({"姓名": "甲"})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": "甲"}})
    assert len(office.payloads()) == 1
    office.world.policy.change({"noop_write_reaches_webhooks": True})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": "甲"}})
    assert len(office.payloads()) == 2


def test_a_refused_write_is_not_told(office: Watched) -> None:
    office.daemon("POST", office.path, {"records": [{"fields": {"姓名": "甲"}}, {"fields": {"姓名": 1}}]})
    assert office.payloads() == []


def test_fifty_payloads_a_page_and_the_cursor_goes_on(office: Watched) -> None:
    for number in range(60):
        office.create({"姓名": str(number)})
    path = f"{office.hooks_path}/{office.hook}/payloads"
    first = office.daemon("GET", path).body
    assert (len(first["payloads"]), first["cursor"], first["mightHaveMore"]) == (50, 51, True)
    second = office.daemon("GET", path, query={"cursor": "51"}).body
    assert (len(second["payloads"]), second["cursor"], second["mightHaveMore"]) == (10, 61, False)
    assert office.daemon("GET", path, query={"cursor": "61"}).body["cursor"] == 61


def test_a_new_field_and_a_rename_are_told(office: Watched) -> None:
    fields_path = f"{office.schema_path}/{office.table['id']}/fields"
    made = office.staff("POST", fields_path, {"name": "电话", "type": "phoneNumber"}).body["id"]
    office.staff("PATCH", f"{fields_path}/{made}", {"name": "手机"})
    created, renamed = (payload["changedTablesById"][office.table["id"]] for payload in office.payloads())
    assert created["createdFieldsById"][made] == {"name": "电话", "type": "phoneNumber"}
    assert renamed["changedFieldsById"][made]["current"] == {"name": "手机"}


def test_a_link_is_told_at_both_ends_in_one_transaction(office: Watched) -> None:
    link = {"name": "投保人", "type": "multipleRecordLinks", "options": {"linkedTableId": office.table["id"]}}
    policies = office.create_table("保单", [{"name": "号", "type": "singleLineText"}, link])
    (customer,) = office.create({"姓名": "甲"})
    before = len(office.payloads())
    office.create({"号": "P1", "投保人": [customer]}, path=f"{office.base}/{policies['id']}")
    (told,) = office.payloads()[before:]
    assert set(told["changedTablesById"]) == {office.table["id"], policies["id"]}


def test_recalculated_cells_come_in_a_second_payload_of_the_same_transaction(office: Watched) -> None:
    formula = {"name": "称呼", "type": "formula", "options": {"formula": "{姓名}&'先生'"}}
    column = office.staff("POST", f"{office.schema_path}/{office.table['id']}/fields", formula).body["id"]
    (record,) = office.create({"姓名": "甲"})
    before = len(office.payloads())
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": "乙"}})
    written, computed = office.payloads()[before:]
    assert written["baseTransactionNumber"] == computed["baseTransactionNumber"]
    told = computed["changedTablesById"][office.table["id"]]["changedRecordsById"][record]
    assert told["current"]["cellValuesByFieldId"] == {column: "乙先生"}
    assert told["previous"]["cellValuesByFieldId"] == {column: "甲先生"}


def test_one_action_is_split_over_payloads_if_the_policy_says_so(office: Watched) -> None:
    office.world.policy.change({"payload_per_record": True})
    office.create({"姓名": "甲"}, {"姓名": "乙"})
    one, two = office.payloads()
    assert one["baseTransactionNumber"] == two["baseTransactionNumber"]


def test_a_webhook_tells_only_what_it_was_asked_for(office: Watched) -> None:
    name, level = office.field("姓名")["id"], office.field("等级")["id"]
    filters = {"dataTypes": ["tableData"], "fromSources": ["client"], "changeTypes": ["update"]}
    narrow = office.watch(
        filters | {"watchDataInFieldIds": [name], "recordChangeScope": office.table["id"]},
        includes={"includeCellValuesInFieldIds": [level]},
    )
    (record,) = office.create({"姓名": "甲", "等级": "金"})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": "乙"}})
    office.staff("PATCH", f"{office.path}/{record}", {"fields": {"保费": 1}})
    office.staff("PATCH", f"{office.path}/{record}", {"fields": {"姓名": "丙", "保费": 2}})
    (payload,) = office.payloads(narrow)
    told = payload["changedTablesById"][office.table["id"]]["changedRecordsById"][record]
    assert told["current"]["cellValuesByFieldId"] == {name: "丙"}
    assert told["unchanged"]["cellValuesByFieldId"][level]["name"] == "金"
    assert "previous" not in told


def test_reading_keeps_a_webhook_alive_and_a_week_of_silence_ends_it(office: Watched) -> None:
    office.wait(WEEK_S - 1)
    office.payloads()
    office.wait(WEEK_S - 1)
    office.create({"姓名": "甲"})
    office.wait(2)
    office.create({"姓名": "乙"})
    (listed,) = office.daemon("GET", office.hooks_path).body["webhooks"]
    assert listed["isHookEnabled"] is False
    assert len(office.payloads()) == 1, "a dead webhook can still be read, but takes nothing new"
    assert office.daemon("POST", f"{office.hooks_path}/{office.hook}/refresh").status == 422
    office.wait(WEEK_S)
    assert office.daemon("GET", f"{office.hooks_path}/{office.hook}/payloads").status == 404


def test_payloads_are_kept_for_a_week_and_an_older_cursor_is_refused(office: Watched) -> None:
    office.create({"姓名": "甲"})
    office.wait(WEEK_S - 10)
    office.payloads()
    office.create({"姓名": "乙"})
    office.wait(20)
    path = f"{office.hooks_path}/{office.hook}/payloads"
    assert office.daemon("GET", path, query={"cursor": "1"}).status == 422
    office.world.policy.change({"expired_cursor_is_refused": False})
    later = office.daemon("GET", path, query={"cursor": "1"}).body
    assert (len(later["payloads"]), later["cursor"]) == (1, 3)


def test_the_loss_of_a_watched_field_breaks_the_webhook(office: Watched) -> None:
    column = office.field("保费")["id"]
    narrow = office.watch({"dataTypes": ["tableData"], "watchDataInFieldIds": [column]})
    path = f"{office.schema_path}/{office.table['id']}/fields/{column}"
    assert office.daemon("DELETE", path).status == 404
    assert office.staff("DELETE", path).status == 200
    (last,) = office.payloads(narrow)
    assert (last["error"], last["code"]) == (True, "INVALID_HOOK")
    office.create({"姓名": "甲"})
    assert len(office.payloads(narrow)) == 1


def test_a_base_has_at_most_ten_webhooks(office: Watched) -> None:
    for _ in range(9):
        office.watch({"dataTypes": ["tableData"]})
    body = {"specification": {"options": {"filters": {"dataTypes": ["tableData"]}}}}
    assert office.daemon("POST", office.hooks_path, body).status == 422
    assert office.daemon("DELETE", f"{office.hooks_path}/{office.hook}").status == 200
    assert office.daemon("POST", office.hooks_path, body).status == 200


def test_a_recalculation_is_told_however_many_links_away(office: Watched) -> None:
    def linked(name: str, table: dict[str, Any], link: str) -> dict[str, Any]:
        options = {"linkedTableId": table["id"]}
        return office.create_table(
            name,
            [
                {"name": "号", "type": "singleLineText"},
                {"name": link, "type": "multipleRecordLinks", "options": options},
            ],
        )

    def look_up(table: dict[str, Any], name: str, link: str, looked_up: str) -> str:
        options = {"recordLinkFieldId": office.field(link, table)["id"], "fieldIdInLinkedTable": looked_up}
        definition = {"name": name, "type": "multipleLookupValues", "options": options}
        return str(office.staff("POST", f"{office.schema_path}/{table['id']}/fields", definition).body["id"])

    policies = linked("保单", office.table, "投保人")
    claims = linked("赔案", policies, "保单")
    near = look_up(policies, "投保人姓名", "投保人", office.field("姓名")["id"])
    far = look_up(claims, "客户姓名", "保单", near)
    (customer,) = office.create({"姓名": "甲"})
    (policy,) = office.create({"投保人": [customer]}, path=f"{office.base}/{policies['id']}")
    (claim,) = office.create({"保单": [policy]}, path=f"{office.base}/{claims['id']}")
    before = len(office.payloads())
    office.daemon("PATCH", f"{office.path}/{customer}", {"fields": {"姓名": "乙"}})
    _, computed = office.payloads()[before:]
    told = computed["changedTablesById"][claims["id"]]["changedRecordsById"][claim]["current"]
    assert told["cellValuesByFieldId"][far]["valuesByLinkedRecordId"] == {policy: ["乙"]}


def test_payloads_come_late_if_the_policy_says_so(office: Watched) -> None:
    office.world.policy.change({"payloads_come_late": True})
    office.create({"姓名": "甲"})
    assert office.payloads() == []
    office.wait(2)
    assert len(office.payloads()) == 1


def test_an_emptied_cell_is_told_as_the_policy_says(office: Watched) -> None:
    office.world.policy.change({"cleared_cells_are_null": False})
    (record,) = office.create({"姓名": "甲", "标签": ["老客户"]})
    office.daemon("PATCH", f"{office.path}/{record}", {"fields": {"姓名": None, "标签": []}})
    told = office.payloads()[1]["changedTablesById"][office.table["id"]]["changedRecordsById"][record]
    assert list(told["current"]["cellValuesByFieldId"].values()) == ["", []]


@pytest.mark.parametrize("code", ["INVALID_FILTERS", "INVALID_HOOK", "INTERNAL_ERROR"])
def test_every_webhook_ends_on_order_with_an_error_of_that_code(office: Watched, code: str) -> None:
    order = Request("control", "POST", "/webhooks", body=orjson.dumps({"break": code}))
    assert orjson.loads(control(office.world, order).body) == {"broken": 1}
    office.create({"姓名": "甲"})
    (last,) = office.payloads(office.hook)
    assert (last["error"], last["code"]) == (True, code)
    assert control(office.world, Request("control", "POST", "/webhooks", body=b'{"break":"X"}')).status == 400
