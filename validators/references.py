"""Finds every reference in the raw configuration that leads nowhere, however malformed the rest of it is.

It works on what YAML gave, so that a mistake elsewhere does not hide these. Shapes and unknown keys are judged
by the models, expressions by `RuleBook`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .field_references import Scope, field_problems, mapping, strings, text
from .schema import FieldType
from .suggestions import suggestion

RESERVED_HEADERS = ("校验状态", "校验说明", "查看", "记录编号")
RESERVED_TABLES = ("系统状态",)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of the configuration: `path` like `tables.policies.fields.premium.min`, and what to do."""

    path: str
    message: str


def problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Every bad reference in the sections `options`, `tables` and `rules`, as YAML gave them."""
    options, tables = mapping(raw.get("options")), mapping(raw.get("tables"))
    found = [problem for name, listed in options.items() for problem in _of_options(name, listed)]
    found += _of_table_names(tables)
    found += [problem for key in tables for problem in _of_table(key, options, tables)]
    found += _of_rules(raw.get("rules"), tables)
    return found


def _of_options(name: object, listed: Any) -> Iterator[Problem]:
    path = f"options.{name}"
    values = strings(mapping(listed).get("values") if isinstance(listed, Mapping) else listed)
    for value in _repeated(values):
        yield Problem(path, f"the option {value!r} stands here twice: remove one")
    for alias, target in mapping(mapping(listed).get("aliases")).items():
        if alias in values:
            yield Problem(f"{path}.aliases.{alias}", "is an option itself: an alias must be another spelling")
        elif target not in values:
            message = f"leads to {target!r}, which is no option of this list{suggestion(target, values)}"
            yield Problem(f"{path}.aliases.{alias}", message)


def _of_table_names(tables: Mapping[Any, Any]) -> Iterator[Problem]:
    named = {key: text(mapping(table).get("name")) for key, table in tables.items()}
    twice = _repeated(name for name in named.values() if name)
    for key, name in named.items():
        if name in twice:
            yield Problem(f"tables.{key}.name", f"another table is also called {name!r}: choose another name")
        elif name in RESERVED_TABLES:
            yield Problem(
                f"tables.{key}.name", f"{name!r} is the table of the system's own state: choose another"
            )


def _of_table(key: object, options: Mapping[Any, Any], tables: Mapping[Any, Any]) -> Iterator[Problem]:
    table = mapping(tables[key])
    fields = mapping(table.get("fields"))
    found = [*_of_headers(fields), *_of_named_fields(table, fields), *_of_paths(table, fields, tables)]
    for name, field in fields.items():
        scope = Scope(options, tables, fields, mapping(field))
        found += [(_join(f"fields.{name}", below), message) for below, message in field_problems(scope)]
    return (Problem(f"tables.{key}.{below}", message) for below, message in found)


def _join(path: str, below: str) -> str:
    return f"{path}.{below}" if below else path


Found = Iterator[tuple[str, str]]
"""Pairs of a path below the table and what to do."""


def _of_headers(fields: Mapping[Any, Any]) -> Found:
    """Headers and their aliases must tell the columns of one table apart."""
    headers: list[tuple[str, str]] = []
    for key, field in fields.items():
        name = text(mapping(field).get("name"))
        headers += [(f"fields.{key}.name", name)] if name else []
        headers += [(f"fields.{key}.aliases", alias) for alias in strings(mapping(field).get("aliases"))]
    twice = _repeated(header for _, header in headers)
    for path, header in headers:
        if header in RESERVED_HEADERS:
            yield path, f"{header!r} is a column of the system: choose another header"
        elif header in twice:
            yield path, f"{header!r} names two columns of this table: choose another header"


def _of_named_fields(table: Mapping[Any, Any], fields: Mapping[Any, Any]) -> Found:
    key, label = table.get("key"), table.get("label")
    if isinstance(key, str):
        yield from _of_key(key, fields)
    if isinstance(label, str) and label not in fields:
        yield "label", _no_field(label, fields)
    views = table.get("views")
    for place, view in enumerate(views if isinstance(views, list) else []):
        for field in strings(mapping(view).get("sort")):
            if field.removeprefix("-") not in fields:
                yield f"views.{place}.sort", _no_field(field.removeprefix("-"), fields)


def _of_key(key: str, fields: Mapping[Any, Any]) -> Found:
    field = mapping(fields.get(key))
    if key not in fields:
        yield "key", _no_field(key, fields)
    elif field.get("type") != FieldType.TEXT or field.get("sensitive") or field.get("unique") is not True:
        yield "key", f"the business key {key!r} must be a plain text field with `unique: true`"
    elif not field.get("required") and not field.get("auto"):
        yield "key", f"the business key {key!r} must be `required: true` or numbered by `auto`"


def _of_paths(table: Mapping[Any, Any], fields: Mapping[Any, Any], tables: Mapping[Any, Any]) -> Found:
    subject, owner = table.get("subject"), table.get("owner")
    if subject is None and any(mapping(field).get("sensitive") for field in fields.values()):
        yield (
            "subject",
            "a table with sensitive fields needs the person they belong to: `self`, or a link to them",
        )
    for name, path in (("subject", subject), ("owner", owner)):
        if not isinstance(path, str) or (name == "subject" and path == "self"):
            continue
        end, fault = _follow(path, fields, tables)
        if fault:
            yield name, fault
        elif name == "subject" and mapping(end).get("subject") != "self":
            yield name, f"{path!r} must lead to a table of persons, one with `subject: self`"


def _follow(path: str, fields: Mapping[Any, Any], tables: Mapping[Any, Any]) -> tuple[Any, str | None]:
    """The table that a path of links ends at, and what is wrong with the path."""
    end: Any = None
    for step in path.split("."):
        field = mapping(fields.get(step))
        if step not in fields:
            return None, _no_field(step, fields)
        if field.get("type") != FieldType.LINK:
            return None, f"{step!r} is not a link to one record"
        end = tables.get(text(field.get("to")))
        fields = mapping(mapping(end).get("fields"))
    return end, None


def _of_rules(rules: Any, tables: Mapping[Any, Any]) -> Iterator[Problem]:
    listed = [mapping(rule) for rule in rules] if isinstance(rules, list) else []
    twice = _repeated(str(rule["id"]) for rule in listed if "id" in rule)
    for place, rule in enumerate(listed):
        path, table = f"rules.{place}", rule.get("table")
        if str(rule.get("id")) in twice:
            yield Problem(f"{path}.id", f"another rule is also called {rule.get('id')}: choose another id")
        if not isinstance(table, str):
            continue
        if table not in tables:
            yield Problem(f"{path}.table", f"no table has the key {table!r}{suggestion(table, tables)}")
            continue
        fields = mapping(mapping(tables[table]).get("fields"))
        for blank in strings(rule.get("blanks")):
            fault = _fault_of_blank(blank, fields, tables)
            if fault:
                yield Problem(f"{path}.blanks", fault)


def _fault_of_blank(blank: str, fields: Mapping[Any, Any], tables: Mapping[Any, Any]) -> str | None:
    """A blank is a field of the table, or a field of a linked record: `policy_no.expiry_date`."""
    head, _, member = blank.partition(".")
    if head not in fields:
        return _no_field(head, fields)
    if not member:
        return None
    end, fault = _follow(head, fields, tables)
    others = mapping(mapping(end).get("fields"))
    return fault or (None if not others or member in others else _no_field(member, others))


def _no_field(name: str, fields: Iterable[object]) -> str:
    return f"no field has the key {name!r}{suggestion(name, fields)}"


def _repeated(names: Iterable[str]) -> set[str]:
    return {name for name, count in Counter(names).items() if count > 1}
