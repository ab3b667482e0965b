"""Google as one function from request to response: checks the token, finds the method, answers errors in Google's form."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from emulators.exchange import Request, Response
from emulators.google import schema, sheets_api
from emulators.google.accounts import DAEMON, OWNER, SCOPE_ROOT, STAFF, Accounts, Grant, TokenRefused
from emulators.google.context import Context
from emulators.google.defaults import Policies, Switches
from emulators.google.document import Document, new_document
from emulators.google.drive import Drive
from emulators.google.drive_import import import_csv
from emulators.google.errors import (
    ApiError,
    Json,
    answer,
    drive_error,
    failure,
    forbidden,
    not_found,
    quota_exceeded,
    unauthenticated,
)
from emulators.google.files import RANKS, SPREADSHEET, File, Files
from emulators.google.masks import response_mask
from emulators.google.storage import dump_files, load_files

WRITE_SCOPES = ("spreadsheets", "drive", "drive.file")
READ_SCOPES = (*WRITE_SCOPES, "spreadsheets.readonly", "drive.readonly")
DRIVE_WRITE_SCOPES = ("drive", "drive.file")
DRIVE_READ_SCOPES = (*DRIVE_WRITE_SCOPES, "drive.readonly", "drive.metadata", "drive.metadata.readonly")


class GoogleService:
    """Sheets v4, Drive v3 and the token endpoint over one set of files.

    `clock` is the world's time (aware, UTC), `random` makes ids and tokens, `real_clock` judges signed assertions.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        random: Random,
        base_url: str = "",
        policies: Switches | None = None,
        real_clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._random = random
        self.policies: Switches = policies or Policies()
        self._accounts = Accounts(clock, random, real_clock)
        self._files = Files(clock, random)
        self._drive = Drive(self._files, self._context)
        if base_url:
            self._accounts.audiences.add(base_url.rstrip("/") + "/token")

    @property
    def token(self) -> str:
        """Bearer token of the service account, good for the run."""
        return self._accounts.token

    @property
    def staff_token(self) -> str:
        """Bearer token of the staff person, good for the run."""
        return self._accounts.staff_token

    @property
    def revision(self) -> int:
        """Moves with every change of a file, and with nothing else."""
        return self._files.revision

    def service_account_file(self, base_url: str) -> dict[str, Any]:
        """The JSON of a service-account key file whose token_uri is below `base_url`."""
        return self._accounts.key_file(base_url)

    def caller(self, request: Request) -> str:
        """`staff` if the staff person's token is used, else `daemon`."""
        return "staff" if request.bearer == self.staff_token else "daemon"

    def create_spreadsheet(self, title: str, *, id: str | None = None, private: bool = False) -> str:
        """A spreadsheet of its own owner, shared with both persons as writers; a private one with nobody."""
        file_id = id or self._files.new_id()
        file = self._files.add(file_id, SPREADSHEET, OWNER, new_document(file_id, title))
        for person in () if private else (DAEMON, STAFF):
            self._files.share(file, {"type": "user", "role": "writer", "emailAddress": person})
        return file_id

    def handle(self, request: Request) -> Response:
        """The answer to a request."""
        try:
            return self._route(request)
        except ApiError as error:
            return failure(error)

    def _route(self, request: Request) -> Response:
        if request.path == "/token":
            return self._issue(request)
        grant = self._accounts.grant(request.bearer)
        if grant is None:
            raise unauthenticated()
        if request.path.startswith("/v4/spreadsheets"):
            return self._sheets(request, grant)
        if request.path.startswith("/drive/v3/"):
            return self._drive_call(request, grant)
        if request.path.startswith("/upload/drive/v2/files/"):
            return self._upload(request, grant)
        return _nothing_there(request)

    def _issue(self, request: Request) -> Response:
        form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
        try:
            return answer(self._accounts.issue(form))
        except TokenRefused as refusal:
            return answer({"error": refusal.error, "error_description": refusal.description}, 400)

    def _sheets(self, request: Request, grant: Grant) -> Response:
        path = request.path.removeprefix("/v4/spreadsheets")
        if path in ("", "/") and request.method == "POST":
            _need_scope(grant, WRITE_SCOPES)
            return self._create(request, grant)
        found = sheets_api.find(request.method, path.removeprefix("/"))
        if found is None:
            return _nothing_there(request)
        method, file_id, parts = found
        _need_scope(grant, READ_SCOPES if method.read_scopes else WRITE_SCOPES)
        body = _checked_body(request, method.body, method.body_path)
        file = self._sheets_file(file_id, grant, write=method.writes)
        context = self._context(file, grant.person)
        result = sheets_api.run(method, context, request, parts, body)
        if context.wrote:
            (self._files.changed if context.retitled else self._files.edited)(file, grant.person)
        return answer(result, pretty=request.first("prettyPrint", "true").lower() != "false")

    def _sheets_file(self, file_id: str, grant: Grant, *, write: bool) -> File:
        file = self._files.files.get(file_id)
        if file is None or file.document is None or not _reaches(grant, file):
            raise not_found()
        if file.role(grant.person) < RANKS["writer" if write else "reader"]:
            raise forbidden()
        return file

    def _create(self, request: Request, grant: Grant) -> Response:
        body = _checked_body(request, "Spreadsheet", "")
        properties = {
            name: value
            for name, value in (body.get("properties") or {}).items()
            if name in ("title", "locale", "timeZone", "autoRecalc")
        }
        file_id = self._files.new_id()
        document = new_document(file_id, "Untitled spreadsheet")
        file = self._files.add(file_id, SPREADSHEET, grant.person, document)
        document.properties = {**document.properties, **properties}
        context = self._context(file, grant.person)
        sheets_api.create_sheets(context, body)
        mask = response_mask(request.first("fields"), "Spreadsheet")
        return answer(context.view().spreadsheet(mask, None, grid_data=False))

    def _context(self, file: File, person: str) -> Context:
        assert file.document is not None
        return Context(
            file.document,
            person,
            file.owner,
            self._clock,
            self._random,
            self.policies,
            lambda other: self._fetch(other, person),
        )

    def _fetch(self, file_id: str, person: str) -> Document:
        """Another spreadsheet this person may write to."""
        file = self._files.files.get(file_id)
        if file is None or file.document is None:
            raise not_found()
        if file.role(person) < RANKS["writer"]:
            raise forbidden()
        self._files.edited(file, person)
        return file.document

    def _drive_call(self, request: Request, grant: Grant) -> Response:
        _need_drive_scope(grant, DRIVE_READ_SCOPES if request.method == "GET" else DRIVE_WRITE_SCOPES)
        parts = [unquote(part) for part in request.path.removeprefix("/drive/v3/").split("/") if part]
        return self._drive.call(request, parts, grant.person, lambda file: _reaches(grant, file))

    def _upload(self, request: Request, grant: Grant) -> Response:
        _need_drive_scope(grant, DRIVE_WRITE_SCOPES)
        file_id = unquote(request.path.removeprefix("/upload/drive/v2/files/"))
        file = self._drive.file(file_id, grant.person, lambda one: _reaches(grant, one))
        return import_csv(self._files, self._context(file, grant.person), request, file)

    def quota_kind(self, request: Request) -> Literal["read", "write"] | None:
        """Which of Sheets' two quotas a request counts against."""
        path = request.path.removeprefix("/v4/spreadsheets")
        if path == request.path:
            return None
        found = sheets_api.find(request.method, path.removeprefix("/"))
        return "read" if found and found[0].read_quota else "write"

    def quota_error(self, request: Request, kind: Literal["read", "write"]) -> Response:
        """429 as Sheets writes it."""
        return failure(quota_exceeded(kind))

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON."""
        return {"accounts": self._accounts.dump(), **dump_files(self._files)}

    def load(self, state: dict[str, Any]) -> None:
        """Replaces the whole state by one that `dump` gave."""
        self._accounts.load(state["accounts"])
        load_files(self._files, state)

    def reset(self) -> None:
        """No files, no issued tokens; the key and the two tokens of the run stay."""
        self._files.files.clear()
        self._files.changes.clear()
        self._accounts.forget_issued()


def _nothing_there(request: Request) -> Response:
    text = f"<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p>The requested URL was not found on this server ({request.method})."
    return Response(404, text.encode(), {"Content-Type": "text/html; charset=UTF-8"})


def _checked_body(request: Request, message: str, path: str) -> Json:
    if not message or not request.body:
        return {}
    try:
        body = request.json()
    except ValueError:
        raise schema.malformed() from None
    found = schema.checked(message, body, path=path)
    return found if isinstance(found, dict) else {}


def _holds(grant: Grant, scopes: tuple[str, ...]) -> bool:
    return any(SCOPE_ROOT + scope in grant.scopes for scope in scopes)


def _need_scope(grant: Grant, scopes: tuple[str, ...]) -> None:
    if not _holds(grant, scopes):
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            "domain": "googleapis.com",
        }
        details = [{**info, "metadata": {"service": "sheets.googleapis.com"}}]
        raise ApiError(
            403, "Request had insufficient authentication scopes.", "PERMISSION_DENIED", {"details": details}
        )


def _need_drive_scope(grant: Grant, scopes: tuple[str, ...]) -> None:
    if not _holds(grant, scopes):
        error = drive_error(403, "insufficientPermissions", "Insufficient Permission")
        raise ApiError(
            403, "Request had insufficient authentication scopes.", "PERMISSION_DENIED", error.extra
        )


def _reaches(grant: Grant, file: File) -> bool:
    """A token for `drive.file` alone reaches only files that the application made."""
    return not _only_own_files(grant) or file.creator == grant.person


def _only_own_files(grant: Grant) -> bool:
    return _holds(grant, ("drive.file",)) and not _holds(
        grant, ("drive", "drive.readonly", "spreadsheets", "spreadsheets.readonly")
    )
