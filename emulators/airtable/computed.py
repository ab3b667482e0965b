"""Cells that compute themselves. A `Snapshot` says which state of the base they are computed from."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from emulators.airtable.formulas.parser import InvalidFormula, Node, parse
from emulators.airtable.formulas.values import FormulaError, Value, to_text
from emulators.airtable.model import Base, Field, Record, Table
from emulators.airtable.moments import read_cell
from emulators.clock import timestamp

DEPTH_MAX = 20
COMPILED_MAX = 500
VALUES = "values"
"""What a rollup's formula calls the linked values."""


class Snapshot:
    """A base as it is now. Subclasses show another state."""

    def __init__(self, base: Base, now: datetime) -> None:
        self.base = base
        self.now = now

    def record(self, table: Table, record_id: str) -> Record | None:
        """A record of that state."""
        return table.records.get(record_id)

    def user(self, user_id: str) -> dict[str, str] | None:
        """A person as a cell shows them."""
        user = self.base.users.get(user_id)
        return user.json() if user else None


class RecordScope:
    """Answers a formula's questions about one record."""

    def __init__(self, snapshot: Snapshot, table: Table, record: Record, depth: int = 0) -> None:
        self.record_id = record.id
        self.now = snapshot.now
        self._snapshot = snapshot
        self._table = table
        self._record = record
        self._depth = depth

    @property
    def created(self) -> datetime:
        """When the record was made. Read on demand: few formulas ask, and a filter runs on every record."""
        return read_cell(self._record.created_time)

    def field(self, field_id: str) -> Value:
        """A cell as formula value."""
        column = self._table.fields.get(field_id)
        if column is None or self._depth > DEPTH_MAX:
            raise FormulaError("no such field, or a circle")
        return _formula_value(self._snapshot, self._table, self._record, column, self._depth + 1)

    def last_modified(self, field_ids: Sequence[str]) -> datetime:
        """When one of these fields changed last."""
        return read_cell(self._record.last_change(field_ids or None)[0])


class _RollupScope(RecordScope):
    def __init__(self, snapshot: Snapshot, table: Table, record: Record, values: list[Value]) -> None:
        super().__init__(snapshot, table, record)
        self._values = values

    def field(self, field_id: str) -> Value:
        return self._values if field_id == VALUES else super().field(field_id)


def compiled(table: Table, formula: str, *, rollup: bool = False) -> Node:
    """The formula ready to run on that table's records; raises `InvalidFormula`."""
    key = f"{VALUES}:{formula}" if rollup else formula
    if key not in table.compiled:
        if len(table.compiled) >= COMPILED_MAX:
            table.compiled.clear()
        table.compiled[key] = parse(formula, lambda name: _resolve(table, name, rollup=rollup))
    node: Node = table.compiled[key]
    return node


def _resolve(table: Table, name: str, *, rollup: bool) -> str | None:
    if rollup and name == VALUES:
        return VALUES
    column = table.field_named(name)
    return column.id if column else None


def shown(snapshot: Snapshot, table: Table, record: Record, column: Field) -> Any:
    """A cell as the REST interface shows it; None where it is left out."""
    if not column.computed:
        return record.cells.get(column.id)
    try:
        return _as_json(_compute(snapshot, table, record, column, 0))
    except FormulaError:
        return {"error": "#ERROR!"}


def primary_text(snapshot: Snapshot, table: Table, record: Record) -> str:
    """A record's name: its primary field as text."""
    try:
        return to_text(_formula_value(snapshot, table, record, table.fields[table.primary_field_id], 0))
    except FormulaError:
        return "#ERROR!"


def _compute(snapshot: Snapshot, table: Table, record: Record, column: Field, depth: int) -> Value:
    """The value of a computed field. One without a definition (seeded, not created) keeps what it was given."""
    match column.type:
        case "createdTime":
            return read_cell(record.created_time)
        case "createdBy":
            return snapshot.user(record.created_by)
        case "lastModifiedTime":
            return read_cell(record.last_change(column.option("referencedFieldIds") or None)[0])
        case "lastModifiedBy":
            return snapshot.user(record.last_change(column.option("referencedFieldIds") or None)[1])
        case "formula" if column.option("formula"):
            return _run_formula(snapshot, table, record, column.option("formula"), depth)
        case "count" if column.option("recordLinkFieldId"):
            return len(record.cells.get(column.option("recordLinkFieldId"), []))
        case "multipleLookupValues" | "lookup" if column.option("recordLinkFieldId"):
            return [
                _as_json(value) for value in _linked_values(snapshot, table, record, column, depth)
            ] or None
        case "rollup" if column.option("formula"):
            return _roll_up(snapshot, table, record, column, depth)
    return record.cells.get(column.id)


def _run_formula(snapshot: Snapshot, table: Table, record: Record, formula: str, depth: int) -> Value:
    try:
        return compiled(table, formula)(RecordScope(snapshot, table, record, depth))
    except InvalidFormula as error:
        raise FormulaError("the formula became invalid") from error


def _roll_up(snapshot: Snapshot, table: Table, record: Record, column: Field, depth: int) -> Value:
    values = _linked_values(snapshot, table, record, column, depth)
    try:
        node = compiled(table, column.option("formula"), rollup=True)
    except InvalidFormula as error:
        raise FormulaError("the formula became invalid") from error
    return node(_RollupScope(snapshot, table, record, values))


def _linked_values(
    snapshot: Snapshot, table: Table, record: Record, column: Field, depth: int
) -> list[Value]:
    link = table.fields.get(column.option("recordLinkFieldId"))
    linked = snapshot.base.tables.get(link.option("linkedTableId", "")) if link else None
    looked_up = linked.fields.get(column.option("fieldIdInLinkedTable", "")) if linked else None
    if link is None or linked is None or looked_up is None or depth > DEPTH_MAX:
        raise FormulaError("the link or the field is gone")
    targets = (snapshot.record(linked, target) for target in record.cells.get(link.id, []))
    values = [_formula_value(snapshot, linked, target, looked_up, depth + 1) for target in targets if target]
    return [
        item
        for value in values
        for item in (value if isinstance(value, list) else [value])
        if item not in (None, "")
    ]


def _formula_value(snapshot: Snapshot, table: Table, record: Record, column: Field, depth: int) -> Value:
    """A cell as formulas see it: dates as moments, links as names, people by name."""
    if column.computed:
        return _plain(_compute(snapshot, table, record, column, depth))
    value = record.cells.get(column.id)
    if value is None:
        return None
    if column.type in ("date", "dateTime"):
        return read_cell(value)
    if column.type == "multipleRecordLinks":
        return _linked_names(snapshot, column, value)
    return _plain(value)


def _plain(value: Value) -> Value:
    if isinstance(value, dict):
        return value.get("name") or value.get("text") or value.get("filename")
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _linked_names(snapshot: Snapshot, column: Field, targets: list[str]) -> list[str]:
    linked = snapshot.base.tables.get(column.option("linkedTableId", ""))
    if linked is None:
        return targets
    records = (snapshot.record(linked, target) for target in targets)
    return [primary_text(snapshot, linked, record) for record in records if record]


def _as_json(value: Value) -> Any:
    match value:
        case None | "" | []:
            return None
        case bool():
            return int(value)
        case datetime():
            return timestamp(value, milliseconds=True)
        case float() if math.isnan(value):
            return {"specialValue": "NaN"}
        case float() if math.isinf(value):
            return {"specialValue": "Infinity" if value > 0 else "-Infinity"}
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_as_json(item) for item in value]
    return value
