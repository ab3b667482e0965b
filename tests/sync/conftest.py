"""A small archive over two replicas in memory, with a clock that tests turn."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from emulators.server import Running
from sync.config import SyncConfig
from sync.cycle import run_cycle
from sync.engine import CycleReport, Engine, Replica
from sync.store.hub import Hub
from tests.postgres import Stores
from tests.sync.memory import MemoryConnection
from tests.sync.sheets_office import Office as SpreadsheetOffice
from tests.sync.sheets_office import open_office, world_of_offices
from validators.schema import SchemaConfig
from vault.keys import Argon2Cost, from_passphrase
from vault.masks import MasksConfig
from vault.vault import Vault

SCHEMA = {
    "options": {
        "gender": ["男", "女"],
        "id_type": ["居民身份证", "护照"],
        "status": {"values": ["有效", "终止"], "aliases": {"满期": "终止"}},
    },
    "tables": {
        "customers": {
            "name": "客户",
            "key": "customer_no",
            "label": "full_name",
            "subject": "self",
            "fields": {
                "customer_no": {"name": "客户编号", "type": "text", "unique": True, "auto": "C{seq:08}"},
                "full_name": {"name": "客户姓名", "type": "text", "required": True},
                "birth_date": {"name": "出生日期", "type": "date"},
                "id_type": {
                    "name": "证件类型",
                    "type": "select",
                    "options": "id_type",
                    "default": "居民身份证",
                },
                "id_number": {
                    "name": "身份证号码",
                    "type": "idno",
                    "document": "id_type",
                    "unique": True,
                    "identity": True,
                    "sensitive": {"mask": "idno", "search": True},
                },
                "mobile": {
                    "name": "手机号码",
                    "type": "phone",
                    "copy": True,
                    "sensitive": {"mask": "phone", "search": True},
                },
                "occupation": {"name": "职业", "type": "text", "expected": True},
                "notes": {"name": "备注", "type": "longtext", "free_text": True, "max_length": 1000},
            },
        },
        "policies": {
            "name": "保单",
            "key": "policy_no",
            "subject": "customer_no",
            "fields": {
                "policy_no": {
                    "name": "保单号",
                    "type": "text",
                    "required": True,
                    "unique": True,
                    "pattern": "^[A-Z0-9]{4,20}$",
                    "upper": True,
                },
                "customer_no": {"name": "投保人", "type": "link", "to": "customers", "required": True},
                "insured_no": {"name": "被保险人", "type": "link", "to": "customers"},
                "prior_no": {"name": "上期保单", "type": "link", "to": "policies"},
                "premium": {"name": "保费", "type": "money"},
                "account": {"name": "缴费账号", "type": "account", "sensitive": {"mask": "account"}},
                "start": {"name": "生效日期", "type": "date"},
                "end": {"name": "满期日期", "type": "date"},
                "status": {"name": "状态", "type": "select", "options": "status"},
            },
        },
    },
    "rules": [
        {
            "id": "C02",
            "table": "customers",
            "check": "birth_of(id_number) == birth_date",
            "message": "出生日期与证件号码不一致",
            "mend": "核对证件",
        },
        {
            "id": "P01",
            "table": "policies",
            "check": "start <= end",
            "message": "满期日期早于生效日期",
            "mend": "更正日期",
        },
    ],
}


MAIN = ({"name": "airtable", "service": "airtable"}, {"name": "sheets", "service": "sheets"})


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Office:
    """An archive at work: two replicas, the engine between them, and a clock."""

    engine: Engine
    airtable: MemoryConnection
    sheets: MemoryConnection
    clock: Clock

    def cycle(self) -> CycleReport:
        return run_cycle(self.engine)

    def cycles(self, count: int, apart_s: float = 6) -> None:
        """So many cycles; time passes after each."""
        for _ in range(count):
            self.cycle()
            self.clock.advance(apart_s)

    def calm(self, limit: int = 12) -> int:
        """Run cycles until one writes nothing; returns how many it took."""
        for number in range(1, limit + 1):
            before = self.writes
            self.cycle()
            if self.writes == before and not self.engine.settling:
                return number
        raise AssertionError(f"not calm after {limit} cycles")

    def fail_to_number(self, table: str) -> str:
        """A cycle in which Sheets takes no write; the uid that the table's only row there was to get."""
        self.sheets.fail_after = 0
        self.cycle()
        self.sheets.fail_after = None
        with self.engine.hub.unit() as unit:
            (uid,) = unit.seen.of("sheets", table)
        return uid

    @property
    def writes(self) -> int:
        """Writes to all replicas so far."""
        return sum(self.replica(one.name).writes for one in self.engine.replicas)

    def close(self) -> None:
        """Give hub and vault back."""
        self.engine.hub.close()
        self.engine.vault.close()

    def replica(self, name: str) -> MemoryConnection:
        """What the people of one replica see."""
        found = next(one.connection for one in self.engine.replicas if one.name == name)
        assert isinstance(found, MemoryConnection)
        return found


NewOffice = Callable[..., Office]


def build_office(
    stores: Stores,
    *departments: Mapping[str, object],
    **settings: object,
) -> Office:
    """A fresh archive; `settings` go into the section `sync`."""
    clock = Clock()
    schema = SchemaConfig.model_validate(SCHEMA)
    config = SyncConfig.model_validate(
        {
            "settle_s": 0,
            "settle_partial_s": 0,
            "delete_grace_s": 0,
            "replicas": [*MAIN, *({"service": "sheets", **department} for department in departments)],
            **settings,
        }
    )
    connections = [
        MemoryConnection(replica.name, "row_id" if replica.service == "airtable" else "key")
        for replica in config.replicas
    ]
    vault = Vault.create(
        stores("vault"),
        from_passphrase("only for tests", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64)),
        clock=clock,
    )
    engine = Engine(
        schema=schema,
        config=config,
        hub=Hub(stores("hub"), schema),
        vault=vault,
        masks=MasksConfig({}),
        replicas=tuple(Replica(c, k, schema) for c, k in zip(connections, config.replicas, strict=True)),
        clock=clock,
        random_bits=Random(1).getrandbits,
        zone=ZoneInfo("Asia/Shanghai"),
    )
    return Office(engine, connections[0], connections[1], clock)


@pytest.fixture
def new_office(stores: Stores) -> Iterator[NewOffice]:
    """Builds an archive as `build_office` does, and gives its stores back after the test."""
    with ExitStack() as opened:

        def build(*departments: Mapping[str, object], **settings: object) -> Office:
            built = build_office(stores, *departments, **settings)
            opened.callback(built.close)
            return built

        yield build


@pytest.fixture(scope="module", params=[False, True], ids=["likely", "turned"])
def world(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The services, in both positions of every switch for what nobody is sure of."""
    with world_of_offices(turned=request.param) as world:
        yield world


@pytest.fixture
def spreadsheet(world: Running) -> SpreadsheetOffice:
    return open_office(world)


@pytest.fixture
def office(new_office: NewOffice) -> Office:
    return new_office()
