"""The named functions of rules and computed fields. Dates are timestamps at midnight UTC, numbers doubles.

Except for `blank`, `filled` and `coalesce`, a function of nothing is nothing: null in, null out. The CEL library
logs what a function raises, so no error here carries an argument.
"""

import calendar
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from .identity import facts_of

Function = Callable[..., Any]

GUARDS = frozenset({"blank", "filled", "coalesce"})
"""Functions that are asked whether something is blank, and so may see it."""

_TIMES_PER_YEAR = {"趸交": 1.0, "月交": 12.0, "季交": 4.0, "半年交": 2.0, "年交": 1.0}

_LINES = {
    "寿险": ("定期寿险", "终身寿险", "两全保险", "分红型人寿保险", "万能型人寿保险", "投资连结保险"),
    "健康险": ("重大疾病保险", "医疗保险", "护理保险", "失能收入损失保险"),
    "意外险": ("意外伤害保险",),
    "年金险": ("年金保险",),
    "车险": ("交强险", "商业车险"),
    "财产险": ("企业财产保险", "家庭财产保险", "货物运输保险", "工程保险", "信用保证保险", "农业保险"),
    "责任险": ("责任保险",),
}
_LINE_OF = {product: line for line, products in _LINES.items() for product in products}

_BAND_LIMITS = (50_000.0, 100_000.0, 200_000.0, 300_000.0, 500_000.0, 1_000_000.0)
_BANDS = ("5万以下", "5-10万", "10-20万", "20-30万", "30-50万", "50-100万", "100万以上")


def blank(value: Any) -> bool:
    """Whether a field is empty; an unchecked box is."""
    return value is None or value is False or value == "" or value == []


def filled(value: Any) -> bool:
    """The opposite of `blank`."""
    return not blank(value)


def coalesce(*values: Any) -> Any:
    """The first value that is not blank."""
    return next((value for value in values if not blank(value)), None)


def years_between(start: datetime, end: datetime) -> float:
    """Whole years, as age is counted: a year is full on its anniversary."""
    return float(end.year - start.year - ((end.month, end.day) < (start.month, start.day)))


def days_between(start: datetime, end: datetime) -> float:
    """Days from `start` to `end`; negative when `end` is earlier."""
    return float((end - start).days)


def add_days(day: datetime, count: float) -> datetime:
    """The day `count` days later."""
    return day + timedelta(days=int(count))


def add_months(day: datetime, count: float) -> datetime:
    """The same day `count` months later, or the last day of a month that is too short."""
    years, month = divmod(day.month - 1 + int(count), 12)
    year = day.year + years
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_years(day: datetime, count: float) -> datetime:
    """The same day `count` years later; 29 February becomes 28 February."""
    return add_months(day, 12 * int(count))


def next_yearly(day: datetime, today: datetime) -> datetime:
    """The next return of a day, today or later; its own year does not count."""
    years = max(1, today.year - day.year)
    this = add_years(day, years)
    return this if this >= today else add_years(day, years + 1)


def next_age(birth: datetime, today: datetime, ages: list[float]) -> datetime | None:
    """The next birthday, today or later, on which one of these ages is reached; null when all have passed."""
    days = (add_years(birth, age) for age in sorted(ages))
    return next((day for day in days if day >= today), None)


def birth_of(number: str) -> datetime | None:
    """The birth date in an identity number, null where a document's number holds none."""
    birth: date | None = facts_of(None, number).birth
    return None if birth is None else datetime.combine(birth, time(), UTC)


def sex_of(number: str) -> str | None:
    """男 or 女 by the 17th digit of an identity number, null where a document's number holds none."""
    return facts_of(None, number).sex


def times_per_year(frequency: str) -> float | None:
    """How many premiums a year; a single premium counts once, an irregular one cannot be counted."""
    return _TIMES_PER_YEAR.get(frequency)


def line_of(product_type: str) -> str:
    """The line of insurance (险类) of a product type."""
    return _LINE_OF.get(product_type, "其他")


def band(amount: float) -> str:
    """The band of a yearly income in yuan."""
    return _BANDS[bisect_right(_BAND_LIMITS, amount)]


def _strict(function: Function) -> Function:
    def call(*arguments: Any) -> Any:
        if any(argument is None for argument in arguments):
            return None
        try:
            return function(*arguments)
        except (TypeError, ValueError, AttributeError, OverflowError):
            raise ValueError("an argument of the wrong kind") from None

    return call


_STRICT = (years_between, days_between, add_days, add_months, add_years, next_yearly, next_age)
_LOOKUPS = (birth_of, sex_of, times_per_year, line_of, band)

FUNCTIONS: Mapping[str, Function] = {
    **{function.__name__: function for function in (blank, filled, coalesce)},
    **{function.__name__: _strict(function) for function in (*_STRICT, *_LOOKUPS)},
}
