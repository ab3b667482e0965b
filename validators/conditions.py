"""Conditions over a record of the hub: whether a reminder is open, the day it is about, whether a row belongs in a replica. Pure.

They are written as the expressions of rules are, except that every field may be blank, and that none is opened: a
sensitive field cannot be named.
"""

from collections.abc import Callable, Iterable, Mapping
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

    def day(self, row: Row, *, today: date, lookup: Lookup) -> date | None:
        """The date the expression gives. Raises ConditionFailed.

        None while a field it names is blank, other than in `blank()`, `filled()` or `coalesce()`, as for computed fields.
        """
        if any(name not in row for name in self.needs):
            return None
        # Most anchors just name a field, and most rows end at their date: that needs no interpreter.
        result = row.get(self.source) if self.source in self.table.fields else self._run(row, today, lookup)
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
        field, value = self.table.fields[name], row.get(name)
        if field.type is not FieldType.LINK:
            return to_cel(field, value)
        linked = lookup(field.to or "", str(value)) if value else None
        return link_to_cel(value, linked or {}, self.visible[name])


def compile_condition(schema: SchemaConfig, table: TableKey, source: str, report: Report) -> Condition | None:
    """The condition that a source says of the records of a table; what is wrong with it goes to `report`."""
    config = schema.tables[table]
    try:
        expression = compile_expression(source)
    except ExpressionProblem as problem:
        report(str(problem))
        return None
    faults = [*_bad_names(config, expression), *_bad_paths(schema, config, expression)]
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


def _bad_names(table: TableConfig, expression: Expression) -> Iterable[str]:
    for name in sorted(expression.names - {TODAY}):
        field = table.fields.get(name)
        if field is None:
            yield f"the table has no field {name}{suggestion(name, table.fields)}"
        elif field.sensitive:
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
