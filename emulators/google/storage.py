"""The whole state as JSON and back. Styles and rows of equal style are stored once."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any

from emulators.google.cells import Formula, Row, Style, Value, style_of
from emulators.google.document import EDITS_KEPT, Document, Edit, edit_json
from emulators.google.errors import Json
from emulators.google.files import Change, File, Files
from emulators.google.grid import Sheet

_PLAIN = ("grid", "look", "merges", "basic_filter", "conditional_formats", "row_groups", "column_groups")
_KEYED = ("row_sizes", "column_sizes", "protections", "filter_views", "bands")


def _value_json(value: Value) -> Any:
    return {"formula": value.text} if isinstance(value, Formula) else value


def _value(stored: Any) -> Value:
    return Formula(stored["formula"]) if isinstance(stored, dict) else stored


class _Styles:
    """Tables of styles and of rows of styles, by number."""

    def __init__(self) -> None:
        self.styles: dict[Style, int] = {}
        self.rows: dict[tuple[Style | None, ...], int] = {}

    def row(self, styles: tuple[Style | None, ...]) -> int:
        return self.rows.setdefault(styles, len(self.rows))

    def dump(self) -> Json:
        rows = [
            [None if style is None else self.styles.setdefault(style, len(self.styles)) for style in row]
            for row in self.rows
        ]
        return {"styles": [dict(style.fields) for style in self.styles], "style_rows": rows}


def dump_document(document: Document) -> Json:
    """A spreadsheet as JSON."""
    styles = _Styles()
    sheets = [_sheet_json(sheet, styles) for sheet in document.ordered()]
    return {
        "id": document.document_id,
        "properties": document.properties,
        "sheets": sheets,
        **styles.dump(),
        "names": [*document.names.values()],
        "metadata": [*document.metadata.values()],
        "edits": [edit_json(edit) for edit in document.edits],
    }


def _sheet_json(sheet: Sheet, styles: _Styles) -> Json:
    rows = [
        [index, [_value_json(value) for value in row.values], styles.row(row.styles)]
        for index, row in sheet.used_rows(sheet.box)
    ]
    head = {
        "id": sheet.sheet_id,
        "title": sheet.title,
        "row_count": sheet.row_count,
        "column_count": sheet.column_count,
    }
    keyed = {name: [[key, entry] for key, entry in getattr(sheet, name).items()] for name in _KEYED}
    return {**head, **{name: getattr(sheet, name) for name in _PLAIN}, **keyed, "rows": rows}


def load_document(state: Json) -> Document:
    """The spreadsheet that `dump_document` gave."""
    styles = [style_of(fields) for fields in state["styles"]]
    rows = [
        tuple(None if number is None else styles[number] for number in row) for row in state["style_rows"]
    ]
    document = Document(state["id"], state["properties"])
    for stored in state["sheets"]:
        sheet = _sheet(stored, rows)
        document.sheets[sheet.sheet_id] = sheet
        document.order.append(sheet.sheet_id)
    document.names = {entry["namedRangeId"]: entry for entry in state["names"]}
    document.metadata = {entry["metadataId"]: entry for entry in state["metadata"]}
    document.edits = deque((Edit(**edit) for edit in state["edits"]), maxlen=EDITS_KEPT)
    return document


def _sheet(state: Json, style_rows: list[tuple[Style | None, ...]]) -> Sheet:
    sheet = Sheet(state["id"], state["title"], state["row_count"], state["column_count"])
    for name in _PLAIN:
        setattr(sheet, name, state[name])
    for name in _KEYED:
        setattr(sheet, name, {key: entry for key, entry in state[name]})
    for index, values, styles in state["rows"]:
        sheet.put(index, Row((_value(value) for value in values), style_rows[styles]))
    return sheet


def dump_files(files: Files) -> Json:
    """All files and the feed of changes as JSON."""
    return {
        "files": [_file_json(file) for file in files.files.values()],
        "changes": [
            [change.number, change.file_id, change.time.isoformat(), change.removed]
            for change in files.changes.values()
        ],
        "next_change": files.next_change,
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _file_json(file: File) -> Json:
    return {
        "id": file.file_id,
        "mime_type": file.mime_type,
        "creator": file.creator,
        "created": _moment(file.created),
        "modified": _moment(file.modified),
        "editor": file.editor,
        "name": file.name,
        "version": file.version,
        "trashed": file.trashed,
        "extra": file.extra,
        "permissions": file.permissions,
        "comments": file.comments,
        "edited": [_moment(file.edited_first), _moment(file.edited_last)],
        "document": None if file.document is None else dump_document(file.document),
    }


def load_files(files: Files, state: Json) -> None:
    """Replaces all files by those that `dump_files` gave."""
    files.files = {stored["id"]: _file(stored) for stored in state["files"]}
    changes = (
        Change(number, file_id, datetime.fromisoformat(time), removed)
        for number, file_id, time, removed in state["changes"]
    )
    files.changes = {change.file_id: change for change in changes}
    files.next_change = state["next_change"]


def _file(state: Json) -> File:
    first, last = (None if text is None else datetime.fromisoformat(text) for text in state["edited"])
    return File(
        state["id"],
        state["mime_type"],
        state["creator"],
        datetime.fromisoformat(state["created"]),
        datetime.fromisoformat(state["modified"]),
        state["editor"],
        None if state["document"] is None else load_document(state["document"]),
        state["name"],
        state["version"],
        state["trashed"],
        state["extra"],
        state["permissions"],
        state["comments"],
        first,
        last,
    )
