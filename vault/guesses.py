"""Counts values that are typed again: an equal one keeps its token, a repeated one is named, so each of them tells something.

What was typed is kept as a keyed mark of the day only, so that the same text, read again, counts once.
"""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from vault.alarms import GUESSES, raise_alarm
from vault.box import encoded
from vault.people_tables import guess
from vault.plaintext import Plaintext

if TYPE_CHECKING:
    from vault.vault import Vault

Cell = tuple[str, str]
"""Record and field."""
_FREE = 1
"""A first try in a cell is work. Those after it also count toward the whole place."""


@dataclass(frozen=True, slots=True)
class Try:
    """Something was typed that tells about the value of a field. `always`: it counts toward the whole place at once."""

    record: str
    field: str
    text: Plaintext[str]
    always: bool = False

    @property
    def cell(self) -> Cell:
        """Where it was typed."""
        return self.record, self.field


class Guesses:
    """The tries of a day, per cell and per place (a replica, or a person at the desk); durable when a call returns."""

    def __init__(self, vault: "Vault") -> None:
        self._vault = vault
        self._limits = vault.config.guesses
        self._key = vault.derived_key("guesses")

    def note(self, place: str, tries: Sequence[Try]) -> frozenset[Cell]:
        """Count the tries; the cells of those that are past a limit. The first ones past it raise an alarm."""
        if not tries:
            return frozenset()
        with self._vault.store.writing() as connection:
            total = self._total(connection, place)
            over: set[Cell] = set()
            for one in tries:
                row = self._counted(connection, place, one)
                total += row["newly_counted"]
                if row["tries"] > self._limits.cell_max or total > self._limits.replica_max:
                    over.add(one.cell)
                    what = f"{one.field} {one.record}" if total <= self._limits.replica_max else "all"
                    raise_alarm(self._vault, connection, kind=GUESSES, actor=place, what=what)
        return frozenset(over)

    def spent(self, place: str, cells: Iterable[Cell]) -> frozenset[Cell]:
        """Those of the cells in which nothing more is taken today."""
        wanted = frozenset(cells)
        if not wanted:
            return wanted
        with self._vault.store.reading() as connection:
            if self._total(connection, place) > self._limits.replica_max:
                return wanted
            used_up = (*self._of(place), guess.c.tries > self._limits.cell_max)
            rows = connection.execute(sa.select(guess.c.record, guess.c.field).where(*used_up)).all()
        return wanted & {(row.record, row.field) for row in rows}

    def _counted(self, connection: sa.Connection, place: str, one: Try) -> dict[str, Any]:
        """The cell's count with this try."""
        mine = (*self._of(place), guess.c.record == one.record, guess.c.field == one.field)
        row = connection.execute(sa.select(guess).where(*mine)).first()
        mark = hmac.digest(self._key, encoded(one.text.expose()), "sha256")[:16]
        if row is not None and hmac.compare_digest(row.mark, mark):
            return {"tries": row.tries, "newly_counted": 0}
        tries = (row.tries if row else 0) + 1
        newly = int(one.always or tries > _FREE)
        fresh = {"tries": tries, "counted": (row.counted if row else 0) + newly, "mark": mark}
        if row is not None:
            connection.execute(guess.update().where(*mine).values(**fresh))
        else:
            connection.execute(guess.delete().where(guess.c.day < self._day()))
            names = {"day": self._day(), "place": place, "record": one.record, "field": one.field}
            connection.execute(guess.insert(), {**names, **fresh})
        return {"tries": tries, "newly_counted": newly}

    def _total(self, connection: sa.Connection, place: str) -> int:
        query = sa.select(sa.func.coalesce(sa.func.sum(guess.c.counted), 0)).where(*self._of(place))
        return int(connection.execute(query).scalar_one())

    def _of(self, place: str) -> tuple[sa.ColumnElement[bool], ...]:
        return guess.c.day == self._day(), guess.c.place == place

    def _day(self) -> str:
        return self._vault.config.day(self._vault.clock()).isoformat()
