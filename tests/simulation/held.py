"""Invariant 8: while a value waits to be mended, or a formula stands in its place, its last good one stands everywhere else."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.simulation.archive import ORIGIN
from tests.simulation.notebook import Cell, Notebook
from tests.simulation.reading import FORMULA, Row
from tests.simulation.side import Side

Rows = Mapping[tuple[str, str, str], Row]
HeldFields = Callable[[str, str, str], set[str]]
"""The fields that wait, by replica, table and origin."""


def good_values_lost(
    sides: Sequence[Side], notebook: Notebook, rows: Rows, held: HeldFields
) -> Iterator[str]:
    """Cells that lost what they showed because somebody mistyped, or put a formula, elsewhere."""
    last = {(change.replica, change.cell): change for change in notebook.changes}
    for (replica, cell), change in last.items():
        table, origin, key = cell
        since = notebook.spread.get((cell, change.old))
        waits = change.new == FORMULA or key in held(replica, table, origin)
        if since is None or not waits or (cell, change.old) in notebook.excused:
            continue
        if _touched_elsewhere(notebook, replica, cell, since) or (table, key) == ("policies", "customer"):
            continue
        for side in sides:
            row = rows.get((side.name, table, origin), {})
            lost = key in side.fields(table) and ORIGIN in row and row.get(key) not in (change.old, FORMULA)
            # What waits there too was typed there.
            if side.name != replica and lost and key not in held(side.name, table, origin):
                yield f"8 {table}/{origin}.{key} waits at {replica}; {side.name} lost its last good value"


def _touched_elsewhere(notebook: Notebook, replica: str, cell: Cell, since: int) -> bool:
    """Whether somebody at another replica had something to say about the cell since."""
    return any(
        one.cell == cell and one.number >= since and one.replica != replica
        for one in (*notebook.typed, *notebook.changes)
    )
