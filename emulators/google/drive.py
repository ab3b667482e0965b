"""Drive v3: files, export and import, comments, changes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from emulators.exchange import Request, Response
from emulators.google import masks
from emulators.google.context import Context
from emulators.google.document import Document, new_document
from emulators.google.drive_permissions import permissions
from emulators.google.drive_query import query
from emulators.google.errors import ApiError, Json, answer, drive_error, drive_not_found
from emulators.google.files import SPREADSHEET, File, Files, instant, user
from emulators.google.render import Rendering

PAGE_MAX = 1000
KEPT = ("description", "appProperties", "properties", "parents")
"""What a client may store with a file, as it is."""
PAGE_DEFAULT = 100
MakeContext = Callable[[File, str], Context]


class Drive:
    """The methods below /drive/v3, for one person at a time."""

    def __init__(self, files: Files, make_context: MakeContext) -> None:
        self.files = files
        self._make_context = make_context

    def call(self, request: Request, parts: list[str], person: str, sees: Callable[[File], bool]) -> Response:
        """The answer to a request; `parts` is the path below /drive/v3. `sees` says which files the token reaches."""
        head = parts[0] if parts else ""
        if head == "about":
            return _masked(request, {"kind": "drive#about", "user": user(person, person)})
        if head == "changes":
            return self._changes(request, parts[1:], person)
        if head != "files":
            raise drive_error(404, "notFound", "Not Found")
        if len(parts) == 1:
            return (
                self._list(request, person, sees)
                if request.method == "GET"
                else self._create(request, person)
            )
        file = self.file(parts[1], person, sees)
        return self._file_call(request, file, parts[2:], person)

    def file(self, file_id: str, person: str, sees: Callable[[File], bool]) -> File:
        """A file this person can see; raises the 404 that hides all others."""
        file = self.files.files.get(file_id)
        if file is None or not file.role(person) or not sees(file):
            raise drive_not_found(file_id)
        self.files.settle(file)
        return file

    def _file_call(self, request: Request, file: File, parts: list[str], person: str) -> Response:
        method, head = request.method, parts[0] if parts else ""
        if head == "permissions":
            return permissions(self.files, request, file, parts[1:], person)
        if head == "comments":
            return self._comments(request, file, person)
        if head == "copy":
            return self._copy(request, file, person)
        if head == "export":
            return self._export(request, file, person)
        if method == "GET":
            return _masked(request, self._json(file, person), default=("kind", "id", "name", "mimeType"))
        return self._delete(file, person) if method == "DELETE" else self._update(request, file, person)

    def _json(self, file: File, person: str) -> Json:
        writer = file.role(person) >= 3
        return {
            "kind": "drive#file",
            "id": file.file_id,
            "name": file.title,
            "mimeType": file.mime_type,
            "starred": False,
            "trashed": file.trashed,
            "explicitlyTrashed": file.trashed,
            "parents": ["root"] if file.owner == person else [],
            "spaces": ["drive"],
            "version": str(file.version),
            "webViewLink": f"https://docs.google.com/spreadsheets/d/{file.file_id}/edit?usp=drivesdk",
            "createdTime": instant(file.created),
            "modifiedTime": instant(file.modified),
            "owners": [user(file.owner, person)],
            "lastModifyingUser": user(file.editor, person),
            "shared": len(file.permissions) > 1,
            "ownedByMe": file.owner == person,
            "capabilities": {"canEdit": writer, "canShare": writer, "canDelete": file.owner == person},
            "permissionIds": [*file.permissions],
            **file.extra,
        }

    def _list(self, request: Request, person: str, sees: Callable[[File], bool]) -> Response:
        self.files.settle_all()
        test = query(request.first("q"))
        found = [file for file in self.files.visible(person) if sees(file) and test(self._json(file, person))]
        size = min(int(request.first("pageSize") or PAGE_DEFAULT), PAGE_MAX)
        start = int(request.first("pageToken") or 0)
        page = [self._json(file, person) for file in found[start : start + size]]
        body: Json = {"kind": "drive#fileList", "incompleteSearch": False}
        if start + size < len(found):
            body["nextPageToken"] = str(start + size)
        if not request.first("fields"):
            page = [{name: entry[name] for name in ("kind", "id", "name", "mimeType")} for entry in page]
        return _masked(request, {**body, "files": page})

    def _create(self, request: Request, person: str) -> Response:
        body = _body(request)
        mime_type, name = (
            body.get("mimeType") or "application/octet-stream",
            str(body.get("name") or "Untitled"),
        )
        file_id = self.files.new_id()
        document = new_document(file_id, name) if mime_type == SPREADSHEET else None
        file = self.files.add(file_id, mime_type, person, document, name)
        file.extra = {key: body[key] for key in KEPT if key in body}
        return _masked(request, self._json(file, person), default=("kind", "id", "name", "mimeType"))

    def _copy(self, request: Request, file: File, person: str) -> Response:
        body = _body(request)
        name = str(body.get("name") or f"Copy of {file.title}")
        file_id = self.files.new_id()
        document = _copied(file.document, file_id, name) if file.document else None
        copy = self.files.add(file_id, file.mime_type, person, document, name)
        copy.extra = {key: body[key] for key in KEPT if key in body}
        return _masked(request, self._json(copy, person), default=("kind", "id", "name", "mimeType"))

    def _update(self, request: Request, file: File, person: str) -> Response:
        if file.role(person) < 3:
            raise drive_error(
                403,
                "insufficientFilePermissions",
                "The user does not have sufficient permissions for this file.",
            )
        body = _body(request)
        if body.get("name"):
            file.rename(str(body["name"]))
        if "trashed" in body:
            file.trashed = bool(body["trashed"])
        file.extra = {
            **file.extra,
            **{name: body[name] for name in KEPT if name in body and name != "parents"},
            **self._moved(request, file, person),
        }
        self.files.changed(file, person)
        return _masked(request, self._json(file, person), default=("kind", "id", "name", "mimeType"))

    def _moved(self, request: Request, file: File, person: str) -> Json:
        """The folders of a file after `addParents` and `removeParents`; nothing where neither is asked for."""
        added, removed = (
            [name for name in request.first(option).split(",") if name]
            for option in ("addParents", "removeParents")
        )
        if not added and not removed:
            return {}
        kept = [name for name in self._json(file, person)["parents"] if name not in (*removed, *added)]
        return {"parents": [*kept, *added]}

    def _delete(self, file: File, person: str) -> Response:
        if file.owner != person:
            raise drive_error(
                403,
                "insufficientFilePermissions",
                "The user does not have sufficient permissions for this file.",
            )
        self.files.remove(file)
        return Response(204, b"", {"Content-Type": "text/html"})

    def _export(self, request: Request, file: File, person: str) -> Response:
        separators = {"text/csv": ",", "text/tab-separated-values": "\t"}
        mime_type = request.first("mimeType")
        if mime_type not in separators or file.document is None:
            raise drive_error(
                400, "badRequest", "The requested conversion is not supported.", parameter="convertTo"
            )
        context = self._make_context(file, person)
        sheet = file.document.ordered()[0]
        rows = context.renderer().block(sheet, sheet.box, Rendering())
        width = max((len(row) for row in rows), default=0)
        text = io.StringIO()
        csv.writer(text, delimiter=separators[mime_type], lineterminator="\r\n").writerows(
            [*row, *[""] * (width - len(row))] for row in rows
        )
        return Response(200, text.getvalue().removesuffix("\r\n").encode(), {"Content-Type": mime_type})

    def _comments(self, request: Request, file: File, person: str) -> Response:
        if request.method == "GET":
            return _masked(request, {"kind": "drive#commentList", "comments": file.comments})
        now = instant(self.files.now())
        comment = {
            "kind": "drive#comment",
            "id": f"comment{len(file.comments) + 1}",
            "createdTime": now,
            "modifiedTime": now,
            "author": user(person, person),
            "deleted": False,
            "content": str(_body(request).get("content") or ""),
        }
        file.comments = [*file.comments, comment]
        return _masked(request, comment)

    def _changes(self, request: Request, parts: list[str], person: str) -> Response:
        self.files.settle_all()
        if parts:
            return _masked(
                request, {"kind": "drive#startPageToken", "startPageToken": str(self.files.next_change)}
            )
        token = request.first("pageToken")
        if not token.isdigit():
            raise drive_error(400, "required", "Required parameter: pageToken", parameter="pageToken")
        size = min(int(request.first("pageSize") or PAGE_DEFAULT), PAGE_MAX)
        entries = [change for change in self.files.changes.values() if change.number >= int(token)]
        shown = [
            entry for entry in (self._change(change.file_id, person) for change in entries[:size]) if entry
        ]
        following = (
            {"nextPageToken": str(entries[size].number)}
            if len(entries) > size
            else {"newStartPageToken": str(self.files.next_change)}
        )
        return _masked(request, {"kind": "drive#changeList", **following, "changes": shown})

    def _change(self, file_id: str, person: str) -> Json | None:
        change, file = self.files.changes[file_id], self.files.files.get(file_id)
        if file is not None and not file.role(person):
            return None
        entry = {
            "kind": "drive#change",
            "type": "file",
            "changeType": "file",
            "time": instant(change.time),
            "removed": file is None,
        }
        entry["fileId"] = file_id
        if file is not None:
            shown = self._json(file, person)
            entry["file"] = {
                name: shown[name]
                for name in ("kind", "id", "name", "mimeType", "modifiedTime", "version", "trashed")
            }
        return entry


def _copied(source: Document, file_id: str, name: str) -> Document:
    copy = Document(file_id, {**source.properties, "title": name}, order=list(source.order))
    copy.sheets = {sheet_id: sheet.copy() for sheet_id, sheet in source.sheets.items()}
    copy.names, copy.metadata = dict(source.names), dict(source.metadata)
    return copy


def _body(request: Request) -> Json:
    try:
        body = request.json() if request.body else {}
    except ValueError:
        raise drive_error(400, "parseError", "Parse Error") from None
    return body if isinstance(body, dict) else {}


def _masked(request: Request, body: Json, default: tuple[str, ...] = ()) -> Response:
    fields = request.first("fields")
    if not fields:
        return answer({name: body[name] for name in default} if default else body)
    try:
        mask = masks.parse(fields)
    except ApiError:
        raise drive_error(
            400, "invalidParameter", f"Invalid field selection {fields}", parameter="fields"
        ) from None
    return answer(masks.pick(body, mask))
