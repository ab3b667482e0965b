"""Putting back what a write took from a person: a row that had moved, a cell that was edited meanwhile.

Each round of putting back is itself a swap, so that an edit made in between is seen, and put back in its turn.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sync.errors import Unavailable

from .cells import Shown, entered
from .client import Rejected, SheetsClient
from .scratch import ROWS, TOP, Scratch
from .swap import Cells, RowWrite, Swapped, at, swap
from .tabs import Tab

ROUNDS_MAX = 4
BLOCK_ROWS_MAX = (ROWS - TOP) // (ROUNDS_MAX + 1)


@dataclass(slots=True)
class Restorer:
    """Undoes writes. What could not be put back because Google did not answer is owed, and tried again before the next pull."""

    client: SheetsClient
    scratch: Scratch
    _owed: list[tuple[Tab, list[RowWrite], Mapping[int, Cells]]] = field(default_factory=list)

    def undo(self, done: Swapped, writes: Iterable[RowWrite]) -> None:
        """Put the cells of `writes` back as they were before `done`."""
        undoing = [_undoing(write, done) for write in writes]
        if undoing:
            self._owed.append((done.tab, undoing, done.after))
            self.settle()

    def settle(self) -> None:
        """Put back everything that is owed. Unavailable when rows or columns have moved since they were written: then the next
        pull, which shows where they are, looks after the batch."""
        missed = False
        while self._owed:
            # Rejected: the tab or the rows are gone, and nothing is left to put back onto.
            with suppress(Rejected):
                missed |= self._put_back(*self._owed[-1])
            self._owed.pop()
        if missed:
            self.scratch.settled = False
            raise Unavailable(self.client.service, "rows or columns moved while a write was undone")

    @property
    def owes(self) -> bool:
        """Whether something is still to be put back; the scratch tab keeps it meanwhile."""
        return bool(self._owed)

    def _put_back(self, tab: Tab, writes: Sequence[RowWrite], expected: Mapping[int, Cells]) -> bool:
        """Whether what was to be undone stood there no more."""
        missed = False
        for round_number in range(1, ROUNDS_MAX + 1):
            top = TOP + round_number * BLOCK_ROWS_MAX
            done = swap(self.client, self.scratch, tab, writes, top=top, restores=True)
            missed |= any(_has_gone(write, done, expected) for write in writes) or _dragged(done, expected)
            writes = [
                _undoing(again, done)
                for write in writes
                if (again := _edited_again(write, done, expected)) is not None
            ]
            expected = done.after
            if not writes:
                break
        return missed


def _undoing(write: RowWrite, done: Swapped) -> RowWrite:
    """The write that makes the cells of `write` what they were before `done`."""
    before = done.before[write.position]
    columns = [*write.cells, *write.formulas]
    was = {column: at(before, column) for column in columns}
    formulas = {column: done.kept[write.position] for column, cell in was.items() if "formulaValue" in cell}
    return RowWrite(
        write.position, {column: cell for column, cell in was.items() if column not in formulas}, formulas
    )


def _has_gone(write: RowWrite, done: Swapped, expected: Mapping[int, Cells]) -> bool:
    """Whether the row that was written to most likely stands elsewhere by now: no cell shows what we had left there, and
    the others do not tell that it is the same row."""
    before, ours = done.before[write.position], expected.get(write.position, ())
    changed = [column for column, cell in write.cells.items() if at(ours, column) != cell]
    if not changed or any(at(before, column) == at(ours, column) for column in changed):
        return False
    others = [column for column in range(done.tab.width) if column not in {*write.cells, *write.formulas}]
    known = [column for column in others if at(ours, column)]
    return not known or any(at(before, column) != at(ours, column) for column in known)


def _dragged(done: Swapped, expected: Mapping[int, Cells]) -> bool:
    """Whether columns have moved since what is undone was written. Where headers themselves are put back, that does not show."""
    headers, width = expected.get(0), done.tab.width
    if headers is None or 0 in done.before:
        return False
    return any(_shown(headers, column) != _shown(done.after.get(0, ()), column) for column in range(width))


def _shown(cells: Cells, column: int) -> Shown:
    return entered(at(cells, column))


def _edited_again(write: RowWrite, done: Swapped, expected: Mapping[int, Cells]) -> RowWrite | None:
    """The part of `write` that went over a value which is neither ours nor the one put back."""
    before, ours = done.before[write.position], expected.get(write.position, ())
    cells = {
        column: cell
        for column, cell in write.cells.items()
        if at(before, column) not in (at(ours, column), cell)
    }
    return RowWrite(write.position, cells) if cells else None
