"""Finds, before a filter runs, the few records it can let through, where the formula pins a text cell, the record's id,
or the time of its last change.

Otherwise a question for one customer would cost as much as the table is long.
"""

from datetime import datetime

from emulators.airtable.formulas.parser import (
    EAGER,
    LAZY,
    OPERATORS,
    Call,
    LazyCall,
    Literal,
    Node,
    Operation,
    Reference,
)
from emulators.airtable.formulas.values import FormulaError, to_moment
from emulators.airtable.model import Table
from emulators.clock import timestamp

TEXT_TYPES = frozenset({"singleLineText", "multilineText", "email", "url", "phoneNumber", "singleSelect"})


def candidates(table: Table, node: Node) -> set[str] | None:
    """The ids of all records that may pass, or None where the formula does not narrow them down."""
    if isinstance(node, Operation) and node.apply is OPERATORS["="]:
        found = _pinned(table, node.left, node.right)
        return found if found is not None else _pinned(table, node.right, node.left)
    if isinstance(node, LazyCall) and node.function is LAZY["AND"]:
        narrowed = (candidates(table, argument) for argument in node.arguments)
        return min((found for found in narrowed if found is not None), key=len, default=None)
    if isinstance(node, LazyCall) and node.function is LAZY["OR"]:
        return _any_of([candidates(table, argument) for argument in node.arguments])
    if isinstance(node, Call) and node.function is EAGER["IS_AFTER"]:
        return _changed_after(table, *node.arguments)
    return None


def _changed_after(table: Table, asked: Node, bound: Node) -> set[str] | None:
    if not isinstance(asked, LazyCall) or asked.function is not LAZY["LAST_MODIFIED_TIME"] or asked.arguments:
        return None
    moment = _constant_moment(bound)
    return None if moment is None else table.changed_after(timestamp(moment, milliseconds=True))


def _constant_moment(node: Node) -> datetime | None:
    if isinstance(node, Call) and node.function is EAGER["DATETIME_PARSE"] and len(node.arguments) == 1:
        return _constant_moment(node.arguments[0])
    try:
        return to_moment(node.value) if isinstance(node, Literal) else None
    except FormulaError:
        return None


def _any_of(parts: list[set[str] | None]) -> set[str] | None:
    known = [part for part in parts if part is not None]
    return set().union(*known) if parts and len(known) == len(parts) else None


def _pinned(table: Table, asked: Node, literal: Node) -> set[str] | None:
    # An empty text also equals a blank cell, which no index holds.
    if not isinstance(literal, Literal) or not isinstance(literal.value, str) or not literal.value:
        return None
    if isinstance(asked, LazyCall) and asked.function is LAZY["RECORD_ID"]:
        return {literal.value} & table.records.keys()
    if isinstance(asked, Reference) and table.fields[asked.field_id].type in TEXT_TYPES:
        return table.holding(asked.field_id, literal.value)
    return None
