"""What to write to one row of a replica: its cells that show something else than they should. Pure."""

from dataclasses import dataclass

from validators.schema import TEXTS, FieldKey
from validators.values import Value

from .connection import CellValue, Insert, Operation, SystemColumn, Update
from .merge import Row
from .planned_row import PlannedRow, shown_cells
from .store.seen import SeenState


@dataclass(frozen=True, slots=True)
class Decision:
    """What is written to one row, and what is agreed on once it is done."""

    operation: Operation | None
    base: Row
    complete: bool
    """Whether the row then shows all that it should."""


def decide(row: PlannedRow) -> Decision:
    """A row that stands there is changed where it shows something else; one that does not is inserted."""
    return _update(row, row.state) if row.state and row.state.placed else _insert(row)


def _insert(row: PlannedRow) -> Decision:
    cells: dict[FieldKey, CellValue] = {}
    complete = not row.owes
    for key in row.fields & row.wanted.keys() - row.frozen:
        cell, ready = row.display.cell(key, row.wanted[key])
        complete &= ready
        if ready:
            cells[key] = cell
    base = {key: row.wanted[key] for key in cells}
    for key, held in row.reachable_held.items():
        # A row that arrives held, by import: its wrong values stand where staff will mend them, if the column takes text.
        cells[key] = row.display.held(held) or _held_cell(row, key)
    return Decision(Insert(row.uid, cells, row.system), base, complete)


def _held_cell(row: PlannedRow, key: FieldKey) -> CellValue:
    """A held plain value of a new row: as understood, else its text where the column takes any text."""
    if row.judged is None:
        return None
    value, raw = row.judged.shown.get(key), row.judged.known.row.cells.get(key)
    if value is not None:
        return row.display.cell(key, value)[0]
    return str(raw) if raw is not None and row.display.fields[key].type in TEXTS else None


def _update(row: PlannedRow, state: SeenState) -> Decision:
    cells: dict[FieldKey, CellValue] = {}
    base: dict[FieldKey, Value | None] = dict(state.base)
    complete = not row.owes
    for key in row.fields - row.frozen:
        cell, ready = row.display.cell(key, row.wanted.get(key))
        complete &= ready
        if not ready:
            continue
        base[key] = row.wanted.get(key)
        if row.shows_other(key, cell):
            cells[key] = cell
    for key, held in row.reachable_held.items():
        stand_in = row.stand_in(key, held)
        if stand_in is not None and row.shown_text(key) != stand_in:
            cells[key] = stand_in
    system = {
        column: text for column, text in row.system.items() if text != row.shown_system().get(column, text)
    }
    agreed = {key: value for key, value in base.items() if value is not None}
    if not cells and not system:
        return Decision(None, agreed, complete)
    return Decision(_as_update(row, state, cells, system), agreed, complete)


def _as_update(
    row: PlannedRow, state: SeenState, cells: dict[FieldKey, CellValue], system: dict[SystemColumn, str]
) -> Update:
    before = {key: row.shown_cell(key) for key in cells}
    seen = row.judged.known.row if row.judged and not row.judged.known.row.partial else None
    numbered = seen is None or seen.uid == row.uid
    if seen is not None and not numbered and not seen.row_id:
        # A row without uid is recognised by everything it shows.
        before = shown_cells(seen) | before
    position = seen.position if seen is not None else state.position
    return Update(row.uid, state.row_id, position, numbered, before, cells, system)
