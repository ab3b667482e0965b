"""A base as JSON and back, and bases in the form of seed files."""

from typing import Any

from emulators.airtable import webhooks
from emulators.airtable.cells import as_number
from emulators.airtable.model import Base, Field, Record, Table, User

HISTORY = frozenset({"createdBy", "createdTime", "lastModifiedBy", "lastModifiedTime"})


def dump_base(base: Base, *, history: bool) -> dict[str, Any]:
    """Everything stored in a base; without `history`, only what it shows now."""
    return {
        "id": base.id,
        "name": base.name,
        "permissionLevel": base.permission_level,
        "hasMetadata": base.has_metadata,
        "transactions": base.transactions,
        "users": [user.json() for user in base.users.values()],
        "tables": [_dump_table(table) for table in base.tables.values()],
        "webhooks": [webhooks.dump(hook, history=history) for hook in base.webhooks.values()],
    }


def _dump_table(table: Table) -> dict[str, Any]:
    records = [
        [record.id, record.created_time, record.created_by, record.cells, record.modified, record.comments]
        for record in table.records.values()
    ]
    return table.json() | {"counters": table.counters, "records": records}


def load_base(state: dict[str, Any]) -> Base:
    """A dumped base."""
    base = Base(state["id"], state["name"], state["permissionLevel"], state["hasMetadata"])
    base.transactions = state["transactions"]
    base.users = {user["id"]: User(**user) for user in state["users"]}
    for stored in state["tables"]:
        table = _table(stored)
        table.counters = dict(stored["counters"])
        for record in stored["records"]:
            _load_record(table, *record)
        table.order = sorted(table.records)
        base.tables[table.id] = table
    base.webhooks = {hook["id"]: webhooks.load(hook) for hook in state["webhooks"]}
    return base


def _load_record(
    table: Table,
    record_id: str,
    created: str,
    by: str,
    cells: Any,
    modified: dict[str, list[str]],
    comments: Any,
) -> None:
    changes = {field_id: (when, who) for field_id, (when, who) in modified.items()}
    table.records[record_id] = Record(record_id, created, by, cells, changes, comments)


def _table(definition: dict[str, Any]) -> Table:
    columns = {
        entry["id"]: Field(
            entry["id"], entry["name"], entry["type"], entry.get("options"), entry.get("description")
        )
        for entry in definition["fields"]
    }
    return Table(
        definition["id"],
        definition["name"],
        definition["primaryFieldId"],
        columns,
        [dict(view) for view in definition.get("views", [])],
        definition.get("description"),
    )


def seeded_base(base_id: str, content: dict[str, Any], *, owner: User, now: str) -> Base:
    """A base from a seed: `tables` as the metadata interface shows them, `records` by table id, cells by field name.

    People named in cells become collaborators. `meta_api`, if present, says that the schema cannot be read.
    """
    base = Base(base_id, content["name"], content.get("permissionLevel", "create"), "meta_api" not in content)
    for definition in content.get("tables", []):
        table = _table(definition)
        columns = {name: column for column in table.fields.values() for name in (column.id, column.name)}
        for entry in content.get("records", {}).get(table.id, []):
            _seed_record(
                base, table, columns, entry, Record(entry["id"], entry.get("createdTime", now), owner.id)
            )
        table.order = sorted(table.records)
        table.counters = {
            column.id: _highest(table, column)
            for column in table.fields.values()
            if column.type == "autoNumber"
        }
        base.tables[table.id] = table
    _complete_links(base)
    return base


def _complete_links(base: Base) -> None:
    """Put in the other end of links that the seed gives at one end only."""
    for table in base.tables.values():
        for column in table.fields.values():
            linked = base.tables.get(column.option("linkedTableId", ""))
            inverse = linked.fields.get(column.option("inverseLinkFieldId", "")) if linked else None
            if linked is not None and inverse is not None:
                _complete_link(table, column, linked, inverse)


def _complete_link(table: Table, column: Field, linked: Table, inverse: Field) -> None:
    for record in table.records.values():
        for target in record.cells.get(column.id, []):
            other = linked.records.get(target)
            if other is not None and record.id not in other.cells.get(inverse.id, []):
                other.cells[inverse.id] = [*other.cells.get(inverse.id, []), record.id]


def _seed_record(
    base: Base, table: Table, columns: dict[str, Field], entry: dict[str, Any], record: Record
) -> None:
    history: dict[str, Any] = {}
    for name, value in entry["fields"].items():
        column = columns.get(name)
        if column is None:
            continue
        if isinstance(value, dict | list):
            base.users |= {user.id: user for user in _people(value)}
        if column.type in HISTORY:
            history[column.type] = value
        else:
            record.cells[column.id] = as_number(value) if isinstance(value, float) else value
    _remember_history(table, record, history)
    table.records[record.id] = record


def _remember_history(table: Table, record: Record, history: dict[str, Any]) -> None:
    """Take who made and changed the record from the cells that show it."""
    creator, editor = history.get("createdBy"), history.get("lastModifiedBy")
    if isinstance(creator, dict):
        record.created_by = creator["id"]
    when = history.get("lastModifiedTime", record.created_time)
    if when != record.created_time:
        author = editor["id"] if isinstance(editor, dict) else record.created_by
        record.modified = {table.primary_field_id: (when, author)}


def _people(value: Any) -> list[User]:
    candidates = value if isinstance(value, list) else [value]
    return [
        User(item["id"], item["email"], str(item.get("name", item["email"])))
        for item in candidates
        if isinstance(item, dict) and str(item.get("id", "")).startswith("usr") and "email" in item
    ]


def _highest(table: Table, column: Field) -> int:
    return max((record.cells.get(column.id, 0) for record in table.records.values()), default=0)
