"""batchUpdate requests on rows and columns, and on ranges that push their neighbours aside."""

from __future__ import annotations

from emulators.google.a1 import Box
from emulators.google.context import Context
from emulators.google.dimensions import delete, insert, move, whole
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet, shown
from emulators.google.masks import write_mask, written
from emulators.google.render import Renderer
from emulators.google.requests_paste import Block, cut_block, paste_block

PIXELS_PER_CHARACTER = 7
PADDING_PIXELS = 10


def _places(context: Context, area: Json) -> tuple[Sheet, str, int, int]:
    """A DimensionRange: sheet, dimension, start and end."""
    sheet = context.document.sheet(area.get("sheetId"))
    dimension = area.get("dimension")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("range.dimension must be ROWS or COLUMNS.")
    end = area.get("endIndex")
    start, end = int(area.get("startIndex") or 0), sheet.count(dimension) if end is None else int(end)
    if start < 0 or end <= start:
        raise invalid(f"range.endIndex[{end}] must be after range.startIndex[{start}].")
    return sheet, dimension, start, end


def insert_dimension(context: Context, body: Json) -> None:
    """insertDimension"""
    sheet, dimension, start, end = _places(context, body.get("range") or {})
    size, before = sheet.count(dimension), bool(body.get("inheritFromBefore"))
    if start > size or (start == size and not before):
        raise invalid(
            f"range.startIndex[{start}] must be less than the grid size ({size}) if inheritFromBefore is false."
        )
    if start == 0 and before:
        raise invalid("inheritFromBefore cannot be true if range.startIndex is 0.")
    insert(context, sheet, dimension, start, end - start, inherit_before=before)
    context.note("insertDimension", f"{sheet.title} {dimension} {start}:{end}")


def append_dimension(context: Context, body: Json) -> None:
    """appendDimension"""
    sheet = context.document.sheet(body.get("sheetId"))
    dimension, length = body.get("dimension"), int(body.get("length") or 0)
    if dimension not in ("ROWS", "COLUMNS") or length < 1:
        raise invalid("appendDimension needs a dimension and a length of at least 1.")
    rows = sheet.row_count + length * (dimension == "ROWS")
    columns = sheet.column_count + length * (dimension == "COLUMNS")
    context.document.check_size(sheet, rows, columns)
    sheet = context.document.edit(sheet.sheet_id)
    sheet.row_count, sheet.column_count = rows, columns
    context.note("appendDimension", f"{sheet.title} {dimension} {length}")


def delete_dimension(context: Context, body: Json) -> None:
    """deleteDimension"""
    sheet, dimension, start, end = _places(context, body.get("range") or {})
    size, word = sheet.count(dimension), dimension.lower()[:-1]
    if end > size:
        raise invalid(
            f"Cannot delete a {word} that doesn't exist. Tried to delete {word} index {end - 1} but there are only {size} {word}s."
        )
    frozen = sheet.grid.get("frozenRowCount" if dimension == "ROWS" else "frozenColumnCount", 0)
    if frozen and size - frozen <= end - max(start, frozen):
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {word}s.")
    context.touch(sheet, whole(sheet, dimension, start, end), "deleteDimension")
    delete(context, sheet, dimension, start, end - start)


def move_dimension(context: Context, body: Json) -> None:
    """moveDimension"""
    sheet, dimension, start, end = _places(context, body.get("source") or {})
    target = int(body.get("destinationIndex") or 0)
    if end > sheet.count(dimension) or target > sheet.count(dimension):
        raise invalid("source or destinationIndex is beyond the grid.")
    if start <= target <= end:
        return
    context.touch(sheet, whole(sheet, dimension, start, end), "moveDimension")
    move(context, sheet, dimension, start, end - start, target)


def update_dimension(context: Context, body: Json) -> None:
    """updateDimensionProperties"""
    sheet, dimension, start, end = _places(context, body.get("range") or {})
    mask = write_mask(body.get("fields"), "DimensionProperties")
    new = body.get("properties") or {}
    sheet = context.document.edit(sheet.sheet_id)
    sizes = sheet.sizes(dimension)
    for place in range(start, min(end, sheet.count(dimension))):
        size = written(sizes.get(place, {}), {name: value for name, value in new.items() if value}, mask)
        sizes.update({place: size}) if size else sizes.pop(place, None)
    context.note("updateDimensionProperties", f"{sheet.title} {dimension} {start}:{end}")


def auto_resize(context: Context, body: Json) -> None:
    """autoResizeDimensions: a column becomes as wide as its longest text."""
    sheet, dimension, start, end = _places(context, body.get("dimensions") or {})
    sheet = context.document.edit(sheet.sheet_id)
    if dimension == "COLUMNS":
        renderer = context.renderer()
        for column in range(start, min(end, sheet.column_count)):
            longest = max(
                (_shown_length(renderer, sheet, row, column) for row in range(len(sheet.rows))), default=0
            )
            if longest:
                sheet.column_sizes[column] = {
                    **sheet.column_sizes.get(column, {}),
                    "pixelSize": longest * PIXELS_PER_CHARACTER + PADDING_PIXELS,
                }
    context.note("autoResizeDimensions", sheet.title)


def _shown_length(renderer: Renderer, sheet: Sheet, row: int, column: int) -> int:
    stored = sheet.value(row, column)
    if stored is None:
        return 0
    return len(
        renderer.shown(
            renderer.evaluator.value(sheet, row, column), renderer.number_format(sheet, row, column, stored)
        )
    )


def add_group(context: Context, body: Json) -> Json:
    """addDimensionGroup: a group inside another is one deeper."""
    sheet, dimension, start, end = _places(context, body.get("range") or {})
    sheet = context.document.edit(sheet.sheet_id)
    groups = sheet.groups(dimension)
    depth = 1 + sum(one["range"]["startIndex"] <= start and end <= one["range"]["endIndex"] for one in groups)
    area = {"sheetId": sheet.sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}
    _set_groups(sheet, dimension, [*groups, {"range": area, "depth": depth}])
    return {"dimensionGroups": shown(sheet.groups(dimension))}


def _set_groups(sheet: Sheet, dimension: str, groups: list[Json]) -> None:
    ordered = sorted(groups, key=lambda group: (group["range"]["startIndex"], group["depth"]))
    if dimension == "ROWS":
        sheet.row_groups = ordered
    else:
        sheet.column_groups = ordered


def delete_group(context: Context, body: Json) -> Json:
    """deleteDimensionGroup: the deepest group of exactly that range goes; a part of it is cut off."""
    sheet, dimension, start, end = _places(context, body.get("range") or {})
    sheet = context.document.edit(sheet.sheet_id)
    groups = sheet.groups(dimension)
    touched = [
        group for group in groups if group["range"]["startIndex"] < end and start < group["range"]["endIndex"]
    ]
    if not touched:
        raise invalid("There is no group in the given range.")
    deepest = max(touched, key=lambda group: int(group["depth"]))
    rest = [group for group in groups if group is not deepest]
    for low, high in ((deepest["range"]["startIndex"], start), (end, deepest["range"]["endIndex"])):
        if low < high:
            rest.append({**deepest, "range": {**deepest["range"], "startIndex": low, "endIndex": high}})
    _set_groups(sheet, dimension, rest)
    return {"dimensionGroups": shown(sheet.groups(dimension))} if rest else {}


def update_group(context: Context, body: Json) -> None:
    """updateDimensionGroup: collapsed or not."""
    wanted = body.get("dimensionGroup") or {}
    write_mask(body.get("fields"), "DimensionGroup")
    sheet, dimension, start, end = _places(context, wanted.get("range") or {})
    sheet = context.document.edit(sheet.sheet_id)
    groups = [_collapsed(group, start, end, wanted) for group in sheet.groups(dimension)]
    _set_groups(sheet, dimension, groups)


def _collapsed(group: Json, start: int, end: int, wanted: Json) -> Json:
    same = (
        group["range"]["startIndex"] == start
        and group["range"]["endIndex"] == end
        and group["depth"] == wanted.get("depth", group["depth"])
    )
    if not same:
        return group
    kept = {name: value for name, value in group.items() if name != "collapsed"}
    return {**kept, "collapsed": True} if wanted.get("collapsed") else kept


def insert_range(context: Context, body: Json) -> None:
    """insertRange: cells of the range and beyond move down or right."""
    sheet, box, rows = _pushed(context, body)
    height, width = (box.height, 0) if rows else (0, box.width)
    used = _used_extent(sheet, box, rows=rows)
    _grow(
        context,
        sheet,
        max(0, used + height - sheet.row_count) if rows else 0,
        0 if rows else max(0, used + width - sheet.column_count),
    )
    tail = (
        Box(box.top, box.left, max(used, box.top), box.right)
        if rows
        else Box(box.top, box.left, box.bottom, max(used, box.left))
    )
    _shift_block(sheet, tail, height, width)


def delete_range(context: Context, body: Json) -> None:
    """deleteRange: cells after the range move up or left into it."""
    sheet, box, rows = _pushed(context, body)
    used = _used_extent(sheet, box, rows=rows)
    cut_block(sheet, box)
    tail = (
        Box(box.bottom, box.left, max(used, box.bottom), box.right)
        if rows
        else Box(box.top, box.right, box.bottom, max(used, box.right))
    )
    _shift_block(sheet, tail, *((-box.height, 0) if rows else (0, -box.width)))


def _pushed(context: Context, body: Json) -> tuple[Sheet, Box, bool]:
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    rows = body.get("shiftDimension") == "ROWS"
    beyond = (
        Box(box.top, box.left, sheet.row_count, box.right)
        if rows
        else Box(box.top, box.left, box.bottom, sheet.column_count)
    )
    context.touch(sheet, beyond, "range")
    return sheet, box, rows


def _used_extent(sheet: Sheet, box: Box, *, rows: bool) -> int:
    if rows:
        return len(sheet.rows)
    return max((row.width for _, row in sheet.used_rows(box)), default=0)


def _grow(context: Context, sheet: Sheet, rows: int, columns: int) -> None:
    context.document.check_size(sheet, sheet.row_count + rows, sheet.column_count + columns)
    sheet.row_count += rows
    sheet.column_count += columns


def _shift_block(sheet: Sheet, tail: Box, rows: int, columns: int) -> None:
    if tail.empty:
        return
    block: Block = cut_block(sheet, tail)
    paste_block(sheet, tail.top + rows, tail.left + columns, block)
