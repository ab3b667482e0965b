"""Many rows at once, through the driver: preparing parameters in SQLAlchemy costs more than the database's own work."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy as sa

from vault.people_tables import plaintext_window
from vault.store import data_key, sealed_value

INSERTED_AT_ONCE = 1_000
NUMBERED = (data_key, sealed_value, plaintext_window)
"""Tables whose rows say with which change they were written."""

T = TypeVar("T")
Same = Mapping[str, str | int | None]
"""What all rows of a statement share, by column: it stands in the statement, which costs less than binding it row by row.

Texts are states and times of ours.
"""
NOTHING: Same = MappingProxyType({})


def blocks(items: Iterable[T], size: int = 500) -> Iterator[list[T]]:
    """Blocks for `IN (…)`, below every database's limit of bound values."""
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block


def next_change(connection: sa.Connection) -> int:
    """The number of the next change; the caller holds the write lock, so nobody else takes it."""
    return 1 + last_change(connection)


def last_change(connection: sa.Connection) -> int:
    """The number of the last change that left a row; 0 in an empty vault."""
    last = [sa.select(sa.func.max(table.c.change)).scalar_subquery() for table in NUMBERED]
    return max(number or 0 for number in connection.execute(sa.select(*last)).one())


def insert_rows(
    connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[object, ...]], same: Same = NOTHING
) -> int:
    """Insert rows in the order of the table's columns, but not those whose primary key stands already; how many went in.

    Columns in `same` are left out of the rows; booleans stand in them as 0 and 1. Through the driver, because preparing
    the parameters in SQLAlchemy costs more than the inserting.
    """
    keys = ", ".join(column.name for column in table.primary_key)
    places = ", ".join(
        # A driver looks for an adapter of each bool, which takes longer than the comparison.
        f"{term} <> 0" if isinstance(column.type, sa.Boolean) else term
        for column, term in zip(table.c, _terms(connection, table.c.keys(), same), strict=True)
    )
    statement = f"INSERT INTO {table.name} VALUES ({places}) ON CONFLICT ({keys}) DO NOTHING"
    # In blocks, so that many rows are never held at once.
    return sum(
        connection.exec_driver_sql(statement, block).rowcount for block in blocks(rows, INSERTED_AT_ONCE)
    )


def update_rows(
    connection: sa.Connection,
    columns: Sequence[sa.Column[Any]],
    rows: Sequence[tuple[object, ...]],
    same: Same = NOTHING,
) -> None:
    """Set these columns of one table, and those of `same`; each row holds their values, then its primary key. Like `insert_rows`."""
    table, place = columns[0].table, _place(connection)
    names = [*(column.name for column in columns), *same]
    terms = _terms(connection, names, same)
    fresh = ", ".join(f"{name} = {term}" for name, term in zip(names, terms, strict=True))
    keys = " AND ".join(f"{column.name} = {place}" for column in table.primary_key)
    if rows:
        connection.exec_driver_sql(f"UPDATE {table} SET {fresh} WHERE {keys}", list(rows))


def as_stored(connection: sa.Connection, query: sa.Select[Any]) -> list[tuple[Any, ...]]:
    """The rows as the driver gives them; none of their columns is a boolean. Like `insert_rows`."""
    with closing(connection.execute(query)) as result:
        assert result.cursor is not None, "a query has rows"
        return list(result.cursor.fetchall())


def select_in(
    connection: sa.Connection, columns: Sequence[sa.Column[Any]], wanted: Iterable[Any]
) -> Iterator[Any]:
    """These columns, of one table and none of them a boolean, of the rows whose first column is wanted; like `insert_rows`."""
    names = ", ".join(column.name for column in columns)
    for block in blocks(wanted):
        places = ", ".join([_place(connection)] * len(block))
        query = f"SELECT {names} FROM {columns[0].table} WHERE {columns[0].name} IN ({places})"
        yield from connection.exec_driver_sql(query, tuple(block))


def _terms(connection: sa.Connection, names: Iterable[str], same: Same) -> list[str]:
    """What stands in the statement for each of these columns."""
    place = _place(connection)
    return [_literal(same[name]) if name in same else place for name in names]


def _literal(value: str | int | None) -> str:
    if isinstance(value, str):
        assert not {"'", "%"} & set(value), "no text of others stands in a statement"
        return f"'{value}'"
    return "NULL" if value is None else str(value)


def _place(connection: sa.Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"
