"""Opens the hub's database and hands out units of work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, event

from validators.schema import SchemaConfig
from vault.sqlite import sqlite_path

from .agreement import Agreement
from .bindings import HubBindings
from .counters import Counters
from .lists import Lists
from .numbering import Numbering
from .records import Records
from .seen import SeenRows
from .unanswered import Unanswered

BUSY_TIMEOUT_MS = 15_000
CHECKPOINT_PAGES = 8_000
"""Pages that the write-ahead log gathers: a page that a first sync changes again and again is copied once, not each time."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One transaction: everything read and written through it is committed together or not at all."""

    connection: Connection
    records: Records
    seen: SeenRows
    lists: Lists
    agreement: Agreement
    numbering: Numbering
    unanswered: Unanswered
    counters: Counters


class Hub:
    """The agreed state of every record, over SQLite (WAL) or PostgreSQL."""

    def __init__(self, url: str, schema: SchemaConfig) -> None:
        self.schema = schema
        self.engine = _engine(url)
        self._reader = self.engine.execution_options(hub_reads=True)
        with self.engine.begin() as connection:
            migrate(connection)

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A unit of work; commits at the end, rolls back when it raises."""
        with self.engine.begin() as connection:
            yield self._unit(connection)

    @contextmanager
    def reading(self) -> Iterator[Unit]:
        """A unit that only reads: it sees one state, waits for no writer and keeps none waiting."""
        with self._reader.begin() as connection:
            yield self._unit(connection)

    def bindings(self, connection_name: str) -> HubBindings:
        """What a connection remembers between runs. Every change is a transaction of its own."""
        return HubBindings(self.engine, connection_name)

    def forget(self) -> None:
        """Overwrite what the write-ahead log still holds of emptied records; other readers may put it off."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Release the database."""
        self.engine.dispose()

    def _unit(self, connection: Connection) -> Unit:
        return Unit(
            connection,
            Records(connection, self.schema),
            SeenRows(connection, self.schema),
            Lists(connection, self.schema),
            Agreement(connection),
            Numbering(connection),
            Unanswered(connection, self.schema),
            Counters(connection),
        )


def _engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, json_serializer=_dumps, json_deserializer=orjson.loads)
    if engine.dialect.name == "sqlite":
        _make_private_file(url)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private_file(url: str) -> None:
    """Names and birth dates stand in the hub: its owner alone reads it, like the vault. SQLite gives its log the same mode."""
    path = sqlite_path(url)
    # What stands against it is told when the file is opened.
    with suppress(OSError):
        if path is not None:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Transactions are ours: the driver's own would begin too late.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "secure_delete=ON",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # Taking the write lock at once avoids the upgrade that fails when two processes both began by reading.
    reads = connection.get_execution_options().get("hub_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def migrate(connection: Connection) -> None:
    """Bring the tables to this release, within the transaction of the connection."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
