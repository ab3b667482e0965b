"""Cells in the three forms of the Sheets API: values to write, `userEnteredValue` in an answer, values in a listing.

All that is shown passes `shown` or `entered`, so that a row reads the same in the answer to a write and in the next pull.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isclose
from typing import Any
from zoneinfo import ZoneInfo

from sync.connection import CellValue
from validators.raw import Raw
from validators.text import normalise_text

Entered = Mapping[str, Any]
"""Google's ExtendedValue: one of stringValue, numberValue, boolValue, formulaValue, errorValue; empty for a blank cell."""

SEPARATOR = "、"
DAY_ZERO = datetime(1899, 12, 30)
WALL = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
DECIMALS = 8
"""An instant as a fraction of a day is not exact; this is about a millisecond, and far below a cent."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula; its text is kept to itself."""


FORMULA = Formula()
ENTERED_KINDS = ("stringValue", "numberValue", "boolValue")
Shown = str | int | float | bool | Formula | None
"""What a cell shows: None is blank."""


def encode(value: CellValue) -> Entered:
    """The typed value to write: never parsed by Google, so a text that begins with `=` stays text."""
    match value:
        case None | "" | ():
            return {}
        case bool():
            return {"boolValue": value}
        case str():
            return {"stringValue": value}
        case tuple():
            return {"stringValue": SEPARATOR.join(value)}
        case Decimal():
            return {"numberValue": int(value) if value == int(value) else float(value)}
        case datetime():
            return {"numberValue": (value.astimezone(WALL).replace(tzinfo=None) - DAY_ZERO) / DAY}
        case date():
            return {"numberValue": (value - DAY_ZERO.date()).days}


def shown(value: Any) -> Shown:
    """A value of a listing. A formula's text has to be replaced by FORMULA before: the listing does not tell it from text."""
    match value:
        case None | "":
            return None
        case bool() | str():
            return value
        case float() if value.is_integer():
            return int(value)
        case int() | float():
            return value
    raise TypeError(type(value).__name__)


def entered(value: Entered) -> Shown:
    """A `userEnteredValue` of an answer, as a listing would show it."""
    # The rule is one kind of value or none; an error is shown as a blank.
    for kind, found in value.items():
        if kind == "formulaValue":
            return FORMULA
        if kind in ENTERED_KINDS:
            return shown(found)
    return None


def same(believed: Raw | CellValue, found: Raw) -> bool:
    """Whether a cell shows what it was believed to show: a raw value as once read, or the value once written."""
    expected = as_shown(believed)
    if isinstance(expected, str) and isinstance(found, str):
        return normalise_text(expected) == normalise_text(found)
    if (
        isinstance(expected, int | float)
        and isinstance(found, int | float)
        and not isinstance(expected, bool)
    ):
        return isclose(expected, found, rel_tol=0, abs_tol=10.0**-DECIMALS)
    return expected == found


def as_shown(value: Raw | CellValue) -> Shown:
    """A raw value as once read, or one as once written, as a cell shows it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown(value)
    if isinstance(value, list):
        value = tuple(value)
    return entered(encode(value)) or None


def text(value: Shown) -> str:
    """What stands in a header or system cell, as text."""
    return "" if value is None or isinstance(value, bool | Formula) else str(value).strip()
