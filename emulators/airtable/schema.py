"""Creates and changes tables and fields: which types there are, what options each needs, and the other end of a link."""

from typing import Any

from emulators.airtable import choices
from emulators.airtable.derived import derived_options
from emulators.airtable.errors import invalid_request, missing_field, refuse
from emulators.airtable.ids import Ids
from emulators.airtable.model import COMPUTED, Field, Table
from emulators.airtable.transaction import Transaction

NAME_LENGTH_MAX = 255
PRIMARY_TYPES = frozenset(
    {"singleLineText", "multilineText", "email", "url", "phoneNumber", "number", "percent", "currency", "duration",
     "date", "dateTime", "barcode", "formula", "autoNumber"}
)  # fmt: skip
NO_OPTIONS = frozenset(
    {"singleLineText", "email", "url", "multilineText", "richText", "phoneNumber", "barcode", "singleCollaborator",
     "multipleCollaborators", "multipleAttachments", "autoNumber", "createdBy", "lastModifiedBy"}
)  # fmt: skip
REQUIRED_OPTIONS: dict[str, tuple[str, ...]] = {
    "number": ("precision",),
    "percent": ("precision",),
    "currency": ("precision", "symbol"),
    "singleSelect": ("choices",),
    "multipleSelects": ("choices",),
    "date": ("dateFormat",),
    "dateTime": ("dateFormat", "timeFormat", "timeZone"),
    "checkbox": ("icon", "color"),
    "rating": ("max", "icon", "color"),
    "duration": ("durationFormat",),
    "multipleRecordLinks": ("linkedTableId",),
    "formula": ("formula",),
    "rollup": ("recordLinkFieldId", "fieldIdInLinkedTable"),
    "count": ("recordLinkFieldId",),
    "multipleLookupValues": ("recordLinkFieldId", "fieldIdInLinkedTable"),
    "createdTime": (),
    "lastModifiedTime": (),
}
FORMATS = {"local": "l", "friendly": "LL", "us": "M/D/YYYY", "european": "D/M/YYYY", "iso": "YYYY-MM-DD",
           "12hour": "h:mma", "24hour": "HH:mm"}  # fmt: skip


def create_table(tx: Transaction, wanted: dict[str, Any], *, any_type: bool) -> Table:
    """A new table whose first field is the primary one. `any_type` allows computed fields. Raises `Refusal`."""
    name, fields = checked_name(wanted, "table"), wanted.get("fields")
    if tx.base.table_named(name):
        raise refuse(422, "DUPLICATE_TABLE_NAME", f'Cannot create table with duplicate name "{name}"')
    if not isinstance(fields, list) or not fields or not all(isinstance(entry, dict) for entry in fields):
        raise invalid_request("A table needs at least one field")
    if fields[0].get("type") not in PRIMARY_TYPES:
        raise refuse(
            422, "INVALID_FIELD_TYPE_FOR_PRIMARY", f'Type "{fields[0].get("type")}" cannot be primary'
        )
    table = Table(tx.ids.new("tbl"), name, "", {}, [_grid_view(tx.ids)], _description(wanted))
    tx.add_table(table)
    for entry in fields:
        column = create_field(tx, table, entry, any_type=any_type)
        table.primary_field_id = table.primary_field_id or column.id
    return table


def create_field(tx: Transaction, table: Table, wanted: dict[str, Any], *, any_type: bool) -> Field:
    """A new field; one that links gets its other end in the linked table. Raises `Refusal`."""
    name, kind = checked_name(wanted, "field"), wanted.get("type")
    if table.field_named(name):
        raise refuse(422, "DUPLICATE_OR_EMPTY_FIELD_NAME", f'Field name "{name}" is empty or already taken')
    if kind not in REQUIRED_OPTIONS and kind not in NO_OPTIONS:
        raise invalid_request()
    if kind in COMPUTED and not any_type:
        message = f"Creating {kind} fields is not supported at this time"
        raise refuse(422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", message)
    options = _options(tx, table, name, str(kind), wanted.get("options"))
    column = Field(tx.ids.new("fld"), name, str(kind), options, _description(wanted))
    tx.add_field(table, column)
    if kind == "multipleRecordLinks":
        _add_other_end(tx, table, column)
    return column


def change_field(
    tx: Transaction, table: Table, column: Field, wanted: dict[str, Any], *, any_type: bool
) -> None:
    """A new name or description; type and options only where `any_type` says that a person does it."""
    if not wanted or not (any_type or wanted.keys() <= {"name", "description"}):
        raise invalid_request()
    tx.change_field(table, column)
    if "name" in wanted:
        _rename_field(table, column, checked_name(wanted, "field"))
    if "description" in wanted:
        column.description = wanted["description"] or None
    if "type" in wanted or "options" in wanted:
        kind, before = wanted.get("type", column.type), column.option("choices", [])
        column.options = _options(tx, table, column.name, kind, wanted.get("options"))
        column.type = kind
        choices.carry_over(table, column, before)


def change_table(tx: Transaction, table: Table, wanted: dict[str, Any]) -> None:
    """A new name or description. Raises `Refusal`."""
    if not wanted or not wanted.keys() <= {"name", "description", "dateDependencySettings"}:
        raise invalid_request()
    tx.change_table(table)
    if "name" in wanted:
        name = checked_name(wanted, "table")
        taken = tx.base.table_named(name)
        if taken is not None and taken is not table:
            raise refuse(422, "DUPLICATE_TABLE_NAME", f'Table name "{name}" is already taken')
        table.name = name
    if "description" in wanted:
        table.description = wanted["description"] or None


def remove_field(tx: Transaction, table: Table, column: Field) -> None:
    """Take a field away, and with a link its other end. Raises `Refusal` for the primary field."""
    if column.id == table.primary_field_id:
        raise invalid_request("The primary field cannot be deleted")
    linked = tx.base.tables.get(column.option("linkedTableId", ""))
    inverse = linked.fields.get(column.option("inverseLinkFieldId", "")) if linked else None
    tx.remove_field(table, column)
    if linked is not None and inverse is not None:
        tx.remove_field(linked, inverse)


def _rename_field(table: Table, column: Field, name: str) -> None:
    taken = table.field_named(name)
    if taken is not None and taken is not column:
        raise refuse(422, "DUPLICATE_OR_EMPTY_FIELD_NAME", f'Field name "{name}" is empty or already taken')
    column.name = name


def checked_name(wanted: dict[str, Any], what: str) -> str:
    """The name in a definition of a base, table or field. Raises `Refusal`."""
    name = wanted.get("name")
    if not isinstance(name, str):
        raise missing_field("name")
    if not name.strip() or len(name) > NAME_LENGTH_MAX:
        kind = "DUPLICATE_OR_EMPTY_FIELD_NAME" if what == "field" else "INVALID_TABLE_NAME"
        raise refuse(422, kind, f"A {what} name has 1 to {NAME_LENGTH_MAX} characters")
    return name.strip()


def _description(wanted: dict[str, Any]) -> str | None:
    return wanted.get("description") or None


def _grid_view(ids: Ids) -> dict[str, Any]:
    return {"id": ids.new("viw"), "name": "Grid view", "type": "grid"}


def _options(tx: Transaction, table: Table, name: str, kind: str, given: Any) -> dict[str, Any] | None:
    """The options as they will be shown: checked, with ids and defaults filled in."""
    if kind in NO_OPTIONS:
        return {"isReversed": False} if kind == "multipleAttachments" else None
    options = dict(given) if isinstance(given, dict) else {}
    if any(options.get(key) is None for key in REQUIRED_OPTIONS[kind]):
        needed = ", ".join(REQUIRED_OPTIONS[kind])
        message = f"Invalid options for {table.name}.{name}: type {kind} needs {needed}"
        raise refuse(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", message)
    for key in ("dateFormat", "timeFormat"):
        if isinstance(options.get(key), dict):
            options[key] = {
                "name": options[key].get("name"),
                "format": FORMATS.get(options[key].get("name", "")),
            }
    if "choices" in options:
        options["choices"] = _choices(tx.ids, options["choices"])
    if kind == "multipleRecordLinks":
        return _link_options(tx, options)
    return options | derived_options(tx.base, table, kind, options)


def _choices(ids: Ids, given: Any) -> list[dict[str, Any]]:
    names = (
        [choice.get("name") for choice in given if isinstance(choice, dict)]
        if isinstance(given, list)
        else []
    )
    if len(names) != len(given) or not all(names) or len(set(names)) < len(names):
        raise refuse(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "Choices need names that differ")
    return [choices.new_choice(ids, choice, place) for place, choice in enumerate(given)]


def _link_options(tx: Transaction, options: dict[str, Any]) -> dict[str, Any]:
    if options["linkedTableId"] not in tx.base.tables:
        raise refuse(
            422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "The linked table does not exist in this base"
        )
    single = bool(options.get("prefersSingleRecordLink", False))
    return {"linkedTableId": options["linkedTableId"], "isReversed": False, "prefersSingleRecordLink": single}


def _add_other_end(tx: Transaction, table: Table, column: Field) -> None:
    """The field in the linked table that mirrors this one. A link to the own table has none."""
    linked = tx.base.tables[column.option("linkedTableId")]
    if linked is table:
        return
    options = {"linkedTableId": table.id, "isReversed": False, "prefersSingleRecordLink": False}
    inverse = Field(
        tx.ids.new("fld"),
        _free_name(linked, table.name),
        "multipleRecordLinks",
        options | {"inverseLinkFieldId": column.id},
    )
    tx.add_field(linked, inverse)
    column.options = (column.options or {}) | {"inverseLinkFieldId": inverse.id}


def _free_name(table: Table, wanted: str) -> str:
    name, number = wanted, 1
    while table.field_named(name):
        number += 1
        name = f"{wanted} {number}"
    return name
