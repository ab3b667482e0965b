"""batchUpdate requests that copy, move, sort or search cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import Formula, Row, Style, Value, style_of
from emulators.google.context import Context
from emulators.google.dimensions import rewrite_formulas
from emulators.google.errors import Json, invalid
from emulators.google.formula_text import Place, Reference, carried, rewritten
from emulators.google.formula_values import FormulaError
from emulators.google.formulas import Known
from emulators.google.grid import Sheet, grid_range

Block = list[Row]
"""Rows of equal origin, each cut to the block's columns."""
_FORMAT_FIELDS = ("userEnteredFormat", "dataValidation")


def cut_block(sheet: Sheet, box: Box) -> Block:
    """The cells of a box, which is empty afterwards."""
    block = copy_block(sheet, box)
    nothing: list[Any] = [None] * box.width
    for index in range(box.top, min(box.bottom, len(sheet.rows))):
        sheet.put(index, sheet.row(index).with_cells(box.left, nothing, nothing))
    return block


def copy_block(sheet: Sheet, box: Box) -> Block:
    """The cells of a box."""
    return [sheet.row(index).cut(box.left, box.right) for index in range(box.top, box.bottom)]


def paste_block(sheet: Sheet, top: int, left: int, block: Block, width: int | None = None) -> None:
    """Writes a block with all it holds; empty cells of it empty the cells below them."""
    wide = max((row.width for row in block), default=0) if width is None else width
    for place, row in enumerate(block):
        values = [row.value(column) for column in range(wide)]
        styles = [row.style(column) for column in range(wide)]
        sheet.put(top + place, sheet.row(top + place).with_cells(left, values, styles))


def copy_paste(context: Context, body: Json) -> None:
    """copyPaste: repeated over a larger destination, never cut by a smaller one."""
    source, box = context.document.area(body.get("source"))
    target, spot = context.document.area(body.get("destination"))
    if box.empty:
        raise invalid("The source range holds no cells.")
    kind = body.get("pasteType") or "PASTE_NORMAL"
    target = context.document.edit(target.sheet_id)
    block = _taken(context, source, box, kind)
    if body.get("pasteOrientation") == "TRANSPOSE":
        block, box = (
            _transposed(block, box),
            Box(box.top, box.left, box.top + box.width, box.left + box.height),
        )
    goal = _goal(spot, box)
    if goal.bottom > target.row_count or goal.right > target.column_count:
        raise invalid("The destination range is beyond the grid.")
    context.touch(target, goal, "copyPaste")
    if kind == "PASTE_CONDITIONAL_FORMATTING":
        _copy_rules(source, box, target, goal)
        return
    for top in range(goal.top, goal.bottom, box.height):
        for left in range(goal.left, goal.right, box.width):
            _paste(target, block, box, top, left, kind)
    if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS"):
        _copy_merges(source, box, target, goal)
        _copy_rules(source, box, target, goal)


def _goal(spot: Box, box: Box) -> Box:
    def stretched(room: int, size: int) -> int:
        return room if size and room % size == 0 and room >= size else size

    return Box(
        spot.top,
        spot.left,
        spot.top + stretched(spot.height, box.height),
        spot.left + stretched(spot.width, box.width),
    )


def _taken(context: Context, sheet: Sheet, box: Box, kind: str) -> Block:
    if kind != "PASTE_VALUES":
        return copy_block(sheet, box)
    evaluator = context.renderer().evaluator
    block = []
    for index in range(box.top, box.bottom):
        found = [
            _computed(evaluator.value(sheet, index, column))
            for column in range(box.left, min(box.right, len(sheet.row(index).values)))
        ]
        block.append(Row(found))
    return block


def _computed(value: Known) -> Value:
    return value.shown if isinstance(value, FormulaError) else value


def _transposed(block: Block, box: Box) -> Block:
    rows = range(box.height)
    return [
        Row([block[row].value(column) for row in rows], [block[row].style(column) for row in rows])
        for column in range(box.width)
    ]


def _paste(sheet: Sheet, block: Block, box: Box, top: int, left: int, kind: str) -> None:
    for place, row in enumerate(block):
        old = sheet.row(top + place)
        values: list[Value] | None = None
        styles: list[Style | None] | None = None
        if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS", "PASTE_VALUES", "PASTE_FORMULA"):
            values = [
                carried_value(row.value(column), top - box.top, left - box.left)
                for column in range(box.width)
            ]
        if kind not in ("PASTE_VALUES", "PASTE_FORMULA"):
            styles = [
                _pasted_style(old.style(left + column), row.style(column), kind)
                for column in range(box.width)
            ]
        sheet.put(top + place, old.with_cells(left, values, styles))


def carried_value(value: Value, rows: int, columns: int) -> Value:
    """A value as it reads when its cell is copied that far."""
    return Formula(carried(value.text, rows, columns)) if isinstance(value, Formula) else value


def _pasted_style(old: Style | None, new: Style | None, kind: str) -> Style | None:
    if kind == "PASTE_NORMAL":
        return new
    fields, brought = dict(old.fields if old else {}), new.fields if new else {}
    if kind == "PASTE_NO_BORDERS":
        shown = {
            name: value for name, value in brought.get("userEnteredFormat", {}).items() if name != "borders"
        }
        return style_of({**brought, "userEnteredFormat": shown})
    names = ("dataValidation",) if kind == "PASTE_DATA_VALIDATION" else _FORMAT_FIELDS
    return style_of({**fields, **{name: brought.get(name) for name in names}})


def _copy_merges(source: Sheet, box: Box, target: Sheet, goal: Box) -> None:
    for area in [*source.merges]:
        found = Box(
            area["startRowIndex"], area["startColumnIndex"], area["endRowIndex"], area["endColumnIndex"]
        )
        copy = grid_range(target.sheet_id, found.moved(goal.top - box.top, goal.left - box.left))
        if box.contains(found) and copy not in target.merges:
            target.merges = [*target.merges, copy]


def _copy_rules(source: Sheet, box: Box, target: Sheet, goal: Box) -> None:
    if source is target:
        return
    for rule in source.conditional_formats:
        areas = [_clipped(source, area, box) for area in rule["ranges"]]
        moved = [
            grid_range(target.sheet_id, area.moved(goal.top - box.top, goal.left - box.left))
            for area in areas
            if not area.empty
        ]
        if moved:
            target.conditional_formats = [*target.conditional_formats, {**rule, "ranges": moved}]


def _clipped(sheet: Sheet, area: Json, box: Box) -> Box:
    bottom, right = area.get("endRowIndex", sheet.row_count), area.get("endColumnIndex", sheet.column_count)
    return Box(area.get("startRowIndex", 0), area.get("startColumnIndex", 0), bottom, right).clipped(box)


def cut_paste(context: Context, body: Json) -> None:
    """cutPaste: cells move, and references to them follow."""
    source, box = context.document.area(body.get("source"))
    target, row, column = context.document.point(body.get("destination"))
    target, source = context.document.edit(target.sheet_id), context.document.edit(source.sheet_id)
    goal = box.moved(row - box.top, column - box.left)
    if goal.bottom > target.row_count or goal.right > target.column_count:
        raise invalid("The destination range is beyond the grid.")
    context.touch(source, box, "cutPaste")
    context.touch(target, goal, "cutPaste")
    block = cut_block(source, box)
    kind = body.get("pasteType") or "PASTE_NORMAL"
    _paste(target, block, box.moved(goal.top - box.top, goal.left - box.left), goal.top, goal.left, kind)
    _follow_moved(context, source, box, target, goal)


def _follow_moved(context: Context, source: Sheet, box: Box, target: Sheet, goal: Box) -> None:
    rows, columns = goal.top - box.top, goal.left - box.left

    def moved(place: Place) -> Place:
        return Place(
            (place.row or 0) + rows, (place.column or 0) + columns, place.fixed_row, place.fixed_column
        )

    def change(own: str, reference: Reference) -> Reference:
        end = reference.end or reference.start
        corners = (reference.start.row, reference.start.column, end.row, end.column)
        if None in corners or (reference.sheet or own).casefold() != source.title.casefold():
            return reference
        area = Box(corners[0] or 0, corners[1] or 0, (corners[2] or 0) + 1, (corners[3] or 0) + 1)
        if not box.contains(area):
            return reference
        title = None if target.title == own else target.title
        return Reference(title, moved(reference.start), moved(reference.end) if reference.end else None)

    for sheet in context.document.sheets.values():
        if sheet.referring_rows:
            follow = _changer(sheet.title, change)
            rewrite_formulas(context.document.edit(sheet.sheet_id), follow)


def _changer(own: str, change: Callable[[str, Reference], Reference]) -> Callable[[str], str]:
    return lambda text: rewritten(text, lambda reference: change(own, reference))
