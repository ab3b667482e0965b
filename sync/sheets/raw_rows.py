"""Rows of a tab whose cells stay raw until somebody looks at them: a hundred thousand rows are never all in memory as values."""

from collections.abc import ItemsView, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sync.cells import Unspoken
from sync.connection import SeenRow

from .answer import TabAnswer
from .cells import shown
from .layout import ColumnKey
from .tabs import as_row

KEPT_ROWS = 1_000
"""Rows kept as values: those that a block of the engine looks at over and over."""

Key = TypeVar("Key")
Cell = TypeVar("Cell")


@dataclass(slots=True)
class RawTab:
    """A tab as it was read, and where its columns were then."""

    answer: TabAnswer
    at: Mapping[ColumnKey, int]
    _kept: dict[int, SeenRow] = field(default_factory=dict, repr=False)

    def row(self, position: int) -> SeenRow:
        """A row with its cells as values. Raises WrongCut."""
        row = self._kept.get(position)
        if row is None:
            if len(self._kept) >= KEPT_ROWS:
                self._kept.clear()
            [(_, cells)] = self.answer.decode([position])
            row = self._kept[position] = as_row(self.at, position, [shown(cell) for cell in cells])
        return row

    def on_demand(self, position: int) -> SeenRow:
        """The same row; all but its uid is decoded when it is asked for. Not for rows with formulas."""
        row = self.row(position)
        return replace(row, cells=_Cells(self, position), system=_System(self, position))


class _OnDemand(Unspoken, Mapping[Key, Cell]):
    """Part of a raw row, decoded when somebody looks."""

    __slots__ = ("_position", "_tab")

    def __init__(self, tab: RawTab, position: int) -> None:
        self._tab, self._position = tab, position

    def _read(self) -> Mapping[Key, Cell]:
        raise NotImplementedError

    def __getitem__(self, key: Key) -> Cell:
        return self._read()[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def items(self) -> ItemsView[Key, Cell]:
        return self._read().items()  # Read once, not once for each cell.

    def __eq__(self, other: object) -> bool:
        return self._read() == (other._read() if isinstance(other, _OnDemand) else other)

    __hash__ = None  # type: ignore[assignment]


class _Cells(_OnDemand[Key, Cell]):
    __slots__ = ()

    def _read(self) -> Mapping[Key, Cell]:
        return self._tab.row(self._position).cells  # type: ignore[return-value]


class _System(_OnDemand[Key, Cell]):
    __slots__ = ()

    def _read(self) -> Mapping[Key, Cell]:
        return self._tab.row(self._position).system  # type: ignore[return-value]
