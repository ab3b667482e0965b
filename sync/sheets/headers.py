"""The header row of a tab: read, and put right where people cleared, shifted or exchanged headers. Which those are: `columns.py`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.connection import SystemColumn
from sync.uid import is_uid

from .answer import TabAnswer
from .cells import FORMULA, entered, shown, text
from .client import Rejected, SheetsClient
from .columns import misnamed_columns
from .layout import ColumnKey, Layout
from .restore import Restorer
from .scratch import Scratch
from .swap import RowWrite, Swapped, header_at, shows_headers, swap
from .tabs import Tab

HEADER_GONE = "put the header row back into row 1 of the tab; until then the tab is frozen"
CELLS_SHIFTED = "cells were shifted to other columns: undo that in Google Sheets (File, Version history); until then the tab is frozen"


@dataclass(frozen=True, slots=True)
class HeaderWriter:
    """Writes headers."""

    client: SheetsClient
    scratch: Scratch
    restorer: Restorer

    def name_columns(self, tab: Tab) -> None:
        """Write the right headers over the wrong ones of a tab. If it is not the row that was read any more, it is put back.

        A daemon that dies between the two does not: whoever moves the header row away just then has the version history.
        """
        self.restorer.settle()
        if self.scratch.intents.batch is not None:
            return  # The scratch tab still has what a batch went over of which nobody heard.
        try:
            self._write(tab)
        finally:
            if not self.restorer.owes:
                self.scratch.wipe()

    def _write(self, tab: Tab) -> None:
        write = RowWrite(0, {tab.at[one.key]: {"stringValue": one.header} for one in tab.misnamed_columns})
        try:
            done = swap(self.client, self.scratch, tab, [write])
        except Rejected:
            tab.given_up = tab.headers
            return
        if shows_headers(tab, done.before[0], tab.width):
            _take(tab, done)
        else:
            self.restorer.undo(done, [write])


def _take(tab: Tab, done: Swapped) -> None:
    """The columns are where they were, under these headers. What Google did not take, in merged cells, is given up."""
    cells = [entered(cell) for cell in done.after.get(0, ())]
    now = [header_at(tab, place) if cell is FORMULA else text(cell) for place, cell in enumerate(cells)]
    tab.given_up = tab.headers
    tab.headed((*now, *tab.headers[len(now) :]))


def texts_at(answer: TabAnswer, position: int) -> tuple[str, ...]:
    """A row as text."""
    [(_, cells)] = list(answer.decode([position])) if position < len(answer.rows) else [(position, [])]
    return tuple(text(shown(cell)) for cell in cells)


def standing_columns(
    layout: Layout, answer: TabAnswer, marks: Mapping[ColumnKey, int]
) -> frozenset[ColumnKey]:
    """The columns of which just the header was shifted: what stands below their marks stands where it stood."""
    misnamed = misnamed_columns(layout, texts_at(answer, 0), marks)
    return frozenset(key for key in misnamed if _stands(answer, key, marks[key]))


def displacement(tab: Tab, answer: TabAnswer) -> str:
    """What to do about rows or cells that do not stand where they stood, the header row or the uids among them; empty where they
    do. Reading from there would give values to the wrong fields, and a header would be written over one."""
    mark, headers = tab.at[SystemColumn.UID], texts_at(answer, 0)
    if mark < len(headers) and is_uid(headers[mark]):
        return HEADER_GONE  # A sort that took the header row along: row 1 now is a record.
    if SystemColumn.UID not in tab.misnamed:
        return ""
    ours = {name for column in tab.layout.columns for name in (column.header, *column.aliases)}
    if SystemColumn.UID in _column(answer, mark) or (any(headers) and ours.isdisjoint(headers)):
        return HEADER_GONE  # Row 1 was inserted above it, or is a record that has no uid yet.
    return CELLS_SHIFTED if _uids_moved(answer, mark) else ""


def _uids_moved(answer: TabAnswer, mark: int) -> bool:
    """Whether record ids stand under their header, and not where they stood: whole columns of cells were shifted."""
    named = [place for place, header in enumerate(texts_at(answer, 0)) if header == SystemColumn.UID]
    return any(_shows_uids(answer, place) for place in named) and not _shows_uids(answer, mark)


def _stands(answer: TabAnswer, key: ColumnKey, mark: int) -> bool:
    """A new tab may show no uids yet. Any other column that is blank may have been moved by hand: nothing tells."""
    return not _uids_moved(answer, mark) if key is SystemColumn.UID else any(_column(answer, mark))


def _shows_uids(answer: TabAnswer, column: int) -> bool:
    return any(map(is_uid, _column(answer, column)))


def _column(answer: TabAnswer, column: int) -> Iterator[str]:
    rows = (texts_at(answer, position) for position in range(1, len(answer.rows)))
    return (row[column] for row in rows if column < len(row))
