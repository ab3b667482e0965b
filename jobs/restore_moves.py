"""Moves of a restored file into its place, which may be on another disk. Cut short anywhere, they can be done again."""

import errno
import os
import shutil
from pathlib import Path

from jobs.backup_errors import full_disk_told
from jobs.backup_file import sync_folder

_BESIDE = ("", "-wal", "-shm")
ARRIVED = ".restoring"


def put_in_place(staged: Path, present: Path, *, aside: str) -> None:
    """`staged` becomes `present`; what was there is kept in the folder `aside` beside it. Doing it again changes nothing.

    Raises DiskFull, with nothing moved yet.
    """
    kept = present.parent / aside
    arrived = present.with_name(present.name + ARRIVED)
    if staged.exists():
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
        _bring(staged, arrived)
    # From here on all lies on one disk, where a move is done or not.
    if arrived.exists():
        for suffix in _BESIDE:
            old = present.with_name(present.name + suffix)
            if old.exists():
                old.replace(kept / old.name)
        arrived.replace(present)
        sync_folder(present.parent)


def same_disk(one: Path, other: Path) -> bool:
    """Whether a file can be renamed from one folder into the other."""
    return one.stat().st_dev == other.stat().st_dev


def _bring(staged: Path, arrived: Path) -> None:
    """Onto the disk of its place, by a rename where that is the same."""
    try:
        staged.replace(arrived)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with full_disk_told(arrived.parent):
            shutil.copyfile(staged, arrived)
            arrived.chmod(0o600)
            descriptor = os.open(arrived, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        staged.unlink()
