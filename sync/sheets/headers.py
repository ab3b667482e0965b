"""The header row of a tab: read, and put right where people cleared, shifted or exchanged headers. Which those are: `columns.py`."""

from dataclasses import dataclass

from .answer import TabAnswer
from .cells import FORMULA, entered, shown, text
from .client import Rejected, SheetsClient
from .restore import Restorer
from .scratch import Scratch
from .swap import RowWrite, Swapped, header_at, shows_headers, swap
from .tabs import Tab


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


def is_filled(answer: TabAnswer, column: int) -> bool:
    """Whether anything stands in a column, below its header."""
    rows = (texts_at(answer, position) for position in range(1, len(answer.rows)))
    return any(column < len(row) and row[column] for row in rows)
