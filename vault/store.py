"""The vault's database: tables, transactions and schema. Knows no key and sees no plaintext."""

import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from vault.errors import VaultDamaged, VaultMissing, VaultNewer, VaultUnavailable

BUSY_TIMEOUT_S = 30
BUSY_STEP_S = 0.001
INSERTED_AT_ONCE = 1_000
SCHEMA_TABLE = "vault_schema"
_MIGRATIONS = Path(__file__).parent / "migrations"

T = TypeVar("T")

metadata = sa.MetaData()

# One row: which vault this is, and the check value that tells a wrong root key before anything is touched.
vault_table = sa.Table(
    "vault",
    metadata,
    sa.Column("vault_id", sa.Text, primary_key=True),
    sa.Column("check_value", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
)
# The master key under each root key that may open this vault (the passphrase; later a recovery recipient).
envelope = sa.Table(
    "envelope",
    metadata,
    sa.Column("envelope_id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
)
# `kind` says why the version was made; `finished_at` when every subject had moved to it.
key_encryption_key = sa.Table(
    "key_encryption_key",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("suite", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("finished_at", sa.Text),
)
# An erased subject keeps its rows without body: the tombstone that stops a new key from being made. `wrapped_by` is the
# version of the key-encryption key. `change` here and below orders the writes, for the journal.
data_key = sa.Table(
    "data_key",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("body", sa.LargeBinary),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("erased_at", sa.Text),
    sa.Column("wrapped_by", sa.Integer, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.Index("data_key_wrapped_by", "wrapped_by"),
    sa.Index("data_key_change", "change"),
)
# `body` is empty once moved or erased. `equality` is keyed per subject, `index_mark` per field.
sealed_value = sa.Table(
    "sealed_value",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("mask", sa.Text, nullable=False),
    sa.Column("valid", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary),
    sa.Column("equality", sa.LargeBinary),
    sa.Column("index_mark", sa.LargeBinary),
    sa.Column("moved_to", sa.Text),
    sa.Column("sealed_at", sa.Text, nullable=False),
    sa.Column("state_at", sa.Text, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
    sa.Index("sealed_value_equality", "equality", unique=True),
    sa.Index("sealed_value_index_mark", "index_mark"),
    sa.Index("sealed_value_subject", "subject"),
    sa.Index("sealed_value_moved_to", "moved_to"),
    sa.Index("sealed_value_change", "change"),
)
# What happened to the vault as a whole, the last time each: a restore drill, a clock that a person vouched for.
milestone = sa.Table(
    "milestone",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
)
# One row. Writers lock it first, which makes every write of the vault one after another on PostgreSQL too.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
    sa.Column("next_key", sa.LargeBinary, nullable=False),
    sa.Column("first_key", sa.LargeBinary, nullable=False),
)


def blocks(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Blocks for `IN (…)`, below every database's limit of bound values."""
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block


def next_change(connection: sa.Connection) -> int:
    """The number of the next change; the caller holds the write lock, so nobody else takes it."""
    last = [sa.select(sa.func.max(table.c.change)).scalar_subquery() for table in (sealed_value, data_key)]
    return 1 + max(number or 0 for number in connection.execute(sa.select(*last)).one())


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[object, ...]]) -> int:
    """Insert rows in the order of the table's columns, but not those whose primary key stands already; how many went in.

    Through the driver, because preparing the parameters in SQLAlchemy costs more than the inserting.
    """
    keys = ", ".join(column.name for column in table.primary_key)
    places = ", ".join([_place(connection)] * len(table.c))
    statement = f"INSERT INTO {table.name} VALUES ({places}) ON CONFLICT ({keys}) DO NOTHING"
    # In blocks, so that many rows are never held at once.
    return sum(
        connection.exec_driver_sql(statement, block).rowcount for block in blocks(rows, INSERTED_AT_ONCE)
    )


def update_rows(
    connection: sa.Connection, columns: Sequence[sa.Column[Any]], rows: Sequence[tuple[object, ...]]
) -> None:
    """Set these columns of one table; each row holds their values, then its primary key. Like `insert_rows`."""
    table, place = columns[0].table, _place(connection)
    fresh = ", ".join(f"{column.name} = {place}" for column in columns)
    keys = " AND ".join(f"{column.name} = {place}" for column in table.primary_key)
    if rows:
        connection.exec_driver_sql(f"UPDATE {table} SET {fresh} WHERE {keys}", list(rows))


def select_in(
    connection: sa.Connection, columns: Sequence[sa.Column[Any]], wanted: Iterable[Any]
) -> Iterator[Any]:
    """These columns, of one table and none of them a boolean, of the rows whose first column is wanted; like `insert_rows`."""
    names = ", ".join(column.name for column in columns)
    for block in blocks(wanted):
        places = ", ".join([_place(connection)] * len(block))
        query = f"SELECT {names} FROM {columns[0].table} WHERE {columns[0].name} IN ({places})"
        yield from connection.exec_driver_sql(query, tuple(block))


def _place(connection: sa.Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


class Store:
    """One database, shared with other processes. Sentences of the driver are passed on, parameters never."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = _engine(url)
        self._writer = self._engine.execution_options(vault_writes=True)
        # A reader sees one state of all tables; SQLite does that by itself.
        on_sqlite = self._engine.dialect.name == "sqlite"
        self._reader = (
            self._engine if on_sqlite else self._engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view. Raises VaultUnavailable, VaultDamaged."""
        with _driver_errors(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """One durable transaction, alone among all writers of this vault. Raises VaultUnavailable, VaultDamaged."""
        with _driver_errors(), self._writer.begin() as connection:
            if connection.dialect.name != "sqlite":
                connection.execute(sa.select(audit_head.c.n).with_for_update())
            yield connection

    def upgrade(self) -> None:
        """Bring the schema to this release. Raises VaultNewer."""
        with _driver_errors():
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            script = ScriptDirectory.from_config(config)
            with self._engine.begin() as connection:
                present = _schema_version(connection)
            if present == script.get_current_head():
                return
            if present is not None and present not in {step.revision for step in script.walk_revisions()}:
                raise VaultNewer(f"the vault's schema {present} is of a later release")
            with self._writer.begin() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")

    def exists(self) -> bool:
        """Whether a finished vault stands here; a file of another kind is VaultDamaged."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(vault_table.name):
                return False
            return connection.execute(sa.select(vault_table.c.vault_id)).first() is not None

    def forget(self) -> None:
        """Overwrite what the write-ahead log still holds of deleted rows; other readers may put it off."""
        if self._engine.dialect.name == "sqlite":
            with _driver_errors(), self._engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def must_exist(url: str) -> None:
    """Raises VaultMissing for an SQLite file that is not there, which connecting would create."""
    path = _sqlite_path(url)
    if path is not None and not path.is_file():
        raise VaultMissing(f"no vault at {path}; run `vault init`")


def make_private_file(url: str) -> None:
    """Create the SQLite file readable by its owner alone; SQLite gives its log files the same mode."""
    path = _sqlite_path(url)
    if path is not None:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise VaultUnavailable(f"cannot write {path}: {error.strerror}") from None


def _sqlite_path(url: str) -> Path | None:
    parsed = sa.make_url(url)
    in_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if in_file else None


def _schema_version(connection: sa.Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": SCHEMA_TABLE})
    return context.get_current_revision()


def _engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Transactions are begun below, not by the driver's guess.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A read that turns into a write would fail without waiting when another process wrote in between.
    if connection.get_execution_options().get("vault_writes"):
        _take_write_lock(connection.connection.driver_connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_write_lock(connection: Any) -> None:
    """Wait in small steps: SQLite's own waiting grows to 100 ms a step, and would starve beside a rotation's quick blocks."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(BUSY_STEP_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")


@contextmanager
def _driver_errors() -> Iterator[None]:
    """The driver's errors as ours; its own sentence names no values, SQLAlchemy's would name parameters."""
    try:
        yield
    except sa.exc.OperationalError as error:
        raise VaultUnavailable(f"the vault's database: {error.orig}") from None
    except sqlite3.OperationalError as error:  # From taking the write lock, beside SQLAlchemy.
        raise VaultUnavailable(f"the vault's database: {error}") from None
    except sa.exc.DatabaseError as error:
        raise VaultDamaged(f"the vault's database: {type(error.orig).__name__}") from None
