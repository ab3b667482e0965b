"""The functions and operators that formulas may use, each a small function of its computed arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Any

from emulators.google.formula_dates import DATE_FUNCTIONS
from emulators.google.formula_logic import LOGIC_FUNCTIONS
from emulators.google.formula_lookup import LOOKUP_FUNCTIONS
from emulators.google.formula_text_functions import TEXT_FUNCTIONS
from emulators.google.formula_values import FormulaError, Range, Result, compare, to_number, to_text

ANY = 255


@dataclass(frozen=True, slots=True)
class Function:
    """`run(here, *arguments)`; a lazy function gets trees instead of values."""

    run: Callable[..., Result]
    least: int
    most: int
    lazy: bool = False


DATE_FORMATS: dict[str, dict[str, str]] = {
    "NOW": {"type": "DATE_TIME"},
    "TODAY": {"type": "DATE"},
    "DATE": {"type": "DATE"},
    "EDATE": {"type": "DATE"},
    "EOMONTH": {"type": "DATE"},
    "DATEVALUE": {},
    "TIME": {"type": "TIME"},
}


def numbers(arguments: tuple[Result, ...]) -> list[float]:
    """The numbers of arguments; in a range only real numbers count, text beside it must read as one."""
    found: list[float] = []
    for argument in arguments:
        if isinstance(argument, Range):
            found += [
                value
                for value in argument.values()
                if isinstance(value, int | float) and not isinstance(value, bool)
            ]
        elif argument is not None:
            found.append(to_number(argument))
    return found


def _divide(_: Any, left: Result, right: Result) -> float:
    divisor = to_number(right)
    if divisor == 0:
        raise FormulaError("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
    return to_number(left) / divisor


def _power(_: Any, base: Result, exponent: Result) -> float:
    result = to_number(base) ** to_number(exponent)
    if isinstance(result, complex):
        raise FormulaError("NUM", "The result is not a real number.")
    return float(result)


def _average(_: Any, *arguments: Result) -> float:
    found = numbers(arguments)
    if not found:
        raise FormulaError("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return math.fsum(found) / len(found)


def _median(_: Any, *arguments: Result) -> float:
    found = sorted(numbers(arguments))
    if not found:
        raise FormulaError("NUM", "MEDIAN has no valid input data.")
    return (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2


def _modulo(_: Any, value: Result, divisor: Result) -> float:
    if to_number(divisor) == 0:
        raise FormulaError("DIVIDE_BY_ZERO", "Function MOD parameter 2 cannot be zero.")
    return to_number(value) % to_number(divisor)


def _square_root(_: Any, value: Result) -> float:
    if to_number(value) < 0:
        raise FormulaError(
            "NUM", "Function SQRT parameter 1 value is negative. It should be greater than or equal to zero."
        )
    return math.sqrt(to_number(value))


def _rounded(mode: str) -> Callable[..., float]:
    def run(_: Any, value: Result, places: Result = None) -> float:
        unit = Decimal(1).scaleb(-int(to_number(places)))
        return float((Decimal(repr(to_number(value))) / unit).quantize(Decimal(1), mode) * unit)

    return run


def _stepped(step: Callable[[float], int]) -> Callable[..., float]:
    def run(_: Any, value: Result, factor: Result = 1) -> float:
        unit = to_number(factor)
        return step(to_number(value) / unit) * unit if unit else 0

    return run


def _counted(_: Any, *arguments: Result) -> int:
    return sum(
        sum(isinstance(value, int | float) and not isinstance(value, bool) for value in argument.values())
        if isinstance(argument, Range)
        else isinstance(argument, int | float)
        for argument in arguments
    )


def _filled(_: Any, *arguments: Result) -> int:
    """COUNTA: errors count too, so cells are counted, not computed."""
    return sum(
        sum(1 for _ in argument.used()) if isinstance(argument, Range) else 1 for argument in arguments
    )


def _blank(_: Any, argument: Result) -> int:
    if isinstance(argument, Range):
        empty_text = sum(value == "" for value in argument.values())
        return argument.box.height * argument.box.width - sum(1 for _ in argument.used()) + empty_text
    return int(argument in (None, ""))


def _comparison(test: Callable[[int], bool]) -> Callable[..., bool]:
    return lambda _, left, right: test(compare(left, right))


_PLAIN: dict[str, tuple[Callable[..., Result], int, int]] = {
    "+": (lambda _, left, right: to_number(left) + to_number(right), 2, 2),
    "-": (lambda _, left, right: to_number(left) - to_number(right), 2, 2),
    "*": (lambda _, left, right: to_number(left) * to_number(right), 2, 2),
    "/": (_divide, 2, 2),
    "^": (_power, 2, 2),
    "&": (lambda _, left, right: to_text(left) + to_text(right), 2, 2),
    "=": (_comparison(lambda order: order == 0), 2, 2),
    "<>": (_comparison(lambda order: order != 0), 2, 2),
    "<": (_comparison(lambda order: order < 0), 2, 2),
    ">": (_comparison(lambda order: order > 0), 2, 2),
    "<=": (_comparison(lambda order: order <= 0), 2, 2),
    ">=": (_comparison(lambda order: order >= 0), 2, 2),
    "unary-": (lambda _, value: -to_number(value), 1, 1),
    "unary+": (lambda _, value: value, 1, 1),
    "percent": (lambda _, value: to_number(value) / 100, 1, 1),
    "ABS": (lambda _, value: abs(to_number(value)), 1, 1),
    "AVERAGE": (_average, 1, ANY),
    "CEILING": (_stepped(math.ceil), 1, 2),
    "COUNT": (_counted, 1, ANY),
    "COUNTA": (_filled, 1, ANY),
    "COUNTBLANK": (_blank, 1, 1),
    "DIVIDE": (_divide, 2, 2),
    "FLOOR": (_stepped(math.floor), 1, 2),
    "INT": (lambda _, value: math.floor(to_number(value)), 1, 1),
    "MAX": (lambda _, *values: max(numbers(values), default=0), 1, ANY),
    "MEDIAN": (_median, 1, ANY),
    "MIN": (lambda _, *values: min(numbers(values), default=0), 1, ANY),
    "MINUS": (lambda _, left, right: to_number(left) - to_number(right), 2, 2),
    "MOD": (_modulo, 2, 2),
    "MULTIPLY": (lambda _, left, right: to_number(left) * to_number(right), 2, 2),
    "PI": (lambda _: math.pi, 0, 0),
    "POWER": (_power, 2, 2),
    "PRODUCT": (lambda _, *values: math.prod(numbers(values)), 1, ANY),
    "RAND": (lambda here: here.random.random(), 0, 0),
    "ROUND": (_rounded(ROUND_HALF_UP), 1, 2),
    "ROUNDDOWN": (_rounded(ROUND_DOWN), 1, 2),
    "ROUNDUP": (_rounded(ROUND_UP), 1, 2),
    "SIGN": (lambda _, value: (to_number(value) > 0) - (to_number(value) < 0), 1, 1),
    "SQRT": (_square_root, 1, 1),
    "SUM": (lambda _, *values: math.fsum(numbers(values)), 1, ANY),
}

_EAGER = {**_PLAIN, **DATE_FUNCTIONS, **TEXT_FUNCTIONS, **LOOKUP_FUNCTIONS}
FUNCTIONS: dict[str, Function] = {
    name: Function(run, least, most) for name, (run, least, most) in _EAGER.items()
}
FUNCTIONS.update({name: Function(*entry) for name, entry in LOGIC_FUNCTIONS.items()})
