"""Listing the tabs: one read for all of them, hashed first; rows only of tabs that changed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sync.connection import Bindings, Listing, SeenRow, SystemColumn
from sync.errors import ServiceError, TableMissing
from sync.uid import is_uid
from validators.schema import TableKey

from .cells import FORMULA, Shown, entered, shown, text
from .client import Rejected, SheetsClient
from .columns import find_columns, marks_of, tabs_marked
from .grid import Json, area, quoted, runs
from .layout import Layout
from .scratch import Scratch
from .tabs import Sheet, Tab, find_tab, sheets_of

WHOLE = ""
"""The name under which the hash of a whole answer is kept, beside those of the tables."""
TAB_GONE = (
    "undo the deletion in Google Sheets (File, Version history), or run `tablekeeper setup`, which makes an empty tab; "
    "nothing is deleted elsewhere"
)
UID_GONE = "undo the deletion of column 记录编号 in Google Sheets (File, Version history); until then the tab is frozen"
HEADER_GONE = "put the header row back into row 1 of the tab; until then the tab is frozen"


@dataclass(slots=True)
class Puller:
    """Reads the spreadsheet. `problems` are those of the last pull: tables that could not be listed, and why."""

    client: SheetsClient
    layouts: Sequence[Layout]
    bindings: Bindings
    scratch: Scratch
    tabs: dict[TableKey, Tab] = field(default_factory=dict)
    problems: dict[TableKey, ServiceError] = field(default_factory=dict)
    _acknowledged: dict[TableKey, bytes] = field(default_factory=dict)
    _pulled: dict[TableKey, bytes] = field(default_factory=dict)
    _metadata: list[Json] = field(default_factory=list)
    """As read in this pull, if at all."""
    _formulas: dict[TableKey, dict[tuple[int, int, str], bool]] = field(default_factory=dict)

    def pull(self, again: frozenset[TableKey], *, full: bool) -> Iterator[Listing]:
        """Listings of the tables that changed since they were acknowledged, of those in `again`, or of all."""
        self._pulled, self._metadata = {}, []
        self.scratch.wipe()
        content = self._read()
        whole = hashlib.blake2b(content).digest()
        if not full and not again and whole == self._acknowledged.get(WHOLE):
            return
        answers = _by_tab(content)
        self.scratch.inspect(
            max((len(answers[gid].rows) for gid in self.scratch.gids if gid in answers), default=0)
        )
        if any(gid not in answers for gid in self._gids()):
            self.locate()
        for layout in self.layouts:
            tab = self.tabs.get(layout.table)
            if tab is None or tab.gid not in answers:
                continue
            listing = self._listing(tab, answers[tab.gid], wanted=full or layout.table in again)
            if listing:
                yield listing
        self._pulled[WHOLE] = whole

    def acknowledge(self) -> None:
        """What was pulled need not be shown again."""
        self._acknowledged |= self._pulled
        self._pulled = {}

    def forget(self) -> None:
        """Look everything up anew: `setup` may have made tabs and columns."""
        self.tabs.clear()
        self.problems.clear()
        self._acknowledged.clear()

    def _read(self) -> bytes:
        """The raw answer for all tabs that are there. Tabs are looked for when one is not known or was lost."""
        if not self.scratch.found or any(layout.table not in self.tabs for layout in self.layouts):
            self.locate()
        try:
            return self._values()
        except Rejected:
            # Most likely a tab is gone: one wrong range rejects them all.
            self.locate()
            return self._values()

    def _values(self) -> bytes:
        return self.client.values([area(gid) for gid in self._gids()])

    def _gids(self) -> list[int]:
        return [*(tab.gid for tab in self.tabs.values()), *self.scratch.gids]

    def locate(self) -> None:
        """Find the tabs; those that are not there become problems."""
        sheets = sheets_of(self.client.document("sheets.properties"))
        self._metadata = self.client.metadata()
        marked = tabs_marked(self._metadata)
        self.scratch.locate(sheets, marked)
        for layout in self.layouts:
            found = find_tab(layout.table, layout.title, sheets, marked, self.bindings)
            self._take(layout, found)

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
            self._acknowledged.pop(table, None)
            self.bindings.set(f"tab:{table}", str(found.gid))
        self.tabs[table].title = quoted(found.title)

    def _listing(self, tab: Tab, answer: "Answer", *, wanted: bool) -> Listing | None:
        table = tab.layout.table
        tab.title = answer.title
        digest = hashlib.blake2b(orjson.dumps(answer.rows)).digest()
        if not wanted and digest == self._acknowledged.get(table):
            return None
        problem = self._find_columns(tab, answer.rows[0] if answer.rows else [])
        if problem:
            self.problems[table] = problem
            return None
        self.problems.pop(table, None)
        rows = self._rows(tab, answer.rows)
        tab.showed(rows)
        tab.last = max((row.position for row in rows), default=0)
        self._pulled[table] = digest
        return Listing(table, rows, complete=True, missing=frozenset(tab.missing))

    def _find_columns(self, tab: Tab, header: Sequence[Any]) -> ServiceError | None:
        headers = tuple(text(shown(cell)) for cell in header)
        if headers != tab.headers or not tab.at:
            columns = tab.layout.columns
            self._metadata = self._metadata or self.client.metadata()
            marks = marks_of(self._metadata, tab.gid, tab.layout.table, columns)
            found = find_columns(columns, headers, marks)
            tab.headers, tab.at, tab.missing = headers, found.at, found.missing
        place = tab.at.get(SystemColumn.UID)
        if place is None:
            return TableMissing(self.client.service, tab.layout.title, advice=UID_GONE)
        if place < len(headers) and is_uid(headers[place]):
            # A sort that took the header row along: row 1 now is a record.
            return TableMissing(self.client.service, tab.layout.title, advice=HEADER_GONE)
        return None

    def _rows(self, tab: Tab, values: Sequence[Sequence[Any]]) -> list[SeenRow]:
        formulas = self._formula_cells(tab, values)
        rows = []
        for position, cells in enumerate(values[1:], start=1):
            row = tab.row(
                position,
                [
                    FORMULA if (position, column) in formulas else shown(cell)
                    for column, cell in enumerate(cells)
                ],
            )
            if row.cells or row.uid or row.formulas:
                rows.append(row)
        return rows

    def _formula_cells(self, tab: Tab, values: Sequence[Sequence[Any]]) -> set[tuple[int, int]]:
        """Cells of ours that hold a formula. A listing shows text that begins with `=` in the same way."""
        doubtful = [
            (position, column, cells[column])
            for position, cells in enumerate(values[1:], start=1)
            for column in tab.at.values()
            if column < len(cells) and isinstance(cells[column], str) and cells[column].startswith("=")
        ]
        known = self._formulas.get(tab.layout.table, {})
        if any(cell not in known for cell in doubtful):
            known = self._ask(tab, doubtful)
        self._formulas[tab.layout.table] = {cell: known[cell] for cell in doubtful}
        return {(position, column) for position, column, told in doubtful if known[position, column, told]}

    def _ask(self, tab: Tab, doubtful: Sequence[tuple[int, int, str]]) -> dict[tuple[int, int, str], bool]:
        """One read of what was entered in those cells, in stretches down each column."""
        areas = [
            area(tab.gid, stretch, (column, column + 1))
            for column in sorted({column for _, column, _ in doubtful})
            for stretch in runs(position for position, own, _ in doubtful if own == column)
        ]
        answer = self.client.cells(areas, ENTERED)
        formulas = {place for place, cell in entered_cells(answer, tab.gid).items() if cell is FORMULA}
        return {
            (position, column, told): (position, column) in formulas for position, column, told in doubtful
        }


ENTERED = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.userEnteredValue))"


def entered_cells(document: Json, gid: int) -> Mapping[tuple[int, int], Shown]:
    """What was entered in the cells of one tab, by row and column."""
    return {
        (data.get("startRow", 0) + down, data.get("startColumn", 0) + across): entered(
            cell.get("userEnteredValue", {})
        )
        for sheet in document.get("sheets", ())
        if sheet["properties"].get("sheetId", 0) == gid
        for data in sheet.get("data", ())
        for down, row in enumerate(data.get("rowData", ()))
        for across, cell in enumerate(row.get("values", ()))
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """The values of one tab."""

    title: str
    rows: list[list[Any]]


def _by_tab(content: bytes) -> dict[int, Answer]:
    """The parts of an answer by tab; a part echoes the filter that asked for it."""
    found = {}
    for part in orjson.loads(content).get("valueRanges", ()):
        title = part["valueRange"]["range"].rsplit("!", 1)[0]
        for asked in part["dataFilters"]:
            found[asked["gridRange"].get("sheetId", 0)] = Answer(title, part["valueRange"].get("values", []))
    return found
