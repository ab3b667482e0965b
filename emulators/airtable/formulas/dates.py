"""Date functions. Without SET_TIMEZONE everything is UTC, as over the interface."""

import calendar
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from emulators.airtable.formulas.patterns import format_moment, parse_pattern
from emulators.airtable.formulas.values import FormulaError, Value, to_moment, to_number, to_text

SECONDS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
MONTHS = {"months": 1, "quarters": 3, "years": 12}
SHORT_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks",
               "M": "months", "Q": "quarters", "y": "years"}  # fmt: skip
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
RELATIVE = (("years", 31557600), ("months", 2629800), ("days", 86400), ("hours", 3600), ("minutes", 60))


def _unit(written: Value) -> str:
    name = to_text(written)
    unit = SHORT_UNITS.get(name) or (name.lower() if name.lower().endswith("s") else name.lower() + "s")
    if unit not in SECONDS and unit not in MONTHS:
        raise FormulaError("unknown unit")
    return unit


def _add(day: Value, number: Value, unit: Value) -> datetime:
    moment, count, name = to_moment(day), to_number(number), _unit(unit)
    if name in MONTHS:
        return _add_months(moment, int(count) * MONTHS[name])
    return moment + timedelta(seconds=count * SECONDS[name])


def _add_months(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _difference(later: Value, earlier: Value, unit: Value = "seconds") -> int:
    end, start, name = to_moment(later), to_moment(earlier), _unit(unit)
    if name in MONTHS:
        return (
            _months_between(end, start) // MONTHS[name]
            if end >= start
            else -(_months_between(start, end) // MONTHS[name])
        )
    return int((end - start).total_seconds() / SECONDS[name])


def _months_between(end: datetime, start: datetime) -> int:
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (_add_months(start, months) > end)


def _truncated(moment: datetime, unit: str) -> tuple[int, ...]:
    if unit == "weeks":
        sunday = moment.date() - timedelta(days=moment.isoweekday() % 7)
        return sunday.year, sunday.month, sunday.day
    if unit == "quarters":
        return moment.year, (moment.month - 1) // 3
    length = ("years", "months", "days", "hours", "minutes", "seconds", "milliseconds").index(unit) + 1
    return (*moment.timetuple()[:6], moment.microsecond // 1000)[:length]


def _is_same(left: Value, right: Value, unit: Value = None) -> bool:
    if unit is None:
        return to_moment(left) == to_moment(right)
    name = _unit(unit)
    return _truncated(to_moment(left).astimezone(UTC), name) == _truncated(
        to_moment(right).astimezone(UTC), name
    )


def _weekday(day: Value, start: Value = None) -> int:
    first = WEEKDAYS.index(to_text(start).lower()) if start else 0
    return (to_moment(day).isoweekday() - first) % 7


def _week_number(day: Value, start: Value = None) -> int:
    moment = to_moment(day)
    new_year = moment.replace(month=1, day=1)
    return (moment.timetuple().tm_yday + _weekday(new_year, start) - 1) // 7 + 1


def _holidays(written: Value) -> set[date]:
    parts = (part.strip() for part in to_text(written).split(","))
    return {to_moment(part).date() for part in parts if part}


def _workdays(start: datetime, step: int, holidays: set[date]) -> Iterator[datetime]:
    moment = start
    while True:
        moment += timedelta(days=step)
        if moment.isoweekday() < 6 and moment.date() not in holidays:
            yield moment


def _workday(start: Value, count: Value, holidays: Value = None) -> datetime:
    moment, days = to_moment(start), int(to_number(count))
    walk = _workdays(moment, 1 if days > 0 else -1, _holidays(holidays))
    for _ in range(abs(days)):
        moment = next(walk)
    return moment


def _workday_difference(start: Value, end: Value, holidays: Value = None) -> int:
    first, last = to_moment(start), to_moment(end)
    if first > last:
        return -_workday_difference(end, start, holidays)
    off = _holidays(holidays)
    count = 0
    for moment in _workdays(first - timedelta(days=1), 1, off):
        if moment.date() > last.date():
            return count
        count += 1
    return count


def _relative(scope: Any, day: Callable[[Any], Value]) -> str:
    seconds = abs((scope.now - to_moment(day(scope))).total_seconds())
    for unit, size in RELATIVE:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit if count > 1 else unit[:-1]}"
    return f"{int(seconds)} seconds"


def _parse(value: Value, pattern: Value = None, locale: Value = None) -> datetime:
    if pattern is None or not isinstance(value, str):
        return to_moment(value)
    return parse_pattern(value, to_text(pattern))


LAZY: dict[str, Callable[..., Value]] = {
    "NOW": lambda scope: scope.now,
    "TODAY": lambda scope: scope.now.replace(hour=0, minute=0, second=0, microsecond=0),
    "FROMNOW": _relative,
    "TONOW": _relative,
}
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "DATEADD": _add,
    "DATESTR": lambda day: to_moment(day).strftime("%Y-%m-%d"),
    "DATETIME_DIFF": _difference,
    "DATETIME_FORMAT": lambda day, pattern=None: format_moment(to_moment(day), to_text(pattern)),
    "DATETIME_PARSE": _parse,
    "DAY": lambda day: to_moment(day).day,
    "HOUR": lambda day: to_moment(day).hour,
    "IS_AFTER": lambda left, right: to_moment(left) > to_moment(right),
    "IS_BEFORE": lambda left, right: to_moment(left) < to_moment(right),
    "IS_SAME": _is_same,
    "MINUTE": lambda day: to_moment(day).minute,
    "MONTH": lambda day: to_moment(day).month,
    "SECOND": lambda day: to_moment(day).second,
    "SET_LOCALE": lambda day, locale: to_moment(day),
    "SET_TIMEZONE": lambda day, zone: to_moment(day).astimezone(ZoneInfo(to_text(zone))),
    "TIMESTR": lambda day: to_moment(day).strftime("%H:%M:%S"),
    "WEEKDAY": _weekday,
    "WEEKNUM": _week_number,
    "WORKDAY": _workday,
    "WORKDAY_DIFF": _workday_difference,
    "YEAR": lambda day: to_moment(day).year,
}
