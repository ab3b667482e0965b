"""Times in the store: always UTC, though SQLite forgets to say so."""

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """`moment` as an aware time; a naive one is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
