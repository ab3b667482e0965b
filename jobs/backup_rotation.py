"""Which backups are kept: the newest of each of the last days, weeks and months that have one. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

_FORM = "%Y%m%dT%H%M%SZ"
_PREFIXES = {"archive": "tablekeeper-", "keys": "tablekeeper-keys-"}
SUFFIX = ".age"


def file_name(kind: str, at: datetime) -> str:
    """What a backup of this moment is called."""
    return f"{_PREFIXES[kind]}{at.astimezone(UTC):{_FORM}}{SUFFIX}"


def at_of(name: str, kind: str) -> datetime | None:
    """The moment of a backup by its file's name; None for every other file, which is nobody's to remove."""
    prefix = _PREFIXES[kind]
    if not (name.startswith(prefix) and name.endswith(SUFFIX)):
        return None
    try:
        return datetime.strptime(name[len(prefix) : -len(SUFFIX)], _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None


def superfluous(found: Mapping[Path, datetime], *, daily: int, weekly: int, monthly: int) -> list[Path]:
    """The backups that may go, oldest first."""
    newest_first = sorted(found, key=lambda path: found[path], reverse=True)
    kept: set[Path] = set()
    for most, span in ((daily, _day), (weekly, _week), (monthly, _month)):
        firsts: dict[str, Path] = {}
        for path in newest_first:
            firsts.setdefault(span(found[path]), path)
        kept |= set(list(firsts.values())[:most])
    return [path for path in reversed(newest_first) if path not in kept]


Span = Callable[[datetime], str]


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _week(at: datetime) -> str:
    return f"{at:%G-%V}"


def _month(at: datetime) -> str:
    return f"{at:%Y-%m}"
