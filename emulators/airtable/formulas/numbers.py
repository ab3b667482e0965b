"""Number functions. Rounding is away from zero at the half, as in spreadsheets."""

import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Decimal
from statistics import fmean

from emulators.airtable.formulas.values import Value, flat, to_number
from emulators.airtable.formulas.values import numbers as only_numbers


def _tidy(number: float | Decimal) -> float:
    value = float(number)
    return int(value) if value.is_integer() else value


def _rounded(mode: str) -> Callable[..., float]:
    def apply(value: Value, precision: Value = 0) -> float:
        step = Decimal(1).scaleb(-int(to_number(precision)))
        return _tidy(Decimal(str(to_number(value))).quantize(step, rounding=mode))

    return apply


def _to_multiple(mode: str) -> Callable[..., float]:
    def apply(value: Value, significance: Value = 1) -> float:
        step = Decimal(str(to_number(significance)))
        quotient = (Decimal(str(to_number(value))) / step).to_integral_value(rounding=mode)
        return _tidy(quotient * step)

    return apply


def _parity(remainder: int) -> Callable[[Value], int]:
    def apply(value: Value) -> int:
        number = to_number(value)
        size = math.ceil(abs(number))
        size += size % 2 != remainder
        return -size if number < 0 else size

    return apply


def _logarithm(number: Value, base: Value = 10) -> float:
    # log10 is exact where the quotient of two natural logarithms is not.
    value = math.log10(to_number(number)) if base == 10 else math.log(to_number(number), to_number(base))
    return _tidy(value)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "ABS": lambda value: abs(to_number(value)),
    "AVERAGE": lambda *values: _tidy(fmean(found)) if (found := only_numbers(values)) else math.nan,
    "CEILING": _to_multiple(ROUND_CEILING),
    "COUNT": lambda *values: len(only_numbers(values)),
    "COUNTA": lambda *values: sum(value not in (None, "") for value in flat(values)),
    "COUNTALL": lambda *values: sum(1 for _ in flat(values)),
    "EVEN": _parity(0),
    "EXP": lambda power: math.exp(to_number(power)),
    "FLOOR": _to_multiple(ROUND_FLOOR),
    "INT": lambda value: math.floor(to_number(value)),
    "LOG": _logarithm,
    "MAX": lambda *values: max(only_numbers(values), default=0),
    "MIN": lambda *values: min(only_numbers(values), default=0),
    "MOD": lambda value, divisor: to_number(value) % to_number(divisor),
    "ODD": _parity(1),
    "POWER": lambda base, power: _tidy(to_number(base) ** to_number(power)),
    "ROUND": _rounded(ROUND_HALF_UP),
    "ROUNDDOWN": _rounded(ROUND_DOWN),
    "ROUNDUP": _rounded(ROUND_UP),
    "SQRT": lambda value: _tidy(math.sqrt(to_number(value))),
    "SUM": lambda *values: sum(only_numbers(values)),
}
