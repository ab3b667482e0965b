"""batchUpdate requests on filters, filter views, conditional formats and bands."""

from __future__ import annotations

from typing import Any

from emulators.google.cells import with_color_styles
from emulators.google.context import Context
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet, shown
from emulators.google.masks import write_mask, written
from emulators.google.requests_objects import stored_range
from emulators.google.requests_sheets import fresh_id


def set_filter(context: Context, body: Json) -> None:
    """setBasicFilter"""
    wanted = {name: value for name, value in (body.get("filter") or {}).items() if value}
    sheet, _ = context.document.area(wanted.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    sheet.basic_filter = {**wanted, "range": _closed(context, sheet, wanted.get("range"))}
    context.note("setBasicFilter", sheet.title)


def _closed(context: Context, sheet: Sheet, area: Json | None) -> Json:
    """A filter's range is answered with all its ends."""
    whole = {
        "startRowIndex": 0,
        "endRowIndex": sheet.row_count,
        "startColumnIndex": 0,
        "endColumnIndex": sheet.column_count,
    }
    stored = stored_range(context, area)
    return {"sheetId": sheet.sheet_id, **whole, **stored}


def clear_filter(context: Context, body: Json) -> None:
    """clearBasicFilter"""
    sheet = context.document.edit(context.document.sheet(body.get("sheetId")).sheet_id)
    sheet.basic_filter = {}
    context.note("clearBasicFilter", sheet.title)


def add_view(context: Context, body: Json) -> Json:
    """addFilterView"""
    wanted = {name: value for name, value in (body.get("filter") or {}).items() if value is not None}
    sheet, _ = context.document.area(wanted.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    taken = _all_views(context)
    key = int(wanted.get("filterViewId") or fresh_id(context, taken))
    if key in taken:
        raise invalid(f"A filter view with id {key} already exists.")
    title = wanted.get("title") or f"Filter {len(taken) + 1}"
    entry = {
        **wanted,
        "filterViewId": key,
        "title": title,
        "range": _closed(context, sheet, wanted.get("range")),
    }
    sheet.filter_views[key] = entry
    context.note("addFilterView", sheet.title)
    return {"filter": shown(entry)}


def _all_views(context: Context) -> dict[int, Sheet]:
    return {key: sheet for sheet in context.document.sheets.values() for key in sheet.filter_views}


def _view_sheet(context: Context, key: Any) -> Sheet:
    sheet = _all_views(context).get(int(key or 0))
    if sheet is None:
        raise invalid(f"No filter view with id: {int(key or 0)}")
    return context.document.edit(sheet.sheet_id)


def update_view(context: Context, body: Json) -> None:
    """updateFilterView"""
    mask, wanted = write_mask(body.get("fields"), "FilterView"), body.get("filter") or {}
    sheet = _view_sheet(context, wanted.get("filterViewId"))
    key = int(wanted["filterViewId"])
    kept = {name: below for name, below in mask.items() if name != "filterViewId"}
    new = {**wanted, "range": _closed(context, sheet, wanted.get("range"))} if "range" in kept else wanted
    sheet.filter_views[key] = written(sheet.filter_views[key], new, kept)
    context.note("updateFilterView", sheet.title)


def delete_view(context: Context, body: Json) -> None:
    """deleteFilterView"""
    sheet = _view_sheet(context, body.get("filterId"))
    del sheet.filter_views[int(body["filterId"])]
    context.note("deleteFilterView", sheet.title)


def duplicate_view(context: Context, body: Json) -> Json:
    """duplicateFilterView"""
    sheet = _view_sheet(context, body.get("filterId"))
    source = sheet.filter_views[int(body["filterId"])]
    copy = {
        **source,
        "filterViewId": fresh_id(context, _all_views(context)),
        "title": f"Copy of {source['title']}",
    }
    sheet.filter_views[copy["filterViewId"]] = copy
    return {"filter": shown(copy)}


def _rule(context: Context, wanted: Json) -> tuple[Sheet, Json]:
    areas = [stored_range(context, area) for area in wanted.get("ranges") or []]
    if not areas or len({area["sheetId"] for area in areas}) > 1:
        raise invalid("A conditional format rule needs ranges of one sheet.")
    kept = {name: with_color_styles(value) for name, value in wanted.items() if value and name != "ranges"}
    return context.document.edit(areas[0]["sheetId"]), {"ranges": areas, **kept}


def add_rule(context: Context, body: Json) -> None:
    """addConditionalFormatRule: before the rule at `index`; it has no reply."""
    sheet, rule = _rule(context, body.get("rule") or {})
    index = int(body.get("index") or 0)
    _check_index(index, len(sheet.conditional_formats) + 1)
    sheet.conditional_formats.insert(index, rule)
    context.note("addConditionalFormatRule", sheet.title)


def _check_index(index: int, count: int) -> None:
    if not 0 <= index < count:
        raise invalid(f"No conditional format on sheet at index: {index}")


def update_rule(context: Context, body: Json) -> Json:
    """updateConditionalFormatRule: another rule at an index, or the same rule at another index."""
    index = int(body.get("index") or 0)
    if body.get("rule") is not None:
        sheet, rule = _rule(context, body["rule"])
        _check_index(index, len(sheet.conditional_formats))
        old, sheet.conditional_formats[index] = sheet.conditional_formats[index], rule
        target = index
    else:
        sheet = context.document.edit(context.document.sheet(body.get("sheetId")).sheet_id)
        _check_index(index, len(sheet.conditional_formats))
        old, target = sheet.conditional_formats.pop(index), int(body.get("newIndex") or 0)
        rule = old
        sheet.conditional_formats.insert(target, rule)
    context.note("updateConditionalFormatRule", sheet.title)
    places = {name: place for name, place in (("newIndex", target), ("oldIndex", index)) if place}
    moved = body.get("rule") is None
    return (
        {"newRule": shown(rule), **places}
        if moved
        else {"newRule": shown(rule), "oldRule": shown(old), **places}
    )


def delete_rule(context: Context, body: Json) -> Json:
    """deleteConditionalFormatRule"""
    sheet = context.document.edit(context.document.sheet(body.get("sheetId")).sheet_id)
    index = int(body.get("index") or 0)
    _check_index(index, len(sheet.conditional_formats))
    gone = sheet.conditional_formats.pop(index)
    context.note("deleteConditionalFormatRule", sheet.title)
    return {"rule": shown(gone)}


def add_band(context: Context, body: Json) -> Json:
    """addBanding"""
    wanted = {
        name: with_color_styles(value)
        for name, value in (body.get("bandedRange") or {}).items()
        if value is not None
    }
    area = stored_range(context, wanted.get("range"))
    sheet = context.document.edit(area["sheetId"])
    key = int(wanted.get("bandedRangeId") or fresh_id(context, sheet.bands))
    sheet.bands[key] = {**wanted, "bandedRangeId": key, "range": area}
    context.note("addBanding", sheet.title)
    return {"bandedRange": shown(sheet.bands[key])}


def _band_sheet(context: Context, key: Any) -> Sheet:
    found = next((sheet for sheet in context.document.sheets.values() if int(key or 0) in sheet.bands), None)
    if found is None:
        raise invalid(f"No banding with id: {int(key or 0)}")
    return context.document.edit(found.sheet_id)


def update_band(context: Context, body: Json) -> None:
    """updateBanding"""
    mask, wanted = write_mask(body.get("fields"), "BandedRange"), body.get("bandedRange") or {}
    sheet = _band_sheet(context, wanted.get("bandedRangeId"))
    key = int(wanted["bandedRangeId"])
    kept = {name: below for name, below in mask.items() if name != "bandedRangeId"}
    new = {
        **with_color_styles(wanted),
        **({"range": stored_range(context, wanted.get("range"))} if "range" in kept else {}),
    }
    sheet.bands[key] = written(sheet.bands[key], new, kept)
    context.note("updateBanding", sheet.title)


def delete_band(context: Context, body: Json) -> None:
    """deleteBanding"""
    sheet = _band_sheet(context, body.get("bandedRangeId"))
    del sheet.bands[int(body["bandedRangeId"])]
    context.note("deleteBanding", sheet.title)
