"""The 17 methods of Sheets v4 by path: which one a request means, what it needs, and how its body is checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from emulators.exchange import Request
from emulators.google import batch, data_filters, masks, requests_objects, requests_sheets, values
from emulators.google.context import Context
from emulators.google.errors import Json, not_found
from emulators.google.grid import Sheet

Run = Callable[[Context, Request, tuple[str, ...], Json], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """One method. `path` is matched below /v4/spreadsheets/{id}; its groups are percent-decoded and handed to `run`."""

    name: str
    http: str
    path: re.Pattern[str]
    run: Run
    answer: str
    body: str = ""
    body_path: str = ""
    read_quota: bool = False
    read_scopes: bool = False
    writes: bool = False


def _get(context: Context, request: Request, _: tuple[str, ...], __: Json) -> Json:
    texts = [value for name, value in request.query if name == "ranges"]
    selection = [context.document.box(text) for text in texts] if texts else None
    grid_data = request.first("includeGridData").lower() == "true"
    return context.view().spreadsheet(context.mask, selection, grid_data=grid_data)


def _get_by_filter(context: Context, _: Request, __: tuple[str, ...], body: Json) -> Json:
    filters = body.get("dataFilters")
    found: list[tuple[Sheet, Any]] | None = None
    if filters:
        found = [(sheet, box) for sheet, box, _ in data_filters.by_cells(context.document, filters)]
    return context.view().spreadsheet(context.mask, found, grid_data=bool(body.get("includeGridData")))


def _batch(context: Context, _: Request, __: tuple[str, ...], body: Json) -> Json:
    return batch.batch_update(context, body)


def _copy_to(context: Context, _: Request, parts: tuple[str, ...], body: Json) -> Json:
    return requests_sheets.copy_to(context, int(parts[0]), str(body.get("destinationSpreadsheetId") or ""))


def _metadata(context: Context, _: Request, parts: tuple[str, ...], __: Json) -> Json:
    found = data_filters.by_id(context.document, int(parts[0]))
    if found is None:
        raise not_found()
    return found


def _search_metadata(context: Context, _: Request, __: tuple[str, ...], body: Json) -> Json:
    found = data_filters.search(context.document, body.get("dataFilters") or [])
    return {"matchedDeveloperMetadata": found} if found else {}


def _plain(run: Callable[[Context, Request, Json], Json]) -> Run:
    return lambda context, request, _, body: run(context, request, body)


def _ranged(run: Callable[[Context, Request, str, Json], Json]) -> Run:
    return lambda context, request, parts, body: run(context, request, parts[0], body)


def _path(text: str) -> re.Pattern[str]:
    return re.compile(text + "$")


METHODS: tuple[Method, ...] = (
    Method("spreadsheets.get", "GET", _path(""), _get, "Spreadsheet", read_quota=True, read_scopes=True),
    Method("spreadsheets.batchUpdate", "POST", _path("/?:batchUpdate"), _batch, "BatchUpdateSpreadsheetResponse", "BatchUpdateSpreadsheetRequest", writes=True),
    Method("spreadsheets.getByDataFilter", "POST", _path(":getByDataFilter"), _get_by_filter, "Spreadsheet", "GetSpreadsheetByDataFilterRequest", read_quota=True),
    Method("values.batchGet", "GET", _path("/values:batchGet"), _plain(values.batch_get), "BatchGetValuesResponse", read_quota=True, read_scopes=True),
    Method("values.batchUpdate", "POST", _path("/values:batchUpdate"), _plain(values.batch_update), "BatchUpdateValuesResponse", "BatchUpdateValuesRequest", writes=True),
    Method("values.batchClear", "POST", _path("/values:batchClear"), _plain(values.batch_clear), "BatchClearValuesResponse", "BatchClearValuesRequest", writes=True),
    Method("values.batchGetByDataFilter", "POST", _path("/values:batchGetByDataFilter"), _plain(values.batch_get_by_filter), "BatchGetValuesByDataFilterResponse", "BatchGetValuesByDataFilterRequest", read_quota=True),
    Method("values.batchUpdateByDataFilter", "POST", _path("/values:batchUpdateByDataFilter"), _plain(values.batch_update_by_filter), "BatchUpdateValuesByDataFilterResponse", "BatchUpdateValuesByDataFilterRequest", writes=True),
    Method("values.batchClearByDataFilter", "POST", _path("/values:batchClearByDataFilter"), _plain(values.batch_clear_by_filter), "BatchClearValuesByDataFilterResponse", "BatchClearValuesByDataFilterRequest", writes=True),
    Method("values.append", "POST", _path("/values/([^/]*):append"), _ranged(values.append), "AppendValuesResponse", "ValueRange", "data", writes=True),
    Method("values.clear", "POST", _path("/values/([^/]*):clear"), _ranged(values.clear_range), "ClearValuesResponse", "ClearValuesRequest", writes=True),
    Method("values.get", "GET", _path("/values/([^/]*)"), _ranged(lambda context, request, text, _: values.get(context, request, text)), "ValueRange", read_quota=True, read_scopes=True),
    Method("values.update", "PUT", _path("/values/([^/]*)"), _ranged(values.update), "UpdateValuesResponse", "ValueRange", "data", writes=True),
    Method("sheets.copyTo", "POST", _path(r"/sheets/(\d+):copyTo"), _copy_to, "SheetProperties", "CopySheetToAnotherSpreadsheetRequest", writes=True),
    Method("developerMetadata.get", "GET", _path(r"/developerMetadata/(\d+)"), _metadata, "DeveloperMetadata", read_quota=True),
    Method("developerMetadata.search", "POST", _path("/developerMetadata:search"), _search_metadata, "SearchDeveloperMetadataResponse", "SearchDeveloperMetadataRequest", read_quota=True),
)  # fmt: skip


def create_sheets(context: Context, body: Json) -> None:
    """spreadsheets.create: the sheets and names that were asked for take the place of the first, empty sheet."""
    document, wanted = context.document, [sheet.get("properties") or {} for sheet in body.get("sheets") or []]
    if wanted:
        document.sheets, document.order = {}, []
    for properties in wanted:
        requests_sheets.add(context, {"properties": {**properties, "index": None}})
    for named in body.get("namedRanges") or []:
        requests_objects.add_named_range(context, {"namedRange": named})


def find(http: str, path: str) -> tuple[Method, str, tuple[str, ...]] | None:
    """The method a path below /v4/spreadsheets/ means, the spreadsheet's id, and the path's other parts, decoded."""
    match = re.match(r"([^/:]+)(.*)$", re.sub("%3[aA](?=[a-z]+[A-Za-z]*$)", ":", path))
    if not match:
        return None
    for method in METHODS:
        found = method.path.match(match[2]) if method.http == http else None
        if found:
            return method, unquote(match[1]), tuple(unquote(part) for part in found.groups())
    return None


def run(method: Method, context: Context, request: Request, parts: tuple[str, ...], body: Json) -> Json:
    """The method's answer, cut to the mask."""
    context.mask = masks.response_mask(request.first("fields"), method.answer)
    found = method.run(context, request, parts, body)
    cut_already = method.name in (
        "spreadsheets.get",
        "spreadsheets.getByDataFilter",
        "spreadsheets.batchUpdate",
    )
    picked: Json = found if cut_already else masks.pick(found, context.mask)
    return picked
