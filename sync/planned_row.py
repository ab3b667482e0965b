"""One row on its way into a plan: what it should show, and what it shows now."""

from collections.abc import Mapping
from dataclasses import dataclass

from validators.schema import FieldKey

from .connection import CellValue, SeenRow, SystemColumn, Uid
from .display import Display, is_normal
from .merge import Row
from .stages import Protected
from .store.records import Record
from .store.seen import Held, SeenState

NO_HELD: Mapping[FieldKey, Held] = {}


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """Everything known of one row when its writes are decided."""

    uid: Uid
    record: Record
    state: SeenState | None
    judged: Protected | None
    wanted: Row
    fields: frozenset[FieldKey]
    missing: frozenset[FieldKey]
    """Those whose columns cannot be found."""
    display: Display
    words: tuple[str, str]
    view: str

    @property
    def held(self) -> Mapping[FieldKey, Held]:
        if self.judged is not None:
            return self.judged.held
        return self.state.held if self.state else NO_HELD

    @property
    def reachable_held(self) -> Mapping[FieldKey, Held]:
        """What is held in columns that can be found."""
        return {key: held for key, held in self.held.items() if key not in self.missing}

    @property
    def frozen(self) -> frozenset[FieldKey]:
        return self.missing | (self.judged.frozen if self.judged else frozenset(self.held))

    @property
    def owes(self) -> bool:
        """Whether a column that cannot be found would have to show something else: the row is looked at until it is back."""
        return any(self.base.get(key) != self.record.values.get(key) for key in self.missing)

    @property
    def base(self) -> Row:
        return self.state.base if self.state else {}

    @property
    def system(self) -> dict[SystemColumn, str]:
        status, note = self.words
        return {
            SystemColumn.STATUS: status,
            SystemColumn.NOTE: note,
            SystemColumn.VIEW: self.view,
            SystemColumn.UID: self.uid,
        }

    def shows_other(self, key: FieldKey, cell: CellValue) -> bool:
        """Whether the replica shows something else in this cell than it should."""
        if self.judged is None:
            return self.base.get(key) != self.wanted.get(key)
        if self.display.fields[key].sensitive:
            return (self.shown_text(key) or None) != cell
        if key in self.judged.rewrite or self.judged.shown.get(key) != self.wanted.get(key):
            return True
        seen = self.judged.known.row
        read = not seen.partial or key in seen.cells
        return read and not is_normal(cell, seen.cells.get(key))

    def stand_in(self, key: FieldKey, held: Held) -> CellValue:
        """What a held cell shows in place of what was typed: a sensitive one, or prose that numbers were sealed out of."""
        if self.judged is None:
            return None
        if self.display.fields[key].free_text and key in self.judged.rewrite:
            return as_cell(held.text)
        return self.display.held(held)

    def shown_text(self, key: FieldKey) -> object:
        """The text of a sensitive cell now: as read, or as it must be when the service did not mention it."""
        assert self.judged is not None
        seen, before = self.judged.known.row, self.judged.known.state
        if not seen.partial or key in seen.cells:
            return seen.cells.get(key)
        if key in before.held and before.held[key].token in self.display.sealed:
            return self.display.held(before.held[key])
        return self._base_cell(before, key)

    def shown_cell(self, key: FieldKey) -> CellValue:
        """What a cell shows now."""
        if self.judged is not None:
            seen = self.judged.known.row
            if not seen.partial or key in seen.cells:
                return as_cell(seen.cells.get(key))
            return self._base_cell(self.judged.known.state, key)
        assert self.state is not None
        return self._base_cell(self.state, key)

    def stands(self) -> dict[FieldKey, CellValue]:
        """What the row is believed to show now, as far as that is certain."""
        return {key: self.shown_cell(key) for key in self.fields if self._is_certain(key)}

    def _is_certain(self, key: FieldKey) -> bool:
        held = self.reachable_held.get(key)
        if held is not None:
            read = self.judged is not None and not self.judged.known.row.partial
            return read or held.shown is not None
        if key in self.frozen:
            return False
        # A link to a record that is gone from the replica is emptied by the service: that is nobody's edit.
        _, ready = self.display.cell(key, self.base.get(key))
        return ready

    def shown_system(self) -> Mapping[SystemColumn, str]:
        """What the system columns show; a column that is not known is left out, and so is not written for its own sake."""
        assert self.state is not None
        if self.judged is not None and not self.judged.known.row.partial:
            shown = self.judged.known.row
            return {column: shown.system.get(column, "") for column in SystemColumn} | {
                SystemColumn.UID: shown.uid
            }
        known = {SystemColumn.STATUS: self.state.status, SystemColumn.NOTE: self.state.note}
        return {**known, **(self.judged.known.row.system if self.judged else {}), SystemColumn.UID: self.uid}

    def _base_cell(self, state: SeenState, key: FieldKey) -> CellValue:
        held, value = state.held.get(key), state.base.get(key)
        if held is not None and held.shown is not None:
            return self.display.held(held) or as_cell(held.text)
        if self.display.fields[key].sensitive and str(value) not in self.display.sealed:
            return None
        return self.display.cell(key, value)[0]


def as_cell(raw: object) -> CellValue:
    """A cell that was read, as one that could be written."""
    return tuple(raw) if isinstance(raw, list) else raw  # type: ignore[return-value]


def shown_cells(row: SeenRow) -> dict[FieldKey, CellValue]:
    """Everything that a row shows: it is recognised by it where its uid does not tell."""
    return {key: as_cell(raw) for key, raw in row.cells.items()}
