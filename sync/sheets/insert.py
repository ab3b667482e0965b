"""Inserting rows of ours below the last one; where columns moved meanwhile, what came to stand under wrong headers is cleared."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sync.connection import Insert, Refused, Written
from sync.errors import AnswerLost, ServiceError

from .cells import entered
from .client import SheetsClient
from .grid import a1
from .restore import Restorer
from .scratch import Scratch
from .swap import FIELDS, Cells, Swapped, cleared, headers_stand, look, rows_in
from .tabs import Tab
from .writable import cells_to_write, insertion, is_as_sent, refusal_to_insert


@dataclass(frozen=True, slots=True)
class Inserter:
    """Inserts one block of rows after the other."""

    client: SheetsClient
    scratch: Scratch
    restorer: Restorer

    def insert(self, tab: Tab, block: Sequence[Insert]) -> list[Written | Refused]:
        """Insert rows in one batch; of each, the row as it stands, or why there is none."""
        start = tab.last + 1
        refused = [refusal_to_insert(tab, op, start) for op in block]
        new = [op for op, why in zip(block, refused, strict=True) if why is None]
        results: list[Written | Refused] = [why for why in refused if why]
        if not new:
            return results
        self.scratch.intents.begin_insert(tab, start, new)
        rows = self._inserted(tab, new, start)
        if not headers_stand(tab, rows):
            self._clear(tab, new, start, rows)
            return [*results, *(Refused(op.uid, "columns_moved") for op in new)]
        tab.inserted(op.uid for op in new)
        for position, op in enumerate(new, start):
            cells = [entered(cell) for cell in rows.get(position, ())]
            results.append(Written(op.uid, tab.row(position, cells)))
        return results

    def _inserted(self, tab: Tab, new: Sequence[Insert], start: int) -> Mapping[int, Cells]:
        """Insert rows; they and the header, as they stand then.

        Where Google keeps silent, a look tells: somebody may delete such a row before the next pull, and nobody would know
        that it ever stood there. What that look does not find as it was sent is looked after by the next pull.
        """
        end = start + len(new)
        ranges = [a1(tab.title, (0, 1), len(tab.headers)), a1(tab.title, (start, end), tab.width)]
        try:
            answer = self.client.update(insertion(tab, new, start), ranges=ranges, fields=FIELDS)
            return rows_in(answer, tab.gid)
        except AnswerLost:
            with suppress(ServiceError):
                rows = look(self.client, tab, [(0, 1), (start, end)])
                if all(is_as_sent(tab, op, rows.get(start + at, ())) for at, op in enumerate(new)):
                    return rows
            self.scratch.settled = False
            raise

    def _clear(self, tab: Tab, new: Sequence[Insert], start: int, rows: Mapping[int, Cells]) -> None:
        """Columns moved since the pull: the values stand under wrong headers, and must not be read from there. The rows stay,
        blank: by now another may stand where one of them stood."""
        written = {position: cells_to_write(tab, op, position) for position, op in enumerate(new, start)}
        done = Swapped(tab, before=dict.fromkeys(written, ()), after=rows, kept={})
        self.restorer.undo(done, [cleared(position, cells) for position, cells in written.items()])
