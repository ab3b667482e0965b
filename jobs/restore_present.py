"""What an archive holds, be it in place or staged: its records, who was erased or restricted, and which users were disabled.

Reads databases by URL; needs no key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sync.store.records import State
from sync.store.tables import record
from vault.people_tables import restriction, vault_user
from vault.restricting import Restriction, restriction_of
from vault.sqlite import sqlite_path
from vault.store import data_key


def records(hub: str) -> dict[str, int]:
    """Records that are not archived, by table; none where there is no hub."""
    query = (
        sa.select(record.c.table, sa.func.count())
        .where(record.c.state != State.ARCHIVED)
        .group_by(record.c.table)
        .order_by(record.c.table)
    )
    with _reading(hub, record) as connection:
        return {table: count for table, count in connection.execute(query)} if connection else {}


def newer(hub: str, since: datetime) -> int:
    """Records that changed after a moment."""
    later = record.c.changed_at > since
    query = sa.select(sa.func.count()).select_from(record).where(later)
    with _reading(hub, record) as connection:
        return connection.execute(query).scalar_one() if connection else 0


def erased(vault: str) -> set[str]:
    """The people whose keys a vault no longer has."""
    standing = sa.func.count(data_key.c.body)
    query = sa.select(data_key.c.subject).group_by(data_key.c.subject).having(standing == 0)
    return {row.subject for row in _rows_of(vault, data_key, query)}


def restricted(vault: str) -> list[Restriction]:
    """Everybody whom a vault keeps for the law alone."""
    return [restriction_of(row) for row in _rows_of(vault, restriction, sa.select(restriction))]


def disabled(vault: str) -> set[str]:
    """The users whom a vault lets do nothing any more."""
    query = sa.select(vault_user.c.name).where(vault_user.c.disabled)
    return {row.name for row in _rows_of(vault, vault_user, query)}


def _rows_of(vault: str, table: sa.Table, query: sa.Select[Any]) -> list[Any]:
    """Nothing where there is no vault, or a broken one."""
    try:
        with _reading(vault, table) as connection:
            return list(connection.execute(query)) if connection else []
    except sa.exc.DatabaseError:
        if sqlite_path(vault) is None:
            raise  # A server that does not answer knows of erasures all the same.
        return []  # A broken vault is a reason to restore.


@contextmanager
def _reading(url: str, table: sa.Table) -> Iterator[sa.Connection | None]:
    """A connection to a database that has this table; None where it, or the whole database, is not there."""
    path = sqlite_path(url)
    if path and not path.exists():
        yield None
        return
    engine = sa.create_engine(
        f"sqlite:///file:{path}?mode=ro&uri=true" if path else url, hide_parameters=True
    )
    try:
        with engine.connect() as connection:
            yield connection if sa.inspect(connection).has_table(table.name) else None
    finally:
        engine.dispose()
