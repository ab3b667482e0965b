"""What an action changed, as webhooks tell it: first the cells that were written, then those that followed by computing."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emulators.airtable.computed import Snapshot, shown
from emulators.airtable.model import Field, Record, Table
from emulators.airtable.render import webhook_value
from emulators.airtable.transaction import RecordKey, Transaction

Cells = dict[str, Any]
TEXTS = ("singleLineText", "multilineText", "email", "url", "phoneNumber")
LISTS = ("multipleSelects", "multipleRecordLinks", "multipleAttachments", "multipleCollaborators")
EMPTY: dict[str, Any] = dict.fromkeys(TEXTS, "") | {kind: [] for kind in LISTS} | {"checkbox": False}


@dataclass(slots=True)
class RecordChange:
    """One record: created (no `previous`), or changed in `current.keys()`. Values in webhook form."""

    current: Cells
    previous: Cells | None
    rest: Cells
    """The other cells, for those who want them told as well."""
    created_time: str = ""


@dataclass(slots=True)
class TableChange:
    """Everything that happened to one table."""

    records: dict[str, RecordChange] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    created_fields: dict[str, Field] = field(default_factory=dict)
    changed_fields: dict[str, tuple[Field, Field]] = field(default_factory=dict)
    destroyed_fields: list[str] = field(default_factory=list)
    metadata: tuple[dict[str, Any], dict[str, Any]] | None = None


@dataclass(slots=True)
class Changes:
    """What happened to a base. `created_tables` by id."""

    tables: dict[str, TableChange] = field(default_factory=dict)
    created_tables: list[str] = field(default_factory=list)

    def of(self, table_id: str) -> TableChange:
        """The changes of one table."""
        return self.tables.setdefault(table_id, TableChange())


class Past(Snapshot):
    """The base as it was before a transaction."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(tx.base, tx.now)
        self._before = tx.before

    def record(self, table: Table, record_id: str) -> Record | None:
        key = (table.id, record_id)
        return self._before[key] if key in self._before else table.records.get(record_id)


def written_changes(tx: Transaction) -> Changes:
    """What the action itself changed: records, fields, tables."""
    changes = Changes()
    _tell_schema(tx, changes)
    past, present = Past(tx), Snapshot(tx.base, tx.now)
    for (table_id, record_id), before in tx.before.items():
        table = tx.base.tables[table_id]
        record = table.records.get(record_id)
        if record is None:
            if before is not None:
                changes.of(table_id).destroyed.append(record_id)
        elif before is None:
            changes.of(table_id).records[record_id] = _creation(present, table, record)
        elif changed := list(tx.changed_cells(table, record_id)):
            columns = [table.fields[field_id] for field_id in changed if field_id in table.fields]
            if columns:
                changes.of(table_id).records[record_id] = _change(
                    tx, past, present, table, before, record, columns
                )
    return changes


def computed_changes(tx: Transaction) -> Changes:
    """What followed: cells of the same records, and of records that link to them, that now compute to something else."""
    changes = Changes()
    past, present = Past(tx), Snapshot(tx.base, tx.now)
    computing = {
        table.id: [column for column in table.fields.values() if column.computed]
        for table in tx.base.tables.values()
    }
    waiting = deque(_affected(tx))
    seen = set(waiting)
    while waiting:
        table_id, record_id = waiting.popleft()
        table = tx.base.tables[table_id]
        before, record = past.record(table, record_id), table.records.get(record_id)
        if before is None or record is None or not computing[table_id]:
            continue
        columns = [
            column
            for column in computing[table_id]
            if shown(past, table, before, column) != shown(present, table, record, column)
        ]
        if columns:
            changes.of(table_id).records[record_id] = _change(
                tx, past, present, table, before, record, columns
            )
            # What changed here may be looked up further on.
            further = [key for key in _linked(tx, table, record) if key not in seen]
            seen.update(further)
            waiting.extend(further)
    return changes


def _affected(tx: Transaction) -> list[RecordKey]:
    """The records that changed, and those at the other end of their links before or after."""
    keys = dict.fromkeys(tx.before)
    for (table_id, record_id), before in tx.before.items():
        table = tx.base.tables[table_id]
        for image in (before, table.records.get(record_id)):
            if image is not None:
                keys |= dict.fromkeys(_linked(tx, table, image))
    return list(keys)


def _linked(tx: Transaction, table: Table, record: Record) -> Iterator[RecordKey]:
    for column in table.fields.values():
        if column.type == "multipleRecordLinks" and column.option("linkedTableId") in tx.base.tables:
            for target in record.cells.get(column.id, []):
                yield column.option("linkedTableId"), target


def _creation(present: Snapshot, table: Table, record: Record) -> RecordChange:
    return RecordChange(_cells(present, table, record, table.fields.values()), None, {}, record.created_time)


def _change(
    tx: Transaction,
    past: Past,
    present: Snapshot,
    table: Table,
    before: Record,
    record: Record,
    columns: list[Field],
) -> RecordChange:
    current = {
        column.id: _told(tx, column, webhook_value(present, table, record, column)) for column in columns
    }
    previous = {
        column.id: _told(tx, column, webhook_value(past, table, before, column)) for column in columns
    }
    others = [column for column in table.fields.values() if column.id not in current]
    return RecordChange(current, previous, _cells(present, table, record, others))


def _told(tx: Transaction, column: Field, value: Any) -> Any:
    """A cell of a change; an empty one as the policy says."""
    return EMPTY.get(column.type) if value is None and not tx.policy.cleared_cells_are_null else value


def _cells(snapshot: Snapshot, table: Table, record: Record, columns: Any) -> Cells:
    values = ((column.id, webhook_value(snapshot, table, record, column)) for column in columns)
    return {field_id: value for field_id, value in values if value is not None}


def _tell_schema(tx: Transaction, changes: Changes) -> None:
    for table_id, image in tx.tables_before.items():
        if image is None:
            changes.created_tables.append(table_id)
        else:
            changes.of(table_id).metadata = (_metadata(image), _metadata(tx.base.tables[table_id]))
    for (table_id, field_id), before in tx.fields_before.items():
        if table_id not in changes.created_tables:
            _tell_field(changes.of(table_id), field_id, before, tx.base.tables[table_id].fields.get(field_id))


def _tell_field(change: TableChange, field_id: str, before: Field | None, after: Field | None) -> None:
    if before is None and after is not None:
        change.created_fields[field_id] = after
    elif before is not None and after is None:
        change.destroyed_fields.append(field_id)
    elif before is not None and after is not None:
        change.changed_fields[field_id] = (before, after)


def _metadata(table: Table) -> dict[str, Any]:
    return {"name": table.name, "description": table.description}
