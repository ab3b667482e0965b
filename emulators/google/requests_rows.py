"""batchUpdate requests that drop or shuffle rows of cells inside a range: deleteDuplicates, randomizeRange."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import Row
from emulators.google.context import Context
from emulators.google.errors import Json, invalid
from emulators.google.formula_values import FormulaError
from emulators.google.formulas import Evaluator
from emulators.google.grid import Sheet
from emulators.google.requests_paste import carried_value, copy_block, paste_block

EMPTY = Row()


def delete_duplicates(context: Context, body: Json) -> Json:
    """deleteDuplicates: the first of equal rows stays, the rows below move up inside the range; letter case does not count."""
    sheet, box = context.document.area(body.get("range"))
    columns = _compared(sheet, box, body.get("comparisonColumns") or [])
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "deleteDuplicates")
    evaluator = context.renderer().evaluator
    first: dict[tuple[Any, ...], int] = {}
    used = range(box.top, min(box.bottom, len(sheet.rows)))
    for index in used:
        first.setdefault(tuple(_shown(evaluator, sheet, index, column) for column in columns), index)
    _rearrange(sheet, box, used, [*first.values()])
    removed = len(used) - len(first)
    return {"duplicatesRemovedCount": removed} if removed else {}


def _compared(sheet: Sheet, box: Box, dimensions: Sequence[Json]) -> list[int]:
    """The columns that decide; all of the range where none is named."""
    columns: set[int] = set()
    for area in dimensions:
        if area.get("dimension") != "COLUMNS":
            raise invalid("comparisonColumns must be columns.")
        columns |= set(range(area.get("startIndex", 0), area.get("endIndex", sheet.column_count)))
    if any(not box.left <= column < box.right for column in columns):
        raise invalid("comparisonColumns must lie inside of the range.")
    return sorted(columns) or [*range(box.left, box.right)]


def _shown(evaluator: Evaluator, sheet: Sheet, row: int, column: int) -> Any:
    """What counts as equal: computed values, text without its case. A number is no truth value, though Python thinks so."""
    value = evaluator.value(sheet, row, column)
    if isinstance(value, FormulaError):
        return value.shown
    return value.casefold() if isinstance(value, str) else (type(value) is bool, value)


def randomize(context: Context, body: Json) -> None:
    """randomizeRange: the rows that hold anything change places by chance."""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "randomizeRange")
    used = range(box.top, min(box.bottom, len(sheet.rows)))
    order = [*used]
    context.random.shuffle(order)
    _rearrange(sheet, box, used, order)


def _rearrange(sheet: Sheet, box: Box, used: range, order: Sequence[int]) -> None:
    """Writes the rows of `order` to the top of the range and empties what is left of it; references move along."""
    blocks = copy_block(sheet, box)
    for place, target in enumerate(used):
        row = EMPTY
        if place < len(order):
            row, distance = blocks[order[place] - box.top], target - order[place]
            row = Row([carried_value(value, distance, 0) for value in row.values], row.styles)
        paste_block(sheet, target, box.left, [row], box.width)
