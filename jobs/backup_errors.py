"""Every error of backups and of restoring. No message carries a value.

BackupError
├── BackupUnset       nobody is named who could open a backup
├── BackupRefused     what was asked for does not fit: another vault, older keys, another plan
├── IdentityWrong     the backup was not encrypted for this identity
├── BackupDamaged     the file is cut short, edited, or no backup
├── DiskFull          there is no room
└── ArchivePaused     a restored archive waits for a person
"""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage


class BackupError(Exception):
    """Base of all errors of backups; `advice` says what to do."""

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class BackupUnset(BackupError):
    """There is no recipient."""


class BackupRefused(BackupError):
    """Restoring like this would harm."""


class IdentityWrong(BackupError):
    """Another identity is needed."""


class BackupDamaged(BackupError):
    """The file is not what was written."""


class DiskFull(BackupError):
    """The disk has no room."""


class ArchivePaused(BackupError):
    """Nobody may work on the archive before a person has said so."""


def require_room(place: Path, needed: int, purpose: str) -> None:
    """Raises DiskFull before anything is begun."""
    free = shutil.disk_usage(place).free
    if free < needed:
        raise DiskFull(
            f"the disk of {place} has {free:,} bytes free; {purpose} needs {needed:,}",
            "make room there; nothing was changed",
        )


@contextmanager
def full_disk_told(place: Path) -> Iterator[None]:
    """Whichever library hits the end of the disk, it is one error: DiskFull."""
    try:
        yield
    except (OSError, sqlite3.OperationalError, pyrage.EncryptError) as error:
        if not _is_full(error):
            raise
        raise DiskFull(
            f"the disk of {place} is full; nothing was changed", "make room there, or name another folder"
        ) from None


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOSPC
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    # The library passes on an error of the file only as text.
    return f"rrno {errno.ENOSPC}]" in str(error) or f"os error {errno.ENOSPC}" in str(error)
