"""Rules and computed fields over one row and the records it links to.

In an expression numbers are doubles, dates and instants timestamps, sets sorted lists, a link the map of the
other record's plain fields with its `uid`, an unchecked box false, and any other blank null.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from .cel_values import from_cel, link_to_cel, midnight, to_cel
from .expressions import Expression
from .issues import Issue
from .rulebook import TODAY, Computed, Reads, Rule, compile_table
from .schema import SELECTS, FieldKey, FieldType, Level, SchemaConfig, TableKey
from .values import Value

Row = Mapping[FieldKey, Value | None]
Linked = Mapping[FieldKey, Row | None]

_CEL_ERRORS = (TypeError, ValueError, LookupError, RuntimeError, ArithmeticError)


class RuleProblems(Exception):
    """Every expression that cannot be used: pairs of (rule id or path of the field, message)."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("\n".join(f"{where}: {message}" for where, message in problems))
        self.problems = problems


class RuleBook:
    """All rules and computed fields of a schema, compiled once. Raises RuleProblems when any cannot be used.

    That a rule's table, its blanks and the ends of links exist is checked by `references.py`.
    """

    def __init__(self, schema: SchemaConfig) -> None:
        problems: list[tuple[str, str]] = []

        def report(where: str, message: str) -> None:
            problems.append((where, message))

        self._schema = schema
        self._tables = {key: compile_table(schema, key, report) for key in schema.tables}
        if problems:
            raise RuleProblems(tuple(problems))

    def check(self, table: TableKey, row: Row, *, linked: Linked, today: date) -> list[Issue]:
        """What the rules find in a row of plain canonical values: the sensitive ones they read are opened.

        `linked` gives, by link, the plain fields of the other record. Computed fields are computed anew. An
        expression that fails is a hint for the administrator, never an exception.
        """
        variables = self._variables(table, row, linked, today)
        _, broken = self._compute(table, variables)
        found = (_judge(rule, variables) for rule in self._tables[table].rules)
        return [*broken, *(issue for issue in found if issue)]

    def compute(
        self, table: TableKey, row: Row, *, linked: Linked, today: date
    ) -> dict[FieldKey, Value | None]:
        """All computed fields of a row of plain canonical values, in canonical form; None where one fails."""
        values, _ = self._compute(table, self._variables(table, row, linked, today))
        return values

    def reads(self, table: TableKey) -> frozenset[FieldKey]:
        """The fields of the table that its rules and computed fields read, computed ones left out."""
        return self._tables[table].reads

    def sensitive_reads(self, table: TableKey) -> frozenset[FieldKey]:
        """Those of `reads` whose plaintext the caller has to open."""
        return self._tables[table].reads & self._schema.tables[table].sensitive.keys()

    def read_beside(self, table: TableKey, key: FieldKey) -> frozenset[FieldKey]:
        """The fields that some rule of the table reads together with this one."""
        rules = (frozenset(rule.holds) for rule in self._tables[table].rules)
        return frozenset().union(*(holds for holds in rules if key in holds)) - {key}

    def linked_reads(self, table: TableKey) -> Mapping[FieldKey, frozenset[FieldKey]]:
        """What is read through each link, besides the uid: the row is rechecked when that changes."""
        return self._tables[table].links

    def uses_today(self, table: TableKey) -> bool:
        """Whether what is found in a row may change by the passing of a day."""
        return self._tables[table].uses_today

    def _variables(self, table: TableKey, row: Row, linked: Linked, today: date) -> dict[str, Any]:
        """Every variable that the expressions of a table read, except its computed fields."""
        rules = self._tables[table]
        fields = self._schema.tables[table].fields
        variables: dict[str, Any] = {TODAY: midnight(today)}
        for key in rules.reads:
            if fields[key].type is FieldType.LINK:
                record = linked.get(key) or {}
                variables[key] = link_to_cel(row.get(key), record, rules.visible[key])
            else:
                variables[key] = to_cel(fields[key], row.get(key))
        return variables

    def _compute(
        self, table: TableKey, variables: dict[str, Any]
    ) -> tuple[dict[FieldKey, Value | None], list[Issue]]:
        """The computed fields, which are added to `variables`, and a hint for each that cannot be computed."""
        values: dict[FieldKey, Value | None] = {}
        broken: list[Issue] = []
        for each in self._tables[table].computed:
            value = self._value(each, variables)
            if isinstance(value, Issue):
                broken.append(value)
                value = None
            values[each.key] = value
            variables[each.key] = to_cel(each.field, value)
        return values, broken

    def _value(self, computed: Computed, variables: Mapping[str, Any]) -> Value | Issue | None:
        if _is_passed_over(computed.needs, variables):
            return None
        options = self._schema.options_of(computed.field) if computed.field.type in SELECTS else None
        try:
            return from_cel(computed.field, computed.expression.run(variables), options)
        except _CEL_ERRORS:
            # What may be blank, such as one of two in `coalesce`, may also leave nothing to compute with.
            if any(variables[name] is None for name in computed.expression.names):
                return None
            return _broken((computed.key,), f"{computed.field.name}无法计算")


def _judge(rule: Rule, variables: Mapping[str, Any]) -> Issue | None:
    config = rule.config
    if _is_passed_over(rule.needs, variables):
        return None
    try:
        if (rule.when and not _truth(rule.when, variables)) or _truth(rule.check, variables):
            return None
    except _CEL_ERRORS:
        return _broken((), f"规则{config.id}无法计算")
    return Issue(config.id, config.level, rule.holds, config.message, config.mend)


def _broken(fields: tuple[FieldKey, ...], message: str) -> Issue:
    return Issue("expression_failed", Level.HINT, fields, message, "通知系统管理员")


def _truth(expression: Expression, variables: Mapping[str, Any]) -> bool:
    result = expression.run(variables)
    if not isinstance(result, bool):
        raise TypeError("a rule is true or false")
    return result


def _is_passed_over(needs: Reads, variables: Mapping[str, Any]) -> bool:
    """Whether something that must be filled is blank. A blank link is judged by itself, not by its fields."""
    return any(variables[name] is None for name in needs.own) or any(
        variables[link] is not None and variables[link][field] is None for link, field in needs.linked
    )
