"""A batch whose answer nobody read, because the daemon died or Google kept silent: the scratch tab has what it found.

What a living daemon would have undone by the answer is undone by what was noted of the batch; the rest is told.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from sync.connection import SeenRow, SystemColumn
from sync.errors import Unavailable
from validators.schema import TableKey

from .answer import TabAnswer
from .cells import FORMULA, Shown, entered, shown
from .client import SheetsClient
from .grid import area
from .intent import BatchIntent, RowIntent
from .remove import Removed, put_back, width_of
from .restore import Restorer
from .scratch import HEADERS, SIGNATURE, TOP, Scratch, rows_at
from .swap import LOOK, Cells, Swapped, cleared, headers_stand, rows_in, shows_headers
from .tabs import Tab

NOWHERE = -1
"""The position of a row as it stood once."""


@dataclass(frozen=True, slots=True)
class Righted:
    """What became of a batch that was looked after."""

    table: TableKey = ""
    undone: bool = False
    """Whether the tab shows something else than before."""
    left: bool = False
    """Whether something was written that should not have been, and was not found."""
    lost: tuple[SeenRow, ...] = ()
    """Cells that were written over unseen and cannot be put back, for somebody has typed there since; partial rows of nothing
    else. Of a row that had no uid, the position tells which it is."""


@dataclass(frozen=True, slots=True, eq=False)
class _Wrong:
    """A row that was written to and was not as believed; `kept` is the scratch row that has it as it stood."""

    row: RowIntent
    kept: int
    stood: Cells

    def lost(self, tab: Tab, columns: Set[int], position: int) -> SeenRow:
        """Of the row as it stood, these cells; `position` is where it stands now."""
        seen = tab.row(position, _shown(self.stood))
        cells = {key: raw for key, raw in seen.cells.items() if tab.at[key] in columns}
        return SeenRow(uid=seen.uid, row_id="", position=position, cells=cells, partial=True)


@dataclass(frozen=True, slots=True)
class _Found:
    """Such a row as it stands now: the columns that still show what was written, and those that somebody typed over since."""

    wrong: _Wrong
    now: Cells
    ours: Set[int]
    typed_over: Set[int]


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Looks after a batch of which nobody heard."""

    client: SheetsClient
    scratch: Scratch
    restorer: Restorer

    def put_right(self, tab: Tab, answer: TabAnswer | None = None) -> Righted:
        """Undo what was done to rows that were not as believed, where it stands still. Doing it again does nothing more.

        `answer` shows the tab as it is now; without it a row is looked for in its place only.
        """
        batch = self.scratch.intents.batch
        if batch is None or batch.gid != tab.gid:
            return Righted()
        if batch.kind == "insert":
            return self._clear_displaced(tab, batch, answer)
        batch, stood = self._copies(tab, batch)
        if batch.kind == "remove":
            return self._put_back(tab, batch, stood, answer)
        wrong = [
            _Wrong(row, TOP + number, stood[row.position])
            for number, row in enumerate(batch.rows)
            if row.position in stood and not self._is_as_believed(tab, batch, row, stood[row.position])
        ]
        return self._undo(tab, wrong, answer) if wrong else Righted()

    def _is_as_believed(self, tab: Tab, batch: BatchIntent, row: RowIntent, stood: Cells) -> bool:
        """Whether the batch found this row as it was believed to be, and the columns where they were believed to be."""
        return batch.stands_in(tab) and self.scratch.intents.is_as_believed(tab, row, _shown(stood))

    def _clear_displaced(self, tab: Tab, batch: BatchIntent, answer: TabAnswer | None) -> Righted:
        """Clear new rows that came to stand under columns which had moved: they are not what anybody typed there. What somebody
        has typed into them since stays; the rows do, too, for where they stand another may stand by now."""
        found = {
            position: columns
            for position, cells in (_listed(answer) if answer is not None else ())
            for row in batch.rows
            if (columns := self.scratch.intents.displaced(tab, row, cells))
        }
        now = self._rows(tab, found, answer)
        done = Swapped(tab, before=dict.fromkeys(found, ()), after=now, kept={})
        self.restorer.undo(done, [cleared(place, columns) for place, columns in found.items()])
        return Righted(tab.layout.table, undone=bool(found))

    def _undo(self, tab: Tab, wrong: Sequence[_Wrong], answer: TabAnswer | None) -> Righted:
        shown = list(_listed(answer)) if answer is not None else []
        places = {one: self._place(tab, one, shown) for one in wrong}
        now = self._rows(tab, sorted({0, *places.values()}), answer)
        if not headers_stand(tab, now) or self._have_moved(tab, places, shown, now):
            # Moved since they were found: the next pull finds them, and what the batch went over is kept until then.
            raise Unavailable(self.client.service, "rows or columns moved while a write was looked after")
        found = {
            place: self._found(one, now[place])
            for one, place in sorted(places.items(), key=lambda pair: pair[1])
            if self._is_its_row(tab, one, place, _shown(now.get(place, ())))
        }
        done = Swapped(
            tab=tab,
            before={place: row.wrong.stood for place, row in found.items()},
            after={0: now.get(0, ()), **{place: row.now for place, row in found.items()}},
            kept={place: row.wrong.kept for place, row in found.items()},
        )
        writes = [cleared(place, row.ours) for place, row in found.items() if row.ours]
        self.restorer.undo(done, writes)
        standing = {row.wrong for row in found.values()}
        gone = [one for one in wrong if one not in standing]
        lost = [row.wrong.lost(tab, row.typed_over, place) for place, row in found.items()]
        lost += [
            one.lost(tab, one.row.after.keys(), NOWHERE) for one in gone if not _is_back(tab, one, shown)
        ]
        told = tuple(row for row in lost if row.cells and (row.uid or row.position != NOWHERE))
        return Righted(tab.layout.table, bool(writes), bool(gone or told), told)

    def _found(self, one: _Wrong, now: Cells) -> _Found:
        stood, shown = _shown(one.stood), _shown(now)
        changed = {column for column in one.row.after if _at(stood, column) != _at(shown, column)}
        ours = self.scratch.intents.ours(one.row, shown) & changed
        return _Found(one, now, ours, changed - ours)

    def _place(self, tab: Tab, one: _Wrong, shown: Sequence[tuple[int, list[Shown]]]) -> int:
        """Where the row stands that was written to: where it stood then, unless it is seen elsewhere."""
        found = [position for position, cells in shown if self._is_image(tab, one, cells)]
        return found[0] if len(found) == 1 else one.row.position

    def _have_moved(
        self,
        tab: Tab,
        places: Mapping[_Wrong, int],
        shown: Sequence[tuple[int, list[Shown]]],
        now: Mapping[int, Cells],
    ) -> bool:
        """Whether a row that the listing showed in its place stands there no more."""
        listed = dict(shown)
        seen = {one: at for one, at in places.items() if self._is_image(tab, one, listed.get(at, ()))}
        return any(not self._is_image(tab, one, _shown(now.get(at, ()))) for one, at in seen.items())

    def _is_its_row(self, tab: Tab, one: _Wrong, place: int, cells: Sequence[Shown]) -> bool:
        """Whether this is the row that was written to; in its place it is also known by most of what was not written."""
        if self._is_image(tab, one, cells):
            return True
        stood, uid = _shown(one.stood), tab.at[SystemColumn.UID]
        if place != one.row.position or _at(stood, uid) is not None or _at(cells, uid) is not None:
            return False
        others = {column for column in range(len(stood)) if column not in one.row.after}
        told = {column for column in others if _at(stood, column) is not None}
        same = {column for column in told if _at(stood, column) == _at(cells, column)}
        return len(same) * 2 > len(told)

    def _is_image(self, tab: Tab, one: _Wrong, cells: Sequence[Shown]) -> bool:
        """Whether a row is the one that was written to: it bears the uid that it bore, or was given; or it still shows some of
        what was written, and all that was not. Nobody tells a formula in a listing."""
        stood, uid = _shown(one.stood), tab.at[SystemColumn.UID]
        ours = self.scratch.intents.ours(one.row, cells)
        if _at(cells, uid) is not None:
            return _at(cells, uid) == _at(stood, uid) or uid in ours
        others = {*range(tab.width)} - one.row.after.keys()
        if all(cell is None for cell in cells) or not ours:
            return False
        return all(_at(stood, column) in (_at(cells, column), FORMULA) for column in others)

    def _put_back(
        self, tab: Tab, batch: BatchIntent, stood: Mapping[int, Cells], answer: TabAnswer | None
    ) -> Righted:
        wrong = [
            row.position
            for row in batch.rows
            if any(stood.get(row.position, ()))
            and not self._is_as_believed(tab, batch, row, stood[row.position])
        ]
        kept = {row.position: TOP + number for number, row in enumerate(batch.rows)}
        gone = kept.keys() - set(wrong)
        places = {position: position - sum(one < position for one in gone) for position in wrong}
        now = self._rows(tab, places.values(), answer)
        standing = set(_uids(tab, answer)) if answer is not None else set()
        back = [
            position
            for position, at in places.items()
            if _at(_shown(stood[position]), tab.at[SystemColumn.UID]) not in standing
            and _shown(now.get(at, ())) != _shown(stood[position])
        ]
        put_back(self.client, self.scratch, Removed(tab, {}, kept), back)
        return Righted(tab.layout.table, bool(back))

    def _copies(self, tab: Tab, batch: BatchIntent) -> tuple[BatchIntent, Mapping[int, Cells]]:
        """The batch, and the rows as they stood, by position, both under the columns as they stand now; no rows if the batch did
        not take effect, or nothing tells where its columns stand."""
        width = max(width_of(tab), batch.width)
        gid = self.scratch.ready(width)
        rows = rows_at(gid, HEADERS, TOP - HEADERS + len(batch.rows), width)
        copied = rows_in({"updatedSpreadsheet": self.client.cells([rows], LOOK)}, gid)
        if not self.scratch.is_signed(copied.get(SIGNATURE, ())):
            return batch, {}
        stood = {row.position: copied.get(TOP + number, ()) for number, row in enumerate(batch.rows)}
        # Headers may have been renamed since; where the columns are believed to be, that is no matter.
        if batch.stands_in(tab) or shows_headers(tab, copied.get(HEADERS, ()), batch.width):
            return batch, stood
        if self.scratch.intents.found_headers(batch, _shown(copied.get(HEADERS, ()))):
            return _moved(tab, batch, stood)
        return batch, {}

    def _rows(self, tab: Tab, positions: Iterable[int], answer: TabAnswer | None) -> Mapping[int, Cells]:
        """What stands there now; below the last row that shows anything there may be no row any more."""
        there = [at for at in positions if answer is None or at < len(answer.rows)]
        areas = [area(tab.gid, (at, at + 1), (0, width_of(tab))) for at in there]
        return rows_in({"updatedSpreadsheet": self.client.cells(areas, LOOK)}, tab.gid) if areas else {}


def _moved(
    tab: Tab, batch: BatchIntent, stood: Mapping[int, Cells]
) -> tuple[BatchIntent, Mapping[int, Cells]]:
    """The same of columns that were dragged since. What is copied back as a whole has to stay where it is: removed rows, and
    formulas."""
    if batch.kind == "remove":
        return batch, {}
    moves = {
        row.position: {
            column: to
            for column, to in batch.moves(tab).items()
            if _at(_shown(stood[row.position]), column) is not FORMULA
        }
        for row in batch.rows
    }
    rows = tuple(row.moved(moves[row.position]) for row in batch.rows)
    columns = {str(key): column for key, column in tab.at.items()}
    cells = {position: _moved_cells(row, moves[position], tab.width) for position, row in stood.items()}
    return replace(batch, rows=rows, columns=columns), cells


def _moved_cells(cells: Cells, to: Mapping[int, int], width: int) -> Cells:
    found = {to[column]: cell for column, cell in enumerate(cells) if column in to}
    return [found.get(column, {}) for column in range(width)]


def _shown(cells: Cells) -> list[Shown]:
    """What a row shows, without the blanks at its end."""
    found = [entered(cell) for cell in cells]
    while found and found[-1] is None:
        found.pop()
    return found


def _listed(answer: TabAnswer) -> Iterator[tuple[int, list[Shown]]]:
    answer.repair()
    for position, cells in answer.decode(range(1, len(answer.rows))):
        yield position, [shown(cell) for cell in cells]


def _uids(tab: Tab, answer: TabAnswer) -> Iterator[Shown]:
    """What rows bear that are put back already, wherever they stand and whatever they show by now."""
    found = (_at(cells, tab.at[SystemColumn.UID]) for _, cells in _listed(answer))
    return (uid for uid in found if uid is not None)


def _at(cells: Sequence[Shown], column: int) -> Shown:
    found = cells[column] if column < len(cells) else None
    return None if found is False else found


def _is_back(tab: Tab, one: _Wrong, shown: Sequence[tuple[int, list[Shown]]]) -> bool:
    """Whether its row shows again what it showed."""
    stood, uid = _shown(one.stood), tab.at[SystemColumn.UID]
    return any(
        all(_at(cells, column) == _at(stood, column) for column in {*one.row.after, uid})
        for _, cells in shown
    )
