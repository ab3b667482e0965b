"""Drive v2 upload with conversion, which gspread's import_csv uses."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

from emulators.exchange import Request, Response
from emulators.google.a1 import Span
from emulators.google.context import Context
from emulators.google.document import DEFAULT_COLUMNS, DEFAULT_ROWS, Document, add_sheet
from emulators.google.errors import answer, drive_error
from emulators.google.files import File, Files, instant
from emulators.google.grid import Sheet
from emulators.google.requests_sheets import fresh_id
from emulators.google.values_write import write

IMPORT_TIME_ZONE: Final = "America/Los_Angeles"
"""What Google gives a spreadsheet that a CSV upload replaced."""


def import_csv(files: Files, context: Context, request: Request, file: File) -> Response:
    """Drive v2 upload with conversion: the spreadsheet's only sheet becomes the CSV."""
    if file.document is None or file.role(context.person) < 3:
        raise drive_error(
            403,
            "insufficientFilePermissions",
            "The user does not have sufficient permissions for this file.",
        )
    rows: list[list[Any]] = [*csv.reader(io.StringIO(request.body.decode("utf-8-sig")))]
    _replace_sheets(context, file.document, rows)
    files.changed(file, context.person)
    link = f"https://www.googleapis.com/drive/v2/files/{file.file_id}"
    v2 = {
        "kind": "drive#file",
        "id": file.file_id,
        "selfLink": link,
        "title": file.title,
        "mimeType": file.mime_type,
    }
    times = {
        "createdDate": instant(file.created),
        "modifiedDate": instant(file.modified),
        "version": str(file.version),
    }
    return answer({**v2, **times, "editable": True, "shared": len(file.permissions) > 1})


def _replace_sheets(context: Context, document: Document, rows: list[list[Any]]) -> None:
    width = max((len(row) for row in rows), default=0)
    sheet = Sheet(
        fresh_id(context, document.sheets),
        str(document.properties["title"]),
        max(DEFAULT_ROWS, len(rows)),
        max(DEFAULT_COLUMNS, width),
    )
    document.sheets, document.order, document.names = {}, [], {}
    document.properties = {**document.properties, "timeZone": IMPORT_TIME_ZONE}
    add_sheet(document, sheet)
    write(context, sheet, Span(), rows, "USER_ENTERED")
