"""One state of the archive's databases beside a daemon that writes, without keys where keys do not belong."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from vault.store import data_key, envelope, key_encryption_key, vault_table

KEY_TABLES = (envelope.name, key_encryption_key.name, data_key.name)
"""What opens values. Without these rows a copy of the vault opens nothing, with any passphrase."""
COMMON_TABLES = (vault_table.name,)
"""What tells whose keys they are."""
BUSY_S = 60
TRIES = 20
"""How often a file is asked to stand still: somebody who writes all the time may slip in between each time."""


@contextmanager
def standing_still(source: Path) -> Iterator[bool]:
    """Whether an SQLite file is one whole state that nothing changes while the block lasts; others go on writing meanwhile.

    A reader keeps whatever is written from now on in the write-ahead log, and that nothing older is left there was
    looked at: the file alone is what the reader sees (sqlite.org/walformat.html, 2.3.1 and 4.3). See ADR 0007.
    """
    with closing(_connected(source, "rw")) as reader, closing(_connected(source, "rw")) as other:
        for _ in range(TRIES):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
            busy, logged, moved = other.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if not busy and logged == moved:
                yield True
                return
            reader.execute("ROLLBACK")
    yield False


def _connected(source: Path, mode: Literal["ro", "rw"]) -> sqlite3.Connection:
    address = f"{source.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY_S)


def copy_database(source: Path, target: Path) -> None:
    """One state of an SQLite database, all of its tables. A writer beside it neither waits nor shows."""
    with (
        closing(_connected(source, "ro")) as present,
        quick(target) as copy,
    ):
        # In one step: copied page by page, it would begin anew at every write of the daemon.
        present.backup(copy)
        copy.execute("PRAGMA journal_mode=OFF")


def take_keys_out(vault: Path) -> None:
    """Empty the tables of keys in a copy of the vault, their old pages too."""
    _empty(vault, KEY_TABLES)


def copy_keys(source: Path, target: Path) -> None:
    """The tables of keys alone, of a copy of the vault."""
    with quick(target) as copy:
        copy.execute("ATTACH ? AS whole", (str(source),))
        for name in (*COMMON_TABLES, *KEY_TABLES):
            (text,) = copy.execute("SELECT sql FROM whole.sqlite_master WHERE name = ?", (name,)).fetchone()
            copy.execute(text)
            copy.execute(f'INSERT INTO main."{name}" SELECT * FROM whole."{name}"')


def put_keys_in(vault: Path, keys: Path) -> None:
    """The tables of keys of `keys` into a copy of the vault that has none, or others."""
    with closing(sqlite3.connect(vault, isolation_level=None)) as copy:
        copy.execute("ATTACH ? AS keys", (str(keys),))
        copy.execute("BEGIN IMMEDIATE")
        for name in KEY_TABLES:
            copy.execute(f'DELETE FROM main."{name}"')
            copy.execute(f'INSERT INTO main."{name}" SELECT * FROM keys."{name}"')
        copy.execute("COMMIT")


def keyless(vault: Path) -> int:
    """Values in a vault that stand but whose person has no row among the data keys: more than none are lost."""
    query = (
        "SELECT count(*) FROM sealed_value WHERE body IS NOT NULL"
        " AND subject NOT IN (SELECT subject FROM data_key)"
    )
    with closing(sqlite3.connect(vault)) as copy:
        return int(copy.execute(query).fetchone()[0])


def row_counts(database: Path) -> dict[str, int]:
    """Rows by table of a file that stands still."""
    with closing(_still(database)) as copy:
        return {
            name: int(copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in tables(copy)
        }


def tables(connection: sqlite3.Connection) -> list[str]:
    """The tables of a database, by name."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    return [name for (name,) in connection.execute(query)]


def faults(database: Path) -> list[str]:
    """What SQLite finds wrong with a file; nothing when it is whole."""
    try:
        with closing(sqlite3.connect(database)) as copy:
            found = [str(line) for (line,) in copy.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [line for line in found if line != "ok"]


def differences(first: Path, second: Path) -> Mapping[str, int]:
    """Rows in which two files that stand still differ, by table; compares every row of every table, in order."""
    with closing(_still(first)) as one, closing(_still(second)) as other:
        names = sorted({*tables(one), *tables(other)})
        counted = {
            name: sum(left != right for left, right in zip_longest(_rows(one, name), _rows(other, name)))
            for name in names
        }
    return {name: count for name, count in counted.items() if count}


def _still(database: Path) -> sqlite3.Connection:
    """Reads the file and nothing else: no lock, and no log beside it, which holds what was written later."""
    return sqlite3.connect(f"{database.absolute().as_uri()}?immutable=1", uri=True)


def _rows(connection: sqlite3.Connection, name: str) -> Iterator[object]:
    """Every row with its number, which a copy keeps; no rows where there is no such table."""
    if name not in tables(connection):
        return iter(())
    return iter(connection.execute(f'SELECT rowid, * FROM "{name}" ORDER BY rowid'))


def _empty(database: Path, names: Iterable[str]) -> None:
    with quick(database) as copy:
        copy.execute("PRAGMA secure_delete=ON")
        for name in names:
            copy.execute(f'DELETE FROM "{name}"')


@contextmanager
def quick(database: Path) -> Iterator[sqlite3.Connection]:
    """Opens a copy that nobody else uses and that a crash may spoil: it needs no journal."""
    with closing(sqlite3.connect(database, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode=OFF")
        copy.execute("PRAGMA synchronous=OFF")
        yield copy
