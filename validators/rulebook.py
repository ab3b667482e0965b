"""Compiles the rules and computed fields of a table and finds what is wrong with them. Judges no row."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from .cel_values import UID
from .expressions import Expression, ExpressionProblem, compile_expression
from .schema import FieldConfig, FieldKey, FieldType, Level, RuleConfig, SchemaConfig, TableConfig, TableKey
from .suggestions import suggestion

TODAY = "today"

Report = Callable[[str, str], None]
"""Takes where a problem is and what it is."""


@dataclass(frozen=True, slots=True)
class Reads:
    """What an expression must find filled: fields of the row, and (link, field) pairs of the records it links to."""

    own: frozenset[FieldKey]
    linked: frozenset[tuple[FieldKey, FieldKey]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, ready to run. `holds` are the fields that an error keeps where they were typed."""

    config: RuleConfig
    when: Expression | None
    check: Expression
    needs: Reads
    holds: tuple[FieldKey, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """A computed field, ready to run."""

    key: FieldKey
    field: FieldConfig
    expression: Expression
    needs: Reads


@dataclass(frozen=True, slots=True)
class TableRules:
    """All expressions of a table; the computed fields in an order in which each finds those it reads.

    `links` names what is read through each link. `visible` is what a link's map holds: all that is read through
    any link to the same table, so that two links to one record are equal maps.
    """

    rules: tuple[Rule, ...]
    computed: tuple[Computed, ...]
    reads: frozenset[FieldKey]
    links: Mapping[FieldKey, frozenset[FieldKey]]
    visible: Mapping[FieldKey, Mapping[FieldKey, FieldConfig]]
    uses_today: bool


def compile_table(schema: SchemaConfig, key: TableKey, report: Report) -> TableRules:
    """Everything of one table that compiles; what does not goes to `report`."""
    compiler = _Compiler(schema, key, report)
    rules = tuple(filter(None, map(compiler.rule, schema.rules_of(key))))
    table = schema.tables[key]
    computed = filter(
        None, (compiler.computed(name) for name, field in table.fields.items() if field.computed)
    )
    return _gathered(schema, table, rules, compiler.in_order(computed))


def _gathered(
    schema: SchemaConfig, table: TableConfig, rules: tuple[Rule, ...], computed: tuple[Computed, ...]
) -> TableRules:
    expressions = [each for rule in rules for each in (rule.when, rule.check) if each]
    expressions += [each.expression for each in computed]
    names = frozenset(chain.from_iterable(expression.names for expression in expressions))
    links = _links(table, expressions)
    return TableRules(
        rules,
        computed,
        reads=frozenset(name for name in names if name in table.fields and not table.fields[name].computed),
        links=links,
        visible=_visible(schema, table, links),
        uses_today=TODAY in names,
    )


class _Compiler:
    """Compiles expressions in the scope of one table."""

    def __init__(self, schema: SchemaConfig, key: TableKey, report: Report) -> None:
        self._schema = schema
        self._key = key
        self._table = schema.tables[key]
        self._report = report

    def rule(self, config: RuleConfig) -> Rule | None:
        when = self._expression(config.id, config.when) if config.when else None
        check = self._expression(config.id, config.check)
        if check is None or (config.when and when is None):
            return None
        holds = tuple(
            key for key, field in self._table.fields.items() if key in check.names and not field.computed
        )
        if config.level is Level.ERROR and not holds:
            self._report(
                config.id, "an error must name a field of its table in `check`: otherwise it holds nothing"
            )
        expressions = [check, when] if when else [check]
        return Rule(config, when, check, _needs(expressions, frozenset(config.blanks)), holds)

    def computed(self, key: FieldKey) -> Computed | None:
        field = self._table.fields[key]
        assert field.computed is not None, "only computed fields are asked for"
        expression = self._expression(self._place(key), field.computed)
        if expression is None:
            return None
        return Computed(key, field, expression, _needs([expression], expression.guarded))

    def in_order(self, computed: Iterable[Computed]) -> tuple[Computed, ...]:
        """Each after those it reads; those that read each other in a circle are reported and left out."""
        waiting = {each.key: each for each in computed}
        order: list[Computed] = []
        while ready := [each for each in waiting.values() if not each.expression.names & waiting.keys()]:
            order += ready
            for each in ready:
                del waiting[each.key]
        for key in waiting:
            self._report(self._place(key), "computed fields read each other in a circle")
        return tuple(order)

    def _place(self, key: FieldKey) -> str:
        return f"tables.{self._key}.fields.{key}.computed"

    def _expression(self, where: str, source: str) -> Expression | None:
        try:
            expression = compile_expression(source)
        except ExpressionProblem as problem:
            self._report(where, str(problem))
            return None
        for name in sorted(expression.names - self._table.fields.keys() - {TODAY}):
            self._report(where, f"unknown variable {name!r}{suggestion(name, self._table.fields)}")
        for path in sorted(expression.paths):
            fault = self._fault_of(path)
            if fault:
                self._report(where, fault)
        return expression

    def _fault_of(self, path: tuple[str, ...]) -> str | None:
        link, member, *further = path
        field = self._table.fields.get(link)
        if field is None:
            return None  # Reported as an unknown variable, or bound by a macro such as `exists`.
        if field.type is not FieldType.LINK:
            return f"{link!r} is not a link to one record: {'.'.join(path)!r} reads nothing"
        target = self._schema.tables.get(field.to or "")
        if target is None or member == UID:
            return None
        if member not in target.fields:
            return f"{link!r} leads to {field.to!r}, which has no field {member!r}{suggestion(member, target.fields)}"
        if target.fields[member].sensitive:
            return f"{link}.{member} is sensitive: a rule may open only the fields of its own record"
        return f"{'.'.join(path)!r} follows more than one link" if further else None


def _needs(expressions: Iterable[Expression], blanks: frozenset[str]) -> Reads:
    """A linked field may also be blank where it is asked about: `filled(policy_no.reinstated_on)`."""
    expressions = list(expressions)
    names = frozenset(chain.from_iterable(each.names for each in expressions))
    guarded = blanks.union(*(each.guarded for each in expressions))
    paths = {path for each in expressions for path in each.paths if path[0] in names}
    linked = {(path[0], path[1]) for path in paths if path[1] != UID and ".".join(path[:2]) not in guarded}
    return Reads(names - blanks - {TODAY}, frozenset(linked))


def _links(table: TableConfig, expressions: Iterable[Expression]) -> dict[FieldKey, frozenset[FieldKey]]:
    paths = {path for expression in expressions for path in expression.paths}
    return {
        link: fields
        for link in table.links
        if (fields := frozenset(path[1] for path in paths if path[0] == link and path[1] != UID))
    }


def _visible(
    schema: SchemaConfig, table: TableConfig, links: Mapping[FieldKey, frozenset[FieldKey]]
) -> dict[FieldKey, dict[FieldKey, FieldConfig]]:
    visible: dict[FieldKey, dict[FieldKey, FieldConfig]] = {}
    for link, field in table.links.items():
        target = schema.tables[field.to].fields if field.to in schema.tables else {}
        read = chain.from_iterable(links[each] for each in links if table.fields[each].to == field.to)
        visible[link] = {key: target[key] for key in read if key in target}
    return visible
