"""Applying operations to a tab: updates that respect what people do meanwhile, inserts below the last row, removals."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import orjson

from sync.connection import (
    Insert,
    Operation,
    Outcome,
    Refused,
    Remove,
    SeenRow,
    Uid,
    Update,
    Written,
)
from sync.errors import AnswerLost, ServiceError
from vault.masks import split_cell

from .cells import encode, same
from .client import Rejected, SheetsClient
from .doubtful import ENTERED, entered_cells
from .grid import area, runs
from .insert import Inserter
from .leftover import Aftermath
from .remove import put_back, remove
from .restore import BLOCK_ROWS_MAX, Restorer
from .scratch import Scratch
from .swap import RowWrite, swap
from .tabs import Tab
from .writable import cells_to_write, is_closed, refusal

BLOCK_BYTES_MAX = 1_500_000
"""Google advises 2 MB for a request; the JSON around a cell's value is part of it."""
ROWS_MAX = min(500, BLOCK_ROWS_MAX)

Op = TypeVar("Op", bound=Operation)
Result = Written | Refused | Uid


@dataclass(slots=True)
class Writer:
    """Writes one block after the other, each in one atomic batch."""

    client: SheetsClient
    scratch: Scratch
    restorer: Restorer
    inserter: Inserter
    aftermath: Aftermath
    relocate: Callable[[Tab], None]
    """Looks the tabs up anew after Google rejected a request; raises when this one is gone."""

    def apply(self, tab: Tab, operations: Sequence[Operation]) -> Outcome:
        """Updates first, for they hold positions; removals last, for they change them."""
        self.restorer.settle()
        try:
            results = [
                *self._all(tab, sorted(_of(operations, Update), key=lambda op: op.position), self._update),
                *self._all(tab, _of(operations, Insert), self.inserter.insert),
                *self._all(tab, sorted(_of(operations, Remove), key=lambda op: -op.position), self._remove),
            ]
            if self.scratch.settled:
                self.scratch.intents.end()
        finally:
            if not self.restorer.owes:
                self.scratch.wipe()
        return _outcome(operations, results)

    def _all(
        self, tab: Tab, operations: Sequence[Op], act: Callable[[Tab, Sequence[Op]], Sequence[Result]]
    ) -> list[Result]:
        return [result for block in _blocks(operations) for result in self._block(tab, block, act)]

    def _block(
        self, tab: Tab, block: Sequence[Op], act: Callable[[Tab, Sequence[Op]], Sequence[Result]]
    ) -> Sequence[Result]:
        try:
            return act(tab, block)
        except Rejected:
            self.relocate(tab)
        return _divided(tab, block, act)

    def _update(self, tab: Tab, block: Sequence[Update]) -> list[Result]:
        refused = [refusal(tab, op) for op in block]
        able = [op for op, why in zip(block, refused, strict=True) if why is None]
        results: list[Result] = [why for why in refused if why]
        if not able:
            return results
        writes = [RowWrite(op.position, cells_to_write(tab, op, op.position)) for op in able]
        self.scratch.intents.begin_write(tab, able, [write.cells for write in writes])
        try:
            done = swap(self.client, self.scratch, tab, writes)
        except AnswerLost:
            self._give_back(tab)
            raise
        shown = [(done.row_before(op.position), done.row_after(op.position)) for op in able]
        stand = done.headers_stand
        found = [
            _verdict(op, *rows, copied=done.copied(write)) if stand else "columns_moved"
            for op, write, rows in zip(able, writes, shown, strict=True)
        ]
        wrong = [write for write, reason in zip(writes, found, strict=True) if reason and done.copied(write)]
        if not any(found) and all(_masked(tab, before) for before, _ in shown):
            self.scratch.found_clean()
        self.restorer.undo(done, wrong)
        for op, reason, (_, after) in zip(able, found, shown, strict=True):
            # What could not be written is wanted still; the mask beside it is in its cell already.
            reason = reason or ("protected" if is_closed(tab, op, op.position) else None)
            results.append(Refused(op.uid, reason) if reason else Written(op.uid, after))
        return results

    def _give_back(self, tab: Tab) -> None:
        """Put back what a write without answer took from people. Whatever else it did is read with the next pull."""
        self.scratch.settled = False
        with suppress(ServiceError):
            self.scratch.settled = not self.aftermath.put_right(tab).left

    def _remove(self, tab: Tab, block: Sequence[Remove]) -> list[Result]:
        """Delete rows after one more look at them. What somebody did between that look and the deletion is shown by the
        deletion itself, and the row put back."""
        refused = _to_stay(tab, block, self._look(tab, block))
        able = sorted((op for op in block if op.uid not in refused), key=lambda op: op.position)
        if able:
            refused |= self._delete(tab, able)
        return [Refused(op.uid, refused[op.uid]) if op.uid in refused else op.uid for op in block]

    def _look(self, tab: Tab, block: Sequence[Remove]) -> dict[int, SeenRow]:
        """The rows as they stand now, by position."""
        stretches = list(runs(sorted(op.position for op in block)))
        look = self.client.cells([area(tab.gid, stretch, (0, tab.width)) for stretch in stretches], ENTERED)
        cells = entered_cells(look, tab.gid)
        return {
            op.position: tab.row(op.position, [cells.get((op.position, at)) for at in range(tab.width)])
            for op in block
        }

    def _delete(self, tab: Tab, operations: Sequence[Remove]) -> dict[Uid, str]:
        """Delete rows in ascending order; of those that had to be put back, why."""
        self.scratch.intents.begin_removal(tab, operations)
        try:
            return self._removed(tab, operations)
        except ServiceError:
            # Whatever did not get its answer, the removal or the putting back: the next pull looks after it.
            self.scratch.settled = False
            raise

    def _removed(self, tab: Tab, operations: Sequence[Remove]) -> dict[Uid, str]:
        removed = remove(self.client, self.scratch, tab, [op.position for op in operations])
        copied = [op for op in operations if removed.rows[op.position].cells or removed.rows[op.position].uid]
        refused = _to_stay(tab, copied, removed.rows)
        back = [op.position for op in operations if op.uid in refused]
        if not back and all(_masked(tab, row) for row in removed.rows.values()):
            self.scratch.found_clean()
        put_back(self.client, self.scratch, removed, back)
        tab.removed([op.position for op in operations if op.uid not in refused])
        # A blank row that somebody pushed in between; or one that a person's filter hides, for nobody promises that those are
        # copied. The next pull shows whether the row that was meant is gone.
        unsure = {op.uid: "row_moved" for op in operations if op not in copied}
        return {**unsure, **refused}


def _divided(
    tab: Tab, block: Sequence[Op], act: Callable[[Tab, Sequence[Op]], Sequence[Result]]
) -> Sequence[Result]:
    """Act on a block; if Google rejects it, find the row that is to blame by halving."""
    try:
        return act(tab, block)
    except Rejected as rejected:
        if len(block) == 1:
            return [Refused(block[0].uid, "rejected", rejected.message)]
    middle = len(block) // 2
    return [*_divided(tab, block[:middle], act), *_divided(tab, block[middle:], act)]


def _of(operations: Sequence[Operation], kind: type[Op]) -> list[Op]:
    return [operation for operation in operations if isinstance(operation, kind)]


def _blocks(operations: Sequence[Op]) -> Iterator[Sequence[Op]]:
    """Pieces that one batch can carry."""
    block: list[Op] = []
    size = 0
    for operation in operations:
        weight = _weight(operation)
        if block and (len(block) >= ROWS_MAX or size + weight > BLOCK_BYTES_MAX):
            yield block
            block, size = [], 0
        block.append(operation)
        size += weight
    if block:
        yield block


def _weight(operation: Operation) -> int:
    if isinstance(operation, Remove):
        return 100
    cells = [encode(value) for value in (*operation.cells.values(), *operation.system.values())]
    return len(orjson.dumps(cells)) + 40 * len(cells)


def _masked(tab: Tab, row: SeenRow) -> bool:
    """Whether the sensitive cells of a row are blank or show whole stand-ins."""
    sensitive = tab.layout.config.sensitive
    shown = (split_cell(str(row.cells[key])) for key in sensitive if key in row.cells)
    return row.formulas.isdisjoint(sensitive) and all(one is not None and one.token for one in shown)


def _to_stay(tab: Tab, operations: Sequence[Remove], rows: Mapping[int, SeenRow]) -> dict[Uid, str]:
    """Which rows may not be removed as they stand, and why."""
    reasons = {op.uid: _reason_to_stay(tab, op, rows[op.position]) for op in operations}
    return {uid: reason for uid, reason in reasons.items() if reason}


def _reason_to_stay(tab: Tab, operation: Remove, row: SeenRow) -> str | None:
    """Why a row may not be removed; None if it is the one that was meant, as it was meant."""
    if row.uid != operation.uid:
        return "row_moved"
    if any(tab.is_closed(row.position, key) for key in tab.at):
        return "protected"
    known = (operation.before.keys() & tab.at.keys()) - row.formulas
    stands = all(same(operation.before[key], row.cells.get(key)) for key in known)
    return None if stands else "changed_meanwhile"


def _verdict(operation: Update, before: SeenRow, after: SeenRow, *, copied: bool) -> str | None:
    """Why a write has to be undone; None if it went where it should."""
    if not copied:
        return None if after.uid == operation.uid else "row_moved"
    if before.uid != (operation.uid if operation.numbered else ""):
        return "row_moved"
    if operation.whole:
        keys = {*before.cells, *operation.before}
        stands = all(same(operation.before.get(key), before.cells.get(key)) for key in keys)
        written_over = before.formulas & operation.cells.keys()
        return None if stands and not written_over else "changed_meanwhile"
    return (
        "changed_meanwhile"
        if any(_was_edited(key, operation, before, after) for key in operation.cells)
        else None
    )


def _was_edited(key: str, operation: Update, before: SeenRow, after: SeenRow) -> bool:
    """Whether the cell showed neither what we thought nor what we wrote."""
    found = before.cells.get(key)
    return key in before.formulas or not (
        same(operation.before.get(key), found) or found == after.cells.get(key)
    )


def _outcome(operations: Sequence[Operation], results: Sequence[Result]) -> Outcome:
    order = {operation.uid: number for number, operation in enumerate(operations)}
    ordered = sorted(results, key=lambda result: order[result if isinstance(result, str) else result.uid])
    return Outcome(
        written=[result for result in ordered if isinstance(result, Written)],
        removed=[result for result in ordered if isinstance(result, str)],
        refused=[result for result in ordered if isinstance(result, Refused)],
    )
