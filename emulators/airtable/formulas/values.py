"""The values formulas work on, and how they turn into one another.

A blank is None. Dates are aware datetimes. Multiple selects, links and lookups are lists.
"""

import math
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from emulators.airtable.moments import parse_moment
from emulators.clock import timestamp

Value = Any
LEADING_NUMBER = re.compile(r"[-+]?(\d[\d,]*\.?\d*|\.\d+)")


class FormulaError(Exception):
    """What a cell shows as `#ERROR!`."""


def truthy(value: Value) -> bool:
    """Whether a record with this result passes a filter: not 0, false, empty, NaN or blank."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return bool(value)


def to_text(value: Value) -> str:
    """A value as text in a concatenation."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case str():
            return value
        case datetime():
            return timestamp(value, milliseconds=True)
        case list():
            return ", ".join(to_text(item) for item in value)
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value)


def to_number(value: Value) -> float:
    """A value as number in arithmetic; what is none becomes NaN, as the service has it."""
    match value:
        case None:
            return 0
        case bool() | int() | float():
            return float(value) if isinstance(value, float) else int(value)
        case [single]:
            return to_number(single)
        case _:
            return math.nan


def to_moment(value: Value) -> datetime:
    """A value as a moment; raises `FormulaError` if it is none."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    moment = parse_moment(value, UTC, loose=True) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise FormulaError("not a date")
    return moment


def equal(left: Value, right: Value) -> bool:
    """`=`: a blank equals "", 0 and false; text is compared by case; numbers never equal text."""
    if left is None or right is None:
        return not left and not right
    if isinstance(left, list) or isinstance(right, list):
        return _equal_lists(left, right)
    if isinstance(left, datetime) or isinstance(right, datetime):
        return _equal_moments(left, right)
    if isinstance(left, str) or isinstance(right, str):
        return isinstance(left, str) and isinstance(right, str) and left == right
    return bool(left == right)


def _equal_lists(left: Value, right: Value) -> bool:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, list) and len(one) == 1 and not isinstance(other, list | str):
            return equal(one[0], other)
    return to_text(left) == to_text(right)


def _equal_moments(left: Value, right: Value) -> bool:
    try:
        return to_moment(left) == to_moment(right)
    except FormulaError:
        return False


def less(left: Value, right: Value) -> bool:
    """`<`: text with text, moments with moments, everything else as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    if isinstance(left, datetime) or isinstance(right, datetime):
        return left is not None and right is not None and to_moment(left) < to_moment(right)
    return to_number(left) < to_number(right)


def flat(values: Iterable[Value]) -> Iterator[Value]:
    """All values, with lists opened up."""
    for value in values:
        if isinstance(value, list):
            yield from flat(value)
        else:
            yield value


def numbers(values: Iterable[Value]) -> list[float]:
    """The numbers among the values; blanks and text are passed over."""
    return [value for value in flat(values) if isinstance(value, int | float)]


def parse_number(text: Value) -> float:
    """VALUE(): the number a text holds; NaN if none."""
    if isinstance(text, int | float):
        return text
    found = LEADING_NUMBER.search(to_text(text))
    if not found:
        return math.nan
    number = float(found.group().replace(",", ""))
    return int(number) if number.is_integer() else number
