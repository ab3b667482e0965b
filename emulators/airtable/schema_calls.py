"""Routes below /meta/bases/{base}/tables: reading and changing the schema."""

from typing import Any

from emulators.airtable import schema
from emulators.airtable.call import Call
from emulators.airtable.errors import forbidden_model, not_found, refuse
from emulators.airtable.model import Base, Field, Table


def answer(call: Call, base: Base, rest: list[str]) -> Any:
    """Serve one of them. Raises `Refusal`."""
    if not base.has_metadata:
        raise refuse(404, "NOT_FOUND")
    match call.method, rest:
        case "GET", []:
            with_fields = any(value == "visibleFieldIds" for _, value in call.request.query)
            return {"tables": [_shown(table, with_fields) for table in base.tables.values()]}
        case "POST", []:
            body = call.body()
            made = call.transact(base, lambda tx: schema.create_table(tx, body, any_type=_any_type(call)))
            return made.json()
        case _, [table_id, *more]:
            return _one_table(call, base, _table(base, table_id), more)
    raise not_found()


def _one_table(call: Call, base: Base, table: Table, rest: list[str]) -> Any:
    match call.method, rest:
        case "PATCH", []:
            body = call.body()
            call.transact(base, lambda tx: schema.change_table(tx, table, body))
            return table.json()
        case "POST", ["fields"]:
            body = call.body()
            return call.transact(
                base, lambda tx: schema.create_field(tx, table, body, any_type=_any_type(call))
            ).json()
        case "PATCH", ["fields", field_id]:
            column, body = _column(table, field_id), call.body()
            call.transact(base, lambda tx: schema.change_field(tx, table, column, body, any_type=call.person))
            return column.json()
        case "DELETE", ["fields", field_id] if call.person:
            # No token can; this is the person at the screen, who has no other way in.
            column = _column(table, field_id)
            call.transact(base, lambda tx: schema.remove_field(tx, table, column))
            return {"deleted": True, "id": field_id}
    raise not_found()


def _any_type(call: Call) -> bool:
    return call.person or call.policy.tokens_create_computed_fields


def _table(base: Base, table_id: str) -> Table:
    table = base.tables.get(table_id)
    if table is None:
        raise forbidden_model()
    return table


def _column(table: Table, field_id: str) -> Field:
    column = table.fields.get(field_id)
    if column is None:
        raise forbidden_model()
    return column


def _shown(table: Table, with_visible_fields: bool) -> dict[str, Any]:
    shown = table.json()
    if with_visible_fields:
        visible = list(table.fields)
        shown["views"] = [
            view | {"visibleFieldIds": visible} if view["type"] == "grid" else view for view in shown["views"]
        ]
    return shown
