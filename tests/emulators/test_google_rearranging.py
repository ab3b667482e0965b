"""The request kinds of batchUpdate that rewrite cells by rule: paste, split, trim, fill, shuffle, drop duplicates."""

from typing import Any

import pytest

from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def box(top: int, left: int, bottom: int, right: int) -> dict[str, int]:
    return {
        "startRowIndex": top,
        "startColumnIndex": left,
        "endRowIndex": bottom,
        "endColumnIndex": right,
    }


def test_pasted_text_is_read_as_if_typed_and_grows_the_grid(office: Office) -> None:
    place = {"rowIndex": 999, "columnIndex": 0}
    paste = {"coordinate": place, "delimiter": ",", "data": 'a,"b,c"\n2020-01-02,=1+1'}
    office.batch({"pasteData": paste})
    assert office.get("A1000:B1001") == [["a", "b,c"], ["2020-01-02", "2"]]
    assert office.get("A1001:B1001", "FORMULA") == [[43832, "=1+1"]]


def test_pasting_html_is_refused(office: Office) -> None:
    paste = {"pasteData": {"coordinate": {}, "html": True, "data": "<b>"}}
    assert office.refused("POST", ":batchUpdate", {"requests": [paste]})["code"] == 501


@pytest.mark.parametrize(
    "options", [{"delimiterType": "SEMICOLON"}, {"delimiterType": "CUSTOM", "delimiter": ";"}, {}]
)
def test_text_is_split_into_the_columns_on_its_right(office: Office, options: dict[str, str]) -> None:
    office.put("A1:A3", [["x;1;2"], ["alone"], ["y;3"]])
    office.batch({"textToColumns": {"source": box(0, 0, 3, 1), **options}})
    assert office.get("A1:C3", "UNFORMATTED_VALUE") == [["x", 1, 2], ["alone"], ["y", 3]]


def test_trimmed_text_stays_text(office: Office) -> None:
    office.put("A1:A3", [["  a \t b\n"], [" =1+1"], ["c"]])
    reply = office.batch({"trimWhitespace": {"range": box(0, 0, 3, 1)}})["replies"][0]
    assert reply == {"trimWhitespace": {"cellsChangedCount": 2}}
    assert office.get("A1:A3") == [["a b"], ["=1+1"], ["c"]]


def test_first_of_equal_rows_stays_and_cells_outside_do_not_move(office: Office) -> None:
    office.put("A1:C4", [["a", 1, "p"], ["A", 1, "q"], ["b", 1, "r"], ["a", 1, "s"]])
    reply = office.batch({"deleteDuplicates": {"range": box(0, 0, 4, 2)}})["replies"][0]
    assert reply == {"deleteDuplicates": {"duplicatesRemovedCount": 2}}
    assert office.get("A1:C4") == [["a", "1", "p"], ["b", "1", "q"], ["", "", "r"], ["", "", "s"]]


def test_duplicates_are_judged_by_the_named_columns(office: Office) -> None:
    office.put("A1:B3", [["a", 1], ["b", 1], ["c", 2]])
    columns = [{"dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}]
    office.batch({"deleteDuplicates": {"range": box(0, 0, 3, 2), "comparisonColumns": columns}})
    assert office.get("A1:B3") == [["a", "1"], ["c", "2"]]


def test_shuffled_rows_are_the_same_rows(office: Office) -> None:
    before = [[str(number), f"n{number}"] for number in range(30)]
    office.put("A1:B30", before)
    office.batch({"randomizeRange": {"range": box(0, 0, 30, 2)}})
    after = office.get("A1:B30")
    assert after != before
    assert sorted(after) == sorted(before)


@pytest.mark.parametrize(
    ("typed", "filled"),
    [
        ([1, 3], [5, 7]),
        ([5], [5, 5]),
        (["Tag 9"], ["Tag 10", "Tag 11"]),
        (["a", "b"], ["a", "b"]),
        ([1, 2, 4], [1, 2]),
    ],
)
def test_a_pattern_goes_on(office: Office, typed: list[Any], filled: list[Any]) -> None:
    office.put(f"A1:A{len(typed)}", [[value] for value in typed])
    fill = {"source": box(0, 0, len(typed), 1), "dimension": "ROWS", "fillLength": 2}
    office.batch({"autoFill": {"sourceAndDestination": fill}})
    after = office.get(f"A{len(typed) + 1}:A{len(typed) + 2}", "UNFORMATTED_VALUE")
    assert [row[0] for row in after] == filled


def test_filling_a_range_finds_its_own_source_and_moves_formulas(office: Office) -> None:
    office.put("A1:B2", [[1, "=A1*2"], [2, "=A2*2"]], "USER_ENTERED")
    office.batch({"autoFill": {"range": box(0, 0, 4, 2)}})
    assert office.get("A3:B4", "FORMULA") == [[3, "=A3*2"], [4, "=A4*2"]]
    assert office.get("B4") == [["8"]]


def test_filling_upwards_counts_down(office: Office) -> None:
    office.put("A3:A4", [[5], [6]])
    fill = {"source": box(2, 0, 4, 1), "dimension": "ROWS", "fillLength": -2}
    office.batch({"autoFill": {"sourceAndDestination": fill}})
    assert office.get("A1:A2", "UNFORMATTED_VALUE") == [[3], [4]]


def test_a_single_number_counts_up_on_the_other_setting(office: Office) -> None:
    office.put("A1", [[7]])
    fill = {"source": box(0, 0, 1, 1), "dimension": "COLUMNS", "fillLength": 2}
    office.batch({"autoFill": {"sourceAndDestination": fill, "useAlternateSeries": True}})
    assert office.get("A1:C1", "UNFORMATTED_VALUE") == [[7, 8, 9]]


def test_requests_in_lists_of_their_own_count_as_one_list(office: Office) -> None:
    rename = {"updateSheetProperties": {"properties": {"title": "neu"}, "fields": "title"}}
    assert office.call("POST", ":batchUpdate", {"requests": [[rename]]})["replies"] == [{}]
    assert office.get("neu!A1") == []
