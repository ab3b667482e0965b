"""Reading and writing plain values: rendering, trimming, counting, appending, data filters."""

import pytest

from emulators.google.defaults import Policies
from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def test_text_written_raw_stays_text(office: Office) -> None:
    office.put("A1", [["1", "=1+1", "2020-01-01", 1, 1.5, False]])
    assert office.get("A1:F1", "UNFORMATTED_VALUE") == [["1", "=1+1", "2020-01-01", 1, 1.5, False]]
    assert office.get("A1:F1") == [["1", "=1+1", "2020-01-01", "1", "1.5", "FALSE"]]


def test_empty_ends_are_trimmed_and_empty_rows_inside_stay(office: Office) -> None:
    office.put("A1:C4", [["a", "", ""], ["", "", ""], ["", "b", ""], ["", "", ""]])
    assert office.get("A1:C4") == [["a"], [], ["", "b"]]
    answer = office.call("GET", "/values/A1%3AC4", query={"majorDimension": "COLUMNS"})
    assert answer == {"range": "Sheet1!A1:C4", "majorDimension": "COLUMNS", "values": [["a"], ["", "", "b"]]}


def test_null_leaves_a_cell_and_empty_text_clears_it(office: Office) -> None:
    office.put("A1:C1", [["a", "b", "c"]])
    answer = office.put("A1:C1", [[None, "", "x"]])
    assert office.get("A1:C1") == [["a", "", "x"]]
    assert (answer["updatedRange"], answer["updatedCells"], answer["updatedColumns"]) == (
        "Sheet1!A1:C1",
        2,
        2,
    )


def test_more_values_than_the_range_holds_are_refused(office: Office) -> None:
    error = office.refused(
        "PUT", "/values/A1%3AB1", {"values": [["a"], ["b"]]}, query={"valueInputOption": "RAW"}
    )
    assert error["message"] == "Requested writing within range ['Sheet1'!A1:B1], but tried writing to row [2]"
    error = office.refused(
        "PUT", "/values/A1%3AB1", {"values": [["a", "b", "c"]]}, query={"valueInputOption": "RAW"}
    )
    assert (
        error["message"] == "Requested writing within range ['Sheet1'!A1:B1], but tried writing to column [C]"
    )
    assert office.get("A1:C2") == []


def test_cells_beyond_the_grid_are_refused(office: Office) -> None:
    message = "Range (Sheet1!A1001) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert office.refused("GET", "/values/A1001")["message"] == message
    body = {
        "valueInputOption": "RAW",
        "data": [{"range": "A1", "values": [["kept out"]]}, {"range": "A1001", "values": [["x"]]}],
    }
    assert office.refused("POST", "/values:batchUpdate", body)["message"] == "Invalid data[1]: " + message
    assert office.get("A1") == []


def test_an_unknown_range_is_refused(office: Office) -> None:
    assert office.refused("GET", "/values/Nope%21A1")["message"] == "Unable to parse range: Nope!A1"
    error = office.refused(
        "POST",
        "/values:batchUpdate",
        {"valueInputOption": "RAW", "data": [{"range": "Nope!A1", "values": [[1]]}]},
    )
    assert error["message"] == "Invalid data[0]: Unable to parse range: Nope!A1"


def test_input_option_is_required(office: Office) -> None:
    assert (
        office.refused("PUT", "/values/A1", {"values": [[1]]})["message"]
        == "'valueInputOption' is required but not specified"
    )


def test_unknown_json_field_is_refused(office: Office) -> None:
    error = office.refused("POST", ":batchUpdate", {"requests": [{"updateCells": {"rang": {}}}]})
    assert (
        error["message"]
        == "Invalid JSON payload received. Unknown name \"rang\" at 'requests[0].update_cells': Cannot find field."
    )


def test_written_values_come_back_when_asked_for(office: Office) -> None:
    answer = office.call(
        "PUT",
        "/values/A1%3AC3",
        {"values": [["5", ""]]},
        query={"valueInputOption": "USER_ENTERED", "includeValuesInResponse": "True"},
    )
    assert answer["updatedData"] == {"range": "Sheet1!A1:C3", "majorDimension": "ROWS", "values": [["5"]]}


def test_dates_are_serial_numbers_unless_asked_otherwise(office: Office) -> None:
    office.put("A1", [["2020-01-01", "=A1+1", "=TODAY()"]], "USER_ENTERED")
    assert office.get("A1:C1") == [["2020-01-01", "2020-01-02", "3/2/2026"]]
    assert office.get("A1:C1", "UNFORMATTED_VALUE") == [[43831, 43832, 46083]]
    answer = office.call(
        "GET",
        "/values/A1",
        query={"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "FORMATTED_STRING"},
    )
    assert answer["values"] == [["2020-01-01"]]


@pytest.mark.parametrize(
    ("cells", "written", "table"),
    [("A1", "Sheet1!A3", "Sheet1!A1:C2"), ("Sheet1", "Sheet1!B7", "Sheet1!B4:D6"), ("B4", "Sheet1!B7", "Sheet1!B4:D6"),
     ("B2:D4", "Sheet1!B7", "Sheet1!B4:D6"), ("A3:G10", "Sheet1!B7", "Sheet1!B4:D6"), ("E4", "Sheet1!E4", None)],
)  # fmt: skip
def test_append_writes_below_the_last_table_of_the_range(
    office: Office, cells: str, written: str, table: str | None
) -> None:
    # The example of Google's guide to values.append: tables at A1:C2 and B4:D6.
    office.put("A1:C2", [["x", "y", "z"]] * 2)
    office.put("B4:D6", [["x", "y", "z"]] * 3)
    answer = office.call(
        "POST",
        f"/values/{cells.replace(':', '%3A')}:append",
        {"values": [["new"]]},
        query={"valueInputOption": "RAW"},
    )
    assert answer["updates"]["updatedRange"] == written
    assert answer.get("tableRange") == table


def test_append_grows_the_grid_and_inserts_rows_when_asked(office: Office) -> None:
    office.batch(
        {
            "updateSheetProperties": {
                "properties": {"gridProperties": {"rowCount": 2}},
                "fields": "gridProperties.rowCount",
            }
        }
    )
    office.put("A1:A2", [["a"], ["b"]])
    query = {"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"}
    office.call("POST", "/values/A1:append", {"values": [["c"], ["d"]]}, query=query)
    assert office.get("A1:A4") == [["a"], ["b"], ["c"], ["d"]]
    office.call("POST", "/values/A1:append", {"values": [["e"]]}, query=query)
    assert office.call("GET", "", query={"fields": "sheets.properties.gridProperties.rowCount"})["sheets"][0][
        "properties"
    ]["gridProperties"] == {"rowCount": 5}


def test_inserted_rows_push_down_what_stands_below_the_table(office: Office) -> None:
    office.put("A1:A4", [["a"], ["b"], [""], ["other"]])
    query = {"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS"}
    office.call("POST", "/values/A1:append", {"values": [["c"], ["d"], ["e"]]}, query=query)
    assert office.get("A1:A9") == [["a"], ["b"], ["c"], ["d"], ["e"], [], ["other"]]


def test_totals_count_each_row_and_column_once(office: Office) -> None:
    body = {
        "valueInputOption": "RAW",
        "data": [
            {"range": "A1:B1", "values": [[1, 2]]},
            {"range": "A1", "majorDimension": "COLUMNS", "values": [[3, 4]]},
        ],
    }
    answer = office.call("POST", "/values:batchUpdate", body)
    assert (answer["totalUpdatedRows"], answer["totalUpdatedColumns"], answer["totalUpdatedCells"]) == (
        2,
        2,
        4,
    )
    assert office.get("A1:B2") == [["3", "2"], ["4"]]


def test_data_filters_read_write_and_clear(office: Office) -> None:
    a1, grid = (
        {"a1Range": "A1:B1"},
        {
            "gridRange": {
                "sheetId": 0,
                "startRowIndex": 4,
                "endRowIndex": 5,
                "startColumnIndex": 0,
                "endColumnIndex": 2,
            }
        },
    )
    data = [
        {"dataFilter": a1, "values": [["a", "b"]]},
        {"dataFilter": grid, "majorDimension": "COLUMNS", "values": [["c"], ["d"]]},
    ]
    answer = office.call("POST", "/values:batchUpdateByDataFilter", {"valueInputOption": "RAW", "data": data})
    assert [response["updatedRange"] for response in answer["responses"]] == ["Sheet1!A1:B1", "Sheet1!A5:B5"]
    assert office.get("A1:B5") == [["a", "b"], [], [], [], ["c", "d"]]
    cleared = office.call("POST", "/values:batchClearByDataFilter", {"dataFilters": [grid]})
    assert cleared["clearedRanges"] == ["Sheet1!A5:B5"]
    assert office.get("A1:B5") == [["a", "b"]]


def test_a_metadata_filter_without_a_match_answers_nothing(office: Office) -> None:
    answer = office.call(
        "POST",
        "/values:batchGetByDataFilter",
        {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "none"}}]},
    )
    assert answer == {"spreadsheetId": office.book}


def test_clearing_keeps_formats_and_notes(office: Office) -> None:
    cell = {
        "userEnteredValue": {"numberValue": 0.5},
        "note": "n",
        "userEnteredFormat": {"numberFormat": {"type": "PERCENT", "pattern": "0%"}},
    }
    office.batch({"updateCells": {"start": {"sheetId": 0}, "rows": [{"values": [cell]}], "fields": "*"}})
    assert office.get("A1") == [["50%"]]
    office.call("POST", "/values/A1:clear")
    office.put("A1", [[0.25]])
    assert office.get("A1") == [["25%"]]


@pytest.mark.parametrize(("quoted", "read"), [(False, "=1+1"), (True, "'=1+1")])
def test_text_that_begins_with_an_equals_sign_follows_the_switch(quoted: bool, read: str) -> None:
    office = Office(Policies(text_formula_quoted=quoted))
    office.put("A1", [["=1+1"]])
    assert office.get("A1", "FORMULA") == [[read]]
    assert office.get("A1") == [["=1+1"]]
