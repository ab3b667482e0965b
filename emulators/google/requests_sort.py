"""batchUpdate requests that put rows of cells in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import Row
from emulators.google.context import Context
from emulators.google.errors import Json, invalid
from emulators.google.formula_values import FormulaError
from emulators.google.formulas import Known
from emulators.google.grid import Sheet
from emulators.google.requests_paste import carried_value, copy_block, paste_block


def sort_range(context: Context, body: Json) -> None:
    """sortRange: rows of cells change places inside the range; blanks come last in either order."""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    if context.policies.protection_refuses_sort:
        context.guard(sheet, box)
    context.note("sortRange", f"{sheet.title} {box.top}:{box.bottom}")
    last = min(box.bottom, len(sheet.rows))
    order = _order(context, sheet, range(box.top, last), body.get("sortSpecs") or [])
    blocks = copy_block(sheet, box)
    for place, index in enumerate(order):
        _put_sorted(sheet, box, box.top + place, blocks[index - box.top], index)
    if context.policies.row_metadata_follows_sort:
        _sort_metadata(context, sheet, {index: box.top + place for place, index in enumerate(order)})


def _put_sorted(sheet: Sheet, box: Box, target: int, row: Row, source: int) -> None:
    """Writes the cells of row `source` to row `target`; their references move along."""
    if row.references:
        row = Row([carried_value(value, target - source, 0) for value in row.values], row.styles)
    if box.left == 0 and sheet.row(target).width <= box.right:
        sheet.put(target, row)
    else:
        paste_block(sheet, target, box.left, [row], box.width)


def _order(context: Context, sheet: Sheet, rows: range, specs: Sequence[Json]) -> list[int]:
    evaluator = context.renderer().evaluator
    order = list(rows)
    for spec in reversed(specs):
        column = spec.get("dimensionIndex", 0)
        if not 0 <= column < sheet.column_count:
            raise invalid(
                f"sortSpecs.dimensionIndex[{column}] is outside of the grid of {sheet.column_count} columns."
            )
        keys = {row: _sort_key(evaluator.value(sheet, row, column)) for row in order}
        filled = [row for row in order if keys[row] is not None]
        blank = [row for row in order if keys[row] is None]
        filled.sort(key=lambda row, known=keys: known[row], reverse=spec.get("sortOrder") == "DESCENDING")
        order = [*filled, *blank]
    return order


def _sort_key(value: Known) -> tuple[int, Any] | None:
    if value is None or value == "":
        return None
    if isinstance(value, FormulaError):
        return 3, value.shown
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def _sort_metadata(context: Context, sheet: Sheet, places: dict[int, int]) -> None:
    result = {}
    for key, entry in context.document.metadata.items():
        area = entry["location"].get("dimensionRange", {})
        here = (
            area.get("sheetId", 0) == sheet.sheet_id
            and area.get("dimension") == "ROWS"
            and area["startIndex"] in places
        )
        if here:
            place = places[area["startIndex"]]
            entry = {
                **entry,
                "location": {
                    **entry["location"],
                    "dimensionRange": {**area, "startIndex": place, "endIndex": place + 1},
                },
            }
        result[key] = entry
    context.document.metadata = result
