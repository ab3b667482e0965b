"""Write cells and learn in the same call what stood there: the nearest thing to compare-and-set that Sheets offers.

One atomic batch copies the rows to the scratch tab, then writes; its answer shows both. Decides nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sync.connection import SeenRow

from .cells import FORMULA, Entered, entered, text
from .client import SheetsClient
from .grid import Json, a1, area, copy, runs, write_cells
from .scratch import TOP, Scratch, rows_at
from .tabs import Tab

FIELDS = "updatedSpreadsheet.sheets(properties.sheetId,data(startRow,rowData.values.userEnteredValue))"
LOOK = FIELDS.removeprefix("updatedSpreadsheet.")
"""The same of a reading."""
Cells = Sequence[Entered]


@dataclass(frozen=True, slots=True)
class RowWrite:
    """Cells of one row to write, by column. `formulas` are put back from the scratch row that keeps them."""

    position: int
    cells: Mapping[int, Entered] = field(repr=False)
    formulas: Mapping[int, int] = field(default_factory=dict)


def cleared(position: int, columns: Iterable[int]) -> RowWrite:
    """The write that clears these cells of a row."""
    return RowWrite(position, {column: {} for column in columns})


@dataclass(frozen=True, slots=True)
class Swapped:
    """Rows before and after a write, by position; `kept` is the scratch row that holds the row as it was."""

    tab: Tab
    before: Mapping[int, Cells] = field(repr=False)
    after: Mapping[int, Cells] = field(repr=False)
    kept: Mapping[int, int]

    def row_before(self, position: int) -> SeenRow:
        """The row as it stood when the write came."""
        return self._row(position, self.before)

    def row_after(self, position: int) -> SeenRow:
        """The row as it stands now."""
        return self._row(position, self.after)

    def _row(self, position: int, rows: Mapping[int, Cells]) -> SeenRow:
        return self.tab.row(position, [entered(cell) for cell in rows.get(position, ())])

    def copied(self, write: RowWrite) -> bool:
        """Whether the scratch tab got this row: cells that were not written are then the same on both sides.

        Nobody promises that rows hidden by a person's filter are copied; what was not copied must not be put back.
        """
        position, written = write.position, {*write.cells, *write.formulas}
        before, after = self.before.get(position, ()), self.after.get(position, ())
        return all(
            _same(at(before, column), at(after, column))
            for column in range(self.tab.width)
            if column not in written
        )

    @property
    def headers_stand(self) -> bool:
        """Whether the columns are where they were at the pull."""
        return headers_stand(self.tab, self.after)


def at(cells: Cells, column: int) -> Entered:
    """A cell of a row that may end before it."""
    return cells[column] if column < len(cells) else {}


def _same(one: Entered, other: Entered) -> bool:
    """Whether two cells show the same; most are alike to the letter."""
    return one == other or entered(one) == entered(other)


def headers_stand(tab: Tab, rows: Mapping[int, Cells]) -> bool:
    """Whether the header row in an answer is the one that the columns were found by."""
    return shows_headers(tab, rows.get(0, ()), max(len(rows.get(0, ())), len(tab.headers)))


def shows_headers(tab: Tab, cells: Cells, width: int) -> bool:
    """Whether these cells are the header row that the columns were found by, as far as `width` columns go."""
    return all(_is_header(at(cells, column), header_at(tab, column)) for column in range(width))


def header_at(tab: Tab, column: int) -> str:
    """The header over a column as it was read."""
    return tab.headers[column] if column < len(tab.headers) else ""


def _is_header(cell: Entered, header: str) -> bool:
    shown = entered(cell)
    # A listing shows a formula as its text, and an answer that it is one.
    return header.startswith("=") if shown is FORMULA else text(shown) == header


def swap(
    client: SheetsClient,
    scratch: Scratch,
    tab: Tab,
    writes: Sequence[RowWrite],
    *,
    top: int = TOP,
    restores: bool = False,
) -> Swapped:
    """Write rows (ascending positions) and return them as they were and are. Leaves the scratch tab soiled.

    A write that `restores` may be repeated when its answer is lost, and leaves alone what the scratch tab keeps above `top`.
    """
    gid = scratch.ready(tab.width)
    stretches = list(runs(write.position for write in writes))
    kept = _kept(writes, top)
    requests = [] if restores else [*scratch.leading(), *scratch.sign(gid, tab)]
    for start, end in stretches:
        source = area(tab.gid, (start, end), (0, tab.width))
        requests.append(copy(source, rows_at(gid, kept[start], end - start, tab.width)))
    requests += _written(tab, writes, gid)
    ranges = [
        a1(tab.title, (0, 1), len(tab.headers)),
        a1(scratch.title, (top, top + len(writes)), tab.width),
        *(a1(tab.title, stretch, tab.width) for stretch in stretches),
    ]
    scratch.soil(top + len(writes))
    answer = client.update(requests, ranges=ranges, fields=FIELDS, repeatable=restores)
    return _swapped(tab, kept, rows_in(answer, gid), rows_in(answer, tab.gid))


def _kept(writes: Sequence[RowWrite], top: int) -> dict[int, int]:
    """The scratch row of each write, by position."""
    return dict(zip((write.position for write in writes), range(top, top + len(writes)), strict=True))


def _swapped(
    tab: Tab, kept: Mapping[int, int], copied: Mapping[int, Cells], after: Mapping[int, Cells]
) -> Swapped:
    before = {position: copied.get(row, ()) for position, row in kept.items()}
    return Swapped(tab=tab, before=before, after=after, kept=kept)


def _written(tab: Tab, writes: Sequence[RowWrite], scratch_gid: int) -> Iterator[Json]:
    """Typed cells; neighbouring rows with the same columns go together."""
    for _, same in groupby(
        enumerate(writes), key=lambda pair: (pair[1].position - pair[0], tuple(sorted(pair[1].cells)))
    ):
        block = [write for _, write in same]
        for start, end in runs(sorted(block[0].cells)):
            rows = [[write.cells[column] for column in range(start, end)] for write in block]
            yield write_cells(tab.gid, block[0].position, start, rows)
    for write in writes:
        for column, row in write.formulas.items():
            source = area(scratch_gid, (row, row + 1), (column, column + 1))
            target = area(tab.gid, (write.position, write.position + 1), (column, column + 1))
            yield copy(source, target, "PASTE_FORMULA")


def look(client: SheetsClient, tab: Tab, stretches: Sequence[tuple[int, int]]) -> dict[int, Cells]:
    """Rows as they stand now, by position, of these stretches."""
    width = max(tab.width, len(tab.headers))  # The staff's own columns have headers, too.
    areas = [area(tab.gid, stretch, (0, width)) for stretch in stretches]
    return rows_in({"updatedSpreadsheet": client.cells(areas, LOOK)}, tab.gid)


def rows_in(answer: Json, gid: int) -> dict[int, Cells]:
    """The rows of one tab in an answer, by position."""
    return {
        data.get("startRow", 0) + down: [cell.get("userEnteredValue", {}) for cell in row.get("values", ())]
        for sheet in answer.get("updatedSpreadsheet", {}).get("sheets", ())
        if sheet["properties"].get("sheetId", 0) == gid
        for data in sheet.get("data", ())
        for down, row in enumerate(data.get("rowData", ()))
    }
