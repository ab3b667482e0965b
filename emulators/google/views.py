"""A spreadsheet as `spreadsheets.get` answers it: only what the mask wants is built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from emulators.google import masks
from emulators.google.a1 import Box
from emulators.google.defaults import COLUMN_PIXELS, DEFAULT_FORMAT, ROW_PIXELS, THEME
from emulators.google.errors import Json
from emulators.google.grid import Sheet, shown
from emulators.google.masks import Mask, below, wanted
from emulators.google.render import Renderer

Selection = Sequence[tuple[Sheet, Box]]


class View:
    """One answer about one spreadsheet, for one person."""

    def __init__(self, renderer: Renderer, person: str, owner: str) -> None:
        self.renderer = renderer
        self.document = renderer.document
        self.person = person
        self.owner = owner

    def spreadsheet(self, mask: Mask, selection: Selection | None, *, grid_data: bool) -> Json:
        """A Spreadsheet. `selection` limits sheets and cells; a mask that names `sheets.data` asks for grid data by itself."""
        document = self.document
        result: Json = {}
        if wanted(mask, "spreadsheetId"):
            result["spreadsheetId"] = document.document_id
        if wanted(mask, "properties"):
            properties = {**document.properties, "defaultFormat": DEFAULT_FORMAT, "spreadsheetTheme": THEME}
            result["properties"] = masks.pick(properties, below(mask, "properties"))
        if wanted(mask, "sheets"):
            result["sheets"] = self._sheets(below(mask, "sheets"), selection, grid_data=grid_data)
        names = [shown(entry) for entry in document.names.values()]
        self._add(result, "namedRanges", names, mask)
        self._add(result, "developerMetadata", self._metadata_at("SPREADSHEET", None), mask)
        if wanted(mask, "spreadsheetUrl"):
            result["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{document.document_id}/edit"
        return result

    def _add(self, result: Json, name: str, value: Any, mask: Mask) -> None:
        if value and wanted(mask, name):
            result[name] = masks.pick(value, below(mask, name))

    def _sheets(self, mask: Mask, selection: Selection | None, *, grid_data: bool) -> list[Json]:
        with_data = grid_data if not mask else "data" in mask
        result = []
        for index, sheet in enumerate(self.document.ordered()):
            boxes = (
                [sheet.box] if selection is None else [box for chosen, box in selection if chosen is sheet]
            )
            if boxes:
                result.append(self._sheet(sheet, index, mask, boxes if with_data else []))
        return result

    def _sheet(self, sheet: Sheet, index: int, mask: Mask, boxes: Iterable[Box]) -> Json:
        result: Json = {}
        if wanted(mask, "properties"):
            result["properties"] = masks.pick(sheet.properties(index), below(mask, "properties"))
        data = [self._data(sheet, box, below(mask, "data")) for box in boxes]
        if data:
            result["data"] = data
        self._add(result, "merges", shown(sheet.merges), mask)
        self._add(result, "conditionalFormats", shown(sheet.conditional_formats), mask)
        self._add(result, "filterViews", shown([*sheet.filter_views.values()]), mask)
        self._add(
            result, "protectedRanges", [self.protection(entry) for entry in sheet.protections.values()], mask
        )
        self._add(result, "basicFilter", shown(sheet.basic_filter), mask)
        self._add(result, "bandedRanges", shown([*sheet.bands.values()]), mask)
        self._add(result, "rowGroups", shown(sheet.row_groups), mask)
        self._add(result, "columnGroups", shown(sheet.column_groups), mask)
        if wanted(mask, "developerMetadata"):
            self._add(result, "developerMetadata", self._metadata_at("SHEET", sheet.sheet_id), mask)
        return result

    def protection(self, entry: Json) -> Json:
        """A ProtectedRange as this person sees it."""
        allowed = bool(entry.get("warningOnly")) or may_edit(entry, self.person, self.owner)
        kept = {name: value for name, value in entry.items() if value}
        answer = {**kept, "requestingUserCanEdit": True} if allowed else kept
        found: Json = shown(answer)
        return found

    def _metadata_at(self, kind: str, sheet_id: int | None) -> list[Json]:
        return [
            metadata_json(entry)
            for entry in self.document.metadata.values()
            if entry["location"]["locationType"] == kind
            and (sheet_id is None or entry["location"].get("sheetId", 0) == sheet_id)
        ]

    def _data(self, sheet: Sheet, box: Box, mask: Mask) -> Json:
        result: Json = {}
        if box.top and wanted(mask, "startRow"):
            result["startRow"] = box.top
        if box.left and wanted(mask, "startColumn"):
            result["startColumn"] = box.left
        if wanted(mask, "rowData"):
            rows = self._rows(sheet, box, below(mask, "rowData"))
            result.update({"rowData": rows} if rows else {})
        if wanted(mask, "rowMetadata"):
            result["rowMetadata"] = self._sizes(
                sheet, "ROWS", range(box.top, box.bottom), below(mask, "rowMetadata")
            )
        if wanted(mask, "columnMetadata"):
            result["columnMetadata"] = self._sizes(
                sheet, "COLUMNS", range(box.left, box.right), below(mask, "columnMetadata")
            )
        return result

    def _rows(self, sheet: Sheet, box: Box, mask: Mask) -> list[Json]:
        cell_mask, renderer = below(mask, "values"), self.renderer
        rows = []
        for index in range(box.top, min(box.bottom, len(sheet.rows))):
            width = renderer.width(sheet.rows[index], box)
            cells = [
                renderer.cell(sheet, index, column, cell_mask) for column in range(box.left, box.left + width)
            ]
            rows.append({"values": cells} if cells and wanted(mask, "values") else {})
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def _sizes(self, sheet: Sheet, dimension: str, places: range, mask: Mask) -> list[Json]:
        stored, pixels = sheet.sizes(dimension), ROW_PIXELS if dimension == "ROWS" else COLUMN_PIXELS
        tagged = self._tagged(sheet, dimension) if wanted(mask, "developerMetadata") else {}
        sizes = []
        for place in places:
            size = {"pixelSize": pixels, **stored.get(place, {})}
            if place in tagged:
                size["developerMetadata"] = tagged[place]
            sizes.append(masks.pick(size, mask))
        return sizes

    def _tagged(self, sheet: Sheet, dimension: str) -> dict[int, list[Json]]:
        found: dict[int, list[Json]] = {}
        for entry in self.document.metadata.values():
            area = entry["location"].get("dimensionRange")
            if area and area.get("sheetId", 0) == sheet.sheet_id and area["dimension"] == dimension:
                found.setdefault(area["startIndex"], []).append(metadata_json(entry))
        return found


def may_edit(entry: Json, person: str, owner: str) -> bool:
    """Whether a protection lets the person write: the file's owner always may."""
    return person == owner or person in entry.get("editors", {}).get("users", [])


def metadata_json(entry: Json) -> Json:
    """DeveloperMetadata as answered."""
    found: Json = shown(entry)
    return found
