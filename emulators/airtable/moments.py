"""Dates and times in cells: what a write may look like, and the one form that is stored."""

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulators.airtable.model import Field
from emulators.clock import timestamp

LOOSE_FORMATS = ("%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%m/%d/%y", "%d %B %Y", "%B %d, %Y", "%Y年%m月%d日")
"""What `typecast` understands beside ISO, tried in this order."""
LOOSE_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M%p", " %I:%M %p")
ISO_START = re.compile(r"\d{4}-\d{2}-\d{2}")


def zone_of(column: Field) -> tzinfo:
    """The zone in which a field reads times without offset; "client" has none over the interface, and means UTC."""
    name = column.option("timeZone") or "utc"
    if name in ("client", "utc"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def parse_moment(text: str, zone: tzinfo, *, loose: bool = False) -> datetime | None:
    """An aware datetime from ISO text (or, if `loose`, from what people type); None if it is neither."""
    moment = _iso(text.strip()) or (_loose(text.strip()) if loose else None)
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=zone)


def store_date(value: object, *, loose: bool) -> str | None:
    """`2026-03-02` from text or epoch milliseconds; None if it is no date."""
    moment = _moment(value, UTC, loose)
    return None if moment is None else moment.date().isoformat()


def store_datetime(value: object, column: Field, *, loose: bool) -> str | None:
    """UTC with milliseconds from text or epoch milliseconds; None if it is no time."""
    moment = _moment(value, zone_of(column), loose)
    return None if moment is None else timestamp(moment, milliseconds=True)


def _moment(value: object, zone: tzinfo, loose: bool) -> datetime | None:
    if isinstance(value, str):
        return parse_moment(value, zone, loose=loose)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    return None


def _iso(text: str) -> datetime | None:
    if not ISO_START.match(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _loose(text: str) -> datetime | None:
    for day in LOOSE_FORMATS:
        for time in LOOSE_TIMES:
            try:
                return datetime.strptime(text, day + time)
            except ValueError:
                continue
    return None


def read_cell(value: str) -> datetime:
    """A stored date or time as an aware datetime; a date is midnight UTC."""
    if len(value) == len("2026-03-02"):
        day = date.fromisoformat(value)
        return datetime(day.year, day.month, day.day, tzinfo=UTC)
    return datetime.fromisoformat(value)
