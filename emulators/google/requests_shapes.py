"""batchUpdate requests on the look of a range as a whole: borders and merged cells."""

from __future__ import annotations

from emulators.google.a1 import Box
from emulators.google.cells import Style, style_of, with_color_styles
from emulators.google.context import Context
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet
from emulators.google.masks import written

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
