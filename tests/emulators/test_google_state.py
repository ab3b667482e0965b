"""State, quotas, masks, and the seventeen methods by path."""

import json
from random import Random

import orjson
import pytest

from emulators.exchange import Request
from emulators.google.service import GoogleService
from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_state_survives_a_restart(office: Office) -> None:
    office.put("A1:B2", [["a", "=A1&B2"], ["", 5]], "USER_ENTERED")
    area = {"sheetId": 0, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": 2}
    office.batch(
        {"repeatCell": {"range": area, "cell": {"note": "n"}, "fields": "note"}},
        {"addProtectedRange": {"protectedRange": {"range": area, "warningOnly": True}}},
        {"addNamedRange": {"namedRange": {"name": "N", "range": area}}},
    )
    before = office.call("GET", "", query={"includeGridData": "true"})
    state = orjson.loads(orjson.dumps(office.service.dump()))
    restarted = Office()
    restarted.service.load(state)
    restarted.book = office.book
    assert restarted.service.token == office.service.token
    assert restarted.call("GET", "", query={"includeGridData": "true"}) == before
    assert orjson.dumps(restarted.service.dump()) == orjson.dumps(state)
    assert (
        restarted.service.service_account_file("x")["private_key"]
        == office.service.service_account_file("x")["private_key"]
    )


def test_reset_forgets_files_and_keeps_the_run(office: Office) -> None:
    token = office.service.token
    office.service.reset()
    assert office.service.token == token
    assert office.refused("GET", "")["code"] == 404


def test_equal_seeds_give_equal_ids(office: Office) -> None:
    assert Office().book == office.book
    service = GoogleService(clock=lambda: office.now, random=Random(6))
    assert service.create_spreadsheet("x") != office.book


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "", "read"),
        ("GET", "/values/A1", "read"),
        ("POST", "/values:batchGetByDataFilter", "read"),
        ("POST", ":getByDataFilter", "read"),
        ("POST", ":batchUpdate", "write"),
        ("PUT", "/values/A1", "write"),
        ("POST", "/values/A1:append", "write"),
    ],
)
def test_each_sheets_method_counts_against_one_quota(
    office: Office, method: str, path: str, kind: str
) -> None:
    request = Request("google", method, f"/v4/spreadsheets/{office.book}{path}")
    assert office.service.quota_kind(request) == kind


def test_drive_and_tokens_count_against_none(office: Office) -> None:
    assert office.service.quota_kind(Request("google", "GET", "/drive/v3/files")) is None
    assert office.service.quota_kind(Request("google", "POST", "/token")) is None


def test_a_quota_error_names_its_quota(office: Office) -> None:
    response = office.service.quota_error(Request("google", "GET", "/v4/spreadsheets/x"), "read")
    error = json.loads(response.body)["error"]
    assert (response.status, error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert "Retry-After" not in response.headers


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ("spreadsheetId", {"spreadsheetId"}),
        ("properties.title,sheets/properties/title", {"properties", "sheets"}),
        ("sheets(properties(title,sheetId),data.rowData)", {"sheets"}),
        ("namedRanges", set()),
        ("*", {"spreadsheetId", "properties", "sheets", "spreadsheetUrl"}),
    ],
)
def test_masks_choose_what_is_answered(office: Office, fields: str, answer: set[str]) -> None:
    assert set(office.call("GET", "", query={"fields": fields})) == answer


def test_a_mask_that_names_nothing_is_refused(office: Office) -> None:
    error = office.refused("GET", "", query={"fields": "sheets.sheetProperties"})
    assert error["message"] == "Request contains an invalid argument."
    assert error["details"][0]["fieldViolations"] == [
        {
            "field": "sheets.sheetProperties",
            "description": "Error expanding 'fields' parameter. Cannot find matching fields for path 'sheets.sheetProperties'.",
        }
    ]


def test_grid_data_is_cut_to_ranges(office: Office) -> None:
    office.put("B2:C3", [["a", ""], ["", "b"]])
    query = [("ranges", "B2:D9"), ("includeGridData", "true")]
    data = office.call("GET", "", query=query)["sheets"][0]["data"][0]
    assert (data["startRow"], data["startColumn"], len(data["rowMetadata"]), len(data["columnMetadata"])) == (
        1,
        1,
        8,
        3,
    )
    shown = [[cell.get("formattedValue") for cell in row.get("values", [])] for row in data["rowData"]]
    assert shown == [["a"], [None, "b"]]


def test_a_spreadsheet_is_created_with_its_sheets(office: Office) -> None:
    body = {
        "properties": {"title": "新"},
        "sheets": [{"properties": {"title": "一", "gridProperties": {"rowCount": 5, "columnCount": 2}}}],
    }
    response = office.send("POST", "/v4/spreadsheets", body)
    made = json.loads(response.body)
    assert [sheet["properties"]["title"] for sheet in made["sheets"]] == ["一"]
    office.book = made["spreadsheetId"]
    assert office.get("一!A1:B2") == []


def test_percent_encoding_slashes_and_emoji_in_titles(office: Office) -> None:
    office.batch({"addSheet": {"properties": {"title": "🌵 it's a/b"}}})
    answer = office.put("'🌵 it''s a/b'!A1", [["x"]])
    assert answer["updatedRange"] == "'🌵 it''s a/b'!A1"
    assert office.get("'🌵 it''s a/b'") == [["x"]]


def test_a_stray_slash_before_the_verb_is_accepted(office: Office) -> None:
    body = {"requests": [{"updateSpreadsheetProperties": {"properties": {"title": "x"}, "fields": "title"}}]}
    assert office.call("POST", "/:batchUpdate", body)["replies"] == [{}]


def test_an_unknown_address_is_not_found(office: Office) -> None:
    assert office.send("GET", "/v4/spreadsheets").status == 404
    assert office.send("GET", "/v5/other").status == 404
