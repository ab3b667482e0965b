"""The options that a computed field shows: its formula with ids for names, and the type of what it computes."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from emulators.airtable.computed import compiled
from emulators.airtable.errors import refuse
from emulators.airtable.formulas.parser import InvalidFormula, Node, with_ids
from emulators.airtable.formulas.values import FormulaError, Value
from emulators.airtable.model import COMPUTED, Base, Field, Table

Options = dict[str, Any]
NUMBERS = frozenset(
    {"number", "currency", "percent", "rating", "duration", "count", "autoNumber", "checkbox"}
)
MOMENTS = frozenset({"date", "dateTime", "createdTime", "lastModifiedTime"})
MOMENT = {
    "type": "dateTime",
    "options": {
        "dateFormat": {"name": "local", "format": "l"},
        "timeFormat": {"name": "12hour", "format": "h:mma"},
        "timeZone": "client",
    },
}
NUMBER = {"type": "number", "options": {"precision": 1}}
TEXT = {"type": "singleLineText"}


def derived_options(base: Base, table: Table, kind: str, given: Options) -> Options:
    """What a definition of that type shows beside what was given. Raises `Refusal` for a formula that is none."""
    match kind:
        case "formula":
            return _formula_options(table, given["formula"])
        case "createdTime":
            return {"result": MOMENT}
        case "lastModifiedTime":
            return {
                "isValid": True,
                "referencedFieldIds": given.get("referencedFieldIds", []),
                "result": MOMENT,
            }
        case "rollup":
            return {"isValid": True, "referencedFieldIds": [], "result": NUMBER}
        case "multipleLookupValues":
            return {"isValid": True, "result": _looked_up(base, table, given)}
    return {"isValid": True} if kind in COMPUTED else {}


def _formula_options(table: Table, formula: Any) -> Options:
    try:
        node = compiled(table, formula)
    except (InvalidFormula, TypeError) as error:
        raise refuse(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", f"Invalid formula: {error}") from error
    text, field_ids = with_ids(formula, lambda name: _id_of(table, name))
    return {"formula": text, "isValid": True, "referencedFieldIds": field_ids, "result": _result(table, node)}


def _id_of(table: Table, name: str) -> str | None:
    column = table.field_named(name)
    return column.id if column else None


def _looked_up(base: Base, table: Table, given: Options) -> Options:
    link = table.fields.get(given["recordLinkFieldId"])
    linked = base.tables.get(link.option("linkedTableId", "")) if link else None
    column = linked.fields.get(given["fieldIdInLinkedTable"]) if linked else None
    if column is None:
        raise refuse(
            422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "The link or the field looked up does not exist"
        )
    return {"type": column.type} | ({"options": column.options} if column.options else {})


class _Sample:
    """A record that does not exist, with a likely value in every cell."""

    record_id = "rec00000000000000"
    now = created = datetime(2026, 1, 1, tzinfo=UTC)

    def __init__(self, table: Table) -> None:
        self._table = table

    def field(self, field_id: str) -> Value:
        column: Field = self._table.fields[field_id]
        kind = column.option("result", {}).get("type", column.type)
        return 1 if kind in NUMBERS else self.now if kind in MOMENTS else "1"

    def last_modified(self, field_ids: Sequence[str]) -> datetime:
        return self.now


def _result(table: Table, node: Node) -> Options:
    try:
        value = node(_Sample(table))
    except FormulaError:
        return TEXT
    if isinstance(value, datetime):
        return MOMENT
    return NUMBER if isinstance(value, int | float) and not math.isnan(value) else TEXT
