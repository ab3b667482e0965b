"""The methods below `spreadsheets.values`: reading, writing, clearing and appending plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from emulators.exchange import Request
from emulators.google.a1 import Box, Span, range_name
from emulators.google.context import Context
from emulators.google.data_filters import by_cells, cells_of
from emulators.google.errors import ApiError, Json, invalid
from emulators.google.grid import Sheet
from emulators.google.render import Rendering
from emulators.google.values_append import make_room
from emulators.google.values_write import Written, as_rows, clear, input_option, write

MAJORS = (None, "", "ROWS", "COLUMNS", "DIMENSION_UNSPECIFIED")


def _major(text: str | None) -> str:
    if text not in MAJORS:
        raise invalid(
            f"Invalid value at 'major_dimension' (type.googleapis.com/google.apps.sheets.v4.Dimension), \"{text}\""
        )
    return "COLUMNS" if text == "COLUMNS" else "ROWS"


def value_range(context: Context, sheet: Sheet, box: Box, rendering: Rendering, major: str) -> Json:
    """A ValueRange; `values` is left out when there are none."""
    rows = context.renderer().block(sheet, box, rendering)
    values = rows if major == "ROWS" else _columns(rows)
    answer: Json = {"range": range_name(sheet.title, box), "majorDimension": major}
    return {**answer, "values": values} if values else answer


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    width = max((len(row) for row in rows), default=0)
    columns = [[row[place] if place < len(row) else "" for row in rows] for place in range(width)]
    for column in columns:
        while column and column[-1] == "":
            column.pop()
    return columns


def get(context: Context, request: Request, text: str) -> Json:
    """values.get"""
    return _read(context, text, _query_rendering(request), _major(request.first("majorDimension")))


def _read(context: Context, text: str, rendering: Rendering, major: str) -> Json:
    sheet, box = context.document.box(text)
    return value_range(context, sheet, box, rendering, major)


def _query_rendering(request: Request) -> Rendering:
    return Rendering.of(request.first("valueRenderOption"), request.first("dateTimeRenderOption"))


def batch_get(context: Context, request: Request, _: Json) -> Json:
    """values.batchGet"""
    rendering, major = _query_rendering(request), _major(request.first("majorDimension"))
    texts = [value for name, value in request.query if name == "ranges"]
    found = [_read(context, text, rendering, major) for text in texts]
    answer: Json = {"spreadsheetId": context.document.document_id}
    return {**answer, "valueRanges": found} if found else answer


def batch_get_by_filter(context: Context, _: Request, body: Json) -> Json:
    """values.batchGetByDataFilter"""
    rendering = Rendering.of(body.get("valueRenderOption"), body.get("dateTimeRenderOption"))
    major = _major(body.get("majorDimension"))
    matched = [
        {"valueRange": value_range(context, sheet, box, rendering, major), "dataFilters": filters}
        for sheet, box, filters in by_cells(context.document, body.get("dataFilters") or [])
    ]
    answer: Json = {"spreadsheetId": context.document.document_id}
    return {**answer, "valueRanges": matched} if matched else answer


def update(context: Context, request: Request, text: str, body: Json) -> Json:
    """values.update"""
    option = input_option(request.first("valueInputOption"))
    sheet, span = _target(context, text)
    major = _major(body.get("majorDimension"))
    with context.document.transaction():
        written = _write(context, sheet, span, body.get("values") or [], major, option)
    answer = {"spreadsheetId": context.document.document_id, **written.counts()}
    if _flag(request.first("includeValuesInResponse")):
        rendering = _response_rendering(request.first)
        answer["updatedData"] = value_range(
            context, sheet, _shown_box(sheet, span, written), rendering, major
        )
    return answer


def _target(context: Context, text: str) -> tuple[Sheet, Span]:
    context.document.box(text)
    return context.document.span(text)


def _write(
    context: Context, sheet: Sheet, span: Span, values: list[list[Any]], major: str, option: str
) -> Written:
    sheet = context.document.edit(sheet.sheet_id)
    return write(context, sheet, span, as_rows(values, major), option)


def _shown_box(sheet: Sheet, span: Span, written: Written) -> Box:
    """The range that was asked for; one that only says where to begin shows what was written."""
    if span.bottom == (span.top or 0) + 1 and span.right == (span.left or 0) + 1:
        return written.box
    return span.box(sheet.row_count, sheet.column_count)


def _response_rendering(option: Callable[[str], Any]) -> Rendering:
    return Rendering.of(option("responseValueRenderOption"), option("responseDateTimeRenderOption"))


def _flag(text: Any) -> bool:
    return str(text).lower() == "true"


def batch_update(context: Context, _: Request, body: Json) -> Json:
    """values.batchUpdate"""
    option = input_option(body.get("valueInputOption"))
    done: list[tuple[Written, Span, str]] = []
    with context.document.transaction():
        for index, entry in enumerate(body.get("data") or []):
            done.append(_prefixed(index, lambda one=entry: _write_entry(context, one, option)))  # type: ignore[misc]
    responses = []
    for written, span, major in done:
        response = {"spreadsheetId": context.document.document_id, **written.counts()}
        if body.get("includeValuesInResponse"):
            box = _shown_box(written.sheet, span, written)
            response["updatedData"] = value_range(
                context, written.sheet, box, _response_rendering(body.get), major
            )
        responses.append(response)
    totals = _totals([written for written, _, _ in done])
    return {"spreadsheetId": context.document.document_id, **totals, "responses": responses}


def _write_entry(context: Context, entry: Json, option: str) -> tuple[Written, Span, str]:
    sheet, span = _target(context, entry.get("range") or "")
    major = _major(entry.get("majorDimension"))
    return _write(context, sheet, span, entry.get("values") or [], major, option), span, major


def _prefixed(index: int, action: Callable[[], Any]) -> Any:
    try:
        return action()
    except ApiError as error:
        raise error.prefixed(f"Invalid data[{index}]: ") from None


def _totals(done: Iterable[Written]) -> Json:
    """Rows and columns are counted once per sheet."""
    rows: dict[int, set[int]] = {}
    columns: dict[int, set[int]] = {}
    cells = 0
    for written in done:
        rows.setdefault(written.sheet.sheet_id, set()).update(written.rows)
        columns.setdefault(written.sheet.sheet_id, set()).update(written.columns)
        cells += written.cells
    found = {
        "totalUpdatedRows": sum(map(len, rows.values())),
        "totalUpdatedColumns": sum(map(len, columns.values())),
        "totalUpdatedCells": cells,
        "totalUpdatedSheets": len(rows),
    }
    return {name: count for name, count in found.items() if count}


def batch_update_by_filter(context: Context, _: Request, body: Json) -> Json:
    """values.batchUpdateByDataFilter"""
    option = input_option(body.get("valueInputOption"))
    done: list[tuple[Written, Box, Json]] = []
    with context.document.transaction():
        for index, entry in enumerate(body.get("data") or []):
            done += _prefixed(index, lambda one=entry: _write_filtered(context, one, option))  # type: ignore[misc]
    responses = []
    for written, box, entry in done:
        response = {**written.counts(), "dataFilter": entry["dataFilter"]}
        if body.get("includeValuesInResponse"):
            major = _major(entry.get("majorDimension"))
            response["updatedData"] = value_range(
                context, written.sheet, box, _response_rendering(body.get), major
            )
        responses.append(response)
    answer = {"spreadsheetId": context.document.document_id, **_totals([written for written, _, _ in done])}
    return {**answer, "responses": responses} if responses else answer


def _write_filtered(context: Context, entry: Json, option: str) -> list[tuple[Written, Box, Json]]:
    done = []
    for sheet, box in cells_of(context.document, entry.get("dataFilter") or {}):
        span = Span(box.top, box.left, box.bottom, box.right)
        written = _write(
            context, sheet, span, entry.get("values") or [], _major(entry.get("majorDimension")), option
        )
        done.append((written, box, entry))
    return done


def append(context: Context, request: Request, text: str, body: Json) -> Json:
    """values.append"""
    option = input_option(request.first("valueInputOption"))
    sheet, box = context.document.box(text)
    major = _major(body.get("majorDimension"))
    rows = [[*row] for row in as_rows(body.get("values") or [], major)]
    insert_rows = request.first("insertDataOption") == "INSERT_ROWS"
    with context.document.transaction():
        sheet = context.document.edit(sheet.sheet_id)
        table, span = make_room(context, sheet, box, rows, insert_rows=insert_rows)
        written = write(context, sheet, span, rows, option)
    updates = {"spreadsheetId": context.document.document_id, **written.counts()}
    if _flag(request.first("includeValuesInResponse")):
        updates["updatedData"] = value_range(
            context, sheet, written.box, _response_rendering(request.first), major
        )
    answer: Json = {"spreadsheetId": context.document.document_id}
    if table is not None:
        answer["tableRange"] = range_name(sheet.title, table)
    return {**answer, "updates": updates}


def clear_range(context: Context, _: Request, text: str, __: Json) -> Json:
    """values.clear"""
    return {
        "spreadsheetId": context.document.document_id,
        "clearedRange": _clear_all(context, [context.document.box(text)])[0],
    }


def _clear_all(context: Context, places: list[tuple[Sheet, Box]]) -> list[str]:
    with context.document.transaction():
        for sheet, box in places:
            clear(context, context.document.edit(sheet.sheet_id), box)
    return [range_name(sheet.title, box) for sheet, box in places]


def batch_clear(context: Context, _: Request, body: Json) -> Json:
    """values.batchClear"""
    places = [context.document.box(text) for text in body.get("ranges") or []]
    return _cleared(context, places)


def batch_clear_by_filter(context: Context, _: Request, body: Json) -> Json:
    """values.batchClearByDataFilter"""
    places = [(sheet, box) for sheet, box, _ in by_cells(context.document, body.get("dataFilters") or [])]
    return _cleared(context, places)


def _cleared(context: Context, places: list[tuple[Sheet, Box]]) -> Json:
    answer: Json = {"spreadsheetId": context.document.document_id}
    cleared = _clear_all(context, places)
    return {**answer, "clearedRanges": cleared} if cleared else answer
