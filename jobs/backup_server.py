"""Databases of a PostgreSQL server in the form of SQLite files, and back: one state of all tables, beside whoever writes.

Rows keep their stored form: text of JSON is not parsed, times are UTC.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from jobs.backup_errors import BackupRefused
from jobs.backup_snapshot import copy_database, quick, standing_still
from sync.store.hub import migrate as migrate_hub
from sync.store.tables import metadata as hub_tables
from sync.store.times import UtcTime
from vault import people_tables
from vault.sqlite import sqlite_path
from vault.store import SCHEMA_TABLE
from vault.store import metadata as vault_tables
from vault.store import migrate as migrate_vault

BLOCK = 2_000
_INSTANT = "YYYY-MM-DD HH24:MI:SS.US"
"""As SQLAlchemy writes times into SQLite."""


@dataclass(frozen=True, slots=True)
class Form:
    """The tables of a database, what makes them in an empty one, and the table that says of which release they are."""

    tables: tuple[sa.Table, ...]
    migrate: Callable[[sa.Connection], None]
    release: str


HUB_FORM = Form(tuple(hub_tables.tables.values()), migrate_hub, "alembic_version")
VAULT_FORM = Form(tuple(vault_tables.tables.values()), migrate_vault, SCHEMA_TABLE)
assert people_tables.usage.name in vault_tables.tables, "all of the vault's tables, people's too"


@contextmanager
def one_state(url: str, scratch: Path, form: Form) -> Iterator[Path]:
    """A file with one state of a database, good for the block: its own where that stands still, else a copy at `scratch`."""
    path = sqlite_path(url)
    if path is None:
        copy_out(url, scratch, form)
        yield scratch
        return
    with standing_still(path) as stands:
        if not stands:
            copy_database(path, scratch)
        yield path if stands else scratch


def copy_state(url: str, target: Path, form: Form) -> None:
    """One state of a database, wherever it lies, as an SQLite file. Raises BackupRefused."""
    path = sqlite_path(url)
    if path:
        copy_database(path, target)
    else:
        copy_out(url, target, form)


def copy_out(url: str, target: Path, form: Form) -> None:
    """One state of a server's database as an SQLite file. Raises BackupRefused when it is of another release."""
    with engine_of(f"sqlite:///{target}") as made, made.begin() as empty:
        form.migrate(empty)
    with engine_of(url) as engine, engine.connect() as connection, quick(target) as copy:
        # The first question takes the snapshot; whatever is committed later is not in it.
        present = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True, stream_results=True
        )
        _require_release(present, copy, form)
        copy.execute("BEGIN")
        for table in form.tables:
            copy.execute(f'DELETE FROM "{table.name}"')
            marks = ", ".join("?" for _ in table.columns)
            columns = _listed(table)
            copy.executemany(
                f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})', _rows(present, table)
            )
        copy.execute("COMMIT")


def bring_in(url: str, source: Path, form: Form, *, aside: str) -> None:
    """Put the tables of an SQLite file in place of a server's, in one transaction. Doing it again changes nothing.

    What was there stands in the schema `aside` until somebody drops it. Raises BackupRefused when that may not be made.
    """
    with engine_of(url) as engine, engine.begin() as present:
        if sa.inspect(present).has_table(form.release, schema=aside):
            return
        require_room_aside(present)
        _put_aside(present, form, aside)
        fill(present, source, form)


def fill(empty: sa.Connection, source: Path, form: Form) -> None:
    """Make the tables where there are none, and bring in the rows of an SQLite file."""
    form.migrate(empty)
    with closing(sqlite3.connect(source)) as copy:
        for table in form.tables:
            _fill(empty, copy, table)


def _put_aside(present: sa.Connection, form: Form, aside: str) -> None:
    """Our tables into the other schema; those of others stay. The table of the release is there afterwards in any case."""
    present.execute(sa.schema.CreateSchema(aside, if_not_exists=True))
    standing = set(sa.inspect(present).get_table_names())
    for name in (form.release, *(table.name for table in form.tables)):
        if name in standing:
            present.exec_driver_sql(f'ALTER TABLE "{name}" SET SCHEMA "{aside}"')
    present.exec_driver_sql(f'CREATE TABLE IF NOT EXISTS "{aside}"."{form.release}" (version_num text)')


def require_room_aside(present: sa.Connection) -> None:
    """Raises BackupRefused when this user may not make the schema for what is there now."""
    if not may_make_schemas(present):
        raise BackupRefused(
            "the database's user may not make a schema for the tables that are there now",
            "GRANT CREATE ON DATABASE … TO … , then run it again",
        )


def may_make_schemas(present: sa.Connection) -> bool:
    """Whether this user may make schemas in this database."""
    allowed = sa.select(sa.func.has_database_privilege(sa.func.current_database(), "CREATE"))
    return bool(present.execute(allowed).scalar_one())


def require_restorable(url: str) -> None:
    """Raises BackupRefused early, before hours of opening."""
    with engine_of(url) as engine, engine.connect() as present:
        require_room_aside(present)


def size_of(url: str) -> int:
    """The bytes that a server's database takes."""
    with engine_of(url) as engine, engine.connect() as present:
        size = sa.select(sa.func.pg_database_size(sa.func.current_database()))
        return int(present.execute(size).scalar_one())


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    """Connections to a database, closed at the end."""
    engine = sa.create_engine(url, hide_parameters=True)
    try:
        yield engine
    finally:
        engine.dispose()


def _require_release(present: sa.Connection, copy: sqlite3.Connection, form: Form) -> None:
    question = f"SELECT version_num FROM {form.release}"
    there = present.exec_driver_sql(question).scalar_one()
    (here,) = copy.execute(question).fetchone()
    if there != here:
        raise BackupRefused(
            f"the database is of release {there}, this is {here}",
            "run `tablekeeper status` once with this release, then make the backup",
        )


def _rows(present: sa.Connection, table: sa.Table) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join(_as_stored(column) for column in table.columns)
    found = present.exec_driver_sql(f'SELECT {columns} FROM "{table.name}"')
    for block in found.partitions(BLOCK):
        yield from map(tuple, block)


def _as_stored(column: sa.Column[Any]) -> str:
    if isinstance(column.type, sa.JSON):
        return f'CAST("{column.name}" AS text)'
    if isinstance(column.type, UtcTime):
        return f"to_char(\"{column.name}\" AT TIME ZONE 'UTC', '{_INSTANT}')"
    return f'"{column.name}"'


def _fill(present: sa.Connection, copy: sqlite3.Connection, table: sa.Table) -> None:
    present.exec_driver_sql(f'DELETE FROM "{table.name}"')
    present.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    columns = _listed(table)
    with (
        closing(present.connection.cursor()) as cursor,
        cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as sink,
    ):
        for row in copy.execute(f'SELECT {columns} FROM "{table.name}"'):
            sink.write_row(row)
    _count_on(present, table)


def _count_on(present: sa.Connection, table: sa.Table) -> None:
    """The numbers that the server gives begin after the last one that was brought in."""
    for column in table.primary_key.columns:
        sequence = sa.select(sa.func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        if name := present.execute(sequence).scalar():
            highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            present.execute(sa.select(sa.func.setval(name, highest, sa.false())))


def _listed(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)
