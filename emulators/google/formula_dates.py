"""Functions of dates and times, on serial numbers."""

import calendar
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from emulators.google.entered import parse_plain
from emulators.google.formula_values import FormulaError, Result, scalar, to_number, value_error
from emulators.google.serials import moment_of, serial_of


def _moment(value: Result) -> datetime:
    try:
        return moment_of(to_number(value))
    except OverflowError:
        raise FormulaError("NUM", "The date is outside of the calendar.") from None


def _date(_: Any, year: Result, month: Result, day: Result) -> float:
    months = int(to_number(month)) - 1
    years = int(to_number(year)) + months // 12
    start = datetime(years + 1900 if 0 <= years < 1900 else years, months % 12 + 1, 1)
    return serial_of(start + timedelta(days=int(to_number(day)) - 1))


def _months_later(start: datetime, months: int) -> datetime:
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return datetime(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def _edate(_: Any, start: Result, months: Result) -> float:
    return serial_of(_months_later(_moment(start), int(to_number(months))))


def _month_end(_: Any, start: Result, months: Result) -> float:
    first = _months_later(_moment(start).replace(day=1), int(to_number(months)))
    return serial_of(first.replace(day=calendar.monthrange(first.year, first.month)[1]))


def _weekday(_: Any, value: Result, kind: Result = 1) -> int:
    monday_first = _moment(value).weekday()
    return {2: monday_first + 1, 3: monday_first}.get(int(to_number(kind)), (monday_first + 1) % 7 + 1)


def _time(_: Any, hour: Result, minute: Result, second: Result) -> float:
    return ((to_number(hour) * 3600 + to_number(minute) * 60 + to_number(second)) / 86400) % 1


def _parsed(part: Callable[[float], float]) -> Callable[..., float]:
    def run(_: Any, text: Result) -> float:
        found = scalar(text)
        parsed = parse_plain(found, locale="en_US", year=2000) if isinstance(found, str) else (found, None)
        if parsed is None or not isinstance(parsed[0], int | float):
            raise value_error("The text cannot be parsed to a date or time.")
        return part(parsed[0])

    return run


def _difference(_: Any, start: Result, end: Result, unit: Result) -> int:
    first, last = _moment(start), _moment(end)
    if first > last:
        raise FormulaError("NUM", "Function DATEDIF parameter 1 should be on or before parameter 2.")
    days = (last - first).days
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    found = {"D": days, "M": months, "Y": months // 12, "YM": months % 12}
    name = str(scalar(unit)).upper()
    if name not in found:
        raise FormulaError("NUM", "Function DATEDIF parameter 3 is not a known unit.")
    return found[name]


DATE_FUNCTIONS: dict[str, tuple[Callable[..., Result], int, int]] = {
    "DATE": (_date, 3, 3),
    "DATEDIF": (_difference, 3, 3),
    "DATEVALUE": (_parsed(lambda serial: int(serial // 1)), 1, 1),
    "DAY": (lambda _, value: _moment(value).day, 1, 1),
    "DAYS": (lambda _, end, start: to_number(end) - to_number(start), 2, 2),
    "EDATE": (_edate, 2, 2),
    "EOMONTH": (_month_end, 2, 2),
    "HOUR": (lambda _, value: _moment(value).hour, 1, 1),
    "MINUTE": (lambda _, value: _moment(value).minute, 1, 1),
    "MONTH": (lambda _, value: _moment(value).month, 1, 1),
    "NOW": (lambda here: serial_of(here.now), 0, 0),
    "SECOND": (lambda _, value: _moment(value).second, 1, 1),
    "TIME": (_time, 3, 3),
    "TIMEVALUE": (_parsed(lambda serial: serial % 1), 1, 1),
    "TODAY": (lambda here: serial_of(here.now.date()), 0, 0),
    "WEEKDAY": (_weekday, 1, 2),
    "YEAR": (lambda _, value: _moment(value).year, 1, 1),
}
