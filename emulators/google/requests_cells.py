"""batchUpdate requests that write cells: values, formats, validation, borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import (
    EMPTY_ROW,
    Formula,
    Row,
    Style,
    Value,
    style_of,
    typed_value,
    with_color_styles,
)
from emulators.google.context import Context
from emulators.google.dimensions import insert
from emulators.google.errors import Json, invalid
from emulators.google.formula_text import carried, has_references
from emulators.google.grid import Sheet
from emulators.google.masks import EVERYTHING, Mask, write_mask, written
from emulators.google.validation import check_validation

READ_ONLY = ("effectiveValue", "effectiveFormat", "formattedValue", "hyperlink")


def cell_mask(fields: str | None) -> Mask:
    """The fields of a cell that a request writes; a colour and its style are one thing."""
    mask = {name: below for name, below in write_mask(fields, "CellData").items() if name not in READ_ONLY}
    return _with_mirrored_colors(mask)


def _with_mirrored_colors(mask: Mask) -> Mask:
    result: dict[str, Any] = {}
    for name, below in mask.items():
        result[name] = _with_mirrored_colors(below)
        if name.endswith("Color"):
            result[name + "Style"] = EVERYTHING
        elif name.endswith("ColorStyle"):
            result[name.removesuffix("Style")] = EVERYTHING
    return result


def restyled(style: Style | None, cell: Mapping[str, Any], mask: Mask) -> Style | None:
    """A style with the masked fields taken from a request's CellData; those it lacks are cleared."""
    fields = {name: below for name, below in mask.items() if name != "userEnteredValue"}
    if not fields:
        return style
    return style_of(written(style.fields if style else {}, with_color_styles(cell), fields))


def update_cells(context: Context, body: Json) -> None:
    """updateCells: `range` clears what `rows` does not cover, `start` writes as far as `rows` reaches."""
    mask = cell_mask(body.get("fields"))
    rows = [row.get("values") or [] for row in body.get("rows") or []]
    if body.get("range") is not None:
        sheet, box = context.document.area(body["range"])
        _check_fits(rows, box)
    else:
        sheet, box = _from_start(context, body.get("start") or {}, rows)
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "updateCells")
    for index in range(box.top, box.bottom):
        place = index - box.top
        given = rows[place] if place < len(rows) else []
        width = box.width if body.get("range") is not None else len(given)
        _write_row(context, sheet, index, box.left, [*given, *[{}] * (width - len(given))], mask)


def _check_fits(rows: Sequence[Sequence[Any]], box: Box) -> None:
    if len(rows) > box.height:
        raise invalid(
            f"Attempting to write row: {box.bottom}, beyond the last requested row of: {box.bottom - 1}"
        )
    if any(len(row) > box.width for row in rows):
        raise invalid(
            f"Attempting to write column: {box.right}, beyond the last requested column of: {box.right - 1}"
        )


def _from_start(context: Context, start: Json, rows: Sequence[Sequence[Any]]) -> tuple[Sheet, Box]:
    sheet = context.document.sheet(start.get("sheetId"))
    top, left = int(start.get("rowIndex") or 0), int(start.get("columnIndex") or 0)
    box = Box(top, left, top + len(rows), left + max((len(row) for row in rows), default=0))
    if box.bottom > sheet.row_count:
        raise invalid(
            f"Attempting to write row: {max(top, sheet.row_count)}, beyond the last requested row of: {sheet.row_count - 1}"
        )
    if box.right > sheet.column_count:
        raise invalid(
            f"Attempting to write column: {max(left, sheet.column_count)}, beyond the last requested column of: {sheet.column_count - 1}"
        )
    return sheet, box


def _write_row(
    context: Context, sheet: Sheet, index: int, left: int, cells: Sequence[Json], mask: Mask
) -> None:
    old = sheet.row(index)
    values: list[Value] | None = (
        [typed_value(cell.get("userEnteredValue")) for cell in cells] if "userEnteredValue" in mask else None
    )
    styles: list[Style | None] | None = None
    if len(mask) > (values is not None):
        styles = [restyled(old.style(left + place), cell, mask) for place, cell in enumerate(cells)]
    for place, value in enumerate(values or ()):
        check_validation(context, styles[place] if styles else old.style(left + place), value)
    sheet.put(index, old.with_cells(left, values, styles))


def append_cells(context: Context, body: Json) -> None:
    """appendCells: below the last row that holds anything, growing the grid where needed."""
    mask = cell_mask(body.get("fields"))
    sheet = context.document.edit(context.document.sheet(body.get("sheetId")).sheet_id)
    rows = [row.get("values") or [] for row in body.get("rows") or []]
    top = _used_height(sheet)
    if top + len(rows) > sheet.row_count:
        insert(
            context, sheet, "ROWS", sheet.row_count, top + len(rows) - sheet.row_count, inherit_before=False
        )
    box = Box(top, 0, top + len(rows), max((len(row) for row in rows), default=0))
    context.touch(sheet, box, "appendCells")
    for place, cells in enumerate(rows):
        _write_row(context, sheet, top + place, 0, cells, mask)


def _used_height(sheet: Sheet) -> int:
    height = len(sheet.rows)
    while height and not sheet.rows[height - 1].values:
        height -= 1
    return height


def repeat_cell(context: Context, body: Json) -> None:
    """repeatCell: one cell everywhere in a range; relative references move along."""
    mask, cell = cell_mask(body.get("fields")), body.get("cell") or {}
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "repeatCell")
    if "userEnteredValue" in mask:
        _repeat_value(sheet, box, typed_value(cell.get("userEnteredValue")))
    if set(mask) - {"userEnteredValue"}:
        restyle(sheet, box, lambda style: restyled(style, cell, mask))


def _repeat_value(sheet: Sheet, box: Box, value: Value) -> None:
    for index in range(box.top, box.bottom):
        values = [_moved(value, index - box.top, place) for place in range(box.width)]
        sheet.write(index, box.left, values=values)


def _moved(value: Value, rows: int, columns: int) -> Value:
    if isinstance(value, Formula) and has_references(value.text):
        return Formula(carried(value.text, rows, columns))
    return value


def restyle(sheet: Sheet, box: Box, change: Callable[[Style | None], Style | None]) -> None:
    """Changes the style of every cell of a box. Equal rows stay one object, so that formatting an empty column is cheap."""
    styles: dict[Style | None, Style | None] = {}
    rows: dict[int, tuple[Row, Row]] = {}

    def changed(style: Style | None) -> Style | None:
        if style not in styles:
            styles[style] = change(style)
        return styles[style]

    for index in range(box.top, box.bottom):
        old = sheet.row(index)
        if id(old) not in rows:
            window = [changed(old.style(column)) for column in range(box.left, box.right)]
            rows[id(old)] = old, old.with_cells(box.left, None, window)
        sheet.put(index, rows[id(old)][1])


def set_validation(context: Context, body: Json) -> None:
    """setDataValidation; without a rule it is cleared."""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "setDataValidation")
    rule = {name: value for name, value in (body.get("rule") or {}).items() if value}
    restyle(
        sheet,
        box,
        lambda style: style_of({**(style.fields if style else {}), "dataValidation": rule or None}),
    )


_INSIDE = {
    "top": "innerHorizontal",
    "bottom": "innerHorizontal",
    "left": "innerVertical",
    "right": "innerVertical",
}


def update_borders(context: Context, body: Json) -> None:
    """updateBorders: outer edges and inner lines of a range."""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "updateBorders")
    lines = {name: with_color_styles(line) for name, line in body.items() if name != "range" and line}
    for index in range(box.top, box.bottom):
        old = sheet.row(index)
        styles = [
            _bordered(old.style(column), box, index, column, lines) for column in range(box.left, box.right)
        ]
        sheet.write(index, box.left, styles=styles)


def _bordered(style: Style | None, box: Box, row: int, column: int, lines: Json) -> Style | None:
    edges = {
        "top": row == box.top,
        "bottom": row == box.bottom - 1,
        "left": column == box.left,
        "right": column == box.right - 1,
    }
    drawn = {side: lines.get(side if at_edge else _INSIDE[side]) for side, at_edge in edges.items()}
    fields = style.fields if style else {}
    borders = dict(fields.get("userEnteredFormat", {}).get("borders", {}))
    for side, line in drawn.items():
        if line is not None:
            borders[side] = line
    borders = {side: line for side, line in borders.items() if line.get("style") != "NONE"}
    return style_of(
        {
            **fields,
            "userEnteredFormat": written(
                fields.get("userEnteredFormat", {}), {"borders": borders}, {"borders": {}}
            ),
        }
    )


def merge(context: Context, body: Json) -> None:
    """mergeCells: only the first value of each merged block stays."""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "mergeCells")
    _drop_merges(sheet, box)
    for block in _blocks(box, body.get("mergeType") or "MERGE_ALL"):
        if block.height * block.width > 1:
            _merge_block(sheet, block)


def _blocks(box: Box, kind: str) -> list[Box]:
    if kind == "MERGE_ROWS":
        return [Box(row, box.left, row + 1, box.right) for row in range(box.top, box.bottom)]
    if kind == "MERGE_COLUMNS":
        return [Box(box.top, column, box.bottom, column + 1) for column in range(box.left, box.right)]
    return [box]


def _merge_block(sheet: Sheet, block: Box) -> None:
    first = next(
        (
            row.value(column)
            for _, row in sheet.used_rows(block)
            for column in range(block.left, block.right)
            if row.value(column) is not None
        ),
        None,
    )
    for index in range(block.top, min(block.bottom, len(sheet.rows))):
        sheet.write(index, block.left, values=[None] * block.width)
    sheet.write(block.top, block.left, values=[first])
    area = {"sheetId": sheet.sheet_id, "startRowIndex": block.top, "endRowIndex": block.bottom}
    sheet.merges = [*sheet.merges, {**area, "startColumnIndex": block.left, "endColumnIndex": block.right}]


def _drop_merges(sheet: Sheet, box: Box) -> None:
    kept = []
    for area in sheet.merges:
        found = Box(
            area["startRowIndex"], area["startColumnIndex"], area["endRowIndex"], area["endColumnIndex"]
        )
        if not found.overlaps(box):
            kept.append(area)
        elif not box.contains(found):
            raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = kept


def unmerge(context: Context, body: Json) -> None:
    """unmergeCells"""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "unmergeCells")
    _drop_merges(sheet, box)


def blank_cells(sheet: Sheet, box: Box) -> None:
    """Empties cells entirely, formats too."""
    for index in range(box.top, min(box.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        if row is not EMPTY_ROW:
            nothing: list[Any] = [None] * box.width
            sheet.put(index, row.with_cells(box.left, nothing, nothing))
