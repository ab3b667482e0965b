"""batchUpdate requests that rewrite the text of cells: pasteData, textToColumns, trimWhitespace."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from emulators.google.a1 import Box
from emulators.google.cells import text_value
from emulators.google.context import Context
from emulators.google.dimensions import insert
from emulators.google.errors import ApiError, Json, invalid
from emulators.google.grid import Sheet
from emulators.google.values_write import typed_into

DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def paste_data(context: Context, body: Json) -> None:
    """pasteData: text with a delimiter, read as if typed; the grid grows where it does not reach."""
    if body.get("html"):
        raise ApiError(501, "pasting HTML is not offered by this emulator.", "UNIMPLEMENTED")
    if not body.get("delimiter"):
        raise invalid("A delimiter or html must be set.")
    sheet, top, left = context.document.point(body.get("coordinate"))
    rows = [*csv.reader(io.StringIO(str(body.get("data") or "")), delimiter=body["delimiter"][0])]
    width = max((len(row) for row in rows), default=0)
    sheet = _grown(context, sheet, top + len(rows), left + width)
    context.touch(sheet, Box(top, left, top + len(rows), left + width), "pasteData")
    for place, row in enumerate(rows):
        typed_into(context, sheet, top + place, left, row)


def _grown(context: Context, sheet: Sheet, rows: int, columns: int) -> Sheet:
    """The sheet, with rows and columns added at its end until it has that many."""
    sheet = context.document.edit(sheet.sheet_id)
    for dimension, wanted in (("ROWS", rows), ("COLUMNS", columns)):
        missing = wanted - sheet.count(dimension)
        if missing > 0:
            insert(context, sheet, dimension, sheet.count(dimension), missing, inherit_before=True)
    return sheet


def text_to_columns(context: Context, body: Json) -> None:
    """textToColumns: what follows a delimiter goes to the cells on the right, as if typed."""
    sheet, box = context.document.area(body.get("source"))
    if box.width != 1:
        raise invalid("The source range must span exactly one column.")
    texts = [sheet.value(index, box.left) for index in range(box.top, min(box.bottom, len(sheet.rows)))]
    mark = _delimiter(body, [text for text in texts if isinstance(text, str)])
    pieces = [text.split(mark) if isinstance(text, str) else [] for text in texts]
    width = max((len(row) for row in pieces), default=0)
    sheet = _grown(context, sheet, sheet.row_count, box.left + width)
    context.touch(sheet, Box(box.top, box.left, box.bottom, box.left + max(width, 1)), "textToColumns")
    for place, row in enumerate(pieces):
        if len(row) > 1:
            typed_into(context, sheet, box.top + place, box.left, row)


def _delimiter(body: Json, texts: Sequence[str]) -> str:
    kind = body.get("delimiterType") or "AUTODETECT"
    if kind == "CUSTOM" and body.get("delimiter"):
        return str(body["delimiter"])
    if kind in DELIMITERS:
        return DELIMITERS[kind]
    if kind != "AUTODETECT":
        raise invalid("A custom delimiter must be set.")
    return max(DELIMITERS.values(), key=lambda mark: sum(text.count(mark) for text in texts))


def trim_whitespace(context: Context, body: Json) -> Json:
    """trimWhitespace: no blanks at the ends, single ones inside; what then begins with `=` stays text."""
    sheet, box = context.document.area(body.get("range"))
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, box, "trimWhitespace")
    changed = 0
    for index, row in [*sheet.used_rows(box)]:
        for column in range(box.left, min(box.right, len(row.values))):
            text = row.values[column]
            trimmed = re.sub(r"\s+", " ", text).strip() if isinstance(text, str) else text
            if isinstance(trimmed, str) and trimmed != text:
                sheet.write(index, column, values=[text_value(trimmed)])
                changed += 1
    return {"cellsChangedCount": changed} if changed else {}
