"""Rows and columns inserted, deleted and moved, with everything that is bound to places: ranges, sizes, metadata, formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import EMPTY_ROW, Formula, Row, Style, style_of
from emulators.google.context import Context
from emulators.google.document import Document
from emulators.google.errors import Json, invalid
from emulators.google.formula_text import shifted
from emulators.google.grid import Sheet
from emulators.google.shifts import Shift


def insert(
    context: Context, sheet: Sheet, dimension: str, at: int, count: int, *, inherit_before: bool
) -> None:
    """Inserts empty rows or columns that take their format from the neighbour before or after."""
    rows = sheet.row_count + count * (dimension == "ROWS")
    columns = sheet.column_count + count * (dimension == "COLUMNS")
    context.document.check_size(sheet, rows, columns)
    sheet = context.document.edit(sheet.sheet_id)
    if dimension == "ROWS":
        _insert_rows(sheet, at, count, inherit_before=inherit_before)
    else:
        _each_row(sheet, lambda row: _with_columns(row, at, count, inherit_before=inherit_before))
    sheet.row_count, sheet.column_count = rows, columns
    _follow(context.document, sheet, Shift(sheet.sheet_id, dimension, "insert", at, count))


def _insert_rows(sheet: Sheet, at: int, count: int, *, inherit_before: bool) -> None:
    neighbour = sheet.row(at - 1 if inherit_before else at) if at or not inherit_before else EMPTY_ROW
    sheet.insert_rows(at, Row((), _format_only(neighbour.styles)), count)


def _format_only(styles: tuple[Style | None, ...]) -> tuple[Style | None, ...]:
    """Format and validation are inherited, a note is not."""
    return tuple(
        style if style is None or "note" not in style.fields else style_of({**style.fields, "note": None})
        for style in styles
    )


def _with_columns(row: Row, at: int, count: int, *, inherit_before: bool) -> Row:
    neighbour = row.style(at - 1 if inherit_before else at) if at or not inherit_before else None
    if at >= row.width and neighbour is None:
        return row
    values = (*row.values[:at], *(None,) * count, *row.values[at:]) if at < len(row.values) else row.values
    padded = (*row.styles, *(None,) * max(0, at - len(row.styles)))
    return Row(values, (*padded[:at], *_format_only((neighbour,)) * count, *padded[at:]))


def delete(context: Context, sheet: Sheet, dimension: str, at: int, count: int) -> None:
    """Deletes rows or columns; at least one must remain."""
    if count >= sheet.count(dimension):
        raise invalid(f"You can't delete all the {dimension.lower()} on the sheet.")
    sheet = context.document.edit(sheet.sheet_id)
    if dimension == "ROWS":
        sheet.delete_rows(at, count)
        sheet.row_count -= count
    else:
        _each_row(sheet, lambda row: row.spliced(at, count, EMPTY_ROW) if row.width > at else row)
        sheet.column_count -= count
    _follow(context.document, sheet, Shift(sheet.sheet_id, dimension, "delete", at, count))


def move(context: Context, sheet: Sheet, dimension: str, at: int, count: int, target: int) -> None:
    """Moves rows or columns to before `target`, counted as the grid stands now."""
    sheet = context.document.edit(sheet.sheet_id)
    if dimension == "ROWS":
        rows = [*sheet.rows, *[EMPTY_ROW] * (max(at + count, target) - len(sheet.rows))]
        sheet.replace_rows(_moved(rows, at, count, target))
    else:
        _each_row(sheet, lambda row: _with_moved(row, at, count, target))
    _follow(context.document, sheet, Shift(sheet.sheet_id, dimension, "move", at, count, target))


def _moved(items: list[Any], at: int, count: int, target: int) -> list[Any]:
    block, rest = items[at : at + count], items[:at] + items[at + count :]
    landing = target - count if target > at else target
    return rest[:landing] + block + rest[landing:]


def _with_moved(row: Row, at: int, count: int, target: int) -> Row:
    width = max(at + count, target)

    def moved(cells: tuple[Any, ...]) -> list[Any]:
        return _moved([*cells, *[None] * (width - len(cells))], at, count, target)

    return Row(moved(row.values), moved(row.styles)) if row.width > min(at, target) else row


def _each_row(sheet: Sheet, change: Callable[[Row], Row]) -> None:
    known: dict[int, tuple[Row, Row]] = {}

    def once(row: Row) -> Row:
        if id(row) not in known:
            known[id(row)] = row, change(row)
        return known[id(row)][1]

    sheet.replace_rows([once(row) for row in sheet.rows])


def _follow(document: Document, sheet: Sheet, shift: Shift) -> None:
    """Everything that names places of this sheet, after the shift."""
    if shift.dimension == "ROWS":
        sheet.row_sizes = shift.keys(sheet.row_sizes)
        sheet.row_groups = _groups(sheet.row_groups, shift)
    else:
        sheet.column_sizes = shift.keys(sheet.column_sizes)
        sheet.column_groups = _groups(sheet.column_groups, shift)
    _follow_frozen(sheet, shift)
    _follow_ranges(sheet, shift)
    document.names = _with_ranges(document.names, shift)
    document.metadata = _follow_metadata(document.metadata, shift)
    _follow_formulas(document, sheet, shift)


def _follow_frozen(sheet: Sheet, shift: Shift) -> None:
    name = "frozenRowCount" if shift.dimension == "ROWS" else "frozenColumnCount"
    frozen = sheet.grid.get(name, 0)
    if shift.kind == "delete" and frozen > shift.at:
        sheet.grid = {**sheet.grid, name: frozen - min(frozen - shift.at, shift.count)}
    elif shift.kind == "insert" and frozen > shift.at:
        sheet.grid = {**sheet.grid, name: frozen + shift.count}


def _follow_ranges(sheet: Sheet, shift: Shift) -> None:
    moved = (shift.grid_range(area) for area in sheet.merges)
    sheet.merges = [area for area in moved if area is not None and not _single(area)]
    sheet.protections = _with_ranges(sheet.protections, shift)
    sheet.filter_views = _with_ranges(sheet.filter_views, shift)
    sheet.bands = _with_ranges(sheet.bands, shift)
    sheet.basic_filter = _with_ranges({0: sheet.basic_filter}, shift).get(0, {}) if sheet.basic_filter else {}
    sheet.conditional_formats = [
        rule for rule in (_rule(rule, shift) for rule in sheet.conditional_formats) if rule["ranges"]
    ]


def _single(area: Json) -> bool:
    rows = area["endRowIndex"] - area["startRowIndex"]
    return bool(rows == 1 and area["endColumnIndex"] - area["startColumnIndex"] == 1)


def _with_ranges(entries: dict[Any, Json], shift: Shift) -> dict[Any, Json]:
    """Entries whose `range` moved; one whose range is gone goes too."""
    result = {}
    for key, entry in entries.items():
        area = shift.grid_range(entry["range"]) if "range" in entry else None
        if area is not None or "range" not in entry:
            result[key] = entry if area is None or area == entry["range"] else {**entry, "range": area}
    return result


def _rule(rule: Json, shift: Shift) -> Json:
    moved = (shift.grid_range(area) for area in rule["ranges"])
    return {**rule, "ranges": [area for area in moved if area is not None]}


def _groups(groups: list[Json], shift: Shift) -> list[Json]:
    result = []
    for group in groups:
        span = shift.span(group["range"]["startIndex"], group["range"]["endIndex"])
        if span is not None:
            result.append({**group, "range": {**group["range"], "startIndex": span[0], "endIndex": span[1]}})
    return result


def _follow_metadata(metadata: dict[int, Json], shift: Shift) -> dict[int, Json]:
    result = {}
    for key, entry in metadata.items():
        area = entry["location"].get("dimensionRange")
        if area is None or area.get("sheetId", 0) != shift.sheet_id or area["dimension"] != shift.dimension:
            result[key] = entry
            continue
        place = shift.index(area["startIndex"])
        if place is not None:
            area = {**area, "startIndex": place, "endIndex": place + 1}
            result[key] = {**entry, "location": {**entry["location"], "dimensionRange": area}}
    return result


def _follow_formulas(document: Document, moved: Sheet, shift: Shift) -> None:
    for sheet in document.sheets.values():
        if sheet.referring_rows:
            rewrite_formulas(document.edit(sheet.sheet_id), _shifter(sheet.title, moved.title, shift))


def _shifter(own: str, moved: str, shift: Shift) -> Callable[[str], str]:
    return lambda text: shifted(text, own, moved, shift)


def rewrite_formulas(sheet: Sheet, change: Callable[[str], str]) -> None:
    """Replaces the text of every formula that has a reference."""
    for index, row in enumerate(sheet.rows):
        if row.references:
            values = tuple(
                Formula(change(value.text)) if isinstance(value, Formula) else value for value in row.values
            )
            if values != row.values:
                sheet.put(index, Row(values, row.styles))


def whole(sheet: Sheet, dimension: str, start: int, end: int) -> Box:
    """Rows or columns as a box."""
    return (
        Box(start, 0, end, sheet.column_count) if dimension == "ROWS" else Box(0, start, sheet.row_count, end)
    )
