"""Logical functions, and those about lists and about the record itself."""

from collections.abc import Callable
from typing import Any

from emulators.airtable.formulas.values import FormulaError, Value, equal, flat, to_text, truthy

Argument = Callable[[Any], Value]


def _if(scope: Any, condition: Argument, yes: Argument, no: Argument | None = None) -> Value:
    if truthy(condition(scope)):
        return yes(scope)
    return no(scope) if no else None


def _switch(scope: Any, expression: Argument, pattern: Argument, result: Argument, *rest: Argument) -> Value:
    wanted = expression(scope)
    cases = (pattern, result, *rest)
    for position in range(0, len(cases) - 1, 2):
        if equal(wanted, cases[position](scope)):
            return cases[position + 1](scope)
    return cases[-1](scope) if len(cases) % 2 else None


def _and(scope: Any, *arguments: Argument) -> bool:
    return all(truthy(argument(scope)) for argument in arguments)


def _or(scope: Any, *arguments: Argument) -> bool:
    return any(truthy(argument(scope)) for argument in arguments)


def _is_error(scope: Any, expression: Argument) -> bool:
    try:
        value = expression(scope)
    except FormulaError:
        return True
    return isinstance(value, float) and value != value


def _error() -> Value:
    raise FormulaError("#ERROR!")


def _unique(*values: Value) -> list[Value]:
    kept: list[Value] = []
    for value in flat(values):
        if value not in kept:
            kept.append(value)
    return kept


LAZY: dict[str, Callable[..., Value]] = {
    "IF": _if,
    "SWITCH": _switch,
    "AND": _and,
    "OR": _or,
    "ISERROR": _is_error,
    "IFERROR": lambda scope, tried, otherwise: otherwise(scope) if _is_error(scope, tried) else tried(scope),
    "RECORD_ID": lambda scope: scope.record_id,
    "CREATED_TIME": lambda scope: scope.created,
}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "NOT": lambda value: not truthy(value),
    "XOR": lambda *values: sum(truthy(value) for value in flat(values)) % 2 == 1,
    "TRUE": lambda: True,
    "FALSE": lambda: False,
    "BLANK": lambda: None,
    "ERROR": _error,
    "ARRAYJOIN": lambda values, separator=",": to_text(separator).join(map(to_text, flat([values]))),
    "ARRAYUNIQUE": _unique,
    "ARRAYCOMPACT": lambda *values: [value for value in flat(values) if value not in (None, "")],
    "ARRAYFLATTEN": lambda *values: list(flat(values)),
}
