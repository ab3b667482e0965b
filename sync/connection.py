"""What the engine asks of an online service: list rows, and write what a plan says.

One connection is one Airtable base or one spreadsheet and holds one replica of each of its tables. Connections translate
between raw cells and the service; they judge nothing, know no hub and open no token.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from validators.raw import Raw
from validators.schema import FieldKey, TableKey

from .cells import unspoken
from .errors import ServiceError

Uid = str
RowId = str


class SystemColumn(StrEnum):
    """The columns that the daemon keeps in every table; per replica, never merged. Values are the headers."""

    STATUS = "校验状态"
    NOTE = "校验说明"
    VIEW = "查看"
    UID = "记录编号"


CellValue = str | Decimal | date | datetime | bool | tuple[str, ...] | None
"""A cell to write, typed. Sensitive fields: the stand-in's text. Links: business keys joined by 、 on Sheets, a tuple of
record ids on Airtable. Multi-selects: a tuple in the order of the options. None clears the cell."""


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One row as a service showed it. `repr` keeps the cells to itself: they may hold what staff have just typed."""

    uid: Uid
    """The text in 记录编号; empty for a row that nobody has numbered yet."""
    row_id: RowId
    """Airtable's record id. On Sheets a row has no name of its own: empty."""
    position: int
    """Zero-based row of the grid on Sheets; -1 on Airtable."""
    cells: Mapping[FieldKey, Raw] = field(repr=False)
    """As shown; blank cells are absent. Links: record ids on Airtable, text on Sheets."""
    system: Mapping[SystemColumn, str] = field(repr=False, default_factory=dict)
    formulas: frozenset[FieldKey] = frozenset()
    """Cells that hold a formula: reported, never written."""
    partial: bool = False
    """Whether `cells` and `system` hold only what changed since the row was last listed (an Airtable webhook);
    a cleared cell is then present with None (and a cleared system cell with an empty text)."""
    actor: str | None = None
    """Who made the last change, where the service tells."""
    authors: Mapping[FieldKey, str | None] = field(default_factory=dict)
    """Who changed which cell, where it was not the same person everywhere."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", unspoken(self.cells))

    def author(self, key: FieldKey) -> str | None:
        """Who changed a cell, where the service tells."""
        return self.authors.get(key, self.actor)

    def loaded(self) -> "SeenRow":
        """The same row with its cells in memory: a connection may decode them only when they are asked for."""
        return replace(self, cells=dict(self.cells.items()), system=dict(self.system.items()))


@dataclass(frozen=True, slots=True)
class Standing:
    """The positions of a grid at which the row is as it was when the last pull was acknowledged."""

    changed: Set[int]
    height: int
    """How many rows the grid shows now, the header included."""

    def __contains__(self, position: int) -> bool:
        return 0 < position < self.height and position not in self.changed


@dataclass(frozen=True, slots=True)
class Listing:
    """What a pull says of one table."""

    table: TableKey
    rows: Sequence[SeenRow] = ()
    complete: bool = False
    """Whether `rows` are all rows of the table, so that absence means something."""
    destroyed: tuple[RowId, ...] = ()
    """Rows that the service itself reports as deleted."""
    missing: frozenset[FieldKey] = frozenset()
    """Columns that cannot be found: frozen until they are back."""
    lost_options: Mapping[FieldKey, frozenset[str]] = field(default_factory=dict)
    """Options that somebody deleted from a column: the service emptied the cells that showed them, no person did."""
    overwritten: tuple[SeenRow, ...] = ()
    """Cells as people had left them when a write of ours replaced them unseen; partial rows of nothing else. One without uid
    and row id is a row that was not numbered yet, at this position of the listing."""
    standing: Standing | None = None
    """Where rows stand that are not in `rows`, because nothing about them changed since they were acknowledged."""


@dataclass(frozen=True, slots=True)
class Insert:
    """A record that the replica lacks."""

    uid: Uid
    cells: Mapping[FieldKey, CellValue] = field(repr=False)
    system: Mapping[SystemColumn, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Update:
    """Changed cells of a row that stands. A blank row's new uid is part of `system`."""

    uid: Uid
    row_id: RowId
    position: int
    numbered: bool
    """Whether the row already carries `uid`; false when this write gives it."""
    before: Mapping[FieldKey, Raw | CellValue] = field(repr=False)
    """What the cells about to change are believed to show (missing: blank), as read or as once written: the connection
    encodes both alike before comparing. A difference found while writing is a person's edit. Of a row that `uid` alone does
    not tell from others it is all that the row shows."""
    cells: Mapping[FieldKey, CellValue] = field(repr=False)
    system: Mapping[SystemColumn, str] = field(repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", unspoken(self.before))

    @property
    def whole(self) -> bool:
        """Whether the row is recognised by all that it shows: it bears no uid yet, or one that is another row's."""
        return not self.numbered or bool(self.before.keys() - self.cells.keys())


@dataclass(frozen=True, slots=True)
class Remove:
    """A record that the replica should no longer hold."""

    uid: Uid
    row_id: RowId
    position: int
    before: Mapping[FieldKey, Raw | CellValue] = field(repr=False, default_factory=dict)
    """What the row is believed to show, as in `Update`; None is blank, a cell that is not named may show anything. A
    difference found while removing is a person's edit: the row stays, and is read again."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "before", unspoken(self.before))


Operation = Insert | Update | Remove


@dataclass(frozen=True, slots=True)
class Written:
    """An insert or update that took effect. `row` is the whole row as the service answered, never partial."""

    uid: Uid
    row: SeenRow


@dataclass(frozen=True, slots=True)
class Refused:
    """An operation that did not take effect. `reason` is a short English code such as `row_moved`, `invalid_value`."""

    uid: Uid
    reason: str
    detail: str = ""
    """The service's own words with values removed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the operations on one table. Order as given; every operation is in exactly one list."""

    written: Sequence[Written] = ()
    removed: Sequence[Uid] = ()
    refused: Sequence[Refused] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that `setup` made, or would make, or will not touch (then `why` says the reason and what to do)."""

    table: str
    what: str
    why: str | None = None
    blank: tuple[TableKey, tuple[FieldKey, ...]] | None = None
    """Columns that are new, and so show nothing: the table and the fields, none of them for a whole new table."""
    adopted: bool = False
    """Whether a table that stood there already is used from now on."""
    left: bool = False
    """Whether it is about what the replica held once and no longer does, which a person should delete."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of one column as a service shows it; `table` is empty for a table or tab that is none of ours."""

    table: TableKey
    place: int
    """From the left, the first is 1."""
    header: str = field(repr=False)
    texts: Sequence[str] = field(repr=False)


class Bindings(Protocol):
    """Where a connection remembers the service's own ids: tables, fields, columns, webhook cursors. Persisted by the hub."""

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, value: str) -> None: ...

    def drop(self, name: str) -> None: ...


class Connection(Protocol):
    """One base or spreadsheet. Every method raises the errors of `sync/errors.py` and nothing else."""

    name: str
    link_form: Literal["row_id", "key"]

    @property
    def calls(self) -> int:
        """Requests made so far; those of connections that share an account's limits count together."""
        ...

    @property
    def problems(self) -> Sequence[ServiceError]:
        """The tables that the last pull could not show, and why; the others were shown all the same."""
        ...

    def setup(self, *, dry_run: bool = False) -> Sequence[Change]:
        """Create what is missing from the schema; never delete, never retype. Changes with `why` are left to a person."""
        ...

    def pull(self, *, reread: Mapping[TableKey, frozenset[RowId]], full: bool) -> Iterator[Listing]:
        """List what may have changed; a table without a change is not yielded. `full` lists everything, completely.

        `reread` names rows (by row id, or by uid on Sheets) that have to be shown again though nothing changed.
        """
        ...

    def acknowledge(self) -> None:
        """What the last pull showed is now safe in the hub: a cursor may advance."""
        ...

    def apply(self, table: TableKey, operations: Sequence[Operation]) -> Outcome:
        """Write, verify, report. A row that fails does not stop the others."""
        ...

    def name_columns(self, table: TableKey) -> None:
        """Put headers right that people spoiled (`HeadersSpoiled`). Needs a pull, acknowledged; where a service knows columns by
        an id of its own there is nothing to do."""
        return

    def stamp(self, values: Mapping[str, str]) -> None:
        """Write the heartbeat and key figures to 系统状态."""
        ...

    def texts(self) -> Iterator[Texts]:
        """What stands in columns that are none of ours, and in ours where that costs no call more. Needs no pull."""
        ...

    def url(self, table: TableKey, row_id: RowId, position: int) -> str | None:
        """The page where a person sees this row."""
        ...
