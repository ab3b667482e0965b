"""Rows still being typed wait: Airtable saves every keystroke, and half a number is no number yet."""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from validators.schema import FieldKey, TableKey

from .connection import Listing, SeenRow

RowName = tuple[str, TableKey, str]
"""Replica, table, and the row's uid, row id or position: whatever it goes by."""


@dataclass(slots=True)
class _Pending:
    row: SeenRow
    since: datetime


class Settling:
    """Holds changed rows back until they have stood still. In memory: after a restart a changed row is found again."""

    def __init__(self, *, settle_s: float, settle_partial_s: float) -> None:
        self._wait, self._wait_partial = timedelta(seconds=settle_s), timedelta(seconds=settle_partial_s)
        self._pending: dict[RowName, _Pending] = {}

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
        for row in rows:
            self._add((replica, table, name_of(row)), row, now)
        settled = [
            (name, pending)
            for name, pending in self._pending.items()
            if name[:2] == (replica, table)
            and now - pending.since >= self._span(pending.row, unfinished)
            and not early(pending.row)
        ]
        for name, _ in settled:
            del self._pending[name]
        return [pending.row for _, pending in settled]

    def drop(self, replica: str, table: TableKey, listing: Listing) -> None:
        """Forget pending rows that were deleted: reported as such, or missing in a complete listing."""
        keep, standing = {name_of(row) for row in listing.rows}, listing.standing or ()
        stale = [
            name
            for name, pending in self._pending.items()
            if name[:2] == (replica, table)
            and name[2] not in keep
            and (name[2] in listing.destroyed or (listing.complete and pending.row.position not in standing))
        ]
        for name in stale:
            del self._pending[name]

    def forget(self, replica: str, table: TableKey, uids: Set[str]) -> None:
        """Drop the rows held back that showed these uids: they do so no more."""
        gone = [
            name
            for name, pending in self._pending.items()
            if name[:2] == (replica, table) and pending.row.uid in uids
        ]
        for name in gone:
            del self._pending[name]

    def waiting(self, replica: str, table: TableKey) -> list[str]:
        """The names of the rows held back."""
        return [name[2] for name in self._pending if name[:2] == (replica, table)]

    def replicas(self) -> frozenset[str]:
        """The replicas that have rows held back."""
        return frozenset(name[0] for name in self._pending)

    def uids(self, replica: str, table: TableKey) -> set[str]:
        """The uids that the rows held back show."""
        return {pending.row.uid for name, pending in self._pending.items() if name[:2] == (replica, table)}

    def numbered(self, replica: str, table: TableKey) -> list[SeenRow]:
        """The rows held back that are known by the uid they show, and were read whole."""
        rows = (pending.row for name, pending in self._pending.items() if name[:2] == (replica, table))
        return [row for row in rows if row.uid and not (row.row_id or row.partial)]

    def unnumbered(self, replica: str, table: TableKey) -> list[SeenRow]:
        """The rows held back that bear no uid."""
        return [
            pending.row
            for name, pending in self._pending.items()
            if name[:2] == (replica, table) and not pending.row.uid
        ]

    def __len__(self) -> int:
        return len(self._pending)

    def _span(self, row: SeenRow, unfinished: Callable[[SeenRow], bool]) -> timedelta:
        return max(self._wait, self._wait_partial) if unfinished(row) else self._wait

    def _add(self, name: RowName, row: SeenRow, now: datetime) -> None:
        known = self._pending.get(name)
        if known is None:
            self._pending[name] = _Pending(row, now)
        elif row.partial:
            self._pending[name] = _Pending(_overlay(known.row, row), now)
        elif known.row.partial or (row.cells, row.system) != (known.row.cells, known.row.system):
            self._pending[name] = _Pending(row, now)
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
