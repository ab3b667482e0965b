"""A batch whose answer nobody read, because the daemon died or Google kept silent: the scratch tab has what it found.

What a living daemon would have undone by the answer is undone by what was noted of the batch; the rest is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.connection import SeenRow
from validators.schema import TableKey

from .cells import Shown, entered
from .client import SheetsClient
from .grid import area
from .intent import BatchIntent, RowIntent
from .remove import Removed, put_back, width_of
from .restore import Restorer
from .scratch import SIGNATURE, TOP, Scratch, rows_at
from .swap import FIELDS, Cells, RowWrite, look_after, rows_in
from .tabs import Tab

NOWHERE = -1
"""The position of a row as it stood once."""
LOOK = FIELDS.removeprefix("updatedSpreadsheet.")


@dataclass(frozen=True, slots=True)
class Righted:
    """What became of a batch that was looked after."""

    table: TableKey = ""
    undone: bool = False
    """Whether the tab shows something else than before."""
    lost: tuple[SeenRow, ...] = ()
    """Cells that were written over unseen and cannot be put back, for somebody has typed there since; partial rows of nothing else."""


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Looks after a batch of which nobody heard."""

    client: SheetsClient
    scratch: Scratch
    restorer: Restorer

    def put_right(self, tab: Tab) -> Righted:
        """Undo what was done to rows that were not as believed, where it stands still. Doing it again does nothing more."""
        batch = self.scratch.intents.batch
        if batch is None or (batch.gid, batch.headers) != (tab.gid, tab.digest):
            return Righted()
        return self._undo(tab, batch) if batch.kind == "write" else self._put_back(tab, batch)

    def _undo(self, tab: Tab, batch: BatchIntent) -> Righted:
        writes = {
            row.position: RowWrite(row.position, {column: {} for column in row.after}) for row in batch.rows
        }
        done = look_after(self.client, self.scratch, tab, list(writes.values()))
        if done is None or not done.headers_stand:
            return Righted()
        intents = self.scratch.intents
        wrong = {
            row.position: row
            for row in batch.rows
            if not intents.is_as_believed(tab, row, done.before.get(row.position, ()))
        }
        undone = [
            writes[at]
            for at, row in wrong.items()
            if done.copied(writes[at]) and intents.stands(row, done.after.get(at, ()))
        ]
        self.restorer.undo(done, undone)
        # An earlier try may have had no answer, or a daemon died that had undone it.
        gone = [at for at in wrong if writes[at] not in undone and not done.shows_what_was(writes[at])]
        lost = (_written_over(tab, wrong[at], done.row_before(at)) for at in gone)
        return Righted(tab.layout.table, bool(undone), tuple(row for row in lost if row.uid and row.cells))

    def _put_back(self, tab: Tab, batch: BatchIntent) -> Righted:
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
        return Righted(tab.layout.table, bool(back))

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


def _written_over(tab: Tab, row: RowIntent, stood: SeenRow) -> SeenRow:
    """Of a row as it stood, the cells that were written: the others stand as they did."""
    cells = {key: raw for key, raw in stood.cells.items() if tab.at[key] in row.after}
    return SeenRow(uid=stood.uid, row_id="", position=NOWHERE, cells=cells, partial=True)
