"""A spreadsheet over HTTP with the daemon's connection on one side and a member of staff on the other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from emulators.server import Running, running
from sync.config import ReplicaConfig
from sync.connection import Insert, Listing, Outcome, SeenRow, SystemColumn, Uid, Update
from sync.sheets.connection import SheetsConnection
from sync.uid import new_uid
from validators.schema import SchemaConfig

SCHEMA: dict[str, Any] = {
    "options": {"level": ["普通", "银卡"], "need": ["养老", "医疗", "意外"]},
    "tables": {
        "customers": {
            "name": "客户基本信息",
            "key": "customer_no",
            "views": [{"name": "按姓名", "sort": ["full_name", "-born"]}],
            "fields": {
                "customer_no": {"name": "客户编号", "type": "text", "aliases": ["客户号"]},
                "full_name": {"name": "客户姓名", "type": "text"},
                "mobile": {"name": "手机号码", "type": "phone", "sensitive": {"mask": "phone"}},
                "born": {"name": "出生日期", "type": "date"},
                "called": {"name": "最近联系", "type": "datetime"},
                "children": {"name": "子女数", "type": "int"},
                "weight": {"name": "体重", "type": "decimal"},
                "premium": {"name": "保费", "type": "money"},
                "share": {"name": "比例", "type": "percent"},
                "active": {"name": "在保", "type": "bool"},
                "level": {"name": "等级", "type": "select", "options": "level"},
                "needs": {"name": "需求", "type": "multiselect", "options": "need"},
                "remarks": {"name": "备注", "type": "longtext", "note": "写重点"},
                "age": {"name": "年龄", "type": "int", "computed": "1"},
            },
        },
        "policies": {
            "name": "保险合同信息",
            "key": "policy_no",
            "fields": {
                "policy_no": {"name": "保单号", "type": "text"},
                "customer_no": {"name": "投保人", "type": "link", "to": "customers"},
            },
        },
    },
}
CUSTOMERS, POLICIES = "客户基本信息", "保险合同信息"


def schema_of(tables: Mapping[str, Any]) -> SchemaConfig:
    """The test schema with some fields of customers changed: key to settings, None removes."""
    fields = dict(SCHEMA["tables"]["customers"]["fields"])
    for key, settings in tables.items():
        fields[key] = {**fields.get(key, {}), **settings}
    customers = {**SCHEMA["tables"]["customers"], "fields": fields}
    return SchemaConfig.model_validate({**SCHEMA, "tables": {**SCHEMA["tables"], "customers": customers}})


class Memo(dict[str, str]):
    """Bindings in memory."""

    def set(self, name: str, value: str) -> None:
        self[name] = value

    def drop(self, name: str) -> None:
        self.pop(name, None)


def uid(number: int) -> Uid:
    """A record id; the same number gives the same."""
    return new_uid(datetime(2026, 1, 1) + timedelta(seconds=number), lambda bits: number)


@dataclass
class Office:
    """Both sides of one spreadsheet."""

    world: Running
    connection: SheetsConnection
    memo: Memo
    spreadsheet: str
    key_file: Path
    _seen_requests: int = 0
    naps: list[float] = field(default_factory=list)

    # The daemon

    def connect(self, schema: SchemaConfig | None = None, memo: Memo | None = None) -> SheetsConnection:
        """Another connection to the same spreadsheet, as after a restart."""
        self.connection = connection_to(
            self.world, self.spreadsheet, memo if memo is not None else self.memo, schema, self.naps
        )
        return self.connection

    def pull(self, *, full: bool = False, again: Sequence[str] = ()) -> dict[str, Listing]:
        """One pull, acknowledged."""
        reread = {table: frozenset({"any"}) for table in again}
        listings = {listing.table: listing for listing in self.connection.pull(reread=reread, full=full)}
        self.connection.acknowledge()
        return listings

    def rows(self, table: str = "customers") -> dict[Uid, SeenRow]:
        """All rows of a table by uid."""
        return {row.uid: row for row in self.pull(full=True)[table].rows}

    def fill(self, count: int, *, table: str = "customers") -> list[SeenRow]:
        """Insert plain records; their rows as the connection answered."""
        self.pull()
        key = "customer_no" if table == "customers" else "policy_no"
        inserts = [Insert(uid(i), {key: f"C{i:08}"}, {SystemColumn.UID: uid(i)}) for i in range(1, count + 1)]
        return [written.row for written in self.connection.apply(table, inserts).written]

    def update(self, row: SeenRow, **cells: Any) -> Outcome:
        """Write cells of a row as it was seen."""
        before = {key: row.cells[key] for key in cells if key in row.cells}
        operation = Update(row.uid, "", row.position, numbered=True, before=before, cells=cells)
        return self.connection.apply("customers", [operation])

    # A member of staff

    def call(self, path: str, body: Any = None, *, method: str = "POST", **params: Any) -> Any:
        """One call with the staff token."""
        google = self.world.description["google"]
        answer = requests.request(
            method,
            f"{google['endpoint_url']}/v4/spreadsheets/{self.spreadsheet}{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {google['staff_token']}"},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    def type(self, where: str, *rows: Sequence[Any], raw: bool = False) -> None:
        """Type into cells, as a person does."""
        option = "RAW" if raw else "USER_ENTERED"
        self.call(f"/values/{where}", {"values": rows}, method="PUT", valueInputOption=option)

    def batch(self, *changes: Any) -> Any:
        """Change the grid, as a person does by mouse."""
        return self.call(":batchUpdate", {"requests": changes})

    def values(self, where: str) -> list[list[Any]]:
        """What stands there, formulas as text."""
        found: list[list[Any]] = self.call(f"/values/{where}", method="GET", valueRenderOption="FORMULA").get(
            "values", []
        )
        return found

    def gid(self, title: str) -> int:
        """The id of a tab."""
        return next(
            int(sheet["properties"]["sheetId"])
            for sheet in self.call("", method="GET")["sheets"]
            if sheet["properties"]["title"] == title
        )

    def column(self, header: str, title: str = CUSTOMERS) -> int:
        """The index of a column by its header."""
        return self.values(f"{title}!1:1")[0].index(header)

    def sort(self, *, descending: bool = True, title: str = CUSTOMERS, by: str = "客户编号") -> None:
        """Sort all rows below the header."""
        order = {
            "dimensionIndex": self.column(by, title),
            "sortOrder": "DESCENDING" if descending else "ASCENDING",
        }
        self.batch(
            {"sortRange": {"range": {"sheetId": self.gid(title), "startRowIndex": 1}, "sortSpecs": [order]}}
        )

    # The control endpoint

    def faults(self, *orders: Mapping[str, Any]) -> None:
        """Order faults for the daemon."""
        url = f"{self.world.description['control_url']}/faults"
        requests.post(
            url, json=[{"caller": "daemon", "count": 1, **order} for order in orders], timeout=10
        ).raise_for_status()

    def calls(self) -> list[str]:
        """The daemon's Sheets calls since the last time this was asked, as `METHOD last-part-of-path`."""
        url = f"{self.world.description['control_url']}/requests"
        entries = requests.get(url, params={"since": self._seen_requests}, timeout=10).json()
        entries = entries["requests"] if isinstance(entries, dict) else entries
        self._seen_requests = max([self._seen_requests, *(entry["n"] for entry in entries)])
        return [
            f"{entry['method']} {entry['path'].split(self.spreadsheet)[-1]}"
            for entry in entries
            if entry["caller"] == "daemon"
            and entry["service"] == "sheets"
            and self.spreadsheet in entry["path"]
        ]

    def writes(self) -> list[str]:
        """Those of them that write."""
        return [call for call in self.calls() if ":batchUpdate" in call or call.startswith("PUT")]


def connection_to(
    world: Running, spreadsheet: str, memo: Memo, schema: SchemaConfig | None, naps: list[float]
) -> SheetsConnection:
    """The daemon's side."""
    google = world.description["google"]
    return SheetsConnection(
        name="sheets",
        schema=schema or schema_of({}),
        config=ReplicaConfig(name="sheets", service="sheets"),
        url=google["endpoint_url"],
        credentials_file=Path(google["service_account_file"]),
        spreadsheet_id=spreadsheet,
        bindings=memo,
        clock=world.world.clock,
        sleep=naps.append,
    )


@contextmanager
def world_of_offices(*, turned: bool = False) -> Iterator[Running]:
    """The emulators, without quotas: these tests count calls themselves. `turned`: with every unsure fact the other way."""
    with running(quotas=False, clock="manual", seed=1) as world:
        world.world.policy.change(world.world.policy.turned() if turned else {})
        yield world


def open_office(world: Running, *, set_up: bool = True) -> Office:
    """A spreadsheet of its own."""
    with world.world.lock:
        spreadsheet = world.world.google.create_spreadsheet("档案")
    memo = Memo()
    naps: list[float] = []
    connection = connection_to(world, spreadsheet, memo, None, naps)
    office = Office(
        world,
        connection,
        memo,
        spreadsheet,
        Path(world.description["google"]["service_account_file"]),
        naps=naps,
    )
    if set_up:
        connection.setup()
        office.calls()
    return office


def before_write(office: Office, number: int, act: Callable[[], None]) -> None:
    """Let a person act just before the connection's n-th batch of writes from now."""
    client = office.connection._client
    plain, count = client.update, iter(range(1, 100))

    def update(*args: Any, **options: Any) -> Any:
        if next(count) == number:
            act()
        return plain(*args, **options)

    client.update = update  # type: ignore[method-assign]
