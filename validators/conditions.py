"""Conditions over a record of the hub: whether a reminder is open, the day it is about, whether a row belongs in a replica. Pure.

They are written as the expressions of rules are, except that every field may be blank, and that a sensitive field can be
named only where the caller says that it opens it.
"""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .cel_values import UID, link_to_cel, midnight, to_cel
from .dates import SHANGHAI
from .expressions import Expression, ExpressionProblem, compile_expression
from .rulebook import TODAY
from .schema import FieldConfig, FieldKey, FieldType, SchemaConfig, TableConfig, TableKey
from .suggestions import suggestion
from .values import Value

Row = Mapping[FieldKey, Value]
"""A record's present values, canonical; sensitive ones are tokens."""
Lookup = Callable[[TableKey, str], Row | None]
"""The row of a record by its uid, or None when there is no such record."""
Report = Callable[[str], None]

_CEL_ERRORS = (TypeError, ValueError, LookupError, RuntimeError, ArithmeticError)
_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "'\""


class ConditionFailed(Exception):
    """An expression gave no usable result for one record, though nothing it names is blank. Carries no value."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One compiled expression in the scope of a table.

    `needs` are the fields without which it gives no date; `visible` is what the map of each link holds.
    """

    table: TableConfig
    source: str
    expression: Expression
    needs: frozenset[FieldKey]
    visible: Mapping[FieldKey, Mapping[FieldKey, FieldConfig]]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields it reads, and days of the record that are no field; not `today`."""
        return tuple(sorted(self.expression.names - {TODAY}))

    @property
    def reads_links(self) -> bool:
        """Whether other records have to be read before it can be asked."""
        return bool(self.visible)

    def day(self, row: Row, *, today: date, lookup: Lookup) -> date | None:
        """The date the expression gives. Raises ConditionFailed.

        None while a field it names is blank, other than in `blank()`, `filled()` or `coalesce()`, as for computed fields.
        """
        if any(name not in row for name in self.needs):
            return None
        # Most anchors just name a field, and most rows end at their date: that needs no interpreter.
        plain = (self.source,) == self.names
        result = row.get(self.source) if plain else self._run(row, today, lookup)
        match result:
            case None:
                return None
            case datetime():
                return result.astimezone(SHANGHAI).date()
            case date():
                return result
        raise ConditionFailed("the expression gives no date")

    def holds(self, row: Row, *, today: date, lookup: Lookup) -> bool:
        """Whether the expression is true; not while it cannot tell for a blank. Raises ConditionFailed."""
        result = self._run(row, today, lookup)
        if not isinstance(result, bool | None):
            raise ConditionFailed("the expression is neither true nor false")
        return bool(result)

    def number(self, row: Row, *, today: date, lookup: Lookup) -> float | None:
        """The number the expression gives; None where a blank leaves none. Raises ConditionFailed."""
        result = self._run(row, today, lookup)
        if result is None:
            return None
        if isinstance(result, bool) or not isinstance(result, int | float):
            raise ConditionFailed("the expression gives no number")
        return float(result)

    def _run(self, row: Row, today: date, lookup: Lookup) -> Any:
        variables = {name: self._variable(name, row, today, lookup) for name in self.expression.names}
        try:
            return self.expression.run(variables)
        except _CEL_ERRORS as error:
            if any(_has_blank(value) for value in variables.values()):
                return None
            raise ConditionFailed(f"the expression failed: {type(error).__name__}") from None

    def _variable(self, name: str, row: Row, today: date, lookup: Lookup) -> Any:
        if name == TODAY:
            return midnight(today)
        field, value = self.table.fields.get(name), row.get(name)
        if field is None:
            return midnight(value) if isinstance(value, date) else None
        if field.type is not FieldType.LINK:
            return to_cel(field, value)
        linked = lookup(field.to or "", str(value)) if value else None
        return link_to_cel(value, linked or {}, self.visible[name])


def compile_condition(
    schema: SchemaConfig,
    table: TableKey,
    source: str,
    report: Report,
    *,
    opens: Set[FieldKey] = frozenset(),
    days: Set[str] = frozenset(),
) -> Condition | None:
    """The condition that a source says of the records of a table; what is wrong with it goes to `report`.

    `opens` are the sensitive fields it may read, which the caller opens; `days` are names of dates that the caller adds to
    the row and that are no field.
    """
    config = schema.tables[table]
    try:
        expression = compile_expression(source)
    except ExpressionProblem as problem:
        report(str(problem))
        return None
    faults = [*_bad_names(config, expression, opens, days), *_bad_paths(schema, config, expression)]
    for fault in faults:
        report(fault)
    if faults:
        return None
    # An unchecked box is absent, and yet it says something.
    boxes = {key for key, _ in config.of_type(FieldType.BOOL)}
    return Condition(
        config,
        source.strip(),
        expression,
        needs=expression.names - expression.guarded - {TODAY} - boxes,
        visible=_visible(schema, config, expression),
    )


def conjuncts(source: str) -> list[str]:
    """The parts of `a && b && c`, each of which can be asked alone; the whole where it is joined in another way."""
    parts, start, depth, quote = [], 0, 0, ""
    for place, character in enumerate(source):
        if quote:
            quote = "" if character == quote and source[place - 1] != "\\" else quote
        elif character in _QUOTES:
            quote = character
        elif character in _OPENING or character in _CLOSING:
            depth += 1 if character in _OPENING else -1
        elif depth == 0 and (character == "?" or source.startswith("||", place)):
            return [source]
        elif depth == 0 and source.startswith("&&", place):
            parts.append(source[start:place])
            start = place + 2
    return [*parts, source[start:]]


def _bad_names(
    table: TableConfig, expression: Expression, opens: Set[FieldKey], days: Set[str]
) -> Iterable[str]:
    for name in sorted(expression.names - {TODAY} - days):
        field = table.fields.get(name)
        if field is None:
            yield f"the table has no field {name}{suggestion(name, table.fields)}"
        elif field.sensitive and name not in opens:
            yield f"{name} is sensitive: only its token is to be seen here"


def _bad_paths(schema: SchemaConfig, table: TableConfig, expression: Expression) -> Iterable[str]:
    for link, member, *further in sorted(expression.paths):
        field = table.fields.get(link)
        if field is None:
            continue  # Reported as a name, or bound by a macro such as `exists`.
        target = schema.tables.get(field.to or "")
        if field.type is not FieldType.LINK or target is None or further:
            yield f"{'.'.join((link, member, *further))} does not lead to a field of one linked record"
        elif member != UID and member not in target.fields:
            yield f"{link} leads to {field.to}, which has no field {member}{suggestion(member, target.fields)}"
        elif member != UID and target.fields[member].sensitive:
            yield f"{link}.{member} is sensitive: only its token is to be seen here"


def _visible(
    schema: SchemaConfig, table: TableConfig, expression: Expression
) -> dict[FieldKey, dict[FieldKey, FieldConfig]]:
    """All that is read through any link to the same table, so that two links to one record are equal maps."""
    links = {name: table.fields[name] for name in expression.names if name in table.links}
    return {
        link: {
            member: schema.tables[field.to or ""].fields[member]
            for other, member, *_ in expression.paths
            if other in links and links[other].to == field.to and member != UID
        }
        for link, field in links.items()
    }


def _has_blank(variable: Any) -> bool:
    return variable is None or (isinstance(variable, dict) and None in variable.values())
