"""Routes below /{base}/{table}: lists, single records, writes and comments."""

from base64 import b64decode
from collections.abc import Iterable
from typing import Any

from emulators.airtable import comments, queries, records
from emulators.airtable.call import Call
from emulators.airtable.errors import (
    bad_value,
    forbidden_model,
    missing_field,
    not_found,
    refuse,
    unknown_field,
)
from emulators.airtable.ids import is_id
from emulators.airtable.listing import shape_of
from emulators.airtable.model import Base, Record, Table
from emulators.airtable.render import Shape, record_json
from emulators.airtable.transaction import Transaction

UPLOAD_BYTES_MAX = 5 * 1024 * 1024
Body = dict[str, Any]


def answer(call: Call, base: Base, table_name: str, rest: list[str]) -> Any:
    """Serve one of them. Raises `Refusal`."""
    match call.method, rest:
        case "POST", [field_name, "uploadAttachment"] if is_id(table_name, "rec"):
            return _upload(call, base, table_name, field_name)
        case _, [record_id, *more] if is_id(record_id, "rec"):
            return _one(call, base, _table(call, base, table_name), record_id, more)
        case _:
            return _many(call, base, _table(call, base, table_name), rest)


def _many(call: Call, base: Base, table: Table, rest: list[str]) -> Any:
    match call.method, rest:
        case "GET", []:
            return call.lister.page(call.snapshot(base), table, queries.from_address(call.request))
        case "POST", ["listRecords"]:
            return call.lister.page(call.snapshot(base), table, queries.from_body(call.request, call.body()))
        case "POST", []:
            return _create(call, base, table, call.body())
        case (("PATCH" | "PUT"), []):
            return _update_batch(call, base, table, call.body())
        case "DELETE", []:
            gone = [value for name, value in call.request.query if name.partition("[")[0] == "records"]
            return {"records": call.transact(base, lambda tx: records.delete(tx, table, gone))}
    raise not_found()


def _one(call: Call, base: Base, table: Table, record_id: str, rest: list[str]) -> Any:
    match call.method, rest:
        case "GET", []:
            return _get(call, base, table, record_id)
        case (("PATCH" | "PUT"), []):
            return _update_one(call, base, table, _record(table, record_id))
        case "DELETE", []:
            _record(table, record_id)
            return call.transact(base, lambda tx: records.delete(tx, table, [record_id]))[0]
        case _, ["comments", *more]:
            return _comments(call, base, _record(table, record_id), more)
    raise not_found()


def _table(call: Call, base: Base, name: str) -> Table:
    table = base.table_named(name)
    if table is not None:
        return table
    if call.policy.unknown_models_are_forbidden:
        raise forbidden_model()
    raise refuse(404, "TABLE_NOT_FOUND", f"Could not find table {name} in application {base.id}")


def _record(table: Table, record_id: str) -> Record:
    record = table.records.get(record_id)
    if record is None:
        raise refuse(404, "MODEL_ID_NOT_FOUND", "Record not found")
    return record


def _home(base: Base, table: Table, record_id: str) -> Table:
    """The table that holds the record: reading one, any table's name in the path will do."""
    return next((other for other in (table, *base.tables.values()) if record_id in other.records), table)


def _get(call: Call, base: Base, table: Table, record_id: str) -> Any:
    home = _home(base, table, record_id)
    shape = shape_of(home, queries.from_address(call.request))
    return record_json(call.snapshot(base), home, _record(home, record_id), shape)


def _create(call: Call, base: Base, table: Table, body: Body) -> Any:
    single = "records" not in body
    entries = [{"fields": _fields(body)}] if single else records.batch(body, with_ids=False)
    typecast = bool(body.get("typecast"))

    def work(tx: Transaction) -> list[Record]:
        return [records.create(tx, table, entry["fields"], typecast=typecast) for entry in entries]

    shown = _shown(call, base, table, call.transact(base, work), body)
    return shown[0] if single else {"records": shown}


def _update_one(call: Call, base: Base, table: Table, record: Record) -> Any:
    body = call.body()
    return _update(call, base, table, [{"id": record.id, "fields": _fields(body)}], body)[0]


def _update_batch(call: Call, base: Base, table: Table, body: Body) -> Any:
    if "performUpsert" in body:
        return _upsert(call, base, table, body)
    return {"records": _update(call, base, table, records.batch(body, with_ids=True), body)}


def _update(call: Call, base: Base, table: Table, entries: list[Body], body: Body) -> list[Body]:
    typecast, replace = bool(body.get("typecast")), call.method == "PUT"

    def work(tx: Transaction) -> list[Record]:
        return [
            records.update(tx, table, entry["id"], entry["fields"], typecast=typecast, replace=replace)
            for entry in entries
        ]

    return _shown(call, base, table, call.transact(base, work), body)


def _upsert(call: Call, base: Base, table: Table, body: Body) -> Any:
    entries, merge = records.batch(body, with_ids=False), body["performUpsert"]
    merge_on = merge.get("fieldsToMergeOn") if isinstance(merge, dict) else None
    typecast, replace = bool(body.get("typecast")), call.method == "PUT"
    found, created, updated = call.transact(
        base, lambda tx: records.upsert(tx, table, entries, merge_on, typecast=typecast, replace=replace)
    )
    return {
        "records": _shown(call, base, table, found, body),
        "createdRecords": created,
        "updatedRecords": updated,
    }


def _fields(body: Body) -> Body:
    fields = body.get("fields")
    if not isinstance(fields, dict):
        raise missing_field("fields")
    return fields


def _shown(call: Call, base: Base, table: Table, found: Iterable[Record], body: Body) -> list[Body]:
    snapshot, shape = call.snapshot(base), Shape(by_id=bool(body.get("returnFieldsByFieldId")))
    return [record_json(snapshot, table, record, shape) for record in found]


def _upload(call: Call, base: Base, record_id: str, field_name: str) -> Any:
    """Add an attachment whose content comes in the body. Only its size is kept."""
    table = next((table for table in base.tables.values() if record_id in table.records), None)
    if table is None:
        raise refuse(404, "MODEL_ID_NOT_FOUND", "Record not found")
    column, body = table.field_named(field_name), call.body()
    if column is None:
        raise unknown_field(field_name)
    if column.type != "multipleAttachments":
        raise bad_value(column.name)
    size = len(b64decode(str(body.get("file", ""))))
    if size > UPLOAD_BYTES_MAX:
        raise refuse(413, "REQUEST_BODY_TOO_LARGE")
    record, name = table.records[record_id], str(body.get("filename", "file"))
    added = {
        "id": call.ids.new("att"),
        "filename": name,
        "size": size,
        "type": str(body.get("contentType", "")),
    }
    added["url"] = f"https://v5.airtableusercontent.com/{added['id']}/{name}"
    files = [*record.cells.get(column.id, []), added]
    call.transact(base, lambda tx: tx.write(table, record, column, files))
    return {"id": record.id, "createdTime": record.created_time, "fields": {column.id: files}}


def _comments(call: Call, base: Base, record: Record, rest: list[str]) -> Any:
    match call.method, rest:
        case "GET", []:
            size = call.count("pageSize", comments.PAGE_SIZE_MAX)
            return comments.page(base, record, page_size=size, offset=call.request.first("offset"))
        case "POST", []:
            return comments.add(base, record, call.body(), user=call.user, ids=call.ids, now=call.now)
        case "PATCH", [comment_id]:
            return comments.change(base, record, comment_id, call.body(), user=call.user, now=call.now)
        case "DELETE", [comment_id]:
            return comments.remove(record, comment_id, user=call.user)
    raise not_found()
