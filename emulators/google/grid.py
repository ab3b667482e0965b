"""One sheet: its rows of cells and what is laid over them. Costs follow what is stored, not the size of the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulators.google.a1 import Box
from emulators.google.cells import EMPTY_ROW, Row, Style, Value
from emulators.google.errors import Json


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
        self.referring_rows += row.references - self.rows[index].references
        self.rows[index] = row
        while self.rows and not self.rows[-1].width:
            self.rows.pop()

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
        self.rows = list(rows)
        while self.rows and not self.rows[-1].width:
            self.rows.pop()
        self.referring_rows = sum(row.references for row in self.rows)

    def value(self, row: int, column: int) -> Value:
        """The stored value of a cell."""
        return self.row(row).value(column)

    def used_rows(self, box: Box) -> Iterator[tuple[int, Row]]:
        """The rows of a box that hold anything, with their index."""
        for index in range(box.top, min(box.bottom, len(self.rows))):
            if self.rows[index].width:
                yield index, self.rows[index]

    def copy(self) -> Sheet:
        """A copy that no later change of this sheet reaches."""
        return Sheet(
            self.sheet_id,
            self.title,
            self.row_count,
            self.column_count,
            dict(self.grid),
            dict(self.look),
            list(self.rows),
            dict(self.row_sizes),
            dict(self.column_sizes),
            list(self.merges),
            dict(self.protections),
            dict(self.filter_views),
            dict(self.basic_filter),
            list(self.conditional_formats),
            dict(self.bands),
            list(self.row_groups),
            list(self.column_groups),
            self.referring_rows,
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
        area.get("startRowIndex", 0) or 0,
        area.get("startColumnIndex", 0) or 0,
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
