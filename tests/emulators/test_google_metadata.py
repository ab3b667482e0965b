"""Developer metadata: bound to places, found by filters."""

from typing import Any

import pytest

from emulators.google.defaults import Policies
from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def tag(office: Office, key: str, value: str, location: dict[str, Any], **more: Any) -> int:
    entry = {
        "metadataKey": key,
        "metadataValue": value,
        "visibility": "DOCUMENT",
        "location": location,
        **more,
    }
    reply = office.batch({"createDeveloperMetadata": {"developerMetadata": entry}})["replies"][0][
        "createDeveloperMetadata"
    ]
    return int(reply["developerMetadata"]["metadataId"])


def place(dimension: str, index: int) -> dict[str, Any]:
    return {
        "dimensionRange": {"sheetId": 0, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
    }


def found(office: Office, **lookup: Any) -> list[Any]:
    answer = office.call(
        "POST", "/developerMetadata:search", {"dataFilters": [{"developerMetadataLookup": lookup}]}
    )
    return [match["developerMetadata"] for match in answer.get("matchedDeveloperMetadata", [])]


def test_a_column_keeps_its_tag_when_columns_move(office: Office) -> None:
    key = tag(office, "field", "身份证", place("COLUMNS", 2))
    office.batch(
        {"insertDimension": {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}}}
    )
    entry = office.call("GET", f"/developerMetadata/{key}")
    assert entry["location"]["dimensionRange"] == {"dimension": "COLUMNS", "startIndex": 3, "endIndex": 4}
    assert entry["location"]["locationType"] == "COLUMN"
    columns = office.call(
        "GET",
        "",
        query={"fields": "sheets.data.columnMetadata.developerMetadata.metadataValue", "ranges": "D1"},
    )
    assert columns["sheets"][0]["data"][0]["columnMetadata"] == [
        {"developerMetadata": [{"metadataValue": "身份证"}]}
    ]


def test_a_tag_dies_with_its_row(office: Office) -> None:
    key = tag(office, "row", "1", place("ROWS", 1))
    office.batch(
        {"deleteDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}}
    )
    assert office.refused("GET", f"/developerMetadata/{key}")["code"] == 404


def test_a_chosen_id_can_be_taken_only_once(office: Office) -> None:
    assert tag(office, "lock", "", {"spreadsheet": True}, metadataId=42) == 42
    entry = {
        "metadataId": 42,
        "metadataKey": "lock",
        "visibility": "DOCUMENT",
        "location": {"spreadsheet": True},
    }
    assert (
        office.refused(
            "POST", ":batchUpdate", {"requests": [{"createDeveloperMetadata": {"developerMetadata": entry}}]}
        )["code"]
        == 400
    )


def test_lookups_select_by_key_value_type_and_place(office: Office) -> None:
    row, column = tag(office, "k", "a", place("ROWS", 4)), tag(office, "k", "b", place("COLUMNS", 1))
    whole = tag(office, "other", "a", {"sheetId": 0})
    assert {entry["metadataId"] for entry in found(office, metadataKey="k")} == {row, column}
    assert {entry["metadataId"] for entry in found(office, metadataValue="a")} == {row, whole}
    assert {entry["metadataId"] for entry in found(office, locationType="ROW")} == {row}
    assert {entry["metadataId"] for entry in found(office, metadataLocation=place("ROWS", 4))} == {
        row,
        column,
        whole,
    }
    assert {entry["metadataId"] for entry in found(office, metadataLocation=place("ROWS", 5))} == {
        column,
        whole,
    }
    exact = {"metadataLocation": place("ROWS", 4), "locationMatchingStrategy": "EXACT_LOCATION"}
    assert {entry["metadataId"] for entry in found(office, **exact)} == {row}


def test_values_are_read_and_written_by_tag(office: Office) -> None:
    tag(office, "uid", "R1", place("ROWS", 3))
    lookup = {"developerMetadataLookup": {"metadataKey": "uid"}}
    office.call(
        "POST",
        "/values:batchUpdateByDataFilter",
        {"valueInputOption": "RAW", "data": [{"dataFilter": lookup, "values": [["x", "y"]]}]},
    )
    answer = office.call("POST", "/values:batchGetByDataFilter", {"dataFilters": [lookup]})
    assert answer["valueRanges"][0]["valueRange"] == {
        "range": "Sheet1!A4:Z4",
        "majorDimension": "ROWS",
        "values": [["x", "y"]],
    }
    grid = office.call("POST", ":getByDataFilter", {"dataFilters": [lookup], "includeGridData": True})
    assert grid["sheets"][0]["data"][0]["startRow"] == 3


def test_tags_are_updated_and_deleted_by_filter(office: Office) -> None:
    tag(office, "k", "a", place("ROWS", 0))
    lookup = {"developerMetadataLookup": {"metadataKey": "k"}}
    request = {
        "dataFilters": [lookup],
        "developerMetadata": {"metadataValue": "b"},
        "fields": "metadataValue",
    }
    reply = office.batch({"updateDeveloperMetadata": request})["replies"][0]["updateDeveloperMetadata"]
    assert [entry["metadataValue"] for entry in reply["developerMetadata"]] == ["b"]
    gone = office.batch({"deleteDeveloperMetadata": {"dataFilter": lookup}})["replies"][0][
        "deleteDeveloperMetadata"
    ]
    assert len(gone["deletedDeveloperMetadata"]) == 1
    assert found(office, metadataKey="k") == []


@pytest.mark.parametrize(("follows", "row"), [(False, 0), (True, 1)])
def test_row_tags_under_a_sort_follow_the_switch(follows: bool, row: int) -> None:
    office = Office(Policies(row_metadata_follows_sort=follows))
    office.put("A1:A2", [["b"], ["a"]])
    tag(office, "row", "of b", place("ROWS", 0))
    area = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2}
    office.batch(
        {"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}}
    )
    assert found(office, metadataKey="row")[0]["location"]["dimensionRange"]["startIndex"] == row


def test_the_room_for_tags_is_limited(office: Office) -> None:
    tag(office, "k", "x" * 29_990, {"spreadsheet": True})
    entry = {
        "metadataKey": "k",
        "metadataValue": "y" * 20,
        "visibility": "DOCUMENT",
        "location": {"spreadsheet": True},
    }
    assert (
        office.refused(
            "POST", ":batchUpdate", {"requests": [{"createDeveloperMetadata": {"developerMetadata": entry}}]}
        )["code"]
        == 400
    )
