"""Select options: found by name, or made on the way when a write may do so."""

from typing import Any

from emulators.airtable.errors import unknown_option
from emulators.airtable.ids import Ids
from emulators.airtable.model import Field, Table
from emulators.airtable.transaction import Transaction

COLORS = ("blueLight2", "cyanLight2", "tealLight2", "greenLight2", "yellowLight2", "orangeLight2", "redLight2",
          "pinkLight2", "purpleLight2", "grayLight2")  # fmt: skip
TEXTS = frozenset({"singleLineText", "multilineText", "richText"})


def choice_named(column: Field, name: str) -> dict[str, Any] | None:
    """The option of that exact name."""
    return next((choice for choice in column.option("choices", []) if choice["name"] == name), None)


def choose(tx: Transaction, column: Field, name: str, *, typecast: bool) -> str | None:
    """The name of the option to store. Raises `Refusal` for an unknown one; with `typecast` it is created and stays."""
    if choice_named(column, name):
        return name
    if not typecast:
        raise unknown_option(name)
    if not (name := name.strip()):
        return None
    if not choice_named(column, name):
        _add(tx, column, name)
    return name


def _add(tx: Transaction, column: Field, name: str) -> None:
    table = next(table for table in tx.base.tables.values() if table.fields.get(column.id) is column)
    tx.change_field(table, column)
    existing = column.option("choices", [])
    added = new_choice(tx.ids, {"name": name}, len(existing))
    column.options = (column.options or {}) | {"choices": [*existing, added]}


def carry_over(table: Table, column: Field, before: list[dict[str, Any]]) -> None:
    """Give cells the new names of renamed options, and empty those whose option is gone; text keeps the names.

    The real cells hold option ids: nothing is written to them, so nothing moves lastModifiedTime or reaches a webhook.
    """
    if before and column.type in TEXTS:
        _become_text(table, column)
        return
    names = {choice["id"]: choice["name"] for choice in column.option("choices", [])}
    renamed = {
        choice["name"]: names.get(choice["id"])
        for choice in before
        if choice["name"] != names.get(choice["id"])
    }
    if not renamed:
        return
    for record in table.records.values():
        value = record.cells.get(column.id)
        if isinstance(value, str) and value in renamed:
            table.put(record, column.id, renamed[value])
        elif isinstance(value, list) and not renamed.keys().isdisjoint(value):
            kept = [renamed.get(name, name) for name in value]
            table.put(record, column.id, [name for name in kept if name] or None)


def _become_text(table: Table, column: Field) -> None:
    """A column of several options that becomes text shows them in one line."""
    for record in table.records.values():
        value = record.cells.get(column.id)
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            table.put(record, column.id, ", ".join(value))


def new_choice(ids: Ids, wanted: dict[str, Any], position: int) -> dict[str, Any]:
    """An option with its id and colour."""
    color = wanted.get("color") or COLORS[position % len(COLORS)]
    return {"id": wanted.get("id") or ids.new("sel"), "name": wanted["name"], "color": color}
