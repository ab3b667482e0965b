"""Many rows at once, through the driver: preparing parameters in SQLAlchemy costs more than the database's own work."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from vault.store import data_key, sealed_value

INSERTED_AT_ONCE = 1_000

T = TypeVar("T")


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
    last = [sa.select(sa.func.max(table.c.change)).scalar_subquery() for table in (sealed_value, data_key)]
    return max(number or 0 for number in connection.execute(sa.select(*last)).one())


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
