"""The clock as an argument, the one form in which the vault writes an instant, and a clock that was set back."""

from collections.abc import Callable
from datetime import UTC, datetime

from vault.errors import VaultDamaged

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    """The instant in UTC, of fixed width, so that stamps sort as text."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant_of(text: str, what: str) -> datetime:
    """Inverse of `stamp`. Raises VaultDamaged when somebody wrote something else into `what`."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise VaultDamaged(f"{what} was edited: its time is none") from None
