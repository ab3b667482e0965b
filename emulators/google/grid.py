"""One sheet: its rows of cells and what is laid over them. Costs follow what is stored, not the size of the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import EMPTY_ROW, Row, Style, Value
from emulators.google.errors import Json


class RowsBefore:
    """Rows as they stood when a transaction began. Single rows are kept as they change, so that a small write to a large
    sheet costs little; all of them only once rows change places."""

    def __init__(self, rows: list[Row]) -> None:
        self._length = len(rows)
        self._changed: dict[int, Row] = {}
        self._all: list[Row] | None = None

    def keep(self, index: int, row: Row) -> None:
        """Before a row is overwritten."""
        if self._all is None:
            self._changed.setdefault(index, row)

    def keep_all(self, rows: list[Row]) -> None:
        """Before rows change places."""
        self._all = self.restored(rows)

    def restored(self, rows: list[Row]) -> list[Row]:
        """The rows as they stood, given those of now."""
        if self._all is not None:
            return self._all
        before = rows[: self._length]
        before.extend([EMPTY_ROW] * (self._length - len(before)))
        for index, row in self._changed.items():
            if index < self._length:
                before[index] = row
        return before


@dataclass(slots=True)
class Sheet:
    """A sheet. Lists and dictionaries hold JSON that is replaced, never changed in place, so that `copy` may be shallow."""

    sheet_id: int
    title: str
    row_count: int
    column_count: int
    grid: Json = field(default_factory=dict)
    """The other grid properties: frozenRowCount, hideGridlines…"""
    look: Json = field(default_factory=dict)
    """The other sheet properties: hidden, tabColor…"""
    rows: list[Row] = field(default_factory=list)
    row_sizes: dict[int, Json] = field(default_factory=dict)
    column_sizes: dict[int, Json] = field(default_factory=dict)
    merges: list[Json] = field(default_factory=list)
    protections: dict[int, Json] = field(default_factory=dict)
    filter_views: dict[int, Json] = field(default_factory=dict)
    basic_filter: Json = field(default_factory=dict)
    conditional_formats: list[Json] = field(default_factory=list)
    bands: dict[int, Json] = field(default_factory=dict)
    row_groups: list[Json] = field(default_factory=list)
    column_groups: list[Json] = field(default_factory=list)
    referring_rows: int = 0
    """How many rows hold a formula with a reference; zero spares the search for them."""
    before: RowsBefore | None = None
    """While a transaction is open."""

    @property
    def box(self) -> Box:
        """The whole grid."""
        return Box(0, 0, self.row_count, self.column_count)

    def sizes(self, dimension: str) -> dict[int, Json]:
        """Properties of rows or columns that differ from the default, by index."""
        return self.row_sizes if dimension == "ROWS" else self.column_sizes

    def groups(self, dimension: str) -> list[Json]:
        """Row or column groups."""
        return self.row_groups if dimension == "ROWS" else self.column_groups

    def count(self, dimension: str) -> int:
        """Number of rows or columns."""
        return self.row_count if dimension == "ROWS" else self.column_count

    def row(self, index: int) -> Row:
        """A row; one never written is empty."""
        return self.rows[index] if index < len(self.rows) else EMPTY_ROW

    def put(self, index: int, row: Row) -> None:
        """Stores a row."""
        if index >= len(self.rows):
            if not row.width:
                return
            self.rows.extend([EMPTY_ROW] * (index + 1 - len(self.rows)))
        old = self.rows[index]
        if self.before is not None:
            self.before.keep(index, old)
        self.referring_rows += row.references - old.references
        self.rows[index] = row
        self._drop_empty_end()

    def _drop_empty_end(self) -> None:
        while self.rows and not self.rows[-1].width:
            self.rows.pop()

    def insert_rows(self, at: int, new: Row, count: int) -> None:
        """Puts equal rows before the row at `at`; those after it move down."""
        if at >= len(self.rows):
            for index in range(at, at + count):
                self.put(index, new)
            return
        self._rows_move()
        self.rows[at:at] = [new] * count
        self.referring_rows += count * new.references

    def delete_rows(self, at: int, count: int) -> None:
        """Removes rows; those after them move up."""
        self._rows_move()
        self.referring_rows -= sum(row.references for row in self.rows[at : at + count])
        del self.rows[at : at + count]
        self._drop_empty_end()

    def _rows_move(self) -> None:
        if self.before is not None:
            self.before.keep_all(self.rows)

    def write(
        self,
        row: int,
        left: int,
        *,
        values: Sequence[Value] | None = None,
        styles: Sequence[Style | None] | None = None,
    ) -> None:
        """Writes neighbouring cells of one row."""
        self.put(row, self.row(row).with_cells(left, values, styles))

    def replace_rows(self, rows: Sequence[Row]) -> None:
        """Stores all rows anew."""
        self._rows_move()
        self.rows = list(rows)
        self._drop_empty_end()
        self.referring_rows = sum(row.references for row in self.rows)

    def value(self, row: int, column: int) -> Value:
        """The stored value of a cell."""
        return self.row(row).value(column)

    def used_rows(self, box: Box) -> Iterator[tuple[int, Row]]:
        """The rows of a box that hold anything, with their index."""
        for index in range(box.top, min(box.bottom, len(self.rows))):
            if self.rows[index].width:
                yield index, self.rows[index]

    def begin(self) -> Sheet:
        """Begins to keep what changes, and returns a copy of all but the rows, for `undone`."""
        self.before = RowsBefore(self.rows)
        return self._copy_with([])

    def undone(self, kept: Sheet) -> Sheet:
        """The sheet as it stood when `begin` gave `kept`."""
        assert self.before is not None
        kept.rows = self.before.restored(self.rows)
        return kept

    def copy(self) -> Sheet:
        """A copy that no later change of this sheet reaches."""
        return self._copy_with(list(self.rows))

    def _copy_with(self, rows: list[Row]) -> Sheet:
        return replace(
            self,
            grid=dict(self.grid),
            look=dict(self.look),
            rows=rows,
            row_sizes=dict(self.row_sizes),
            column_sizes=dict(self.column_sizes),
            merges=list(self.merges),
            protections=dict(self.protections),
            filter_views=dict(self.filter_views),
            basic_filter=dict(self.basic_filter),
            conditional_formats=list(self.conditional_formats),
            bands=dict(self.bands),
            row_groups=list(self.row_groups),
            column_groups=list(self.column_groups),
            before=None,
        )

    def properties(self, index: int) -> Json:
        """SheetProperties as answered."""
        grid = {
            "rowCount": self.row_count,
            "columnCount": self.column_count,
            **{k: v for k, v in self.grid.items() if v},
        }
        look = {name: value for name, value in self.look.items() if value}
        head = {"sheetId": self.sheet_id, "title": self.title, "index": index, "sheetType": "GRID"}
        return {**head, "gridProperties": grid, **look}


def box_of(sheet: Sheet, area: Json) -> Box:
    """A GridRange on its sheet's grid; missing ends reach to the edge, ends beyond it are cut."""
    return Box(
        int(area.get("startRowIndex") or 0),
        int(area.get("startColumnIndex") or 0),
        _end(area.get("endRowIndex"), sheet.row_count),
        _end(area.get("endColumnIndex"), sheet.column_count),
    )


def _end(value: Any, limit: int) -> int:
    return limit if value is None else min(int(value), limit)


def grid_range(sheet_id: int, box: Box) -> Json:
    """A box as a stored GridRange."""
    return {
        "sheetId": sheet_id,
        "startRowIndex": box.top,
        "endRowIndex": box.bottom,
        "startColumnIndex": box.left,
        "endColumnIndex": box.right,
    }


def shown(value: Any) -> Any:
    """Stored JSON as answered: `sheetId` 0 inside a range is left out."""
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items() if not (name == "sheetId" and item == 0)}
    return value
