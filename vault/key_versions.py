"""Versioned key-encryption keys: every version has a suite, wraps data keys, and is itself wrapped in the database.

Another process may add a version at any time, so the newest is asked for, and one not seen before is read when it is met.
"""

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from vault.box import RandomBytes, bind, key_version, open_box, seal_box
from vault.errors import VaultDamaged
from vault.keys import KEY_LENGTH, Keys
from vault.store import key_encryption_key
from vault.suites import SUITES, BoxKey, Suite

Kind = Literal["first", "rotate", "reencrypt"]


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One version, opened. New data keys take its suite."""

    version: int
    suite: Suite
    kind: Kind
    finished: bool
    box_key: BoxKey


class KeyVersions:
    """The versions of one open vault; each is opened once."""

    def __init__(self, keys: Keys, *, random_bytes: RandomBytes) -> None:
        self._keys = keys
        self._random_bytes = random_bytes
        self._opened: dict[int, BoxKey] = {}

    def newest(self, connection: sa.Connection) -> KeyVersion:
        """The version that wraps new data keys. Raises VaultDamaged."""
        query = sa.select(key_encryption_key).order_by(key_encryption_key.c.version.desc()).limit(1)
        row = connection.execute(query).first()
        if row is None:
            raise VaultDamaged("the vault holds no key-encryption key")
        return KeyVersion(
            row.version, _suite(row), row.kind, row.finished_at is not None, self.opened_row(row)
        )

    def get(self, connection: sa.Connection, version: int) -> BoxKey:
        """The key of a version. Raises VaultDamaged, Unopenable."""
        if version not in self._opened:
            query = sa.select(key_encryption_key).where(key_encryption_key.c.version == version)
            row = connection.execute(query).first()
            if row is None:
                raise VaultDamaged(f"key-encryption key version {version} is not in this vault")
            self.opened_row(row)
        return self._opened[version]

    def add(self, connection: sa.Connection, version: int, suite: Suite, kind: Kind, *, at: str) -> None:
        """Make a version and store it wrapped; the first one has nothing to wait for."""
        body = seal_box(
            self._keys.key_wrapping(suite),
            self._random_bytes(KEY_LENGTH),
            key_version=version,
            context=self._context(),
            random_bytes=self._random_bytes,
        )
        finished = at if kind == "first" else None
        row = {"version": version, "suite": suite.name, "kind": kind, "body": body, "created_at": at}
        connection.execute(key_encryption_key.insert(), {**row, "finished_at": finished})

    def finish(self, connection: sa.Connection, version: int, *, at: str) -> None:
        """Every subject has moved to this version."""
        chosen = key_encryption_key.update().where(key_encryption_key.c.version == version)
        connection.execute(chosen.values(finished_at=at))

    def opened_row(self, row: Any) -> BoxKey:
        """The key in a stored row. Raises VaultDamaged, Unopenable."""
        if row.version not in self._opened:
            suite = _suite(row)
            if key_version(row.body) != row.version:
                raise VaultDamaged(f"key-encryption key version {row.version} was another one")
            key = open_box(self._keys.key_wrapping(suite), row.body, context=self._context())
            self._opened[row.version] = suite.box_key(key)
        return self._opened[row.version]

    def _context(self) -> bytes:
        return bind("key-encryption-key", self._keys.vault_id)


def _suite(row: Any) -> Suite:
    if row.suite not in SUITES:
        raise VaultDamaged(f"key-encryption key version {row.version} names a suite that is not known")
    return SUITES[row.suite]
