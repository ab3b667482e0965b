"""Links between records: checked, found or made by name, and kept in step at their other end."""

from typing import Any

from emulators.airtable.errors import bad_value, missing_row, refuse
from emulators.airtable.ids import is_id
from emulators.airtable.model import Field, Record, Table
from emulators.airtable.transaction import Transaction


def convert(tx: Transaction, column: Field, value: Any, *, typecast: bool) -> list[str] | None:
    """The record ids to store. Raises `Refusal` for an id that is malformed or not in the linked table.

    With `typecast`, other text is the primary value of a record, which is found or created.
    """
    if isinstance(value, str) and typecast:
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list):
        raise bad_value(column.name)
    linked = tx.base.tables.get(column.option("linkedTableId", ""))
    found = [_target(tx, linked, column, item, typecast) for item in value]
    return list(dict.fromkeys(target for target in found if target)) or None


def _target(tx: Transaction, linked: Table | None, column: Field, item: Any, typecast: bool) -> str | None:
    name = item.get("id", item.get("name")) if isinstance(item, dict) else item
    if not isinstance(name, str):
        raise bad_value(column.name)
    if is_id(name, "rec"):
        if linked is None or name not in linked.records:
            raise missing_row(name)
        return name
    if not typecast:
        raise refuse(422, "INVALID_RECORD_ID", f'Value "{name}" is not a valid record ID.')
    return _named(tx, linked, name) if linked is not None and name else None


def _named(tx: Transaction, linked: Table, name: str) -> str:
    primary = linked.fields[linked.primary_field_id]
    for record in linked.records.values():
        if str(record.cells.get(primary.id, "")) == name:
            return record.id
    record = tx.create(linked)
    if not primary.computed:
        tx.write(linked, record, primary, name)
    return record.id


def write(tx: Transaction, table: Table, record: Record, column: Field, targets: list[str] | None) -> None:
    """Store a link cell, and change the other ends to match."""
    old, new = record.cells.get(column.id, []), targets or []
    tx.write(table, record, column, targets)
    linked, inverse = other_end(tx, column)
    if linked is None or inverse is None:
        return
    for target in [target for target in old if target not in new]:
        _drop(tx, linked, inverse, target, record.id)
    for target in [target for target in new if target not in old]:
        _join(tx, linked, inverse, target, record.id)


def other_end(tx: Transaction, column: Field) -> tuple[Table | None, Field | None]:
    """The linked table and the field there that mirrors this one, as far as they exist."""
    linked = tx.base.tables.get(column.option("linkedTableId", ""))
    return linked, (linked.fields.get(column.option("inverseLinkFieldId", "")) if linked else None)


def _join(tx: Transaction, table: Table, column: Field, record_id: str, source: str) -> None:
    record = table.records.get(record_id)
    if record is not None:
        tx.write(table, record, column, [*record.cells.get(column.id, []), source])


def _drop(tx: Transaction, table: Table, column: Field, record_id: str, source: str) -> None:
    record = table.records.get(record_id)
    if record is not None:
        left = [target for target in record.cells.get(column.id, []) if target != source]
        tx.write(table, record, column, left or None)


def unlink(tx: Transaction, table: Table, record_ids: list[str]) -> None:
    """Take every link to these records away, before they go."""
    for other in tx.base.tables.values():
        for column in other.fields.values():
            if column.type == "multipleRecordLinks" and column.option("linkedTableId") == table.id:
                _unlink_field(tx, table, other, column, record_ids)


def _unlink_field(tx: Transaction, table: Table, other: Table, column: Field, gone: list[str]) -> None:
    mirror = table.fields.get(column.option("inverseLinkFieldId", ""))
    sources = _mirrored(table, mirror, gone) if mirror else list(other.records)
    for source in sources:
        record = other.records.get(source)
        targets = record.cells.get(column.id, []) if record else []
        if record is not None and not set(gone).isdisjoint(targets):
            left = [target for target in targets if target not in gone]
            tx.write(other, record, column, left or None)


def _mirrored(table: Table, mirror: Field, gone: list[str]) -> list[str]:
    # The mirror says who links here, so that a delete costs what it touches; only a one-way link needs a search.
    linking = (table.records[record_id].cells.get(mirror.id, []) for record_id in gone)
    return list(dict.fromkeys(source for sources in linking for source in sources))
