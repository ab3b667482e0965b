"""The request kinds of batchUpdate: what they change and what they reply."""

from typing import Any

import pytest

from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def sheet_of(office: Office, fields: str) -> Any:
    return office.call("GET", "", query={"fields": f"sheets({fields})"})["sheets"][0]


def box(top: int, left: int, bottom: int, right: int, sheet: int = 0) -> dict[str, int]:
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "startColumnIndex": left,
        "endRowIndex": bottom,
        "endColumnIndex": right,
    }


def rows(start: int, end: int | None = None, dimension: str = "ROWS") -> dict[str, Any]:
    return {
        "sheetId": 0,
        "dimension": dimension,
        "startIndex": start,
        "endIndex": start + 1 if end is None else end,
    }


def test_inserted_rows_push_formulas_and_ranges_along(office: Office) -> None:
    office.put("A1:B3", [["1", "=SUM(A1:A3)"], ["2", "=$A$3&A1"], ["3", ""]], "USER_ENTERED")
    office.batch(
        {"addNamedRange": {"namedRange": {"name": "Total", "range": box(1, 0, 3, 1)}}},
        {"mergeCells": {"range": box(4, 0, 6, 1), "mergeType": "MERGE_ALL"}},
        {"insertDimension": {"range": rows(1, 3)}},
    )
    assert office.get("A1:B5", "FORMULA") == [[1, "=SUM(A1:A5)"], [], [], [2, "=$A$5&A1"], [3]]
    assert office.get("Total") == [["2"], ["3"]]
    assert sheet_of(office, "merges")["merges"][0]["startRowIndex"] == 6


def test_deleted_rows_shrink_the_grid_and_break_references(office: Office) -> None:
    office.put("A1:B3", [["1", "=A2"], ["2", "=SUM(A1:A3)"], ["3", "=A1"]], "USER_ENTERED")
    office.batch({"deleteDimension": {"range": rows(1)}})
    assert office.get("A1:B2", "FORMULA") == [[1, "=#REF!"], [3, "=A1"]]
    assert office.get("B1") == [["#REF!"]]
    assert sheet_of(office, "properties.gridProperties.rowCount")["properties"]["gridProperties"] == {
        "rowCount": 999
    }


def test_columns_are_inserted_moved_and_deleted(office: Office) -> None:
    office.put("A1:D2", [["a", "b", "c", "d"], ["=A1", "=B1", "=C1", "=D1"]], "USER_ENTERED")
    office.batch({"moveDimension": {"source": rows(0, 1, "COLUMNS"), "destinationIndex": 3}})
    assert office.get("A1:D2", "FORMULA") == [["b", "c", "a", "d"], ["=A1", "=B1", "=C1", "=D1"]]
    office.batch(
        {"insertDimension": {"range": rows(1, 2, "COLUMNS")}},
        {"deleteDimension": {"range": rows(0, 1, "COLUMNS")}},
    )
    assert office.get("A1:D1") == [["", "c", "a", "d"]]


def test_rows_move_in_both_directions(office: Office) -> None:
    office.put("A1:A5", [["a"], ["b"], ["c"], ["d"], ["e"]])
    office.batch({"moveDimension": {"source": rows(0, 2), "destinationIndex": 4}})
    assert office.get("A1:A5") == [["c"], ["d"], ["a"], ["b"], ["e"]]
    office.batch({"moveDimension": {"source": rows(3, 5), "destinationIndex": 0}})
    assert office.get("A1:A5") == [["b"], ["e"], ["c"], ["d"], ["a"]]


def test_an_inserted_row_inherits_its_format(office: Office) -> None:
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    office.batch(
        {
            "repeatCell": {
                "range": box(0, 0, 1, 1),
                "cell": bold,
                "fields": "userEnteredFormat.textFormat.bold",
            }
        }
    )
    office.batch(
        {"insertDimension": {"range": rows(1), "inheritFromBefore": True}},
        {"insertDimension": {"range": rows(3)}},
    )
    data = sheet_of(office, "data.rowData.values.userEnteredFormat")["data"][0]
    assert data["rowData"] == [{"values": [bold]}] * 2


def test_appended_rows_enlarge_the_grid_without_a_reply(office: Office) -> None:
    answer = office.batch({"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 5}})
    assert answer["replies"] == [{}]
    assert sheet_of(office, "properties.gridProperties.rowCount")["properties"]["gridProperties"] == {
        "rowCount": 1005
    }


def test_insertion_beyond_the_grid_is_refused(office: Office) -> None:
    body = {"requests": [{"insertDimension": {"range": rows(1000, 1001)}}]}
    expected = "Invalid requests[0].insertDimension: range.startIndex[1000] must be less than the grid size (1000) if inheritFromBefore is false."
    assert office.refused("POST", ":batchUpdate", body)["message"] == expected


def test_hidden_columns_show_in_column_metadata(office: Office) -> None:
    request = {"range": rows(1, 2, "COLUMNS"), "properties": {"hiddenByUser": True}, "fields": "hiddenByUser"}
    office.batch(
        {"updateDimensionProperties": request}, {"insertDimension": {"range": rows(0, 1, "COLUMNS")}}
    )
    metadata = sheet_of(office, "data.columnMetadata")["data"][0]["columnMetadata"]
    assert [entry.get("hiddenByUser", False) for entry in metadata[:4]] == [False, False, True, False]


def test_update_cells_clears_what_its_rows_do_not_cover(office: Office) -> None:
    office.put("A1:B2", [["a", "b"], ["c", "d"]])
    request = {
        "range": box(0, 0, 2, 2),
        "rows": [{"values": [{"userEnteredValue": {"numberValue": 5}}]}],
        "fields": "userEnteredValue",
    }
    office.batch({"updateCells": request})
    assert office.get("A1:B2") == [["5"]]


def test_update_cells_touches_only_the_fields_it_names(office: Office) -> None:
    cell = {
        "userEnteredValue": {"stringValue": "x"},
        "note": "n",
        "userEnteredFormat": {"backgroundColor": {"red": 1}, "wrapStrategy": "WRAP"},
    }
    start = {"sheetId": 0}
    office.batch({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "*"}})
    office.batch(
        {
            "updateCells": {
                "start": start,
                "rows": [{"values": [{}]}],
                "fields": "userEnteredFormat.backgroundColor,note",
            }
        }
    )
    found = sheet_of(office, "data.rowData.values(userEnteredValue,note,userEnteredFormat)")["data"][0][
        "rowData"
    ][0]["values"][0]
    assert found == {"userEnteredValue": {"stringValue": "x"}, "userEnteredFormat": {"wrapStrategy": "WRAP"}}


def test_sorting_moves_values_formats_and_notes_and_puts_blanks_last(office: Office) -> None:
    office.put("A1:B4", [["b", 2], ["", 9], ["a", 1], [3, 0]])
    office.batch(
        {
            "updateCells": {
                "start": {"sheetId": 0, "rowIndex": 2},
                "rows": [{"values": [{"note": "of a"}]}],
                "fields": "note",
            }
        }
    )
    office.batch(
        {
            "sortRange": {
                "range": box(0, 0, 4, 2),
                "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}],
            }
        }
    )
    assert office.get("A1:B4", "UNFORMATTED_VALUE") == [[3, 0], ["a", 1], ["b", 2], ["", 9]]
    assert sheet_of(office, "data.rowData.values.note")["data"][0]["rowData"][1]["values"][0] == {
        "note": "of a"
    }
    office.batch(
        {
            "sortRange": {
                "range": box(0, 0, 4, 2),
                "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}],
            }
        }
    )
    assert office.get("A1:A4", "UNFORMATTED_VALUE") == [["b"], ["a"], [3]]


def test_copies_repeat_over_a_larger_destination_and_move_references(office: Office) -> None:
    office.put("A1:B1", [["1", "=A1+$A$1"]], "USER_ENTERED")
    office.batch({"copyPaste": {"source": box(0, 0, 1, 2), "destination": box(1, 0, 3, 2)}})
    assert office.get("A1:B3", "FORMULA") == [[1, "=A1+$A$1"], [1, "=A2+$A$1"], [1, "=A3+$A$1"]]
    office.batch(
        {
            "copyPaste": {
                "source": box(0, 0, 3, 1),
                "destination": box(0, 4, 1, 5),
                "pasteOrientation": "TRANSPOSE",
            }
        }
    )
    assert office.get("E1:G1") == [["1", "1", "1"]]


def test_cut_cells_leave_nothing_and_references_follow(office: Office) -> None:
    office.put("A1:C1", [["1", "", "=A1*2"]], "USER_ENTERED")
    office.batch(
        {
            "cutPaste": {
                "source": box(0, 0, 1, 1),
                "destination": {"sheetId": 0, "rowIndex": 4, "columnIndex": 1},
            }
        }
    )
    assert office.get("A1:C5", "FORMULA") == [["", "", "=B5*2"], [], [], [], ["", 1]]


def test_ranges_are_inserted_and_deleted_with_their_neighbours_moving(office: Office) -> None:
    office.put("A1:B3", [["a", "x"], ["b", "y"], ["c", "z"]])
    office.batch({"insertRange": {"range": box(1, 0, 2, 1), "shiftDimension": "ROWS"}})
    assert office.get("A1:B4") == [["a", "x"], ["", "y"], ["b", "z"], ["c"]]
    office.batch({"deleteRange": {"range": box(0, 0, 2, 1), "shiftDimension": "ROWS"}})
    assert office.get("A1:B3") == [["b", "x"], ["c", "y"], ["", "z"]]
    office.batch({"deleteRange": {"range": box(0, 0, 1, 1), "shiftDimension": "COLUMNS"}})
    assert office.get("A1:B3") == [["x"], ["c", "y"], ["", "z"]]


def test_find_and_replace_counts_what_it_changed(office: Office) -> None:
    office.put("A1:B2", [["abab", '=1&"ab"'], ["x", "AB"]], "USER_ENTERED")
    reply = office.batch({"findReplace": {"find": "ab", "replacement": "c", "allSheets": True}})["replies"][0]
    assert reply == {
        "findReplace": {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 3}
    }
    reply = office.batch(
        {"findReplace": {"find": "ab", "replacement": "d", "sheetId": 0, "includeFormulas": True}}
    )["replies"][0]
    assert reply["findReplace"]["formulasChanged"] == 1
    assert office.get("A1:B2") == [["cc", "1d"], ["x", "c"]]


def test_filter_views_live_and_die_with_their_replies(office: Office) -> None:
    view = {
        "title": "按姓名",
        "range": {"sheetId": 0, "startRowIndex": 0},
        "sortSpecs": [{"dimensionIndex": 1, "sortOrder": "ASCENDING"}],
    }
    made = office.batch({"addFilterView": {"filter": view}})["replies"][0]["addFilterView"]["filter"]
    assert made["range"] == {
        "startRowIndex": 0,
        "endRowIndex": 1000,
        "startColumnIndex": 0,
        "endColumnIndex": 26,
    }
    key = made["filterViewId"]
    office.batch(
        {"updateFilterView": {"filter": {"filterViewId": key, "title": "按日期"}, "fields": "title"}}
    )
    assert sheet_of(office, "filterViews.title")["filterViews"] == [{"title": "按日期"}]
    office.batch({"deleteFilterView": {"filterId": key}})
    assert sheet_of(office, "filterViews") == {}


def test_conditional_formats_keep_their_order(office: Office) -> None:
    def rule(text: str) -> dict[str, Any]:
        condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": text}]}
        return {
            "ranges": [box(0, 0, 5, 1)],
            "booleanRule": {"condition": condition, "format": {"textFormat": {"bold": True}}},
        }

    answer = office.batch(
        {"addConditionalFormatRule": {"rule": rule("a")}},
        {"addConditionalFormatRule": {"rule": rule("b"), "index": 1}},
    )
    assert answer["replies"] == [{}, {}]
    moved = office.batch({"updateConditionalFormatRule": {"sheetId": 0, "index": 1, "newIndex": 0}})[
        "replies"
    ][0]
    assert moved["updateConditionalFormatRule"]["oldIndex"] == 1
    gone = office.batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})["replies"][0][
        "deleteConditionalFormatRule"
    ]
    assert gone["rule"]["booleanRule"]["condition"]["values"] == [{"userEnteredValue": "b"}]
    error = office.refused(
        "POST", ":batchUpdate", {"requests": [{"deleteConditionalFormatRule": {"sheetId": 0, "index": 7}}]}
    )
    assert (
        error["message"]
        == "Invalid requests[0].deleteConditionalFormatRule: No conditional format on sheet at index: 7"
    )


def test_groups_nest_and_answer_what_is_left(office: Office) -> None:
    office.batch({"addDimensionGroup": {"range": rows(1, 8)}})
    reply = office.batch({"addDimensionGroup": {"range": rows(2, 4)}})["replies"][0]["addDimensionGroup"]
    assert [group["depth"] for group in reply["dimensionGroups"]] == [1, 2]
    left = office.batch({"deleteDimensionGroup": {"range": rows(2, 4)}})["replies"][0]["deleteDimensionGroup"]
    assert [group["depth"] for group in left["dimensionGroups"]] == [1]


def test_sheets_are_copied_within_and_between_spreadsheets(office: Office) -> None:
    office.put("A1", [["x"]])
    made = office.batch(
        {"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 7, "newSheetName": "二", "insertSheetIndex": 1}}
    )["replies"][0]
    assert made["duplicateSheet"]["properties"]["sheetId"] == 7
    other = office.service.create_spreadsheet("另一本")
    copied = office.call("POST", "/sheets/7:copyTo", {"destinationSpreadsheetId": other})
    assert (copied["title"], copied["index"]) == ("Copy of 二", 1)
    office.book = other
    assert office.get("Copy of 二!A1") == [["x"]]


def test_a_renamed_sheet_is_renamed_in_formulas(office: Office) -> None:
    office.batch({"addSheet": {"properties": {"title": "数据", "sheetId": 3}}})
    office.put("数据!A1", [[5]])
    office.put("A1", [["=数据!A1*2"]], "USER_ENTERED")
    office.batch(
        {"updateSheetProperties": {"properties": {"sheetId": 3, "title": "新 数据"}, "fields": "title"}}
    )
    assert office.get("A1", "FORMULA") == [["='新 数据'!A1*2"]]
    assert office.get("A1") == [["10"]]


def test_two_sheets_never_share_a_title(office: Office) -> None:
    error = office.refused(
        "POST", ":batchUpdate", {"requests": [{"addSheet": {"properties": {"title": "sheet1"}}}]}
    )
    assert (
        error["message"]
        == 'Invalid requests[0].addSheet: A sheet with the name "sheet1" already exists. Please enter another name.'
    )


def test_merging_keeps_only_the_first_value(office: Office) -> None:
    office.put("A1:B2", [["a", "b"], ["c", "d"]])
    office.batch({"mergeCells": {"range": box(0, 0, 2, 2), "mergeType": "MERGE_ALL"}})
    assert office.get("A1:B2") == [["a"]]
    error = office.refused(
        "POST", ":batchUpdate", {"requests": [{"unmergeCells": {"range": box(0, 0, 1, 1)}}]}
    )
    assert "You must select all cells in a merged range" in error["message"]


def test_repeated_formulas_move_their_references(office: Office) -> None:
    office.put("A1:A3", [[1], [2], [3]])
    request = {
        "range": box(0, 1, 3, 2),
        "cell": {"userEnteredValue": {"formulaValue": "=A1*10"}},
        "fields": "userEnteredValue",
    }
    office.batch({"repeatCell": request})
    assert office.get("B1:B3") == [["10"], ["20"], ["30"]]


def test_a_request_without_fields_is_refused(office: Office) -> None:
    error = office.refused(
        "POST", ":batchUpdate", {"requests": [{"updateSheetProperties": {"properties": {"title": "x"}}}]}
    )
    assert error["message"].startswith(
        "Invalid requests[0].updateSheetProperties: At least one field must be listed in 'fields'."
    )


def test_an_empty_batch_is_refused(office: Office) -> None:
    assert (
        office.refused("POST", ":batchUpdate", {"requests": []})["message"]
        == "Must specify at least one request."
    )


def test_names_in_snake_case_nulls_and_integers_as_text_are_understood(office: Office) -> None:
    request = {
        "update_cells": {
            "start": {"sheet_id": "0", "rowIndex": "2"},
            "rows": [{"values": [{"note": "n", "hyperlink": None}]}],
            "fields": "note",
        }
    }
    office.batch(request)
    assert len(sheet_of(office, "data.rowData.values.note")["data"][0]["rowData"]) == 3


@pytest.mark.parametrize("row", [-1, 1000])
def test_a_coordinate_outside_of_the_grid_is_refused(office: Office, row: int) -> None:
    request = {"cutPaste": {"source": box(0, 0, 1, 1), "destination": {"sheetId": 0, "rowIndex": row}}}
    assert office.refused("POST", ":batchUpdate", {"requests": [request]})["code"] == 400
