"""The vault's database: tables, transactions and schema. Knows no key and sees no plaintext."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from vault import sqlite
from vault.errors import VaultDamaged, VaultInUse, VaultNewer, VaultUnavailable

_LEASE = 0x7461626C  # "tabl": the advisory lock of a database.
SCHEMA_TABLE = "vault_schema"
FLAWS_MAX = 20
_MIGRATIONS = Path(__file__).parent / "migrations"

metadata = sa.MetaData()

# SQLite counts as far by itself, and only its own kind of integer is the row number.
COUNT = sa.BigInteger().with_variant(sa.Integer, "sqlite")

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
    sa.Column("n", COUNT, primary_key=True, autoincrement=False),
    sa.Column("entry", sa.LargeBinary, nullable=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
)
# One row. Writers lock it first, which makes every write of the vault one after another on PostgreSQL too.
audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("n", COUNT, primary_key=True, autoincrement=False),
    sa.Column("mac", sa.LargeBinary, nullable=False),
    sa.Column("next_key", sa.LargeBinary, nullable=False),
    sa.Column("first_key", sa.LargeBinary, nullable=False),
)


class Store:
    """One database, shared with other processes. Sentences of the driver are passed on, parameters never."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
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
            script = ScriptDirectory.from_config(_alembic())
            with self._engine.begin() as connection:
                present = _schema_version(connection)
            if present == script.get_current_head():
                return
            if present is not None and present not in {step.revision for step in script.walk_revisions()}:
                raise VaultNewer(f"the vault's schema {present} is of a later release")
            with self._writer.begin() as connection:
                migrate(connection)

    def exists(self) -> bool:
        """Whether a finished vault stands here; a file of another kind is VaultDamaged."""
        with self.reading() as connection:
            if not sa.inspect(connection).has_table(vault_table.name):
                return False
            return connection.execute(sa.select(vault_table.c.vault_id)).first() is not None

    def flaws(self) -> list[str]:
        """What SQLite finds wrong with the file's pages and indexes, none of it naming a value; a server looks after its own."""
        if self._engine.dialect.name != "sqlite":
            return []
        with self.reading() as connection:
            told = connection.exec_driver_sql(f"PRAGMA integrity_check({FLAWS_MAX})").scalars().all()
        return [] if told == ["ok"] else [str(one) for one in told]

    def forget(self) -> None:
        """Overwrite what the write-ahead log still holds of deleted rows; other readers may put it off."""
        if self._engine.dialect.name == "sqlite":
            with _driver_errors(), self._engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Be the one daemon of this vault for the time of the block. Raises VaultInUse; a killed process frees it."""
        path = sqlite.sqlite_path(str(self.url))
        with sqlite.file_lease(path) if path else self._advisory_lease():
            yield

    def is_leased(self) -> bool:
        """Whether a daemon, on whichever machine, holds this vault on a server. Of a file its folder's lease tells."""
        if self._engine.dialect.name == "sqlite":
            return False
        held = sa.text(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = :lease"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with self.reading() as connection:
            return connection.execute(held, {"lease": _LEASE}).first() is not None

    @contextmanager
    def _advisory_lease(self) -> Iterator[None]:
        """Held by a connection of its own, which the server ends with its process."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(_LEASE))).scalar():
                raise VaultInUse("another daemon works on this vault already")
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_LEASE)))

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def migrate(connection: sa.Connection) -> None:
    """Bring the tables to this release, within the transaction of the connection."""
    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _schema_version(connection: sa.Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": SCHEMA_TABLE})
    return context.get_current_revision()


def _engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": sqlite.BUSY_TIMEOUT_S})
    sa.event.listen(engine, "connect", sqlite.prepare)
    sa.event.listen(engine, "begin", sqlite.begin)
    return engine


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
        raise VaultDamaged(f"the vault's database is damaged ({type(error.orig).__name__})") from None
