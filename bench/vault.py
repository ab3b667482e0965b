"""The vault in bulk, each figure beside its floor in one run: sealing, opening and moving subjects to a new key.

A floor is what the database alone costs: the same rows, prepared beforehand, through the driver and nothing else.
"""

import secrets
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.config import VaultConfig
from vault.keys import Argon2Cost, from_passphrase
from vault.plaintext import Plaintext
from vault.rotation import PAUSE_S, REWRAPPED_AT_ONCE, rotate
from vault.store import data_key, sealed_value
from vault.suites import TAG_LENGTH, SuiteName
from vault.values import Secret
from vault.vault import Vault

PEOPLE, KNOWN = 1_600, 500
BATCHES = 7
FIELDS = ("id_number", "mobile", "email", "home_address", "work_address", "annual_income")
REVEALED, ROTATED, ROTATIONS = 500, 20_000, 5
ROOT = from_passphrase("bench", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))


def vault_figures() -> dict[str, Any]:
    """Ratios of work to floor, medians of batches that alternate with their floor."""
    figures: dict[str, Any] = {}
    with vaults("aes") as (vault, floor):
        ratios, rates = tokenizing(vault, floor)
        figures |= {"tokenize_ratio": ratios, "tokenize_rows_per_s": rates}
        figures["reveal_bulk_ratio"] = revealing(vault)
    with vaults("sm4") as (vault, floor):
        figures["tokenize_ratio_sm4"], _ = tokenizing(vault, floor)
    with vaults("aes") as (vault, _):
        figures["rotate_subjects_ratio"] = rotating(vault)
    for name, figure in figures.items():
        print(f"{name:>22} {figure:10.2f}", flush=True)
    return figures


@contextmanager
def vaults(suite: SuiteName) -> Iterator[tuple[Vault, sqlite3.Connection]]:
    """An empty vault, and the driver's connection to another with the same tables and settings."""
    with TemporaryDirectory() as folder:
        config = VaultConfig(suite=suite)
        Vault.create(f"sqlite:///{folder}/floor.sqlite3", ROOT, config=config).close()
        vault = Vault.create(f"sqlite:///{folder}/vault.sqlite3", ROOT, config=config)
        with closing(plain(Path(folder) / "floor.sqlite3")) as floor:
            yield vault, floor
        vault.close()


def plain(path: Path) -> sqlite3.Connection:
    """The driver with the vault's settings of durability, erasure and cache; how often it empties its log is SQLite's default."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def tokenizing(vault: Vault, floor: sqlite3.Connection) -> tuple[float, float]:
    """Rows per second of `seal` over those of the floor, and rows per second by the clock.

    A batch holds people who are new, each with a data key and the values that the default archive keeps of a customer,
    and people of the batch before with a value that is new and one that is known.
    """
    ratios, rates = [], []
    for batch in range(BATCHES + 1):
        wanted = invented(batch)
        started = time.perf_counter()
        seal_s = seconds(partial(vault.seal, wanted))
        spent_s = time.perf_counter() - started
        rows, keys = written(vault)
        floor_s = seconds(partial(insert, floor, rows, keys))
        if batch:  # The first one warms up both.
            ratios.append(len(wanted) / seal_s / (len(rows) / floor_s))
            rates.append(len(wanted) / spent_s)
    return round(statistics.median(ratios), 3), round(statistics.median(rates))


def invented(batch: int) -> list[Secret]:
    """Values of people who do not exist."""
    first = batch * PEOPLE
    new = [_secret(number, name) for number in range(first, first + PEOPLE) for name in FIELDS]
    again = range(max(0, first - KNOWN), first)
    return new + [_secret(number, name) for number in again for name in ("account", FIELDS[0])]


def _secret(number: int, name: str) -> Secret:
    return Secret(
        f"customers.{name}", f"R{number:09}", Plaintext(f"{number:014}{name[:4]}"), "1****1", searchable=True
    )


def written(vault: Vault) -> tuple[list[Any], list[Any]]:
    """The rows of the last batch, as the driver takes them."""
    with vault.store.reading() as connection:
        last = connection.execute(sa.select(sa.func.max(sealed_value.c.change))).scalar_one()
        chosen = sa.select(sealed_value).where(sealed_value.c.change == last)
        rows = [tuple(row) for row in connection.execute(chosen)]
        newest = sa.select(data_key).where(data_key.c.change == last)
        return rows, [tuple(row) for row in connection.execute(newest)]


def insert(floor: sqlite3.Connection, rows: list[Any], keys: list[Any]) -> None:
    """The same rows in one durable transaction."""
    floor.execute("BEGIN IMMEDIATE")
    for table, prepared in ((data_key, keys), (sealed_value, rows)):
        places = ", ".join("?" * len(table.c))
        floor.executemany(f"INSERT INTO {table.name} VALUES ({places})", prepared)
    floor.execute("COMMIT")


def revealing(vault: Vault) -> float:
    """Opening values in a batch over opening them one by one, each on record."""
    with vault.store.reading() as connection:
        tokens = list(connection.execute(sa.select(sealed_value.c.token).limit(REVEALED)).scalars())
    person = {"actor": "bench", "purpose": vault.config.purposes[0]}
    ratios = []
    for _ in range(3):
        one_by_one_s = seconds(lambda: [vault.reveal(token, **person) for token in tokens])
        ratios.append(one_by_one_s / seconds(lambda: vault.reveal_many(tokens, **person)))
    return round(statistics.median(ratios), 2)


def rotating(vault: Vault) -> float:
    """`rotate` against a loop that only wraps anew and writes, on a copy of the same file."""
    vault.seal([_secret(number, FIELDS[0]) for number in range(ROTATED)])
    vault.store.forget()
    path = Path(str(vault.store.url.database))
    copy = path.with_name("copy.sqlite3")
    shutil.copy(path, copy)
    ciphers = [AESGCM(secrets.token_bytes(32)) for _ in range(ROTATIONS + 1)]
    ratios = []
    with closing(plain(copy)) as floor:
        wrap_plainly(floor, ciphers[0])
        # The copy's rows get fresh numbers too, because both are indexed.
        for version, (old, new) in enumerate(pairwise(ciphers), start=2):
            floor_s = seconds(partial(only_rewrap, floor, old, new, version))
            ratios.append(floor_s / seconds(lambda: rotate(vault, actor="bench")))
    return round(statistics.median(ratios), 3)


def wrap_plainly(floor: sqlite3.Connection, cipher: AESGCM) -> None:
    """The copy knows none of the vault's keys; it gets data keys of its own, each as long as the vault's in its box."""
    nonce = bytes(12)
    people = floor.execute("SELECT subject, length(body) FROM data_key").fetchall()
    bodies = [
        (nonce + cipher.encrypt(nonce, bytes(length - len(nonce) - TAG_LENGTH), who.encode()), who)
        for who, length in people
    ]
    floor.execute("BEGIN IMMEDIATE")
    floor.executemany("UPDATE data_key SET body = ? WHERE subject = ?", bodies)
    floor.execute("COMMIT")


def only_rewrap(floor: sqlite3.Connection, old: AESGCM, new: AESGCM, version: int) -> None:
    """Read, open, seal and write every data key, in blocks of the same size, with the same rest between them."""
    last = ""
    while True:
        floor.execute("BEGIN IMMEDIATE")
        query = "SELECT subject, version, body FROM data_key WHERE subject > ? ORDER BY subject LIMIT ?"
        block = floor.execute(query, (last, REWRAPPED_AT_ONCE)).fetchall()
        if not block:
            floor.execute("ROLLBACK")
            return
        statement = (
            "UPDATE data_key SET body = ?, wrapped_by = ?, change = ? WHERE subject = ? AND version = ?"
        )
        floor.executemany(statement, [rewrapped(row, old, new, version) for row in block])
        floor.execute("COMMIT")
        last = block[-1][0]
        time.sleep(PAUSE_S)


def rewrapped(row: Any, old: AESGCM, new: AESGCM, version: int) -> tuple[bytes, int, int, str, int]:
    """A data key wrapped anew, in the order of the statement's places."""
    subject, number, body = row
    context = subject.encode()
    secret = old.decrypt(body[:12], body[12:], context)
    nonce = secrets.token_bytes(12)
    return nonce + new.encrypt(nonce, secret, context), version, version, subject, number


def seconds(work: Callable[[], object]) -> float:
    """How long the processor worked for it: what else the machine does is not in there, nor how quick its disk is."""
    started = time.process_time()
    work()
    return time.process_time() - started
