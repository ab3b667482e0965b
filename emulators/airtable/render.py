"""Records as answers show them: by field name or id, all fields or some, as JSON values or as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from emulators.airtable.computed import Snapshot, primary_text, shown
from emulators.airtable.model import Field, Record, Table
from emulators.airtable.moments import read_cell


@dataclass(frozen=True, slots=True)
class Shape:
    """How records are to look. `columns` None means all; `text_zone` set means cells as text in that zone."""

    by_id: bool = False
    columns: Sequence[Field] | None = None
    text_zone: tzinfo | None = None
    comment_counts: bool = False


def record_json(snapshot: Snapshot, table: Table, record: Record, shape: Shape) -> dict[str, Any]:
    """One record of an answer; empty cells are left out."""
    cells = {}
    for column in table.fields.values() if shape.columns is None else shape.columns:
        value = shown(snapshot, table, record, column)
        if value is not None:
            cells[column.id if shape.by_id else column.name] = _formatted(
                snapshot, column, value, shape.text_zone
            )
    found = {"id": record.id, "createdTime": record.created_time, "fields": cells}
    return found | {"commentCount": len(record.comments)} if shape.comment_counts else found


def _formatted(snapshot: Snapshot, column: Field, value: Any, zone: tzinfo | None) -> Any:
    return value if zone is None else as_text(snapshot, column, value, zone)


def as_text(snapshot: Snapshot, column: Field, value: Any, zone: tzinfo) -> str:
    """A cell as the grid shows it (cellFormat=string)."""
    match column.type:
        case "checkbox":
            return "checked"
        case "number" | "currency" | "percent":
            return _number_text(column, value)
        case "date":
            return str(value)
        case "dateTime" | "createdTime" | "lastModifiedTime":
            moment = read_cell(value).astimezone(zone)
            return f"{moment.month}/{moment.day}/{moment.year} {moment.hour % 12 or 12}:{moment:%M}{f'{moment:%p}'.lower()}"
        case "multipleRecordLinks":
            return ", ".join(_name(snapshot, column, target) for target in value)
    return _plain_text(value)


def _number_text(column: Field, value: Any) -> str:
    precision = column.option("precision", 2 if column.type == "currency" else 1)
    if column.type == "percent":
        return f"{value * 100:.{precision}f}%"
    return f"{column.option('symbol', '')}{value:.{precision}f}"


def _name(snapshot: Snapshot, column: Field, target: str) -> str:
    linked = snapshot.base.tables.get(column.option("linkedTableId", ""))
    record = snapshot.record(linked, target) if linked else None
    return primary_text(snapshot, linked, record) if linked and record else ""


def _plain_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_plain_text(item) for item in value)
    if isinstance(value, dict):
        return str(value.get("name") or value.get("text") or value.get("filename") or "")
    return str(value)


def webhook_value(snapshot: Snapshot, table: Table, record: Record, column: Field) -> Any:
    """A cell as webhook payloads show it: options and links as objects, lookups by linked record; None when empty."""
    value = shown(snapshot, table, record, column)
    if value is None:
        return None
    match column.type:
        case "singleSelect":
            return _choice(column, value)
        case "multipleSelects":
            return [_choice(column, name) for name in value]
        case "multipleRecordLinks":
            return [{"id": target, "name": _name(snapshot, column, target)} for target in value]
        case "singleCollaborator" | "createdBy" | "lastModifiedBy":
            return value | {"permissionLevel": snapshot.base.permission_level}
        case "multipleCollaborators":
            return [user | {"permissionLevel": snapshot.base.permission_level} for user in value]
        case "multipleLookupValues" | "lookup":
            return _lookup(snapshot, table, record, column, value)
    return value


def _choice(column: Field, name: str) -> dict[str, Any]:
    found = next(
        (choice for choice in column.option("choices", []) if choice["name"] == name), {"name": name}
    )
    return {key: found[key] for key in ("id", "name", "color") if key in found}


def _lookup(snapshot: Snapshot, table: Table, record: Record, column: Field, value: Any) -> Any:
    link = table.fields.get(column.option("recordLinkFieldId", ""))
    linked = snapshot.base.tables.get(link.option("linkedTableId", "")) if link else None
    looked_up = linked.fields.get(column.option("fieldIdInLinkedTable", "")) if linked else None
    if link is None or linked is None or looked_up is None:
        return value
    values = {}
    for target in record.cells.get(link.id, []):
        found = snapshot.record(linked, target)
        cell = shown(snapshot, linked, found, looked_up) if found else None
        values[target] = [] if cell is None else cell if isinstance(cell, list) else [cell]
    return {"valuesByLinkedRecordId": values, "linkedRecordIds": list(values)}
