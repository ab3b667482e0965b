"""Calls to the Sheets API of one spreadsheet: transport, time-outs, and failures as the engine's errors."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

import gspread
import orjson
import requests
from gspread.urls import DRIVE_FILES_API_V3_URL, SPREADSHEET_URL

from sync.errors import (
    AnswerLost,
    CredentialsRefused,
    NotFound,
    ServiceError,
    Unavailable,
)
from sync.retry import Gate

from .credentials import ServiceAccount
from .grid import Json

TIMEOUT_S = (5.0, 60.0)
LOCKOUT_S = 60.0
"""Google's quotas refill every minute; its 429 names no time."""
METADATA_KEY = "tablekeeper"
CHUNK_BYTES = 1 << 20
HOSTS = tuple(url.split("/v4/")[0].split("/drive/")[0] for url in (SPREADSHEET_URL, DRIVE_FILES_API_V3_URL))


@dataclass(frozen=True, slots=True)
class Content:
    """An answer as it came, and its digest, which tells whether it is worth putting together."""

    chunks: list[bytes] = field(repr=False)
    digest: bytes

    @classmethod
    def read(cls, response: requests.Response) -> Self:
        """Read an answer to its end."""
        state = hashlib.blake2b()
        chunks = []
        for chunk in response.iter_content(CHUNK_BYTES):
            state.update(chunk)
            chunks.append(chunk)
        return cls(chunks, state.digest())

    def joined(self) -> bytes:
        """The whole answer; the pieces are given up, so that it is in memory once."""
        whole = b"".join(self.chunks)
        self.chunks.clear()
        return whole


class Rejected(ServiceError):
    """Google found the request itself wrong (400): repeating it is useless, but dividing it may help. Stays in this package."""


class Refusal(Exception):
    """An answer that is not 2xx, on its way to be translated."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.response = response
        # Read to the end, which gives the connection back to the pool.
        self.body = b"".join(response.iter_content(CHUNK_BYTES))


class Transport(gspread.HTTPClient):
    """gspread's client with our session: one token, time-outs, another host if asked, no retries but one after a 401."""

    def __init__(self, account: ServiceAccount, url: str | None) -> None:
        session = requests.Session()
        session.auth = account
        # Answers are read in large pieces, and those for the whole spreadsheet are hashed on the way.
        session.stream = True
        # Raised here, before gspread builds its own error, which fails on bodies that are not Google's.
        session.hooks["response"] = [_refuse]
        super().__init__(auth=None, session=session)  # type: ignore[arg-type]
        self.set_timeout(TIMEOUT_S)
        self._account, self._url = account, url

    def request(self, method: str, endpoint: str, *args: Any, **options: Any) -> requests.Response:
        if self._url:
            for host in HOSTS:
                endpoint = endpoint.replace(host, self._url.rstrip("/"))
        try:
            return super().request(method, endpoint, *args, **options)
        except Refusal as refusal:
            if refusal.response.status_code != 401:
                raise
        self._account.refresh()
        return super().request(method, endpoint, *args, **options)


def _refuse(response: requests.Response, **_: Any) -> None:
    if not response.ok:
        raise Refusal(response)


class SheetsClient:
    """The calls that the connection needs. Reads are retried; a write whose answer does not come is `AnswerLost`."""

    def __init__(
        self, service: str, spreadsheet_id: str, *, account: ServiceAccount, url: str | None, gate: Gate
    ) -> None:
        self.service = service
        self._base = SPREADSHEET_URL % spreadsheet_id
        self._account, self._gate = account, gate
        self._transport = Transport(account, url)

    @property
    def calls(self) -> int:
        """Requests made so far by all who share the account's gate."""
        return self._gate.calls

    def document(self, fields: str) -> Json:
        """`spreadsheets.get` with a mask."""
        return self._json(self._read("get", "", params={"fields": fields}))

    def cells(self, areas: Sequence[Json], fields: str) -> Json:
        """`spreadsheets.getByDataFilter` of grid ranges, which a renamed tab does not disturb."""
        body = {"dataFilters": [{"gridRange": area} for area in areas], "includeGridData": True}
        return self._json(self._read("post", ":getByDataFilter", params={"fields": fields}, body=body))

    def values(self, areas: Sequence[Json]) -> Content:
        """`values.batchGetByDataFilter` of grid ranges, not parsed: formulas as text, dates as serials."""
        body = {
            "dataFilters": [{"gridRange": area} for area in areas],
            "valueRenderOption": "FORMULA",
            "majorDimension": "ROWS",
        }
        params = {"prettyPrint": "false"}
        return self._receive(
            "post", "/values:batchGetByDataFilter", params, body, writes=False, repeatable=True
        )

    def metadata(self) -> list[Json]:
        """All developer metadata of ours, on the spreadsheet, tabs and columns."""
        body = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": METADATA_KEY}}]}
        found = self._json(self._read("post", "/developerMetadata:search", body=body))
        return [match["developerMetadata"] for match in found.get("matchedDeveloperMetadata", ())]

    def update(
        self,
        requests: Sequence[Json],
        *,
        ranges: Sequence[str] = (),
        fields: str = "",
        repeatable: bool = False,
    ) -> Json:
        """`spreadsheets.batchUpdate`, atomic. With `ranges` the answer shows them as they stand afterwards.

        `repeatable` says that doing it twice ends as doing it once, so that a lost answer may be retried.
        """
        body: Json = {"requests": list(requests)}
        params = {"prettyPrint": "false"}
        if ranges:
            body |= {
                "includeSpreadsheetInResponse": True,
                "responseRanges": list(ranges),
                "responseIncludeGridData": True,
            }
            params["fields"] = fields
        return self._json(
            self._send("post", ":batchUpdate", params, body, writes=True, repeatable=repeatable)
        )

    def _read(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Json | None = None
    ) -> bytes:
        return self._send(method, path, params, body, writes=False, repeatable=True)

    def _send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Json | None,
        *,
        writes: bool,
        repeatable: bool,
    ) -> bytes:
        content = self._receive(method, path, params, body, writes=writes, repeatable=repeatable)
        return content.joined()

    def _receive(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Json | None,
        *,
        writes: bool,
        repeatable: bool,
    ) -> Content:
        def once() -> Content:
            try:
                response = self._transport.request(
                    method,
                    self._base + path,
                    params=dict(params or {}),
                    data=None if body is None else orjson.dumps(body),
                    headers={"Content-Type": "application/json"},
                )
                return Content.read(response)
            except Refusal as refusal:
                self._translate(refusal, writes=writes)
            except requests.ConnectTimeout:
                raise Unavailable(self.service, "Google cannot be reached") from None
            except requests.RequestException as error:
                # Whether it arrived before the line broke cannot be known.
                self._lost(type(error).__name__, writes=writes)

        return self._gate.call(once, idempotent=repeatable)

    def _json(self, content: bytes, *, writes: bool = False) -> Json:
        try:
            found = orjson.loads(content)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            self._lost("answer is not JSON", writes=writes)
        return found

    def _lost(self, why: str, *, writes: bool) -> NoReturn:
        raise (AnswerLost if writes else Unavailable)(self.service, f"no answer from Google: {why}") from None

    def _translate(self, refusal: Refusal, *, writes: bool) -> NoReturn:
        """Raises what the status means. Google's own words are not repeated: they may quote a value."""
        status = refusal.response.status_code
        if status == 429:
            raise self._gate.close_for(_retry_after_s(refusal.response)) from None
        if status == 401 or (status == 403 and _reason(refusal.body) in PROJECT_FAULTS):
            raise CredentialsRefused(
                self.service, f"Google refused the service account (HTTP {status})", advice=PROJECT_ADVICE
            ) from None
        if status in (403, 404):
            advice = f"check the spreadsheet's id, and share the spreadsheet with {self._account.email} as an editor"
            raise NotFound(
                self.service, f"the spreadsheet is not open to the daemon (HTTP {status})", advice=advice
            ) from None
        if status >= 500 or status in (408, 409):
            self._lost(f"HTTP {status}", writes=writes)
        raise Rejected(self.service, f"Google rejected the request (HTTP {status})") from None


PROJECT_FAULTS = {"SERVICE_DISABLED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
PROJECT_ADVICE = "check the service account's key, and that the Google Sheets API and the Google Drive API are enabled in its project"


def _reason(body: bytes) -> str:
    """The machine-readable reason in Google's error details, or nothing."""
    try:
        details = orjson.loads(body)["error"]["details"]
        return next((str(detail["reason"]) for detail in details if "reason" in detail), "")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _retry_after_s(response: requests.Response) -> float:
    given = response.headers.get("Retry-After", "")
    return float(given) if given.isdigit() else LOCKOUT_S
