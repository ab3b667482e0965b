"""When digests are due. Pure; what was missed while the daemon was down is made up for once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from jobs.calendar import Calendar
from jobs.config import DigestConfig

PUNCTUAL = timedelta(minutes=10)
"""A digest that was never sent begins at its hour: whoever starts an archive in the afternoon gets no morning mail."""


def due_digests(
    digests: Sequence[DigestConfig], now: datetime, last: Mapping[str, date], calendar: Calendar
) -> list[DigestConfig]:
    """The digests to be sent now. `now` is local, `last` the days on which each was sent last."""
    return [digest for digest in digests if _is_due(digest, now, last.get(digest.id), calendar)]


def _is_due(digest: DigestConfig, now: datetime, last: date | None, calendar: Calendar) -> bool:
    day, at = now.date(), clock(digest.at)
    if now.time() < at or not (calendar.is_working(day) or digest.on_days_off):
        return False
    if last is None:
        punctual = now.replace(tzinfo=None) - datetime.combine(day, at) < PUNCTUAL
        return punctual and (digest.every == "day" or calendar.next_working(_period(digest, day)) == day)
    # The first working day of a week or month is the first on which it was not sent in that one.
    return _period(digest, last) != _period(digest, day)


def _period(digest: DigestConfig, day: date) -> date:
    """The first day of the period that a day lies in."""
    if digest.every == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if digest.every == "month" else day


def clock(text: str) -> time:
    """A time of day like 08:30."""
    hour, minute = map(int, text.split(":"))
    return time(hour, minute)
