"""What the connection knows of each tab: where it is, where its columns are, and what it showed last."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from sync.connection import Bindings, SeenRow, SystemColumn, Uid
from validators.schema import FieldKey

from .cells import Formula, Shown, text
from .closed import Closed
from .columns import misnamed_columns
from .grid import Json
from .layout import Column, ColumnKey, Layout

SCRATCH = "_tablekeeper"
"""The hidden tab through which pre-images pass."""
STATUS = "系统状态"
NO_FORMULAS: frozenset[FieldKey] = frozenset()
"""The same one for all rows: an empty set is as large as the row's other parts together."""


@dataclass(slots=True)
class Tab:
    """One table's tab. Filled by a pull, kept right by our own inserts and removals until the next."""

    layout: Layout
    gid: int
    title: str
    """As ranges want it, quoted where needed."""
    headers: tuple[str, ...] = ()
    at: Mapping[ColumnKey, int] = field(default_factory=dict)
    missing: frozenset[ColumnKey] = frozenset()
    positions: dict[Uid, int] = field(default_factory=dict)
    formulas: dict[Uid, frozenset[FieldKey]] = field(default_factory=dict)
    """The cells of a row that hold formulas, of rows that have any."""
    last: int = 0
    """Position of the last filled row; 0 is the header row."""
    closed: tuple[Closed, ...] = ()
    misnamed: frozenset[ColumnKey] = frozenset()
    """The columns under wrong headers, or under none."""
    given_up: tuple[str, ...] = ()
    """The header row that could not be put right."""

    @property
    def width(self) -> int:
        """Columns from the left that hold all of ours."""
        return max(self.at.values(), default=0) + 1

    def is_closed(self, position: int, key: ColumnKey) -> bool:
        """Whether somebody protected this cell against the daemon."""
        return any(one.covers(position, self.at[key]) for one in self.closed)

    @property
    def closed_columns(self) -> list[Column]:
        """The columns with cells that are protected against the daemon."""
        return [
            column
            for column in self.layout.columns
            if column.key in self.at and any(one.touches(self.at[column.key]) for one in self.closed)
        ]

    @property
    def misnamed_columns(self) -> list[Column]:
        """The columns under wrong headers, from the left."""
        found = [column for column in self.layout.columns if column.key in self.misnamed]
        return sorted(found, key=lambda column: self.at[column.key])

    def headed(self, headers: tuple[str, ...]) -> None:
        """The header row shows this, and the columns are known."""
        self.headers = headers
        self.misnamed = misnamed_columns(self.layout, headers, self.at)
        if not self.misnamed:
            self.given_up = ()

    def row(self, position: int, cells: Sequence[Shown]) -> SeenRow:
        """A row from its cells, as pull and write both show it."""
        return as_row(self.at, position, cells)

    def showed(self, rows: Sequence[SeenRow], changed: Set[int], height: int, last: int) -> None:
        """Remember where rows and formulas are: those that changed anew, the others of the `height` rows as before."""
        standing = {
            uid: place for uid, place in self.positions.items() if place < height and place not in changed
        }
        self.positions = standing | {row.uid: row.position for row in rows if row.uid}
        calculating = {uid: keys for uid, keys in self.formulas.items() if uid in standing}
        self.formulas = calculating | {row.uid: row.formulas for row in rows if row.uid and row.formulas}
        self.last = last

    def inserted(self, uids: Iterable[Uid]) -> None:
        """Rows of ours now stand below the last one."""
        for uid in uids:
            self.last += 1
            self.positions[uid] = self.last

    def removed(self, positions: Sequence[int]) -> None:
        """Rows are gone; those below moved up. `positions` ascend."""
        gone = set(positions)
        self.positions = {
            uid: place - bisect_left(positions, place)
            for uid, place in self.positions.items()
            if place not in gone
        }
        self.last -= len(positions)


def as_row(at: Mapping[ColumnKey, int], position: int, cells: Sequence[Shown]) -> SeenRow:
    """A row from its cells; `at` tells the column of each key."""
    values: dict[FieldKey, str | int | float | bool] = {}
    system: dict[SystemColumn, str] = {}
    formulas: list[FieldKey] = []
    width = len(cells)
    for key, index in at.items():
        cell = cells[index] if index < width else None
        # An unchecked box and a blank cell are the same.
        if cell is None or cell is False:
            continue
        if isinstance(key, SystemColumn):
            if shown := text(cell):
                system[key] = shown
        elif isinstance(cell, Formula):
            formulas.append(key)
        else:
            values[key] = cell
    return SeenRow(
        uid=system.get(SystemColumn.UID, ""),
        row_id="",
        position=position,
        cells=values,
        system=system,
        formulas=frozenset(formulas) if formulas else NO_FORMULAS,
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A tab as Google lists it."""

    gid: int
    title: str
    rows: int
    columns: int


def sheets_of(document: Json) -> list[Sheet]:
    """The tabs of a `spreadsheets.get`."""
    found = []
    for sheet in document.get("sheets", ()):
        properties = sheet["properties"]
        size = properties.get("gridProperties", {})
        found.append(
            Sheet(
                properties.get("sheetId", 0),
                properties.get("title", ""),
                size.get("rowCount", 0),
                size.get("columnCount", 0),
            )
        )
    return found


def find_tab(
    name: str, title: str, sheets: Sequence[Sheet], marked: Mapping[str, Sequence[int]], bindings: Bindings
) -> Sheet | None:
    """A tab by the id we bound, else by our mark on it, else by its title."""
    by_gid = {sheet.gid: sheet for sheet in sheets}
    bound = bindings.get(f"tab:{name}")
    if bound is not None and int(bound) in by_gid:
        return by_gid[int(bound)]
    ours = [gid for gid in marked.get(name, ()) if gid in by_gid]
    if len(ours) == 1:
        return by_gid[ours[0]]
    others = {gid for other, gids in marked.items() if other != name for gid in gids}
    return next((sheet for sheet in sheets if sheet.title == title and sheet.gid not in others), None)
