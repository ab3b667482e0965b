"""Numbers that only rise, kept over restarts: revisions, automatic numbers, calls of a month."""

from sqlalchemy import Connection, insert, select, update

from .tables import counter


class Counters:
    """All counters, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def next_number(self, name: str) -> int:
        """The next value of a persistent counter, from 1."""
        return self.raise_by(name, 1)

    def raise_by(self, name: str, amount: int) -> int:
        """Take the next `amount` values of a counter; returns the last of them."""
        return raise_by(self._connection, name, amount)

    def number(self, name: str) -> int:
        """The last value that a persistent counter gave; 0 for one that never did."""
        found = self._connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar()
        return int(found or 0)


def raise_by(connection: Connection, name: str, amount: int) -> int:
    """Take the next `amount` values of a counter; returns the last of them."""
    raised = update(counter).where(counter.c.name == name).values(value=counter.c.value + amount)
    if connection.execute(raised).rowcount == 0:
        connection.execute(insert(counter).values(name=name, value=amount))
    return int(connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar_one())
