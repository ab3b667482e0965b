"""The clock as an argument, the one form in which the vault writes an instant, and a clock that was set back."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    """The instant in UTC, of fixed width, so that stamps sort as text."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")
