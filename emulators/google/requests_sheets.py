"""batchUpdate requests on whole sheets and on the spreadsheet itself."""

from __future__ import annotations

from typing import Any

from emulators.google.cells import with_color_styles
from emulators.google.context import Context
from emulators.google.dimensions import delete, rewrite_formulas
from emulators.google.document import DEFAULT_COLUMNS, DEFAULT_ROWS, Document, add_sheet
from emulators.google.errors import Json, invalid
from emulators.google.formula_text import renamed
from emulators.google.grid import Sheet
from emulators.google.masks import EVERYTHING, Mask, write_mask, written

TITLE_CHARACTERS_MAX = 100
COLUMNS_MAX = 18_278
_COLORS = {"tabColor": "tabColorStyle", "tabColorStyle": "tabColor"}


def fresh_id(context: Context, taken: Any) -> int:
    """A random positive 31-bit number that is not taken."""
    while (found := context.random.randrange(1, 2**31)) in taken:
        pass
    return found


def _check_title(document: Document, title: str, own: Sheet | None = None) -> None:
    other = document.titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')
    if not title or len(title) > TITLE_CHARACTERS_MAX:
        raise invalid("Sheet names must be between 1 and 100 characters.")


def _free_title(document: Document, stem: str = "Sheet") -> str:
    number = len(document.sheets) + 1
    while document.titled(f"{stem}{number}"):
        number += 1
    return f"{stem}{number}"


def add(context: Context, body: Json) -> Json:
    """addSheet"""
    document, wanted = context.document, body.get("properties") or {}
    grid = wanted.get("gridProperties") or {}
    sheet_id = wanted.get("sheetId")
    if sheet_id is None:
        sheet_id = fresh_id(context, document.sheets)
    elif int(sheet_id) in document.sheets:
        raise invalid(f"A sheet with id {sheet_id} already exists.")
    title = wanted.get("title") or _free_title(document)
    _check_title(document, title)
    sheet = Sheet(
        int(sheet_id),
        title,
        int(grid.get("rowCount") or DEFAULT_ROWS),
        int(grid.get("columnCount") or DEFAULT_COLUMNS),
    )
    document.check_size(None, sheet.row_count, sheet.column_count)
    sheet.grid = {name: value for name, value in grid.items() if name not in ("rowCount", "columnCount")}
    sheet.look = _look(wanted)
    index = wanted.get("index")
    add_sheet(document, sheet, None if index is None else min(int(index), len(document.order)))
    context.note("addSheet", title)
    return {"properties": sheet.properties(document.order.index(sheet.sheet_id))}


def _look(properties: Json) -> Json:
    names = ("hidden", "tabColor", "tabColorStyle", "rightToLeft")
    found: Json = with_color_styles({name: properties[name] for name in names if properties.get(name)})
    return found


def remove(context: Context, body: Json) -> None:
    """deleteSheet"""
    document = context.document
    sheet = document.sheet(body.get("sheetId"))
    if not any(not other.look.get("hidden") for other in document.sheets.values() if other is not sheet):
        raise invalid("You can't remove all the visible sheets in a document.")
    context.guard(sheet, sheet.box)
    document.edit(sheet.sheet_id)
    del document.sheets[sheet.sheet_id]
    document.order.remove(sheet.sheet_id)
    document.names = {
        key: entry
        for key, entry in document.names.items()
        if entry["range"].get("sheetId", 0) != sheet.sheet_id
    }
    document.metadata = {
        key: entry for key, entry in document.metadata.items() if _sheet_of(entry) != sheet.sheet_id
    }
    context.note("deleteSheet", sheet.title)


def _sheet_of(entry: Json) -> Any:
    location = entry["location"]
    return location.get("dimensionRange", location).get("sheetId")


def duplicate(context: Context, body: Json) -> Json:
    """duplicateSheet"""
    document = context.document
    source = document.sheet(body.get("sourceSheetId"))
    copy = copied(
        source,
        _new_id(context, body.get("newSheetId")),
        body.get("newSheetName") or _copy_title(document, source.title),
    )
    _check_title(document, copy.title)
    document.check_size(None, copy.row_count, copy.column_count)
    index = body.get("insertSheetIndex")
    add_sheet(document, copy, 0 if index is None else int(index))
    context.note("duplicateSheet", copy.title)
    return {"properties": copy.properties(document.order.index(copy.sheet_id))}


def _new_id(context: Context, wanted: Any) -> int:
    if wanted is None:
        return fresh_id(context, context.document.sheets)
    if int(wanted) in context.document.sheets:
        raise invalid(f"A sheet with id {wanted} already exists.")
    return int(wanted)


def _copy_title(document: Document, title: str) -> str:
    stem, number = f"Copy of {title}", 2
    found = stem
    while document.titled(found):
        found, number = f"{stem} {number}", number + 1
    return found


def copied(source: Sheet, sheet_id: int, title: str) -> Sheet:
    """A copy under another id; what lies over its cells names the new sheet."""
    copy = source.copy()
    copy.sheet_id, copy.title = sheet_id, title
    for name in ("merges", "conditional_formats", "row_groups", "column_groups"):
        setattr(copy, name, [_readdressed(entry, sheet_id) for entry in getattr(copy, name)])
    for name in ("protections", "filter_views", "bands"):
        setattr(
            copy, name, {key: _readdressed(entry, sheet_id) for key, entry in getattr(copy, name).items()}
        )
    copy.basic_filter = _readdressed(copy.basic_filter, sheet_id)
    return copy


def _readdressed(value: Any, sheet_id: int) -> Any:
    if isinstance(value, list):
        return [_readdressed(item, sheet_id) for item in value]
    if isinstance(value, dict):
        return {
            name: sheet_id if name == "sheetId" else _readdressed(item, sheet_id)
            for name, item in value.items()
        }
    return value


def copy_to(context: Context, sheet_id: int, target_id: str) -> Json:
    """spreadsheets.sheets.copyTo: the sheet as the last one of another spreadsheet."""
    source, target = context.document.sheet(sheet_id), context.fetch(target_id)
    copy = copied(source, fresh_id(context, target.sheets), _copy_title(target, source.title))
    target.check_size(None, copy.row_count, copy.column_count)
    add_sheet(target, copy)
    return copy.properties(len(target.order) - 1)


def update_spreadsheet(context: Context, body: Json) -> None:
    """updateSpreadsheetProperties"""
    mask = write_mask(body.get("fields"), "SpreadsheetProperties")
    new = body.get("properties") or {}
    if "title" in mask and not new.get("title"):
        raise invalid("The spreadsheet title cannot be empty.")
    context.document.properties = {
        **context.document.properties,
        **{name: new[name] for name in mask if new.get(name)},
    }
    context.retitled = context.retitled or "title" in mask
    context.note("updateSpreadsheetProperties")


def update(context: Context, body: Json) -> None:
    """updateSheetProperties"""
    mask, new = write_mask(body.get("fields"), "SheetProperties"), body.get("properties") or {}
    sheet = context.document.edit(context.document.sheet(new.get("sheetId")).sheet_id)
    if "title" in mask:
        _retitle(context.document, sheet, new.get("title") or "")
    if mask.get("gridProperties") is not None and "gridProperties" in mask:
        _regrid(context, sheet, new.get("gridProperties") or {}, mask["gridProperties"])
    _change_look(context.document, sheet, new, mask)
    if "index" in mask and new.get("index") is not None:
        _reorder(context.document, sheet.sheet_id, int(new["index"]))
    context.note("updateSheetProperties", sheet.title)


def _retitle(document: Document, sheet: Sheet, title: str) -> None:
    _check_title(document, title, sheet)
    old, sheet.title = sheet.title, title
    for other in document.sheets.values():
        if other.referring_rows:
            rewrite_formulas(document.edit(other.sheet_id), lambda text: renamed(text, old, title))


def _change_look(document: Document, sheet: Sheet, new: Json, mask: Mask) -> None:
    names = {
        name: mask[name] for name in ("hidden", "tabColor", "tabColorStyle", "rightToLeft") if name in mask
    }
    for name in [*names]:
        if name in _COLORS:
            names.setdefault(_COLORS[name], {})
    if (
        new.get("hidden")
        and "hidden" in names
        and not any(not other.look.get("hidden") for other in document.sheets.values() if other is not sheet)
    ):
        raise invalid("You can't hide all the sheets in a document.")
    changed = written(sheet.look, _look(new), {name: {} for name in names})
    sheet.look = changed


def _reorder(document: Document, sheet_id: int, index: int) -> None:
    """An index to the right counts the sheet itself, as Google's documents say."""
    current = document.order.index(sheet_id)
    document.order.remove(sheet_id)
    document.order.insert(index - 1 if index > current else index, sheet_id)


def _regrid(context: Context, sheet: Sheet, new: Json, mask: Mask) -> None:
    names = mask or dict.fromkeys((*new, "rowCount", "columnCount"), EVERYTHING)
    rows = int(new.get("rowCount") or 0) if "rowCount" in names else sheet.row_count
    columns = int(new.get("columnCount") or 0) if "columnCount" in names else sheet.column_count
    if rows < 1 or columns < 1:
        raise invalid("A sheet must have at least one row and one column.")
    if columns > COLUMNS_MAX:
        raise invalid(f"You can't have more than {COLUMNS_MAX} columns in a sheet.")
    context.document.check_size(sheet, rows, columns)
    _resize(context, sheet, rows, columns)
    others = {name: below for name, below in names.items() if name not in ("rowCount", "columnCount")}
    sheet.grid = written(sheet.grid, new, others)
    _check_frozen(sheet)


def _check_frozen(sheet: Sheet) -> None:
    for name, count, word in (
        ("frozenRowCount", sheet.row_count, "rows"),
        ("frozenColumnCount", sheet.column_count, "columns"),
    ):
        if sheet.grid.get(name, 0) >= count:
            raise invalid(f"You can't freeze all visible {word} on the sheet.")


def _resize(context: Context, sheet: Sheet, rows: int, columns: int) -> None:
    if rows < sheet.row_count:
        delete(context, sheet, "ROWS", rows, sheet.row_count - rows)
    if columns < sheet.column_count:
        delete(context, sheet, "COLUMNS", columns, sheet.column_count - columns)
    sheet.row_count, sheet.column_count = rows, columns
