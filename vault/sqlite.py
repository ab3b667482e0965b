"""What is particular to a vault in an SQLite file: its mode, its settings, its write lock, its lease."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from vault.errors import VaultInUse, VaultMissing, VaultUnavailable

BUSY_TIMEOUT_S = 30
BUSY_STEP_S = 0.001


@contextmanager
def file_lease(path: Path) -> Iterator[None]:
    # By its real name: whoever comes over a link comes to the same vault.
    path = path.resolve()
    with path.with_name(f"{path.name}.lease").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise VaultInUse("another daemon works on this vault already") from None
        yield


def must_exist(url: str) -> None:
    """Raises VaultMissing for an SQLite file that is not there, which connecting would create."""
    path = sqlite_path(url)
    if path is not None and not path.is_file():
        raise VaultMissing(f"no vault at {path}; run `vault init`")


def make_private_file(url: str) -> None:
    """Create the SQLite file readable by its owner alone; SQLite gives its log files the same mode."""
    path = sqlite_path(url)
    if path is not None:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise VaultUnavailable(f"cannot write {path}: {error.strerror}") from None


def sqlite_path(url: str) -> Path | None:
    parsed = sa.make_url(url)
    in_file = parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:")
    return Path(str(parsed.database)) if in_file else None


def prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Transactions are begun below, not by the driver's guess.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "cache_size=-65536",
        # Tokens and marks fall anywhere in their indexes: each page is copied once for many blocks, not once for each.
        "wal_autocheckpoint=8000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def begin(connection: sa.Connection) -> None:
    # A read that turns into a write would fail without waiting when another process wrote in between.
    if connection.get_execution_options().get("vault_writes"):
        _take_write_lock(connection.connection.driver_connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _take_write_lock(connection: Any) -> None:
    """Wait in small steps: SQLite's own waiting grows to 100 ms a step, and would starve beside a rotation's quick blocks."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
            time.sleep(BUSY_STEP_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
