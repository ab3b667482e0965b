"""Data filters: by range, by grid range, or by developer metadata; and the developer metadata they look up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emulators.google.a1 import Box
from emulators.google.document import Document
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet
from emulators.google.views import metadata_json

Found = tuple[Sheet, Box]


def cells_of(document: Document, data_filter: Json) -> list[Found]:
    """The ranges a filter selects; none when its metadata is not found."""
    if data_filter.get("a1Range") is not None:
        return [document.box(data_filter["a1Range"])]
    if data_filter.get("gridRange") is not None:
        return [document.area(data_filter["gridRange"])]
    if data_filter.get("developerMetadataLookup") is None:
        raise invalid("A data filter must be specified.")
    entries = matching(document, data_filter)
    found = (_location_cells(document, entry["location"]) for entry in entries)
    return [cells for cells in found if cells is not None]


def _location_cells(document: Document, location: Json) -> Found | None:
    area = location.get("dimensionRange")
    if area is not None:
        sheet = document.sheet(area.get("sheetId"))
        start, end = area["startIndex"], area["endIndex"]
        rows = area["dimension"] == "ROWS"
        return sheet, Box(start, 0, end, sheet.column_count) if rows else Box(0, start, sheet.row_count, end)
    if location["locationType"] == "SHEET":
        sheet = document.sheet(location.get("sheetId"))
        return sheet, sheet.box
    return None


def by_cells(document: Document, data_filters: Iterable[Json]) -> list[tuple[Sheet, Box, list[Json]]]:
    """Each selected range once, with every filter that selects it."""
    found: dict[tuple[int, Box], tuple[Sheet, Box, list[Json]]] = {}
    for data_filter in data_filters:
        for sheet, box in cells_of(document, data_filter):
            found.setdefault((sheet.sheet_id, box), (sheet, box, []))[2].append(data_filter)
    return [*found.values()]


def matching(document: Document, data_filter: Json) -> list[Json]:
    """The metadata entries a filter selects."""
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is not None:
        return [entry for entry in document.metadata.values() if _matches(document, entry, lookup)]
    places = cells_of(document, data_filter)
    return [
        entry
        for entry in document.metadata.values()
        if any(_located_in(entry["location"], place) for place in places)
    ]


def _located_in(location: Json, place: Found) -> bool:
    """A range selects the metadata of the rows and columns that lie entirely in it, and of a sheet it covers."""
    sheet, box = place
    area = location.get("dimensionRange")
    if area is not None and area.get("sheetId", 0) == sheet.sheet_id:
        low, high = (box.top, box.bottom) if area["dimension"] == "ROWS" else (box.left, box.right)
        return bool(low <= area["startIndex"] < high)
    return (
        location["locationType"] == "SHEET"
        and location.get("sheetId", 0) == sheet.sheet_id
        and box == sheet.box
    )


def _matches(document: Document, entry: Json, lookup: Json) -> bool:
    for name in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        wanted = lookup.get(name)
        if wanted is not None and str(entry.get(name, "")) != str(wanted):
            return False
    if lookup.get("locationType") not in (None, entry["location"]["locationType"]):
        return False
    location = lookup.get("metadataLocation")
    return location is None or _at_location(
        document, entry["location"], location, lookup.get("locationMatchingStrategy")
    )


def _at_location(document: Document, found: Json, wanted: Json, strategy: str | None) -> bool:
    wanted = normal_location(document, wanted)
    if strategy == "EXACT_LOCATION" or "SPREADSHEET" in (wanted["locationType"], found["locationType"]):
        return found == wanted
    first, second = _location_cells(document, found), _location_cells(document, wanted)
    return bool(first and second and first[0] is second[0] and first[1].overlaps(second[1]))


def normal_location(document: Document, location: Json) -> Json:
    """A location as stored, with its type; raises the 400 for one that is none or spans more than one row or column."""
    area = location.get("dimensionRange")
    if area is not None:
        return _dimension_location(document, area)
    if location.get("sheetId") is not None:
        return {"locationType": "SHEET", "sheetId": document.sheet(location["sheetId"]).sheet_id}
    if location.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    raise invalid("A developer metadata location must be specified.")


def _dimension_location(document: Document, area: Json) -> Json:
    sheet = document.sheet(area.get("sheetId"))
    dimension, start, end = area.get("dimension"), area.get("startIndex", 0), area.get("endIndex")
    if dimension not in ("ROWS", "COLUMNS"):
        raise invalid("dimension must be specified")
    if end is None or end - start != 1:
        raise invalid("Developer metadata can only be associated with a single row or column.")
    if end > sheet.count(dimension):
        raise invalid(f"Developer metadata location is beyond the sheet: {start}")
    stored = {"sheetId": sheet.sheet_id, "dimension": dimension, "startIndex": start, "endIndex": end}
    return {"locationType": dimension[:-1], "dimensionRange": stored}


def by_id(document: Document, metadata_id: int) -> Json | None:
    """A metadata entry as answered."""
    entry = document.metadata.get(metadata_id)
    return None if entry is None else metadata_json(entry)


def search(document: Document, data_filters: Iterable[Json]) -> list[Json]:
    """MatchedDeveloperMetadata entries, each once with every filter that selects it."""
    found: dict[int, tuple[Json, list[Any]]] = {}
    for data_filter in data_filters:
        for entry in matching(document, data_filter):
            found.setdefault(entry["metadataId"], (entry, []))[1].append(data_filter)
    return [
        {"developerMetadata": metadata_json(entry), "dataFilters": filters}
        for entry, filters in found.values()
    ]
