"""Invariant 8: while a value waits to be mended, or a formula stands in its place, its last good one stands everywhere else."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.simulation import archive
from tests.simulation.archive import ORIGIN
from tests.simulation.notebook import Cell, Changed, Notebook, Typed
from tests.simulation.reading import FORMULA, Row
from tests.simulation.side import Side

Rows = Mapping[tuple[str, str, str], Row]
HeldFields = Callable[[str, str, str], set[str]]
"""The fields that wait, by replica, table and origin."""


def good_values_lost(
    sides: Sequence[Side], notebook: Notebook, rows: Rows, held: HeldFields
) -> Iterator[str]:
    """Cells that lost what they showed because somebody mistyped, or put a formula, elsewhere."""
    deleted = {one.origin for one in notebook.deleted}
    for (replica, cell), changes in _by_cell(notebook).items():
        table, origin, key = cell
        waits = changes[-1].new == FORMULA or key in held(replica, table, origin)
        good = _last_good(changes, notebook) if waits else []
        if not good or _touched_elsewhere(notebook, replica, cell, good):
            continue
        if archive.fields(table)[key]["type"] == "link" and deleted.intersection(good):
            continue  # Services strip links to a record that is deleted.
        for side in sides:
            row = rows.get((side.name, table, origin), {})
            lost = key in side.fields(table) and ORIGIN in row and row.get(key) not in (*good, FORMULA)
            # What waits there too was typed there.
            if side.name != replica and lost and key not in held(side.name, table, origin):
                yield f"8 {table}/{origin}.{key} waits at {replica}; {side.name} lost its last good value"


def _by_cell(notebook: Notebook) -> dict[tuple[str, Cell], list[Changed]]:
    found: dict[tuple[str, Cell], list[Changed]] = {}
    for change in notebook.changes:
        found.setdefault((change.replica, change.cell), []).append(change)
    return found


def _last_good(changes: Sequence[Changed], notebook: Notebook) -> list[str]:
    """The last value of a cell that the archive is known to have taken, and what was typed over it before what waits now."""
    passed: list[str] = []
    for change in reversed(changes):
        if change.new is None or (change.cell, change.old) in notebook.excused:
            return []
        passed.insert(0, change.old)
        if (change.cell, change.old) in notebook.spread:
            return passed
    return []


def _touched_elsewhere(notebook: Notebook, replica: str, cell: Cell, good: Sequence[str]) -> bool:
    """Whether somebody at another replica had something to say about the cell since, or about the value itself while it was
    still on its way."""
    since = notebook.spread[cell, good[0]]
    said: list[Typed | Changed] = [*notebook.typed, *notebook.changes]
    elsewhere = [one for one in said if one.cell == cell and one.replica != replica]
    return any(one.number >= since or (isinstance(one, Changed) and one.old == good[0]) for one in elsewhere)
