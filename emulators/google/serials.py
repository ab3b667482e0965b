"""Serial numbers: days since 1899-12-30, the fraction is the time of day. No zone is in the number."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EPOCH = datetime(1899, 12, 30)
SECONDS_PER_DAY = 86_400


def serial_of(moment: datetime | date) -> float:
    """The serial number of a wall-clock time or a date."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    return (moment - EPOCH) / timedelta(days=1)


def moment_of(serial: float) -> datetime:
    """The wall-clock time of a serial number, to the millisecond; raises OverflowError outside of the calendar."""
    return EPOCH + timedelta(milliseconds=round(serial * SECONDS_PER_DAY * 1000))


def wall_clock(instant: datetime, zone_name: str) -> datetime:
    """What a clock in the spreadsheet's time zone shows; UTC for a zone that is not known here."""
    try:
        zone: ZoneInfo | None = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError):
        zone = None
    return instant.astimezone(zone or UTC).replace(tzinfo=None)
