"""Columns that people delete, with all that stands in them."""

from collections.abc import Callable

from tests.simulation import archive
from tests.simulation.side import Side
from tests.simulation.staff import Staff, editable


def spare_columns(side: Side, table: str) -> list[str]:
    """Columns that may be lost: the oracle needs its own."""
    number = next(iter(archive.fields(table)))
    return [key for key in editable(side, table) if key != number]


def lose_column(staff: Staff, side: Side, table: str, key: str, drop: Callable[[str, str], bool]) -> None:
    shown = [(line, staff.read(table, line)) for line in side.lines(table)]
    if drop(table, key):
        side.learn()
        for line, row in shown:
            staff.notebook.column_lost(side.name, table, line.origin, row, key)
