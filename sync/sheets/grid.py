"""Requests of `spreadsheets.batchUpdate` and ranges of a grid, as plain JSON. Rows and columns count from zero."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .cells import Entered

Json = dict[str, Any]


def area(gid: int, rows: tuple[int, int] | None = None, columns: tuple[int, int] | None = None) -> Json:
    """A GridRange; ends are exclusive, and what is not given is unbounded."""
    found: Json = {"sheetId": gid}
    if rows:
        found |= {"startRowIndex": rows[0], "endRowIndex": rows[1]}
    if columns:
        found |= {"startColumnIndex": columns[0], "endColumnIndex": columns[1]}
    return found


def span(gid: int, dimension: str, start: int, end: int) -> Json:
    """A DimensionRange of ROWS or COLUMNS."""
    return {"sheetId": gid, "dimension": dimension, "startIndex": start, "endIndex": end}


def write_cells(gid: int, row: int, column: int, rows: Sequence[Sequence[Entered]]) -> Json:
    """Typed values from one corner on; an empty value clears its cell. Formats and notes stay."""
    values = [
        {"values": [{"userEnteredValue": dict(cell)} if cell else {} for cell in cells]} for cells in rows
    ]
    start = {"sheetId": gid, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": values, "fields": "userEnteredValue"}}


def wipe(gid: int, rows: int) -> Json:
    """Everything out of the first rows of a tab: values, formats, notes."""
    return {"updateCells": {"range": area(gid, (0, rows)), "fields": "*"}}


def copy(source: Json, destination: Json, kind: str = "PASTE_NORMAL") -> Json:
    """A copy within the spreadsheet, also from tab to tab."""
    return {"copyPaste": {"source": source, "destination": destination, "pasteType": kind}}


def insert(gid: int, dimension: str, start: int, count: int, *, like_before: bool) -> Json:
    """New rows or columns at `start`, formatted like those before or after."""
    return {
        "insertDimension": {
            "range": span(gid, dimension, start, start + count),
            "inheritFromBefore": like_before,
        }
    }


def delete_rows(gid: int, start: int, end: int) -> Json:
    """Rows out of the grid; those below move up."""
    return {"deleteDimension": {"range": span(gid, "ROWS", start, end)}}


def runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as stretches `(start, end)` without a gap, ends exclusive."""
    start = end = None
    for number in numbers:
        if end is not None and number == end:
            end += 1
            continue
        if start is not None and end is not None:
            yield start, end
        start, end = number, number + 1
    if start is not None and end is not None:
        yield start, end


def a1(title: str, rows: tuple[int, int], width: int) -> str:
    """The range of whole rows up to `width` columns. `title` is quoted already."""
    return f"{title}!A{rows[0] + 1}:{letters(width - 1)}{rows[1]}"


def quoted(title: str) -> str:
    """A tab's name as ranges want it."""
    return "'" + title.replace("'", "''") + "'"


def letters(column: int) -> str:
    """The letters of a column."""
    name = ""
    while column >= 0:
        column, digit = divmod(column, 26)
        name, column = chr(65 + digit) + name, column - 1
    return name
