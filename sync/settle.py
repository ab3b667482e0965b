"""Rows still being typed wait: Airtable saves every keystroke, and half a number is no number yet."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from validators.schema import FieldKey, TableKey

from .connection import Listing, SeenRow


@dataclass(slots=True)
class _Pending:
    row: SeenRow
    since: datetime


class Settling:
    """Holds changed rows back until they have stood still. In memory: after a restart a changed row is found again."""

    def __init__(self, *, settle_s: float, settle_partial_s: float) -> None:
        self._wait, self._wait_partial = timedelta(seconds=settle_s), timedelta(seconds=settle_partial_s)
        self._pending: defaultdict[tuple[str, TableKey], dict[str, _Pending]] = defaultdict(dict)

    def take(
        self,
        replica: str,
        table: TableKey,
        rows: Iterable[SeenRow],
        *,
        now: datetime,
        unfinished: Callable[[SeenRow], bool],
        early: Callable[[SeenRow], bool] = lambda row: False,
    ) -> list[SeenRow]:
        """Add changed rows; return those of this replica and table that have settled.

        `unfinished` tells half-typed numbers, `early` rows that have to wait for something else.
        """
        pending = self._pending[replica, table]
        for row in rows:
            _add(pending, row, now)
        settled = [
            name
            for name, one in pending.items()
            if now - one.since >= self._span(one.row, unfinished) and not early(one.row)
        ]
        return [pending.pop(name).row for name in settled]

    def drop(self, replica: str, table: TableKey, listing: Listing) -> None:
        """Forget pending rows that were deleted: reported as such, or missing in a complete listing."""
        keep, standing = {name_of(row) for row in listing.rows}, listing.standing or ()
        pending = self._pending[replica, table]
        self._pending[replica, table] = {
            name: one
            for name, one in pending.items()
            if name in keep
            or not (name in listing.destroyed or (listing.complete and one.row.position not in standing))
        }

    def forget(self, replica: str, table: TableKey, uids: Set[str]) -> None:
        """Drop the rows held back that showed these uids: they do so no more."""
        pending = self._pending[replica, table]
        self._pending[replica, table] = {
            name: one for name, one in pending.items() if one.row.uid not in uids
        }

    def waiting(self, replica: str, table: TableKey) -> list[str]:
        """The names of the rows held back."""
        return list(self._pending[replica, table])

    def names(self, replica: str, table: TableKey) -> set[str]:
        """All that they are known by: their names, and the uids that they show."""
        return {*self.waiting(replica, table), *self.uids(replica, table)} - {""}

    def replicas(self) -> frozenset[str]:
        """The replicas that have rows held back."""
        return frozenset(replica for (replica, _), pending in self._pending.items() if pending)

    def uids(self, replica: str, table: TableKey) -> set[str]:
        """The uids that the rows held back show."""
        return {row.uid for row in self._rows(replica, table)}

    def numbered(self, replica: str, table: TableKey) -> list[SeenRow]:
        """The rows held back that are known by the uid they show, and were read whole."""
        return [row for row in self._rows(replica, table) if row.uid and not (row.row_id or row.partial)]

    def unnumbered(self, replica: str, table: TableKey) -> list[SeenRow]:
        """The rows held back that bear no uid."""
        return [row for row in self._rows(replica, table) if not row.uid]

    def __len__(self) -> int:
        return sum(map(len, self._pending.values()))

    def _rows(self, replica: str, table: TableKey) -> Iterator[SeenRow]:
        return (one.row for one in self._pending[replica, table].values())

    def _span(self, row: SeenRow, unfinished: Callable[[SeenRow], bool]) -> timedelta:
        return max(self._wait, self._wait_partial) if unfinished(row) else self._wait


def _add(pending: dict[str, _Pending], row: SeenRow, now: datetime) -> None:
    name = name_of(row)
    known = pending.get(name)
    if known is None:
        pending[name] = _Pending(row, now)
    elif row.partial:
        pending[name] = _Pending(_overlay(known.row, row), now)
    elif known.row.partial or (row.cells, row.system) != (known.row.cells, known.row.system):
        pending[name] = _Pending(row, now)
    else:
        known.row = row  # It may have moved; it did not change.


def name_of(row: SeenRow) -> str:
    """What a row goes by within its table: the service's id, else its uid, else its place."""
    return row.row_id or row.uid or f"@{row.position}"


def _overlay(older: SeenRow, newer: SeenRow) -> SeenRow:
    return replace(
        older,
        uid=newer.uid or older.uid,
        cells={**older.cells, **newer.cells},
        system={**older.system, **newer.system},
        formulas=older.formulas | newer.formulas,
        actor=newer.actor or older.actor,
        authors=_authors(older, newer),
    )


def _authors(older: SeenRow, newer: SeenRow) -> dict[FieldKey, str | None]:
    """Who typed what: somebody else, or the daemon in its own columns, may have gone on where one began."""
    if older.actor == newer.actor and not older.authors and not newer.authors:
        return {}
    return {key: row.author(key) for row in (older, newer) for key in row.cells}
