"""One batchUpdate that shows what stood in the cells it overwrites: the daemon's nearest thing to compare-and-set."""

import pytest

from tests.emulators.google_office import Office

FIELDS = "replies,updatedSpreadsheet(sheets(properties(sheetId),data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue)))))"


@pytest.fixture
def office() -> Office:
    office = Office()
    office.batch({"addSheet": {"properties": {"sheetId": 99, "title": "scratch", "hidden": True}}})
    office.put("A1:C2", [["姓名", "号码", "=1"], ["王芳", 13800000000, True]])
    return office


def area(sheet: int, top: int, left: int, bottom: int, right: int) -> dict[str, int]:
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "startColumnIndex": left,
        "endRowIndex": bottom,
        "endColumnIndex": right,
    }


def copy(source: dict[str, int], target: dict[str, int], kind: str = "PASTE_NORMAL") -> dict[str, object]:
    return {"copyPaste": {"source": source, "destination": target, "pasteType": kind}}


def write(*cells: object) -> dict[str, object]:
    return {
        "updateCells": {
            "start": {"sheetId": 0, "rowIndex": 1, "columnIndex": 0},
            "rows": [{"values": [*cells]}],
            "fields": "userEnteredValue",
        }
    }


def test_one_batch_brings_back_what_stood_and_what_stands(office: Office) -> None:
    answer = office.call(
        "POST",
        ":batchUpdate",
        {
            "requests": [
                copy(area(0, 1, 0, 2, 3), area(99, 0, 0, 1, 3)),
                write(
                    {"userEnteredValue": {"stringValue": "张伟"}},
                    {},
                    {"userEnteredValue": {"formulaValue": "=1+1"}},
                ),
            ],
            "includeSpreadsheetInResponse": True,
            "responseRanges": ["scratch!A1:C1", "Sheet1!A2:C2"],
            "responseIncludeGridData": True,
        },
        query={"fields": FIELDS},
    )
    written, scratch = answer["updatedSpreadsheet"]["sheets"]
    assert set(answer) == {"replies", "updatedSpreadsheet"}
    assert [cell["userEnteredValue"] for cell in scratch["data"][0]["rowData"][0]["values"]] == [
        {"stringValue": "王芳"},
        {"numberValue": 13800000000},
        {"boolValue": True},
    ]
    assert written["data"][0]["startRow"] == 1
    first, second, third = written["data"][0]["rowData"][0]["values"]
    assert (first["userEnteredValue"], second) == ({"stringValue": "张伟"}, {})
    assert (third["userEnteredValue"], third["effectiveValue"]) == (
        {"formulaValue": "=1+1"},
        {"numberValue": 2},
    )


def test_a_bad_request_undoes_those_before_it(office: Office) -> None:
    before = office.get("A1:C2", "FORMULA"), office.get("scratch!A1:C1")
    error = office.refused(
        "POST",
        ":batchUpdate",
        {
            "requests": [
                copy(area(0, 1, 0, 2, 3), area(99, 0, 0, 1, 3)),
                write({"userEnteredValue": {"stringValue": "张伟"}}),
                {"addSheet": {"properties": {"title": "extra"}}},
                {
                    "insertDimension": {
                        "range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 0, "endIndex": 3}
                    }
                },
                {"deleteSheet": {"sheetId": 5}},
            ]
        },
    )
    assert error["message"] == "Invalid requests[4].deleteSheet: No grid with id: 5"
    assert error["status"] == "INVALID_ARGUMENT"
    assert (office.get("A1:C2", "FORMULA"), office.get("scratch!A1:C1")) == before
    sheets = office.call("GET", "", query={"fields": "sheets.properties(title,gridProperties.rowCount)"})[
        "sheets"
    ]
    assert [sheet["properties"]["title"] for sheet in sheets] == ["Sheet1", "scratch"]
    assert sheets[0]["properties"]["gridProperties"] == {"rowCount": 1000}


def test_a_response_range_that_is_none_undoes_the_batch(office: Office) -> None:
    body = {
        "requests": [write({"userEnteredValue": {"stringValue": "x"}})],
        "includeSpreadsheetInResponse": True,
        "responseRanges": ["nowhere!A1"],
    }
    assert office.refused("POST", ":batchUpdate", body)["message"] == "Unable to parse range: nowhere!A1"
    assert office.get("A2") == [["王芳"]]


def test_text_that_looks_like_a_formula_is_told_by_its_entered_value(office: Office) -> None:
    assert office.get("C1", "FORMULA") == [["=1"]]
    cell = office.call(
        "GET", "", query={"ranges": "C1", "fields": "sheets.data.rowData.values.userEnteredValue"}
    )
    assert cell["sheets"][0]["data"][0]["rowData"][0]["values"][0] == {
        "userEnteredValue": {"stringValue": "=1"}
    }


def test_paste_values_leaves_formulas_behind(office: Office) -> None:
    office.put("D1", [["=1+2"]], "USER_ENTERED")
    office.batch(copy(area(0, 0, 3, 1, 4), area(99, 0, 0, 1, 1), "PASTE_VALUES"))
    assert office.get("scratch!A1", "FORMULA") == [[3]]


def test_a_row_pasted_from_a_template_brings_format_and_validation(office: Office) -> None:
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "是"}]}, "strict": True}
    office.batch(
        {"setDataValidation": {"range": area(0, 1, 0, 2, 1), "rule": rule}},
        {
            "repeatCell": {
                "range": area(0, 1, 1, 2, 2),
                "cell": {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}},
                "fields": "userEnteredFormat.numberFormat",
            }
        },
        {"insertDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 2, "endIndex": 4}}},
        copy(area(0, 1, 0, 2, 3), area(0, 2, 0, 4, 3), "PASTE_FORMAT"),
        copy(area(0, 1, 0, 2, 3), area(0, 2, 0, 4, 3), "PASTE_DATA_VALIDATION"),
    )
    fields = "sheets.data.rowData.values(userEnteredFormat,dataValidation,userEnteredValue)"
    rows = office.call("GET", "", query={"ranges": "A3:B4", "fields": fields})["sheets"][0]["data"][0][
        "rowData"
    ]
    assert (
        rows
        == [{"values": [{"dataValidation": rule}, {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}]}]
        * 2
    )


def test_reading_by_sheet_id_survives_a_rename(office: Office) -> None:
    office.batch(
        {"updateSheetProperties": {"properties": {"sheetId": 0, "title": "客户"}, "fields": "title"}}
    )
    answer = office.call(
        "POST",
        "/values:batchGetByDataFilter",
        {
            "dataFilters": [{"gridRange": {"sheetId": 0}}, {"gridRange": {"sheetId": 99, "endRowIndex": 5}}],
            "valueRenderOption": "FORMULA",
        },
    )
    first, second = answer["valueRanges"]
    assert first["valueRange"]["range"] == "'客户'!A1:Z1000"
    assert first["valueRange"]["values"] == [["姓名", "号码", "=1"], ["王芳", 13800000000, True]]
    assert first["dataFilters"] == [{"gridRange": {"sheetId": 0}}]
    assert "values" not in second["valueRange"]
