"""Cells as a service shows them. Staff may just have typed a sensitive value into one, so they travel like plaintext."""

from collections.abc import ItemsView, Iterator, Mapping
from typing import NoReturn, TypeVar

from validators.schema import FieldKey
from vault.plaintext import PlaintextRefused

Cell = TypeVar("Cell")


class Unspoken:
    """Goes into no pickle and no copy. No dict either, so that no writer of JSON knows it."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise PlaintextRefused("a pickle or a copy")


class Cells(Unspoken, Mapping[FieldKey, Cell]):
    """The cells of one row by field; its repr names the fields alone."""

    __slots__ = ("_cells",)

    def __init__(self, cells: Mapping[FieldKey, Cell]) -> None:
        self._cells = cells

    def __getitem__(self, key: FieldKey) -> Cell:
        return self._cells[key]

    def __iter__(self) -> Iterator[FieldKey]:
        return iter(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __contains__(self, key: object) -> bool:
        return key in self._cells

    def items(self) -> ItemsView[FieldKey, Cell]:
        """At the speed of what is inside."""
        return self._cells.items()

    def __eq__(self, other: object) -> bool:
        return self._cells == (other._cells if isinstance(other, Cells) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Cells({', '.join(self._cells)})"


def unspoken(cells: Mapping[FieldKey, Cell]) -> Mapping[FieldKey, Cell]:
    """The same cells in the type that keeps them to itself."""
    return Cells(cells) if isinstance(cells, dict) else cells
