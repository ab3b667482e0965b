"""One daemon per archive, and no restore under a desk: operating-system locks on files, so that kill -9 frees them by itself."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import LeaseTaken

_DESKS = "desk.lease"


@contextmanager
def lease(folder: Path) -> Iterator[None]:
    """Hold the archive's lease for the time of the block. Raises LeaseTaken when another process has it."""
    with _locked(folder / "lease", fcntl.LOCK_EX, f"another daemon already works on the archive in {folder}"):
        yield


@contextmanager
def serving(folder: Path) -> Iterator[None]:
    """A desk serves the archive for the time of the block; several may. Raises LeaseTaken while it is being restored."""
    with _locked(folder / _DESKS, fcntl.LOCK_SH, f"the archive in {folder} is being restored"):
        yield


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """No desk of this machine serves the archive, which would go on with the files put aside. Raises LeaseTaken."""
    with _locked(folder / _DESKS, fcntl.LOCK_EX, f"a desk serves the archive in {folder}"):
        yield


@contextmanager
def _locked(path: Path, kind: int, taken: str) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except OSError:
            raise LeaseTaken(taken) from None
        yield
