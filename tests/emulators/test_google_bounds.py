"""What refuses a write: protections, sizes, and rights."""

import json
from typing import Any

import pytest

from emulators.google.defaults import Policies
from tests.emulators.google_office import Office

REFUSAL = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection if you need to edit."


@pytest.fixture
def office() -> Office:
    return Office()


def protect(office: Office, **options: Any) -> Any:
    area = {"sheetId": 0, "startColumnIndex": 1, "endColumnIndex": 2}
    return office.batch({"addProtectedRange": {"protectedRange": {"range": area, **options}}})["replies"][0][
        "addProtectedRange"
    ]["protectedRange"]


def test_a_strict_protection_refuses_others_and_not_its_maker(office: Office) -> None:
    protect(office)
    office.put("A1:C1", [["a", "b", "c"]])
    body = {
        "valueInputOption": "RAW",
        "data": [{"range": "A1", "values": [["x"]]}, {"range": "B1", "values": [["x"]]}],
    }
    error = office.refused("POST", "/values:batchUpdate", body, token=office.service.staff_token)
    assert (error["code"], error["message"]) == (400, "Invalid data[1]: " + REFUSAL)
    assert office.get("A1:C1") == [["a", "b", "c"]]
    office.put("C1", [["staff"]], token=office.service.staff_token)


def test_a_warning_refuses_nobody(office: Office) -> None:
    protect(office, warningOnly=True)
    office.put("A1:C1", [["a", "b", "c"]], token=office.service.staff_token)
    assert office.get("A1:C1") == [["a", "b", "c"]]


def test_unprotected_parts_and_named_editors_may_be_written(office: Office) -> None:
    made = protect(
        office,
        unprotectedRanges=[{"sheetId": 0, "startRowIndex": 4, "startColumnIndex": 1, "endColumnIndex": 2}],
    )
    office.put("B5", [["ok"]], token=office.service.staff_token)
    wanted = {"protectedRangeId": made["protectedRangeId"], "editors": {"users": ["staff@example.com"]}}
    office.batch({"updateProtectedRange": {"protectedRange": wanted, "fields": "editors"}})
    office.put("B1", [["ok"]], token=office.service.staff_token)


def test_only_an_editor_may_lift_a_protection(office: Office) -> None:
    key = protect(office)["protectedRangeId"]
    request = {"requests": [{"deleteProtectedRange": {"protectedRangeId": key}}]}
    office.refused("POST", ":batchUpdate", request, token=office.service.staff_token)
    assert office.batch({"deleteProtectedRange": {"protectedRangeId": key}})["replies"] == [{}]
    office.put("B1", [["ok"]], token=office.service.staff_token)


@pytest.mark.parametrize(("refuses", "status"), [(True, 400), (False, 200)])
def test_sorting_protected_cells_follows_the_switch(refuses: bool, status: int) -> None:
    office = Office(Policies(protection_refuses_sort=refuses))
    protect(office)
    office.put("A1:B2", [["b", 1], ["a", 2]])
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0, "endColumnIndex": 2}
    body = {
        "requests": [
            {"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}}
        ]
    }
    assert (
        office.send(
            "POST", f"/v4/spreadsheets/{office.book}:batchUpdate", body, token=office.service.staff_token
        ).status
        == status
    )


def test_a_cell_holds_fifty_thousand_characters_and_no_more(office: Office) -> None:
    office.put("A1", [["x" * 50_000]])
    message = "Your input contains more than the maximum of 50000 characters in a single cell."
    assert (
        office.refused("PUT", "/values/A1", {"values": [["x" * 50_001]]}, query={"valueInputOption": "RAW"})[
            "message"
        ]
        == message
    )
    rows = [{"values": [{"userEnteredValue": {"stringValue": "x" * 50_001}}]}]
    error = office.refused(
        "POST",
        ":batchUpdate",
        {
            "requests": [
                {"updateCells": {"start": {"sheetId": 0}, "rows": rows, "fields": "userEnteredValue"}}
            ]
        },
    )
    assert error["message"] == "Invalid requests[0].updateCells: " + message


def test_a_spreadsheet_holds_ten_million_cells(office: Office) -> None:
    message = (
        "This action would increase the number of cells in the workbook above the limit of 10000000 cells."
    )
    grid = {"rowCount": 384_615, "columnCount": 26}
    error = office.refused(
        "POST", ":batchUpdate", {"requests": [{"addSheet": {"properties": {"gridProperties": grid}}}]}
    )
    assert error["message"] == "Invalid requests[0].addSheet: " + message
    error = office.refused(
        "POST",
        ":batchUpdate",
        {"requests": [{"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 400_000}}]},
    )
    assert error["message"] == "Invalid requests[0].appendDimension: " + message
    office.batch({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 383_000}})


def test_a_strict_rule_lets_api_writes_pass_unless_switched() -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "是"}]}, "strict": True}
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    for switched, status in ((False, 200), (True, 400)):
        office = Office(Policies(writes_checked_by_validation=switched))
        office.batch({"setDataValidation": {"range": area, "rule": rule}})
        url = f"/v4/spreadsheets/{office.book}/values/A1?valueInputOption=RAW"
        assert office.send("PUT", url, {"values": [["否"]]}).status == status
        assert office.send("PUT", url, {"values": [["是"]]}).status == 200


def test_private_and_unknown_spreadsheets_are_told_apart(office: Office) -> None:
    private = office.service.create_spreadsheet("x", private=True)
    for book, code, status in ((private, 403, "PERMISSION_DENIED"), ("none", 404, "NOT_FOUND")):
        office.book = book
        error = office.refused("GET", "")
        assert (error["code"], error["status"]) == (code, status)


def test_a_reader_may_read_and_not_write(office: Office) -> None:
    response = office.send(
        "POST", "/drive/v3/files", {"name": "mine", "mimeType": "application/vnd.google-apps.spreadsheet"}
    )
    office.book = json.loads(response.body)["id"]
    assert office.refused("GET", "", token=office.service.staff_token)["code"] == 403
    share = {"type": "user", "role": "reader", "emailAddress": "staff@example.com"}
    assert office.send("POST", f"/drive/v3/files/{office.book}/permissions", share).status == 200
    assert office.call("GET", "", token=office.service.staff_token)["properties"]["title"] == "mine"
    assert office.refused("POST", "/values/A1:clear", token=office.service.staff_token)["code"] == 403


def test_edits_are_attributed_and_hold_no_value(office: Office) -> None:
    office.put("A1", [["110101199003071234"]], token=office.service.staff_token)
    office.put("A1", [["masked"]])
    state = office.service.dump()
    edits = next(file for file in state["files"] if file["id"] == office.book)["document"]["edits"]
    assert [(edit["person"].split("@")[0], edit["range"]) for edit in edits] == [
        ("staff", "Sheet1!A1"),
        ("daemon", "Sheet1!A1"),
    ]
    assert "110101199003071234" not in json.dumps(state)
