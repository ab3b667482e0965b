"""The calls to one base that this package makes, through pyairtable's session and URLs, with our own limits and errors.

Reads are repeated on failure, and so are writes that have the same effect twice; other writes surface as `AnswerLost`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyairtable
import requests

from sync.retry import Gate

from .faults import translate
from .pace import Pace

TIMEOUT_S = (5, 30)
"""To connect, and between two parts of an answer."""
PAGE_SIZE = 100
DEFAULT_URL = "https://api.airtable.com"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `fields` by field id, in REST shapes; blank cells are absent."""

    id: str
    fields: Json = field(repr=False)

    @classmethod
    def parse(cls, answer: Json) -> "Record":
        """From the service's form."""
        return cls(answer["id"], answer.get("fields", {}))


@dataclass(frozen=True, slots=True)
class ServiceField:
    """A column as the base has it."""

    id: str
    name: str
    type: str
    options: Json
    description: str = ""

    @classmethod
    def parse(cls, answer: Json) -> "ServiceField":
        """From the service's form."""
        return cls(
            answer["id"],
            answer["name"],
            answer["type"],
            answer.get("options") or {},
            answer.get("description") or "",
        )

    @property
    def choices(self) -> frozenset[str]:
        """The options that a select offers."""
        return frozenset(choice["name"] for choice in self.options.get("choices", ()))


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """A table as the base has it."""

    id: str
    name: str
    fields: Sequence[ServiceField]

    @classmethod
    def parse(cls, answer: Json) -> "ServiceTable":
        """From the service's form."""
        return cls(answer["id"], answer["name"], tuple(map(ServiceField.parse, answer["fields"])))


class AirtableClient:
    """One base. Every method raises the errors of `sync/errors.py` (`Rejected` among them) and nothing else."""

    def __init__(
        self,
        *,
        service: str,
        url: str | None,
        token: str,
        base_id: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        calls_per_s: int = 5,
    ) -> None:
        # pyairtable's own retries would repeat creates whose answer was lost, and call on during a lock-out.
        self._api = pyairtable.Api(
            token,
            endpoint_url=url or DEFAULT_URL,
            timeout=TIMEOUT_S,
            retry_strategy=None,
            use_field_ids=True,
        )
        self.service, self.base_id = service, base_id
        self._gate = Gate(service, clock=clock, sleep=sleep)
        self._pace = Pace(calls_max=calls_per_s, clock=clock, sleep=sleep)

    @property
    def calls(self) -> int:
        """Requests made so far."""
        return self._gate.calls

    def schema(self) -> tuple[ServiceTable, ...]:
        """All tables of the base with their columns."""
        answer = self._read("GET", "meta", "bases", self.base_id, "tables")
        return tuple(map(ServiceTable.parse, answer["tables"]))

    def create_table(self, body: Json) -> ServiceTable:
        """A new table; the first of its fields becomes the primary one."""
        return ServiceTable.parse(self._write("POST", "meta", "bases", self.base_id, "tables", json=body))

    def rename_table(self, table_id: str, name: str) -> None:
        """Change the name on the table's tab."""
        path = ("meta", "bases", self.base_id, "tables", table_id)
        self._write("PATCH", *path, json={"name": name}, repeatable=True)

    def create_field(self, table_id: str, body: Json) -> ServiceField:
        """A new column, at the right."""
        path = ("meta", "bases", self.base_id, "tables", table_id, "fields")
        return ServiceField.parse(self._write("POST", *path, json=body))

    def change_field(self, table_id: str, field_id: str, changes: Mapping[str, str]) -> None:
        """Change `name` or `description`; the service lets nothing else be changed."""
        path = ("meta", "bases", self.base_id, "tables", table_id, "fields", field_id)
        self._write("PATCH", *path, json=changes, repeatable=True)

    def pages(self, table_id: str, *, fields: Sequence[str], formula: str = "") -> Iterator[list[Record]]:
        """The records that `formula` selects, or all, page by page, with these columns.

        Raises `Rejected` with LIST_RECORDS_ITERATOR_NOT_AVAILABLE when the service has lost its place.
        """
        query = {"pageSize": PAGE_SIZE, "fields": list(fields), "returnFieldsByFieldId": True}
        if formula:
            query["filterByFormula"] = formula
        offset = None
        while True:
            # By POST, because column lists and formulas do not fit in every address.
            body = {**query, "offset": offset} if offset else query
            answer = self._read("POST", self.base_id, table_id, "listRecords", json=body)
            yield list(map(Record.parse, answer["records"]))
            offset = answer.get("offset")
            if not offset:
                return

    def update(self, table_id: str, changes: Mapping[str, Json], *, typecast: bool) -> list[Record]:
        """Change the given cells of records by id. All or nothing."""
        records = [{"id": record_id, "fields": cells} for record_id, cells in changes.items()]
        body = {"records": records, "typecast": typecast, "returnFieldsByFieldId": True}
        answer = self._write("PATCH", self.base_id, table_id, json=body)
        return list(map(Record.parse, answer["records"]))

    def upsert(
        self, table_id: str, rows: Sequence[Json], *, key: str, typecast: bool, repeatable: bool = False
    ) -> list[Record]:
        """Change the record whose column `key` holds the same text, or create it. All or nothing.

        It makes no record twice; where people work, repeating it would undo what they typed since the first time.
        """
        body = {
            "performUpsert": {"fieldsToMergeOn": [key]},
            "records": [{"fields": cells} for cells in rows],
            "typecast": typecast,
            "returnFieldsByFieldId": True,
        }
        answer = self._write("PATCH", self.base_id, table_id, json=body, repeatable=repeatable)
        return list(map(Record.parse, answer["records"]))

    def delete(self, table_id: str, record_ids: Sequence[str]) -> None:
        """Delete records by id. All or nothing: one that is gone already refuses the others."""
        self._write("DELETE", self.base_id, table_id, params={"records[]": list(record_ids)})

    def webhooks(self) -> list[Json]:
        """The base's webhooks that this token may see."""
        answer = self._read("GET", "bases", self.base_id, "webhooks")
        return list(answer["webhooks"])

    def create_webhook(self, specification: Json) -> str:
        """A webhook that is only polled; returns its id. Its stream starts at cursor 1."""
        # pyairtable would send `notificationUrl: null`, and whether the service takes that is not known.
        body = {"specification": specification}
        answer = self._write("POST", "bases", self.base_id, "webhooks", json=body)
        return str(answer["id"])

    def delete_webhook(self, webhook_id: str) -> None:
        """End a webhook."""
        self._write("DELETE", "bases", self.base_id, "webhooks", webhook_id)

    def payloads(self, webhook_id: str, cursor: int) -> Json:
        """One page: `payloads`, the `cursor` that follows, and whether there `mightHaveMore`. Keeps the webhook alive."""
        path = ("bases", self.base_id, "webhooks", webhook_id, "payloads")
        answer: Json = self._read("GET", *path, params={"cursor": cursor})
        return answer

    def _read(self, method: str, *path: str, params: Any = None, json: Any = None) -> Any:
        return self._call(method, path, params=params, json=json, writing=False, repeatable=True)

    def _write(
        self, method: str, *path: str, params: Any = None, json: Any = None, repeatable: bool = False
    ) -> Any:
        return self._call(method, path, params=params, json=json, writing=True, repeatable=repeatable)

    def _call(
        self, method: str, path: tuple[str, ...], *, params: Any, json: Any, writing: bool, repeatable: bool
    ) -> Any:
        def attempt() -> Any:
            self._pace.wait()
            try:
                return self._api.request(method, self._api.build_url(*path), params=params, json=json)
            except requests.RequestException as error:
                # `from None`: the original names the address and quotes the answer, and both may hold cell values.
                raise translate(error, gate=self._gate, writing=writing) from None

        return self._gate.call(attempt, idempotent=repeatable)
