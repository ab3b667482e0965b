"""values.append: finds the table in a range and writes below it, growing the grid where needed."""

from typing import Any

from emulators.google.a1 import Box, Span
from emulators.google.cells import Value
from emulators.google.context import Context
from emulators.google.dimensions import insert
from emulators.google.grid import Sheet


def last_cell(sheet: Sheet, box: Box) -> tuple[int, int] | None:
    """The last cell with a value in a box: the rightmost of the lowest row."""
    for row in range(min(box.bottom, len(sheet.rows)) - 1, box.top - 1, -1):
        values = sheet.rows[row].values
        for column in range(min(box.right, len(values)) - 1, box.left - 1, -1):
            if values[column] is not None:
                return row, column
    return None


def table_around(sheet: Sheet, row: int, column: int) -> Box:
    """The block of cells with values that holds a cell: it ends where a whole edge is empty."""
    box = Box(row, column, row + 1, column + 1)
    while True:
        grown = _grown_rows(sheet, _grown_columns(sheet, box))
        if grown == box:
            return box
        box = grown


def _fills(values: tuple[Value, ...], left: int, right: int) -> bool:
    """Whether a row has a value between two columns; mostly the first one settles it."""
    if left < len(values) and values[left] is not None:
        return True
    return any(value is not None for value in values[left:right])


def _any_in_column(sheet: Sheet, column: int, top: int, bottom: int) -> bool:
    return any(len(row.values) > column and row.values[column] is not None for row in sheet.rows[top:bottom])


def _grown_columns(sheet: Sheet, box: Box) -> Box:
    left, right = box.left, box.right
    while left and _any_in_column(sheet, left - 1, box.top, box.bottom):
        left -= 1
    while right < sheet.column_count and _any_in_column(sheet, right, box.top, box.bottom):
        right += 1
    return Box(box.top, left, box.bottom, right)


def _grown_rows(sheet: Sheet, box: Box) -> Box:
    top, bottom = box.top, box.bottom
    rows, left, right = sheet.rows, box.left, box.right
    while top and _fills(rows[top - 1].values, left, right):
        top -= 1
    while bottom < len(rows) and _fills(rows[bottom].values, left, right):
        bottom += 1
    return Box(top, left, bottom, right)


def make_room(
    context: Context, sheet: Sheet, box: Box, rows: list[list[Any]], *, insert_rows: bool
) -> tuple[Box | None, Span]:
    """The table found (None: none) and the cells to write to, which exist when this returns."""
    last = last_cell(sheet, box)
    table = None if last is None else table_around(sheet, *last)
    top, left = (box.top, box.left) if table is None else (table.bottom, table.left)
    height, width = len(rows), max((len(row) for row in rows), default=1)
    if insert_rows and table is not None and height:
        insert(context, sheet, "ROWS", min(top, sheet.row_count), height, inherit_before=True)
    _grow(context, sheet, top + height, left + width)
    return table, Span(top, left, top + 1, left + 1)


def _grow(context: Context, sheet: Sheet, rows: int, columns: int) -> None:
    rows, columns = max(rows, sheet.row_count), max(columns, sheet.column_count)
    context.document.check_size(sheet, rows, columns)
    sheet.row_count, sheet.column_count = rows, columns
