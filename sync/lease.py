"""One daemon per archive: an operating-system lock on a file, so that kill -9 frees it by itself."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import LeaseTaken


@contextmanager
def lease(folder: Path) -> Iterator[None]:
    """Hold the archive's lease for the time of the block. Raises LeaseTaken when another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lease").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LeaseTaken(f"another daemon already works on the archive in {folder}") from None
        yield
