"""What is the matter with services, tables and rows: told when it begins and when it ends, not in every cycle between."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from validators.schema import TableKey

from .connection import Refused, Uid
from .errors import ServiceError

Trouble = tuple[str, str, str]
"""Replica, kind of error, and the table where it is one of a table."""


@dataclass(slots=True)
class Troubles:
    """In memory: what goes on after a restart is told once more."""

    _standing: set[Trouble] = field(default_factory=set)
    _met: set[Trouble] = field(default_factory=set)
    """Those of this cycle."""
    _refused: dict[tuple[str, TableKey], dict[Uid, str]] = field(default_factory=dict)
    """Why rows were not taken when a table was last written."""

    def begins(self, replica: str, error: ServiceError) -> bool:
        """Note what failed; whether that is news."""
        trouble = (replica, type(error).__name__, getattr(error, "table", ""))
        known = trouble in self._standing
        self._met.add(trouble)
        self._standing.add(trouble)
        return not known

    def ended(self, looked_at: Collection[str]) -> list[Trouble]:
        """At the end of a cycle: what is over at these replicas, all of which could be worked with."""
        over = sorted(one for one in self._standing - self._met if one[0] in looked_at)
        self._standing -= set(over)
        self._met = set()
        return over

    def new_refusals(self, replica: str, table: TableKey, refused: Iterable[Refused]) -> Iterator[Refused]:
        """The refusals that are not as they were when the table was last written."""
        before = self._refused.get((replica, table), {})
        now = {one.uid: one for one in refused}
        self._refused[replica, table] = {uid: one.reason for uid, one in now.items()}
        return (one for uid, one in now.items() if before.get(uid) != one.reason)
