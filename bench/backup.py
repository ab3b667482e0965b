"""A backup of a hub and a vault beside its floor: copying the same bytes and encrypting them, and nothing else."""

import os
import secrets
import shutil
import sqlite3
import statistics
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyrage

from jobs.backup import HUB, VAULT, Places, back_up
from jobs.backup_config import BackupConfig
from vault.keys import Argon2Cost, from_passphrase
from vault.plaintext import Plaintext
from vault.values import Secret
from vault.vault import Vault

ROUNDS = 5
RECORDS, PEOPLE = 100_000, 20_000
ROOT = from_passphrase("bench", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))


def backup_figures() -> dict[str, Any]:
    """Median of rounds that alternate with their floor."""
    identity = pyrage.x25519.Identity.generate()
    with TemporaryDirectory() as folder:
        places = filled(Path(folder))
        config = BackupConfig(recipients=(str(identity.to_public()),))
        ratios = []
        for number in range(ROUNDS + 1):
            floor_s = floor(places, identity)
            started = time.perf_counter()
            back_up(places, config, now=datetime(2026, 1, 1 + number, tzinfo=UTC))
            if number:  # The first one warms up both.
                ratios.append((time.perf_counter() - started) / floor_s)
        size = sum(path.stat().st_size for path in files(places))
    print(f"{'backup_ratio':>22} {statistics.median(ratios):10.2f}  of {size / 1e6:.0f} MB", flush=True)
    return {"backup_ratio": round(statistics.median(ratios), 2)}


def filled(home: Path) -> Places:
    """A hub of rows that look like records, and a vault of real values."""
    hub, vault_file = home / HUB, home / VAULT
    places = Places(home, f"sqlite:///{hub}", f"sqlite:///{vault_file}", home / "config.yaml", "bench")
    places.config.write_text("archive: {}\n", encoding="utf-8")
    vault = Vault.create(places.vault, ROOT)
    vault.seal(
        [
            Secret(
                f"customers.{name}", f"R{number:09}", Plaintext(f"{number:014}"), "1****1", searchable=True
            )
            for number in range(PEOPLE)
            for name in ("id_number", "mobile", "email")
        ]
    )
    vault.close()
    with closing(sqlite3.connect(hub)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(
            'CREATE TABLE record ("table" TEXT, uid TEXT, "values" TEXT, PRIMARY KEY ("table", uid))'
        )
        rows = (("customers", f"R{number:09}", secrets.token_hex(300)) for number in range(RECORDS))
        connection.executemany("INSERT INTO record VALUES (?, ?, ?)", rows)
        connection.commit()
    return places


def files(places: Places) -> tuple[Path, Path]:
    """Hub and vault, which lie in files here."""
    return places.home / HUB, places.home / VAULT


def floor(places: Places, identity: pyrage.x25519.Identity) -> float:
    """Seconds to copy the files, encrypt the copies and have both on the disk."""
    started = time.perf_counter()
    for path in files(places):
        copy, sealed = path.with_suffix(".copy"), path.with_suffix(".age")
        shutil.copyfile(path, copy)
        pyrage.encrypt_file(str(copy), str(sealed), [identity.to_public()])
        with sealed.open("rb") as file:
            os.fsync(file.fileno())
    spent = time.perf_counter() - started
    for path in files(places):
        path.with_suffix(".copy").unlink()
        path.with_suffix(".age").unlink()
    return spent
