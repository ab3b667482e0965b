"""A person types into a cell of Airtable between our reading and our write: nothing that was typed is lost or left in the open."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import sync.airtable.testimony
from sync.config import SyncConfig
from sync.connection import Connection, Listing, SeenRow, SystemColumn
from sync.cycle import run_cycle
from sync.engine import CycleReport, Engine, Replica
from sync.overwritten import note_overwritten
from sync.store.hub import Hub
from sync.store.lists import LedgerEntry
from sync.store.seen import SeenState
from tests.sync.airtable_office import ARCHIVE, Office, open_office
from tests.sync.conftest import MAIN
from tests.sync.memory import MemoryConnection
from validators.schema import SchemaConfig
from vault.keys import Argon2Cost, from_passphrase
from vault.masks import MasksConfig
from vault.vault import Vault

ROOT_KEY = from_passphrase("only for tests", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))
NUMBER, OTHER_NUMBER, THIRD_NUMBER = "11010519491231002X", "440308199901010012", "330106198402290017"
"""Identity numbers of nobody, with right check digits."""


class Meddled:
    """A connection whose next write is preceded by what a person does, or followed by the end of the process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.before: Callable[[], object] = lambda: None
        self.after: Callable[[], object] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def apply(self, table: str, operations: Any) -> Any:
        before, self.before = self.before, lambda: None
        after, self.after = self.after, lambda: None
        before()
        outcome = self._connection.apply(table, operations)
        after()
        return outcome


class Killed(BaseException):
    """The process ends."""


def kill() -> None:
    raise Killed


class Archive:
    """One base over the emulator and one spreadsheet in memory, with one customer on both."""

    def __init__(self, office: Office, folder: Path, replicas: Sequence[Mapping[str, object]]) -> None:
        self.office, self.folder, self.replicas = office, folder, replicas
        self.clock = office.served.world.clock
        self.sheets = MemoryConnection("sheets", "key")
        self.vault = Vault.create(f"sqlite:///{folder}/vault.sqlite3", ROOT_KEY, clock=self.clock)
        self.open()
        office.connection.setup()
        self.line = self.sheets.type_row("customers", customer_no="C1", full_name="王伟", id_number=NUMBER)
        self.calm()

    def open(self) -> None:
        """A process on the same files."""
        schema = SchemaConfig(**ARCHIVE)
        self.hub = Hub(f"sqlite:///{self.folder}/hub.sqlite3", schema)
        self.office.bindings = self.hub.bindings("airtable")  # type: ignore[assignment]
        self.airtable = Meddled(self.office.connect())
        config = SyncConfig.model_validate(
            {"settle_s": 0, "settle_partial_s": 0, "delete_grace_s": 0, "replicas": self.replicas}
        )
        connections: tuple[Any, Any] = (self.airtable, self.sheets)
        self.engine = Engine(
            schema=schema,
            config=config,
            hub=self.hub,
            vault=self.vault,
            masks=MasksConfig({}),
            replicas=tuple(Replica(c, k, schema) for c, k in zip(connections, config.replicas, strict=True)),
            clock=self.clock,
            random_bits=Random(1).getrandbits,
            zone=ZoneInfo("Asia/Shanghai"),
        )

    def restart(self) -> None:
        """A new process on the same files."""
        self.hub.close()
        self.open()

    def calm(self) -> None:
        """Cycles until nothing is left to do."""
        for _ in range(12):
            if not run_cycle(self.engine).busy:
                return
            self.clock.advance(3)
        raise AssertionError("not calm")

    def type(self, **cells: Any) -> None:
        """A person types into the customer's record at Airtable; by header."""
        table = self.office.table()
        (record,) = table.all()
        table.update(record["id"], cells)

    def shown(self, header: str) -> Any:
        """The customer's cell at Airtable."""
        (record,) = self.office.table().all()
        return record["fields"].get(header)

    def ledger(self) -> list[LedgerEntry]:
        """What was not taken and is not resolved."""
        with self.hub.unit() as unit:
            return unit.lists.conflicts()

    def hub_states(self) -> list[SeenState]:
        """What the hub knows of the customer's row in the spreadsheet."""
        with self.hub.unit() as unit:
            return list(unit.seen.of("sheets", "customers").values())

    def stored(self) -> bytes:
        """Everything in the files beside the vault's."""
        return b"".join(path.read_bytes() for path in self.folder.glob("hub.sqlite3*"))


@contextmanager
def opened(
    folder: Path, replicas: Sequence[Mapping[str, object]] = MAIN, **policy: bool
) -> Iterator[Archive]:
    with open_office() as office:
        archive = Archive(office, folder, replicas)
        office.served.world.policy.change(policy)
        try:
            yield archive
        finally:
            archive.hub.close()
            archive.vault.close()


@pytest.fixture(
    params=[{}, {"payloads_come_late": True}, {"payload_per_record": True}], ids=["at_once", "late", "split"]
)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with opened(tmp_path, **request.param) as one:
        yield one


def test_a_name_typed_before_our_write_goes_to_the_ledger_and_is_told(archive: Archive) -> None:
    archive.line.cells["full_name"] = "王大伟"
    archive.airtable.before = lambda: archive.type(客户姓名="王小伟")
    archive.calm()
    (entry,) = archive.ledger()
    assert (entry.replica, entry.field, entry.other) == ("airtable", "full_name", "王小伟")
    assert archive.shown("客户姓名") == archive.line.cells["full_name"] == "王大伟"
    assert "您填“王小伟”" in archive.shown(SystemColumn.NOTE)
    assert "要用您的" in archive.shown(SystemColumn.NOTE)


def test_a_number_typed_before_our_write_is_sealed_and_no_plaintext_is_kept(archive: Archive) -> None:
    archive.line.cells["id_number"] = OTHER_NUMBER
    archive.airtable.before = lambda: archive.type(身份证号码=THIRD_NUMBER)
    archive.calm()
    (entry,) = archive.ledger()
    token = str(entry.other)
    assert archive.vault.open_for_check([token])[token] == THIRD_NUMBER
    assert "身份证号码" in archive.shown(SystemColumn.NOTE)
    assert THIRD_NUMBER not in archive.shown(SystemColumn.NOTE) + archive.shown("身份证号码")
    assert THIRD_NUMBER.encode() not in archive.stored()


def test_a_number_typed_before_a_crash_is_found_after_the_restart(archive: Archive) -> None:
    archive.line.cells["id_number"] = OTHER_NUMBER
    archive.airtable.before = lambda: archive.type(身份证号码=THIRD_NUMBER)
    archive.airtable.after = kill
    with pytest.raises(Killed):
        archive.calm()
    archive.restart()
    archive.calm()
    assert [archive.vault.open_for_check([str(one.other)])[str(one.other)] for one in archive.ledger()] == [
        THIRD_NUMBER
    ]
    assert THIRD_NUMBER.encode() not in archive.stored()


@pytest.mark.parametrize("dies", [False, True])
def test_what_was_typed_just_before_a_removal_goes_to_the_ledger(archive: Archive, dies: bool) -> None:
    """2: seed 3710. The record is gone with what nobody had seen, and only the webhook tells what that was."""
    client = archive.office.connection._client
    plain = client.delete

    def delete(*records: Any) -> None:
        archive.type(身份证号码=THIRD_NUMBER, 客户姓名="王小伟")
        plain(*records)
        if dies:
            kill()

    client.delete = delete  # type: ignore[assignment, method-assign]
    archive.sheets.delete("customers", archive.line)
    with pytest.raises(Killed) if dies else nullcontext():
        archive.calm()
    archive.restart()
    archive.calm()
    archive.clock.advance(3)
    archive.calm()
    (number,) = [str(one.other) for one in archive.ledger() if one.field == "id_number"]
    assert archive.vault.open_for_check([number])[number] == THIRD_NUMBER
    assert [one.other for one in archive.ledger() if one.field == "full_name"] == ["王小伟"]
    assert THIRD_NUMBER.encode() not in archive.stored()


def test_what_is_remembered_of_a_write_is_no_plaintext(archive: Archive) -> None:
    archive.type(身份证号码=THIRD_NUMBER)
    archive.clock.advance(3)
    archive.airtable.after = kill
    with pytest.raises(Killed):
        archive.calm()
    assert THIRD_NUMBER not in archive.shown("身份证号码")
    assert archive.office.bindings.get("writes:customers") is not None
    assert THIRD_NUMBER.encode() not in archive.stored()


def test_what_is_heard_before_a_crash_is_entered_once(archive: Archive) -> None:
    archive.line.cells["full_name"] = "王大伟"
    archive.airtable.before = lambda: archive.type(客户姓名="王小伟")
    run_cycle(archive.engine)
    archive.clock.advance(3)
    archive.airtable._connection.acknowledge = kill  # type: ignore[method-assign]
    with pytest.raises(Killed):
        archive.calm()
    archive.restart()
    archive.calm()
    assert [entry.other for entry in archive.ledger()] == ["王小伟"]


def test_a_value_typed_again_after_our_write_is_taken(archive: Archive) -> None:
    archive.line.cells["full_name"] = "王大伟"
    archive.airtable.before = lambda: archive.type(客户姓名="王小伟")
    archive.airtable.after = lambda: archive.type(客户姓名="王小伟")
    archive.calm()
    assert archive.line.cells["full_name"] == archive.shown("客户姓名") == "王小伟"
    assert not archive.shown(SystemColumn.NOTE)


def test_a_write_over_what_was_believed_enters_nothing(archive: Archive) -> None:
    for name in ("王大伟", "王伟", "王大伟"):
        archive.line.cells["full_name"] = name
        archive.calm()
    archive.line.cells["id_number"] = OTHER_NUMBER
    archive.calm()
    archive.type(身份证号码=THIRD_NUMBER)
    archive.calm()
    assert archive.ledger() == []


def test_an_emptied_cell_is_told_too(archive: Archive) -> None:
    archive.line.cells["notes"] = "先"
    archive.calm()
    archive.line.cells["notes"] = "后"
    archive.airtable.before = lambda: archive.type(备注=None)
    archive.calm()
    assert [(entry.field, entry.other) for entry in archive.ledger()] == [("notes", None)]


def test_a_value_that_cannot_be_is_kept_as_it_stood(archive: Archive) -> None:
    archive.line.cells["id_number"] = OTHER_NUMBER
    archive.airtable.before = lambda: archive.type(身份证号码="1101051949")
    archive.calm()
    (entry,) = archive.ledger()
    token = str(entry.other)
    assert archive.vault.open_for_check([token])[token] == "1101051949"


def test_what_was_typed_on_both_sides_is_not_lost(archive: Archive) -> None:
    archive.line.cells |= {"full_name": "王大伟", "id_number": OTHER_NUMBER}
    archive.airtable.before = lambda: archive.type(客户姓名="王大伟", 身份证号码=OTHER_NUMBER)
    archive.calm()
    assert archive.ledger() == []


def test_what_was_typed_where_it_may_not_be_changed_competes_with_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, replicas=({**MAIN[0], "edit": {}}, MAIN[1])) as archive:
        archive.line.cells["id_number"] = OTHER_NUMBER
        archive.airtable.before = lambda: archive.type(身份证号码=THIRD_NUMBER)
        archive.calm()
        assert archive.ledger() == []
        assert archive.shown("身份证号码") == archive.line.cells["id_number"]


def test_an_idle_write_awaits_no_testimony_for_ever(archive: Archive) -> None:
    archive.line.cells["full_name"] = "王大伟"
    archive.airtable.before = lambda: archive.type(客户姓名="王大伟")
    archive.calm()
    archive.clock.advance(2 * sync.airtable.testimony.LATE_MAX / timedelta(seconds=1))
    archive.calm()
    assert archive.ledger() == []
    assert archive.office.bindings.get("writes:customers") is None


def test_without_a_webhook_a_write_looks_first(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        archive.airtable._connection._webhook.refused = True  # type: ignore[attr-defined]
        archive.line.cells["full_name"] = "王大伟"
        archive.airtable.before = lambda: archive.type(客户姓名="王小伟")
        report = run_cycle(archive.engine)
        assert report.refused == {"airtable": 1} and archive.shown("客户姓名") == "王小伟"
        archive.calm()
        assert [entry.other for entry in archive.ledger()] == ["王小伟"]


def test_of_what_stood_in_the_cells_of_a_write_without_answer_only_what_was_typed_counts(
    archive: Archive,
) -> None:
    """2: seed 1341. A spreadsheet tells all that was written over: what was read before, and that."""
    (state,) = archive.hub_states()
    stood = {"full_name": "王小伟", "customer_no": "C1", "id_number": OTHER_NUMBER}
    row = SeenRow(state.uid, "", -1, stood, partial=True)
    with archive.hub.unit() as unit:
        record = unit.records.get("customers", state.uid)
        assert record is not None
        agreed = {**record.values, "customer_no": "C2", "full_name": "王大伟"}
        unit.records.save("customers", state.uid, agreed, state=record.state, now=archive.clock())
    for _ in range(2):
        note_overwritten(
            archive.engine,
            archive.engine.replicas[1],
            Listing("customers", overwritten=(row,)),
            CycleReport(),
        )
    found = {entry.field: str(entry.other) for entry in archive.ledger()}
    assert found.pop("full_name") == "王小伟"
    ((key, token),) = found.items()
    assert key == "id_number" and archive.vault.open_for_check([token])[token] == OTHER_NUMBER
