"""Cutting an answer into rows gives what parsing it gives, whatever text the cells hold."""

from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.sheets.answer import TabAnswer, WrongCut, by_tab

AWKWARD = st.sampled_from(
    ["],[", "]]", '"values":[[', '"dataFilters":', "\\", '"', "],[1,", ",2],[", "[", "姓名", ""]
)
CELLS = st.one_of(AWKWARD, st.text(max_size=8), st.integers(-9, 9**9), st.booleans(), st.floats(-9, 9))
ROWS = st.lists(st.lists(CELLS, max_size=4), min_size=1, max_size=5)

patient = settings(suppress_health_check=[HealthCheck.too_slow])


def answer(tabs: dict[int, list[list[Any]] | None]) -> bytes:
    """An answer as Google gives it: a tab without values has no such key."""
    return orjson.dumps(
        {
            "spreadsheetId": "s",
            "valueRanges": [
                {
                    "valueRange": {"range": f"'表 {gid}'!A1:Z9", "majorDimension": "ROWS"}
                    | ({} if rows is None else {"values": rows}),
                    "dataFilters": [{"gridRange": {"sheetId": gid}}],
                }
                for gid, rows in tabs.items()
            ],
        }
    )


def decoded(tab: TabAnswer) -> list[list[Any]]:
    """All rows; repaired where a cut was wrong."""
    try:
        return [cells for _, cells in tab.decode(range(len(tab.rows)))]
    except WrongCut:
        tab.repair()
        return [cells for _, cells in tab.decode(range(len(tab.rows)))]


@patient
@given(st.dictionaries(st.integers(0, 99), st.none() | ROWS, max_size=4))
def test_cutting_gives_what_parsing_gives(tabs: dict[int, list[list[Any]] | None]) -> None:
    found = by_tab(answer(tabs))
    assert {gid: decoded(tab) for gid, tab in found.items()} == {
        gid: rows or [] for gid, rows in tabs.items()
    }


@patient
@given(ROWS, ROWS)
def test_a_row_that_cells_cut_apart_never_passes_for_others(
    before: list[list[Any]], row: list[list[Any]]
) -> None:
    tab = by_tab(answer({1: [*before, ["x],[y", "p],[1,", ",2],[q"], *row]}))[1]
    try:
        list(tab.decode(range(len(tab.rows))))
    except WrongCut:
        return
    raise AssertionError("the wrong cut was not noticed")


@patient
@given(ROWS)
def test_a_repaired_tab_has_the_rows_that_a_right_cut_gives(rows: list[list[Any]]) -> None:
    cut = by_tab(answer({1: rows}))[1]
    try:
        [*cut.decode(range(len(cut.rows)))]
    except WrongCut:
        return
    known = list(cut.rows)
    cut.repair()
    assert list(cut.rows) == known == [cut.rows[place] for place in range(len(cut.rows))]


def test_equal_rows_have_equal_marks() -> None:
    marks = by_tab(answer({1: [["a", 1], ["b"], ["a", 1]]}))[1].marks
    assert marks[0] == marks[2] != marks[1]
