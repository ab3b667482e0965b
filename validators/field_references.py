"""What a field of the raw configuration gets wrong by itself or by what it refers to. See `references.py`."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from .dates import parse_date
from .issues import Rejection
from .schema import LINKS, SELECTS, FieldType
from .suggestions import suggestion

SEARCHABLE = ("idno", "phone", "account", "email", "text")


def mapping(value: Any) -> Mapping[Any, Any]:
    """The value if it is a mapping, else an empty one: its shape is for the models to judge."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str | None:
    """The value if it is a text; anything else may not even be looked up in a mapping."""
    return value if isinstance(value, str) else None


def strings(value: Any) -> list[str]:
    """The texts of a list, if it is one."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


@dataclass(frozen=True, slots=True)
class Scope:
    """What a field may refer to, and the field itself, all as YAML gave them."""

    options: Mapping[Any, Any]
    tables: Mapping[Any, Any]
    siblings: Mapping[Any, Any]
    field: Mapping[Any, Any]

    @property
    def type(self) -> str:
        """The name of the field's type, empty where it is malformed."""
        return text(self.field.get("type")) or ""

    def allowed(self) -> list[str] | None:
        """The options of a select; None where they are not readable."""
        listed = self.options.get(text(self.field.get("options")))
        values = mapping(listed).get("values") if isinstance(listed, Mapping) else listed
        return strings(values) if isinstance(values, list) else None


Found = Iterator[tuple[str, str]]
"""Pairs of a key below the field and what to do; an empty key stands for the field."""


def field_problems(scope: Scope) -> Found:
    """Every fault of one field."""
    for check in _CHECKS:
        yield from check(scope)


def _options(scope: Scope) -> Found:
    name = scope.field.get("options")
    if scope.type in SELECTS and name is None:
        yield "", "a select needs `options: <name of a list in the section options>`"
    if name is not None and scope.type not in SELECTS:
        yield "options", "only a select or multiselect has options: remove it, or change `type`"
    elif name is not None and (not isinstance(name, str) or name not in scope.options):
        yield (
            "options",
            f"no option list named {name!r} in the section options{suggestion(name, scope.options)}",
        )


def _link(scope: Scope) -> Found:
    target = scope.field.get("to")
    if scope.type in LINKS and target is None:
        yield "", "a link needs `to: <key of a table>`"
    if target is not None and scope.type not in LINKS:
        yield "to", "only a link or multilink has `to`: remove it, or change `type`"
    elif target is not None and (not isinstance(target, str) or target not in scope.tables):
        yield "to", f"no table has the key {target!r}{suggestion(target, scope.tables)}"


def _document(scope: Scope) -> Found:
    name = scope.field.get("document")
    if name is None:
        return
    if scope.type != FieldType.IDNO:
        yield "document", "only an `idno` has a kind of document: remove it"
    elif not isinstance(name, str) or name not in scope.siblings:
        yield "document", f"this table has no field {name!r}{suggestion(name, scope.siblings)}"
    elif mapping(scope.siblings[name]).get("type") != FieldType.SELECT:
        yield "document", f"the field {name!r} must be a select of kinds of documents"


def _default(scope: Scope) -> Found:
    default = scope.field.get("default")
    if default is None:
        return
    allowed = scope.allowed()
    if scope.type in SELECTS and allowed is not None and default not in allowed:
        yield "default", f"{default!r} is not one of the options{suggestion(default, allowed)}"
    if scope.type == FieldType.BOOL and not isinstance(default, bool):
        yield "default", "the default of a checkbox is true or false"
    if (
        scope.type == FieldType.DATE
        and default != "today"
        and isinstance(parse_date(str(default)), Rejection)
    ):
        yield "default", "the default of a date is `today` or a date like 2024-03-01"


def _limits(scope: Scope) -> Found:
    for low, high in (("min", "max"), ("above", "max"), ("min_length", "max_length")):
        least, most = _number(scope.field.get(low)), _number(scope.field.get(high))
        if least is not None and most is not None and (least > most or (low == "above" and least == most)):
            yield low, f"no value can satisfy {low}: {least} and {high}: {most}; correct one of them"


def _number(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _pattern(scope: Scope) -> Found:
    pattern = text(scope.field.get("pattern")) or ""
    try:
        re.compile(pattern)
    except re.error as error:
        yield "pattern", f"not a regular expression: {error}"


def _auto(scope: Scope) -> Found:
    auto = text(scope.field.get("auto"))
    if auto is None:
        return
    try:
        differ = auto.format(seq=1) != auto.format(seq=2)
    except (KeyError, ValueError, IndexError, AttributeError):
        differ = False
    if not differ:
        yield "auto", "must hold the running number, as in 'C{seq:08}'"


def _sensitive(scope: Scope) -> Found:
    sensitive = scope.field.get("sensitive")
    if sensitive is None:
        plain_personal = scope.field.get("level") == "C2" and scope.field.get("abroad") is None
        if plain_personal:
            yield (
                "",
                "a plain C2 field needs `abroad: {approved_by, reason}`, or `sensitive: {mask}` to go to the vault",
            )
        return
    search = mapping(sensitive).get("search") is True
    if search and scope.type not in SEARCHABLE:
        yield "sensitive.search", f"only {', '.join(SEARCHABLE)} may be searched: other values can be guessed"
    for limit in ("unique", "shared_max"):
        if scope.field.get(limit) and not search:
            yield (
                limit,
                f"`{limit}` of a sensitive field needs `search: true` in `sensitive`: it works by the index",
            )


def _computed(scope: Scope) -> Found:
    if scope.field.get("computed") is not None and scope.type in LINKS:
        yield "computed", "a link cannot be computed"


_CHECKS: tuple[Callable[[Scope], Found], ...] = (
    _options,
    _link,
    _document,
    _default,
    _limits,
    _pattern,
    _auto,
    _sensitive,
    _computed,
)
