"""The parts of a backup: copies, what differs, what is kept, and a disk that is full."""

import io
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest

from jobs.backup import HUB
from jobs.backup_errors import BackupDamaged, DiskFull, full_disk_told
from jobs.backup_file import Manifest, read_backup, write_backup
from jobs.backup_rotation import at_of, file_name, superfluous
from jobs.backup_server import HUB_FORM, one_state
from jobs.backup_snapshot import copy_database, differences, faults, row_counts, standing_still

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def made(path: Path, rows: int) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE pair (one INTEGER, two INTEGER)")
        connection.executemany("INSERT INTO pair VALUES (?, ?)", [(row, row) for row in range(rows)])
    return path


@contextmanager
def written(source: Path) -> Iterator[None]:
    """Somebody writes into a database all the time."""
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(source, isolation_level=None, timeout=30)) as connection:
            while not stop.is_set():
                connection.execute("UPDATE pair SET one = one + 1, two = two + 1")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


def require_one_state(file: Path) -> None:
    assert faults(file) == []
    with closing(sqlite3.connect(file)) as connection:
        apart = "SELECT count(*), count(DISTINCT one - rowid) FROM pair WHERE one = two"
        assert connection.execute(apart).fetchone() == (2_000, 1)


def sum_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT sum(one) FROM pair").fetchone()[0])


def wait_for_a_write(source: Path) -> None:
    before = sum_of(source)
    while sum_of(source) == before:
        pass


def pack(target: Path, source: Path, identity: pyrage.x25519.Identity) -> None:
    manifest = Manifest("archive", "", "", "", "", {HUB: source.stat().st_size})
    write_backup(target, manifest, {HUB: source}, [str(identity.to_public())], lambda done, total: None)


@pytest.mark.parametrize("name", ["../outside", "/outside", "folder/../../outside"])
def test_a_backup_that_names_a_file_outside_is_damaged_and_writes_none(tmp_path: Path, name: str) -> None:
    """Whoever has the recipient's public key can make one."""
    identity, into = pyrage.x25519.Identity.generate(), tmp_path / "into"
    into.mkdir()
    inside = tmp_path / "source"
    inside.write_bytes(b"x")
    write_backup(
        tmp_path / "sealed.age",
        Manifest("archive", "", "", "", "", {name: 1}),
        {name: inside},
        [str(identity.to_public())],
        lambda done, total: None,
    )
    with pytest.raises(BackupDamaged):
        read_backup(tmp_path / "sealed.age", str(identity), into)
    assert not (tmp_path / "outside").exists()
    assert [file.name for file in into.iterdir()] in ([], ["manifest.json"])


def test_a_copy_beside_a_writer_is_one_state(tmp_path: Path) -> None:
    """Both columns always change in one transaction; a torn copy would show them apart."""
    source = made(tmp_path / "source #1?.sqlite3", 2_000)
    with written(source):
        for number in range(5):
            copy = tmp_path / f"copy{number}.sqlite3"
            copy_database(source, copy)
            require_one_state(copy)


def test_a_file_that_stands_still_is_packed_in_one_state_beside_a_writer(tmp_path: Path) -> None:
    """The file is read while the writer goes on; what it wrote meanwhile is in no backup but in the next."""
    source, identity = made(tmp_path / "source #1?.sqlite3", 2_000), pyrage.x25519.Identity.generate()
    packed, first = 0, sum_of(source)
    with written(source):
        for number in range(20):
            with standing_still(source) as stands:
                packed += stands
                if stands:
                    sealed, opened = tmp_path / f"{number}.age", tmp_path / str(number)
                    opened.mkdir()
                    wait_for_a_write(source)
                    pack(sealed, source, identity)
                    read_backup(sealed, str(identity), opened)
                    require_one_state(opened / HUB)
                    assert row_counts(source) == {"pair": 2_000}
                    assert differences(source, opened / HUB) == {}
    assert packed
    with standing_still(source) as stands:
        assert stands
        pack(tmp_path / "last.age", source, identity)
    (tmp_path / "last").mkdir()
    read_backup(tmp_path / "last.age", str(identity), tmp_path / "last")
    assert sum_of(tmp_path / "last" / HUB) == sum_of(source) > first


def test_a_file_does_not_stand_still_while_an_older_reader_keeps_the_log(tmp_path: Path) -> None:
    source = made(tmp_path / "source.sqlite3", 10)
    with closing(sqlite3.connect(source, isolation_level=None)) as older:
        older.execute("BEGIN")
        older.execute("SELECT * FROM pair").fetchall()
        with closing(sqlite3.connect(source, isolation_level=None)) as writer:
            writer.execute("UPDATE pair SET two = 0")
        with standing_still(source) as stands:
            assert not stands
        with one_state(f"sqlite:///{source}", tmp_path / "copy", HUB_FORM) as file:
            assert (file, sum_of(file)) == (tmp_path / "copy", 45)
    with one_state(f"sqlite:///{source}", tmp_path / "copy", HUB_FORM) as file:
        assert (file, sum_of(file)) == (source, 45)


def test_packing_keeps_the_locks_of_this_process(tmp_path: Path) -> None:
    """Closing a file drops all locks that its process has on it; then another could take the log away from under us."""
    source = made(tmp_path / "source.sqlite3", 10)
    steal = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1], timeout=0).execute('PRAGMA journal_mode=DELETE').fetchone()[0])"
    with closing(sqlite3.connect(source)) as present:
        present.execute("SELECT count(*) FROM pair").fetchone()
        pack(tmp_path / "sealed.age", source, pyrage.x25519.Identity.generate())
        thief = subprocess.run([sys.executable, "-c", steal, str(source)], capture_output=True, text=True)
    assert "database is locked" in thief.stderr, thief.stdout


def test_a_file_that_cannot_be_read_to_its_end_makes_no_backup(tmp_path: Path) -> None:
    file, identity = tmp_path / "file", pyrage.x25519.Identity.generate()
    file.write_bytes(bytes(16_000_000))

    def cut(done: int, total: int) -> None:
        os.truncate(file, 1)

    manifest, keys = Manifest("archive", "", "", "", ""), [str(identity.to_public())]
    with pytest.raises((OSError, pyrage.EncryptError), match="were not read"):
        write_backup(tmp_path / "b.age", manifest, {"file": file}, keys, cut)
    assert not list(tmp_path.glob("b.age*"))


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
