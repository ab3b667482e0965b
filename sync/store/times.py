"""Times in the store: always UTC, though SQLite forgets to say so."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """An instant. SQLite keeps the digits of a clock and drops its zone: so that moments of two zones compare as moments
    everywhere, they are turned into UTC on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A moment to store, or to compare what is stored with."""
        return None if value is None else utc(value).astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """A stored moment, aware."""
        return None if value is None else utc(value)


def utc(moment: datetime) -> datetime:
    """`moment` as an aware time; a naive one is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
