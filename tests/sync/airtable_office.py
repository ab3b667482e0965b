"""An archive with every type of field, its Airtable connection, and a member of staff, over HTTP against the emulator."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyairtable

from emulators import running
from emulators.airtable.webhooks import LATE
from emulators.server import Running
from sync.airtable import AirtableConnection
from sync.config import ReplicaConfig
from sync.connection import Insert, Listing, SeenRow, SystemColumn, Update
from validators.schema import SchemaConfig

ARCHIVE: dict[str, Any] = {
    "options": {"gender": ["男", "女"], "channels": ["电话", "微信", "邮件"]},
    "tables": {
        "policies": {
            "name": "保险合同信息",
            "key": "policy_no",
            "fields": {
                "policy_no": {"name": "保单号", "type": "text"},
                "customer": {"name": "投保人", "type": "link", "to": "customers"},
                "premium": {"name": "保费", "type": "money"},
            },
        },
        "customers": {
            "name": "客户基本信息",
            "key": "customer_no",
            "subject": "self",
            "fields": {
                "customer_no": {"name": "客户编号", "type": "text"},
                "full_name": {"name": "客户姓名", "type": "text", "aliases": ["姓名"]},
                "gender": {"name": "性别", "type": "select", "options": "gender"},
                "age": {"name": "年龄", "type": "int", "computed": "1"},
                "id_number": {"name": "身份证号码", "type": "idno", "sensitive": {"mask": "idno"}},
                "income": {"name": "年收入", "type": "money", "sensitive": {"mask": "band"}},
                "history": {"name": "病史", "type": "longtext", "sensitive": {"mask": "redact"}},
                "born": {"name": "出生日期", "type": "date"},
                "visited": {"name": "到访时间", "type": "datetime"},
                "height": {"name": "身高", "type": "decimal"},
                "share": {"name": "占比", "type": "percent"},
                "vip": {"name": "贵宾", "type": "bool"},
                "channels": {"name": "联系方式", "type": "multiselect", "options": "channels"},
                "phone": {"name": "单位电话", "type": "phone"},
                "email": {"name": "电子邮箱", "type": "email"},
                "account": {"name": "对公账号", "type": "account"},
                "notes": {"name": "备注", "type": "longtext", "note": "不要写号码"},
                "referrer": {"name": "介绍人", "type": "link", "to": "customers"},
                "family": {"name": "家人", "type": "multilink", "to": "customers"},
            },
        },
    },
}


class MemoryBindings(dict[str, str]):
    """Bindings that a test can look into and lose."""

    def set(self, name: str, value: str) -> None:
        self[name] = value

    def drop(self, name: str) -> None:
        self.pop(name, None)


@dataclass
class Office:
    """One base, the daemon's connection to it, and the staff's client."""

    served: Running
    bindings: MemoryBindings = field(default_factory=MemoryBindings)
    connection: AirtableConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = self.connect()

    def connect(
        self, archive: Mapping[str, Any] = ARCHIVE, *, token: str | None = None, **config: Any
    ) -> AirtableConnection:
        """A connection as after a restart, or with another configuration."""
        place = self.served.description["airtable"]
        self.connection = AirtableConnection(
            name="airtable",
            schema=SchemaConfig(**archive),
            config=ReplicaConfig(name="airtable", service="airtable", **config),
            url=place["endpoint_url"],
            token=token or place["token"],
            base_id=place["base_id"],
            bindings=self.bindings,
            clock=self.served.world.clock,
            sleep=self.served.world.clock.advance,
            archive_name="客户保险档案",
        )
        return self.connection

    @property
    def staff(self) -> pyairtable.Api:
        """A client that works as a person does at the screen."""
        place = self.served.description["airtable"]
        return pyairtable.Api(place["staff_token"], endpoint_url=place["endpoint_url"], retry_strategy=None)

    def base(self) -> pyairtable.Base:
        """The base as staff see it."""
        return self.staff.base(self.served.description["airtable"]["base_id"])

    def table(self, name: str = "客户基本信息") -> pyairtable.Table:
        """A table as staff see it."""
        return self.base().table(name)

    def insert(self, uid: str, table: str = "customers", **cells: Any) -> SeenRow:
        """A record that the daemon wrote; returns the row as the service answered."""
        system = {SystemColumn.STATUS: "通过"}
        (written,) = self.connection.apply(table, [Insert(uid, cells, system)]).written
        return written.row

    def pull(self, *, full: bool = False, **reread: frozenset[str]) -> dict[str, Listing]:
        """What the daemon sees, by table, and acknowledged, at a look that is late enough to be told of everything."""
        self.until_told()
        listings = {one.table: one for one in self.connection.pull(reread=reread, full=full)}
        self.connection.acknowledge()
        return listings

    def until_told(self) -> None:
        """Lets the time go by in which the service keeps to itself what happened."""
        world = self.served.world
        if world.policy.payloads_come_late:
            world.clock.advance(LATE.total_seconds())

    def fault(self, match: str, kind: str, count: int = 1) -> None:
        """Let the daemon's next requests that match fail."""
        self.served.world.faults.order([{"match": match, "caller": "daemon", "kind": kind, "count": count}])

    def requests(self, *, since: int = 0) -> list[str]:
        """What the daemon asked for: method, path and status of each request."""
        log = self.served.world.journal.since(since)
        return [f"{one['method']} {one['path']} {one['status']}" for one in log if one["caller"] == "daemon"]

    def writes(self, *, since: int = 0) -> list[str]:
        """The requests that may have changed something."""
        return [
            line
            for line in self.requests(since=since)
            if not line.startswith("GET") and "/listRecords" not in line
        ]

    @property
    def mark(self) -> int:
        """The number of the last request, to be given as `since`."""
        log = self.served.world.journal.since(0)
        return int(log[-1]["n"]) if log else 0


@contextmanager
def open_office(*, set_up: bool = True, quotas: bool = False, turned: bool = False) -> Iterator[Office]:
    """An office with an empty base, or with the archive's tables. Its clock moves only when somebody waits.

    `turned`: with every unsure fact the other way.
    """
    with running(clock="manual", quotas=quotas) as served:
        policy = served.world.policy
        policy.change(policy.turned() if turned else {})
        office = Office(served)
        if set_up:
            office.connection.setup()
        yield office


def update(row: SeenRow, before: Mapping[str, Any], **cells: Any) -> Update:
    """An update of a row that stands; `before` is what its cells are believed to show."""
    return Update(row.uid, row.row_id, -1, True, before, cells)
