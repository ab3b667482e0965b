"""A batch whose answer nobody read, because the daemon died or Google kept silent: the scratch tab has what it found.

What a living daemon would have undone by the answer is undone by what was noted of the batch; the rest is told.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from sync.connection import SeenRow

from .answer import TabAnswer
from .cells import Shown, entered, shown
from .client import SheetsClient
from .doubtful import is_doubtful
from .grid import area
from .intent import BatchIntent, RowIntent
from .remove import Removed, put_back, width_of
from .restore import Restorer
from .scratch import SIGNATURE, TOP, Scratch, rows_at
from .swap import FIELDS, Cells, RowWrite, Swapped, look_after, rows_in
from .tabs import Tab

NOWHERE = -1
"""The position of a row as it stood once."""
NOTHING: frozenset[int] = frozenset()
LOOK = FIELDS.removeprefix("updatedSpreadsheet.")


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Looks after a batch of which nobody heard."""

    client: SheetsClient
    scratch: Scratch
    restorer: Restorer

    def put_right(self, tab: Tab) -> frozenset[int]:
        """Undo what was done to rows that were not as believed, where it stands still. Doing it again does nothing more.

        Returns the rows of the scratch tab whose content stands in the tab again.
        """
        batch = self.scratch.intents.batch
        if batch is None or (batch.gid, batch.headers) != (tab.gid, tab.digest):
            return NOTHING
        return self._undo(tab, batch) if batch.kind == "write" else self._put_back(tab, batch)

    def _undo(self, tab: Tab, batch: BatchIntent) -> frozenset[int]:
        writes = [RowWrite(row.position, {column: {} for column in row.after}) for row in batch.rows]
        done = look_after(self.client, self.scratch, tab, writes)
        if done is None or not done.headers_stand:
            return NOTHING
        wrong = [
            (row, write)
            for row, write in zip(batch.rows, writes, strict=True)
            if done.copied(write)
            and not self.scratch.intents.is_as_believed(tab, row, done.before.get(row.position, ()))
        ]
        undone = [write for row, write in wrong if self._stands(row, done)]
        self.restorer.undo(done, undone)
        # An earlier try may have had no answer, or a daemon died that had undone it.
        undone += [write for _, write in wrong if done.shows_what_was(write)]
        return frozenset(done.kept[write.position] for write in undone)

    def _stands(self, row: RowIntent, done: Swapped) -> bool:
        return self.scratch.intents.stands(row, done.after.get(row.position, ()))

    def _put_back(self, tab: Tab, batch: BatchIntent) -> frozenset[int]:
        stood = self._copies(tab, batch)
        intents = self.scratch.intents
        wrong = [
            row.position
            for row in batch.rows
            if any(stood.get(row.position, ())) and not intents.is_as_believed(tab, row, stood[row.position])
        ]
        kept = {row.position: TOP + number for number, row in enumerate(batch.rows)}
        gone = kept.keys() - set(wrong)
        places = {position: position - sum(one < position for one in gone) for position in wrong}
        now = self._rows(tab, places.values())
        back = [
            position for position, at in places.items() if _shown(now.get(at, ())) != _shown(stood[position])
        ]
        put_back(self.client, self.scratch, Removed(tab, {}, kept), back)
        return frozenset(kept[position] for position in wrong)

    def _copies(self, tab: Tab, batch: BatchIntent) -> Mapping[int, Cells]:
        """The rows that a removal took away, by position; none if it did not take effect."""
        gid = self.scratch.ready(width_of(tab))
        answer = self.client.cells([rows_at(gid, SIGNATURE, len(batch.rows) + 1, width_of(tab))], LOOK)
        copied = rows_in({"updatedSpreadsheet": answer}, gid)
        if not self.scratch.is_signed(copied.get(SIGNATURE, ())):
            return {}
        return {row.position: copied.get(TOP + number, ()) for number, row in enumerate(batch.rows)}

    def _rows(self, tab: Tab, positions: Iterable[int]) -> Mapping[int, Cells]:
        areas = [area(tab.gid, (at, at + 1), (0, width_of(tab))) for at in positions]
        return rows_in({"updatedSpreadsheet": self.client.cells(areas, LOOK)}, tab.gid) if areas else {}


def _shown(cells: Cells) -> list[Shown]:
    """What a row shows, without the blanks at its end."""
    found = [entered(cell) for cell in cells]
    while found and found[-1] is None:
        found.pop()
    return found


def rows_before(tab: Tab, scratch: TabAnswer, *, standing: Set[int]) -> tuple[SeenRow, ...]:
    """The rows that the last batch copied, as they stood when it wrote, as partial rows. None if it was not of this tab,
    or the columns have moved since; nor those at `standing`, whose content stands in the tab again."""
    scratch.repair()
    [(_, signature)] = scratch.decode([SIGNATURE]) if len(scratch.rows) > SIGNATURE else [(0, [])]
    if signature[1:] != [tab.gid, tab.digest]:
        return ()
    copied = scratch.decode([row for row in range(TOP, len(scratch.rows)) if row not in standing])
    rows = (tab.row(NOWHERE, [_value(cell) for cell in cells]) for _, cells in copied)
    return tuple(replace(row, partial=True) for row in rows if row.uid)


def _value(cell: Any) -> Shown:
    """A formula was no value, and nobody can tell it here from a text that looks like one, however a listing shows that."""
    return None if is_doubtful(cell) else shown(cell)
