"""The parts of a backup: copies, what differs, what is kept, and a disk that is full."""

import io
import os
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from jobs.backup_errors import DiskFull, full_disk_told
from jobs.backup_file import Manifest, write_backup
from jobs.backup_rotation import at_of, file_name, superfluous
from jobs.backup_snapshot import copy_database, differences, faults, row_counts

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def made(path: Path, rows: int) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pair (one INTEGER, two INTEGER)")
        connection.executemany("INSERT INTO pair VALUES (?, ?)", [(row, row) for row in range(rows)])
    return path


def test_a_copy_beside_a_writer_is_one_state(tmp_path: Path) -> None:
    """Both columns always change in one transaction; a torn copy would show them apart."""
    source, stop = made(tmp_path / "source.sqlite3", 2_000), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=30)) as connection:
            while not stop.is_set():
                connection.execute("UPDATE pair SET one = one + 1, two = two + 1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            copy = tmp_path / f"copy{number}.sqlite3"
            copy_database(source, copy)
            assert faults(copy) == []
            with closing(sqlite3.connect(copy)) as connection:
                apart = "SELECT count(*), count(DISTINCT one - rowid) FROM pair WHERE one = two"
                assert connection.execute(apart).fetchone() == (2_000, 1)
    finally:
        stop.set()
        writer.join()


def test_every_row_that_differs_is_counted_by_table(tmp_path: Path) -> None:
    first = made(tmp_path / "first.sqlite3", 10)
    second = tmp_path / "second.sqlite3"
    copy_database(first, second)
    assert differences(first, second) == {}
    with closing(sqlite3.connect(second, isolation_level=None)) as connection:
        connection.execute("UPDATE pair SET two = 99 WHERE one = 4")
        connection.execute("DELETE FROM pair WHERE one = 9")
        connection.execute("CREATE TABLE another (one)")
        connection.execute("INSERT INTO another VALUES (1)")
    assert differences(first, second) == {"pair": 2, "another": 1}
    assert row_counts(second) == {"another": 1, "pair": 9}


def test_a_file_that_is_no_database_has_faults(tmp_path: Path) -> None:
    file = tmp_path / "broken.sqlite3"
    file.write_bytes(b"no database" * 1000)
    assert faults(file)


def test_the_newest_of_each_kept_day_week_and_month_stays() -> None:
    days = [NOW - timedelta(days=back) for back in range(120)]
    found = {Path(file_name("archive", at)): at for at in days}
    gone = superfluous(found, daily=3, weekly=2, monthly=3)
    kept = sorted((found[path].date().isoformat() for path in found if path not in gone), reverse=True)
    # Three days; the last week's Sunday; the ends of October and September.
    assert kept == ["2026-11-23", "2026-11-22", "2026-11-21", "2026-10-31", "2026-09-30"]


def test_only_names_that_we_give_are_ever_removed() -> None:
    assert at_of(file_name("archive", NOW), "archive") == NOW
    assert at_of(file_name("keys", NOW), "archive") is None, "keys are no archive"
    assert at_of("tablekeeper-of-the-boss.age", "archive") is None
    assert at_of("letters.txt", "archive") is None


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_error_whoever_meets_it() -> None:
    recipient = pyrage.x25519.Identity.generate().to_public()
    with (
        pytest.raises(DiskFull, match="full"),
        full_disk_told(Path("/dev")),
        Path("/dev/full").open("wb") as file,
    ):
        pyrage.encrypt_io(io.BytesIO(bytes(1 << 22)), file, [recipient])
    with (
        pytest.raises(DiskFull),
        full_disk_told(Path("/dev")),
        Path("/dev/full").open("wb", buffering=0) as file,
    ):
        file.write(b"x")


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "hub.sqlite3"
    source.write_bytes(bytes(100_000))
    target = tmp_path / "backup.age"
    recipient = str(pyrage.x25519.Identity.generate().to_public())

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        write_backup(
            target,
            Manifest("archive", "", "", "", ""),
            {"hub.sqlite3": source},
            [recipient],
            lambda a, b: None,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["hub.sqlite3"]
