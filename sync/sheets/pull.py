"""Listing the tabs: one read for all of them, hashed first; then only the rows that changed are decoded."""

from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from sync.connection import Bindings, Listing, SeenRow, Standing, SystemColumn, Uid
from sync.errors import ServiceError, TableMissing
from validators.schema import TableKey

from .answer import Marks, TabAnswer, WrongCut, by_tab
from .cells import Shown, shown
from .client import Content, Rejected, SheetsClient
from .closed import PROTECTIONS, closed_ranges
from .columns import find_columns, left_columns, marks_of, tabs_marked
from .doubtful import DoubtfulCells
from .grid import Json, area, quoted
from .headers import displacement, standing_columns, texts_at
from .layout import Layout
from .leftover import Aftermath, Righted
from .raw_rows import KEPT_ROWS, RawTab
from .scratch import Scratch
from .tabs import Sheet, Tab, find_tab, sheets_of

NO_ROWS = TabAnswer("")
UNKNOWN = -1
"""Stands for the mark of a row that we have written ourselves since it was read. No hash is -1; that of a blank row is 0."""
TAB_GONE = (
    "undo the deletion in Google Sheets (File, Version history), or run `tablekeeper setup`, which makes an empty tab; "
    "nothing is deleted elsewhere"
)
UID_GONE = "undo the deletion of column 记录编号 in Google Sheets (File, Version history); until then the tab is frozen"


@dataclass(slots=True)
class Pulled:
    """What a pull showed, until it is acknowledged."""

    whole: bytes = b""
    """The digest of the answer, once all of it was shown and while nothing of it was written over."""
    marks: dict[TableKey, MutableSequence[int]] = field(default_factory=dict)
    written: bool = False


@dataclass(slots=True)
class Puller:
    """Reads the spreadsheet. `problems` are those of the last pull: tables that could not be listed, and why."""

    client: SheetsClient
    layouts: Sequence[Layout]
    bindings: Bindings
    scratch: Scratch
    aftermath: Aftermath
    tabs: dict[TableKey, Tab] = field(default_factory=dict)
    problems: dict[TableKey, ServiceError] = field(default_factory=dict)
    _whole: bytes = b""
    """The digest of the last answer that was acknowledged; empty when something was written since."""
    _marks: dict[TableKey, MutableSequence[int]] = field(default_factory=dict)
    """The rows of each table as they were acknowledged."""
    _pulled: "Pulled | None" = None
    _metadata: list[Json] = field(default_factory=list)
    """As read in this pull, if at all."""
    _doubtful: DoubtfulCells = field(init=False)

    def __post_init__(self) -> None:
        self._doubtful = DoubtfulCells(self.client)

    def pull(self, again: Mapping[TableKey, frozenset[Uid]], *, full: bool) -> Iterator[Listing]:
        """Listings of the tables that changed since they were acknowledged, with the rows of `again`; `full` lists all."""
        # A table that was pulled and never acknowledged may have been taken in halfway: nothing of it is certain.
        for table in [*self._marks] if full else self._pulled.marks if self._pulled else ():
            self._marks.pop(table, None)
        self._pulled, self._metadata = None, []
        self.scratch.wipe()
        if full:
            self._try_again()
        content = self.read()
        if not full and not any(again.values()) and content.digest == self._whole:
            return
        self._pulled = pulled = Pulled()
        answers = by_tab(content.joined())
        righted = self._put_right(answers)
        if righted.undone:
            content = self.read()
            answers = by_tab(content.joined())
        self.scratch.look(answers)
        if any(gid not in answers for gid in self._gids()):
            self.locate()
        for layout in self.layouts:
            tab = self.tabs.get(layout.table)
            if tab is None or tab.gid not in answers:
                continue
            listing = self._listing(tab, answers[tab.gid], again.get(layout.table, frozenset()))
            if listing:
                lost = righted.lost if righted.table == layout.table else ()
                yield replace(listing, overwritten=lost)
        self.scratch.settled = True
        pulled.whole = b"" if pulled.written else content.digest

    def _try_again(self) -> None:
        """What could not be written may be open by now."""
        for tab in self.tabs.values():
            tab.given_up = ()
        if any(tab.closed for tab in self.tabs.values()):
            self.locate()

    def acknowledge(self) -> None:
        """What was pulled need not be shown again."""
        self.scratch.intents.end()
        self.scratch.wipe()
        if self._pulled is not None:
            self._whole = self._pulled.whole
            self._marks |= self._pulled.marks
            self._pulled = None

    def wrote(self, table: TableKey, positions: Sequence[int] | None) -> None:
        """Rows at these positions are no longer as they were read; None: any of the table's. They will be shown again,
        even if somebody puts back just what stood there."""
        self._whole = b""
        if self._pulled is not None:
            # Rows are written before the whole listing is acknowledged where there are many of them.
            self._pulled.whole, self._pulled.written = b"", True
        for marks in (self._marks, self._pulled.marks if self._pulled else {}):
            if positions is None:
                marks.pop(table, None)
            for position in positions or ():
                if table in marks and position < len(marks[table]):
                    marks[table][position] = UNKNOWN

    def forget(self) -> None:
        """Look everything up anew: `setup` may have made tabs and columns."""
        self.tabs.clear()
        self.problems.clear()
        self._marks.clear()
        self._whole = b""

    def read(self) -> Content:
        """The raw answer for all tabs that are there. Tabs are looked for when one is not known or was lost."""
        if not self.scratch.found or any(layout.table not in self.tabs for layout in self.layouts):
            self.locate()
        try:
            return self._values()
        except Rejected:
            # Most likely a tab is gone: one wrong range rejects them all.
            self.locate()
            return self._values()

    def _values(self) -> Content:
        return self.client.values([area(gid) for gid in self._gids()])

    def _gids(self) -> list[int]:
        return [*(tab.gid for tab in self.tabs.values()), *self.scratch.gids]

    def locate(self) -> None:
        """Find the tabs; those that are not there become problems."""
        document = self.client.document(f"sheets(properties,{PROTECTIONS})")
        sheets, closed = sheets_of(document), closed_ranges(document)
        self._metadata = self.client.metadata()
        marked = tabs_marked(self._metadata)
        self.scratch.locate(sheets, marked)
        for layout in self.layouts:
            found = find_tab(layout.table, layout.title, sheets, marked, self.bindings)
            self._take(layout, found)
        for tab in self.tabs.values():
            tab.closed = closed.get(tab.gid, ())

    def _take(self, layout: Layout, found: Sheet | None) -> None:
        table = layout.table
        if found is None:
            self.tabs.pop(table, None)
            self.problems[table] = TableMissing(self.client.service, layout.title, advice=TAB_GONE)
            return
        known = self.tabs.get(table)
        if known is None or known.gid != found.gid:
            self.tabs[table] = Tab(layout, found.gid, quoted(found.title))
            self.problems.pop(table, None)
            self._marks.pop(table, None)
            self.bindings.set(f"tab:{table}", str(found.gid))
        self.tabs[table].title = quoted(found.title)

    def _put_right(self, answers: Mapping[int, TabAnswer]) -> Righted:
        """Look after a batch of which nobody heard, before anything of its tab is taken for what people did there."""
        batch = self.scratch.intents.batch
        tab = next((tab for tab in self.tabs.values() if batch and tab.gid == batch.gid), None)
        if self.scratch.settled or tab is None or not answers.get(tab.gid, NO_ROWS).rows:
            return Righted()
        answers[tab.gid].repair()
        columns = tab.at
        if self._find_columns(tab, answers[tab.gid]):
            return Righted()
        if tab.at != columns:
            self._marks.pop(tab.layout.table, None)
        try:
            return self.aftermath.put_right(tab, answers[tab.gid])
        except Rejected:
            return Righted()  # The tab has changed once more, and nothing is left to put back onto.

    def _listing(self, tab: Tab, answer: TabAnswer, again: frozenset[Uid]) -> Listing | None:
        """The rows of a tab that changed, or that are to be shown again, or None."""
        try:
            return self._changes(tab, answer, again)
        except WrongCut:
            answer.repair()
            return self._changes(tab, answer, again)

    def _changes(self, tab: Tab, answer: TabAnswer, again: frozenset[Uid]) -> Listing | None:
        table = tab.layout.table
        tab.title = answer.title
        marks, columns = answer.marks, tab.at
        before = self._marks.get(table)
        if before == marks and not again and table not in self.problems:
            return None
        problem = self._find_columns(tab, answer)
        if problem:
            self.problems[table] = problem
            return None
        self.problems.pop(table, None)
        if tab.at != columns or again - tab.positions.keys():
            before = None
        changed = _changed(before, marks) | {tab.positions[uid] for uid in again if uid in tab.positions}
        # Where a row was changed or is asked for, there may be none any more: the tab has become shorter.
        rows = self._rows(tab, answer, sorted(changed.intersection(range(1, len(answer.rows)))))
        tab.showed(rows, changed, len(answer.rows), _last_filled(tab, answer))
        assert self._pulled is not None, "pull() has begun it"
        self._pulled.marks[table] = marks
        return Listing(
            table,
            rows,
            complete=True,
            missing=frozenset(tab.missing),
            standing=Standing(changed, len(answer.rows)) if before is not None else None,
        )

    def _find_columns(self, tab: Tab, answer: TabAnswer) -> ServiceError | None:
        headers = texts_at(answer, 0)
        if headers != tab.headers or not tab.at:
            columns = tab.layout.columns
            self._metadata = self._metadata or self.client.metadata()
            marks = marks_of(self._metadata, tab.gid, tab.layout.table, columns)
            left = left_columns(self._metadata, tab.gid, tab.layout.table, marks)
            found = find_columns(columns, headers, marks, left=left)
            if contested := found.missing & marks.keys():
                proven = standing_columns(tab.layout, answer, {key: marks[key] for key in contested})
                found = find_columns(columns, headers, marks, proven=proven, left=left)
            tab.at, tab.missing = found.at, found.missing
            tab.headed(headers)
        advice = displacement(tab, answer) if SystemColumn.UID in tab.at else UID_GONE
        return TableMissing(self.client.service, tab.layout.title, advice=advice) if advice else None

    def _rows(self, tab: Tab, answer: TabAnswer, positions: Sequence[int]) -> list[SeenRow]:
        asked = self._doubtful.ask_about(tab, answer, positions)
        special = {position for position, _ in asked}
        raw = RawTab(answer, tab.at)
        rows = []
        for position in positions:
            row = _with(asked, tab, answer, position) if position in special else raw.row(position)
            if row.cells or row.uid or row.formulas:
                many = len(positions) > KEPT_ROWS and position not in special
                rows.append(raw.on_demand(position) if many else row)
        return rows


def _with(asked: Mapping[tuple[int, int], Shown], tab: Tab, answer: TabAnswer, position: int) -> SeenRow:
    """A row of which some cells had to be asked for."""
    [(_, cells)] = answer.decode([position])
    return tab.row(
        position,
        [
            asked[position, column] if (position, column) in asked else shown(cell)
            for column, cell in enumerate(cells)
        ],
    )


def _changed(before: Marks | None, now: Marks) -> set[int]:
    """The positions at which a row is not as it was."""
    if before is None:
        return set(range(len(now)))
    return {position for position, (old, new) in enumerate(zip_longest(before, now)) if old != new}


def _last_filled(tab: Tab, answer: TabAnswer) -> int:
    """The position of the last row that holds anything; below it stand only unchecked boxes."""
    for position in range(len(answer.rows) - 1, 0, -1):
        [(_, cells)] = answer.decode([position])
        row = tab.row(position, [shown(cell) for cell in cells])
        if row.cells or row.uid:
            return position
    return 0
