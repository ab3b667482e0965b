"""Creates, changes, upserts and deletes records. Every function works inside one transaction: all of a call, or nothing."""

from collections.abc import Iterable
from typing import Any

from emulators.airtable import links
from emulators.airtable.cells import convert
from emulators.airtable.errors import invalid_request, missing_field, missing_row, refuse, unknown_field
from emulators.airtable.ids import is_id
from emulators.airtable.model import Field, Record, Table
from emulators.airtable.transaction import Transaction

BATCH_MAX = 10
MERGE_FIELDS_MAX = 3
MERGE_TYPES = frozenset(
    {"number", "currency", "percent", "singleLineText", "multilineText", "singleSelect", "multipleSelects", "date",
     "dateTime", "email", "url", "phoneNumber"}
)  # fmt: skip


def batch(body: dict[str, Any], *, with_ids: bool) -> list[dict[str, Any]]:
    """The records of a batch body, checked for shape. Raises `Refusal`."""
    entries = body.get("records")
    if entries is None:
        raise missing_field("records")
    shaped = isinstance(entries, list) and all(_is_entry(entry, with_ids) for entry in entries)
    if not shaped or not 1 <= len(entries) <= BATCH_MAX:
        raise _bad_batch(with_ids)
    given = [entry["id"] for entry in entries if "id" in entry]
    if len(set(given)) < len(given):
        message = "You cannot update the same record multiple times in a single request."
        raise refuse(422, "INVALID_RECORDS", message)
    return list(entries)


def _is_entry(entry: Any, with_ids: bool) -> bool:
    shaped = isinstance(entry, dict) and isinstance(entry.get("fields"), dict)
    return shaped and (not with_ids or isinstance(entry.get("id"), str))


def _bad_batch(with_ids: bool) -> Exception:
    middle = 'each with an "id" ID field and a "fields" object' if with_ids else 'each with a "fields" object'
    message = f"You must provide an array of up to {BATCH_MAX} record objects, {middle} for cell values."
    return refuse(422, "INVALID_RECORDS", message)


def create(tx: Transaction, table: Table, fields: dict[str, Any], *, typecast: bool) -> Record:
    """A new record with these cells, by field name or id."""
    columns = _columns(table, fields)
    record = tx.create(table)
    for column, value in columns:
        _write(tx, table, record, column, value, typecast)
    return record


def update(
    tx: Transaction, table: Table, record_id: str, fields: dict[str, Any], *, typecast: bool, replace: bool
) -> Record:
    """Change these cells; with `replace`, empty every other one that can be written."""
    record = table.records.get(record_id)
    if record is None:
        raise missing_row(record_id)
    columns = _columns(table, fields)
    for column, value in columns:
        _write(tx, table, record, column, value, typecast)
    if replace:
        _empty_others(tx, table, record, {column.id for column, _ in columns})
    return record


def _columns(table: Table, fields: dict[str, Any]) -> list[tuple[Field, Any]]:
    found = []
    for name, value in fields.items():
        column = table.field_named(name)
        if column is None:
            raise unknown_field(name)
        found.append((column, value))
    return found


def _write(tx: Transaction, table: Table, record: Record, column: Field, value: Any, typecast: bool) -> None:
    stored = convert(tx, table, column, value, typecast=typecast)
    _store(tx, table, record, column, stored)


def _store(tx: Transaction, table: Table, record: Record, column: Field, stored: Any) -> None:
    if column.type == "multipleRecordLinks":
        links.write(tx, table, record, column, stored)
    else:
        tx.write(table, record, column, stored)


def _empty_others(tx: Transaction, table: Table, record: Record, kept: set[str]) -> None:
    for column in list(table.fields.values()):
        if column.id in record.cells and column.id not in kept and not column.computed:
            _store(tx, table, record, column, None)


def upsert(
    tx: Transaction,
    table: Table,
    entries: list[dict[str, Any]],
    merge_on: Any,
    *,
    typecast: bool,
    replace: bool,
) -> tuple[list[Record], list[str], list[str]]:
    """Update what matches on the merge fields, create what does not: all records, the ids created, the ids updated."""
    keys = _merge_fields(table, merge_on)
    records, created, updated = [], [], []
    for entry in entries:
        record_id = entry.get("id") or _match(tx, table, keys, entry["fields"], typecast)
        if record_id:
            record = update(tx, table, record_id, entry["fields"], typecast=typecast, replace=replace)
            updated.append(record.id)
        else:
            record = create(tx, table, entry["fields"], typecast=typecast)
            created.append(record.id)
        records.append(record)
    return records, created, updated


def _merge_fields(table: Table, merge_on: Any) -> list[Field]:
    if not isinstance(merge_on, list) or not 1 <= len(merge_on) <= MERGE_FIELDS_MAX:
        raise invalid_request(
            f"fieldsToMergeOn must be an array of 1 to {MERGE_FIELDS_MAX} field names or ids"
        )
    keys = [column for column, _ in _columns(table, dict.fromkeys(map(str, merge_on)))]
    for column in keys:
        if column.type not in MERGE_TYPES:
            raise invalid_request(f'Field "{column.name}" cannot be used to merge on')
    return keys


def _match(tx: Transaction, table: Table, keys: list[Field], fields: dict[str, Any], typecast: bool) -> str:
    """The one record with the same key values; empty if none. A key that is left out or empty is refused."""
    given = {column.id: value for column, value in _columns(table, fields)}
    if any(given.get(column.id) in (None, "", []) for column in keys):
        raise refuse(
            422, "INVALID_RECORDS", "Each record must have a value for every field in fieldsToMergeOn"
        )
    stored = ((key, convert(tx, table, key, given[key.id], typecast=typecast)) for key in keys)
    matches = set.intersection(*[set(table.holding(key.id, value)) for key, value in stored])
    if len(matches) > 1 and tx.policy.duplicate_keys_fail_upserts:
        message = "Cannot update more than one record for each record given; the merge fields match several"
        raise refuse(422, "INVALID_RECORDS", message)
    return min(matches, default="")


def delete(tx: Transaction, table: Table, record_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Take these records away; links to them go with them."""
    gone = list(dict.fromkeys(record_ids))
    if not 1 <= len(gone) <= BATCH_MAX:
        raise refuse(422, "INVALID_RECORDS", f"You must provide an array of up to {BATCH_MAX} record ids.")
    for record_id in gone:
        if not is_id(record_id, "rec") or record_id not in table.records:
            raise missing_row(record_id)
    links.unlink(tx, table, gone)
    for record_id in gone:
        tx.destroy(table, record_id)
    return [{"deleted": True, "id": record_id} for record_id in gone]
