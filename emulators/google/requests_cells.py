"""batchUpdate requests that write cells: values, formats, validation, borders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import (
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
    sheet, top, left = context.document.point(start)
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
