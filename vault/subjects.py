"""One data key per subject: made at the first seal, wrapped in the database, unwrapped into a bounded cache, destroyed on erasure."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from vault.box import (
    HEADER_LENGTH,
    RandomBytes,
    bind,
    bound,
    box_suite,
    nonces,
    open_box,
    open_padded,
    read_header,
    seal_box,
    seal_padded,
)
from vault.bulk import insert_rows, next_change, select_in, update_rows
from vault.errors import SubjectErased, VaultDamaged
from vault.key_versions import KeyVersion, KeyVersions
from vault.keys import KEY_LENGTH
from vault.store import data_key
from vault.suites import BoxKey, Mac, Suite, digest_of

CACHED_MAX = 4_096
_VALUE, _EQUALITY = (bind("tablekeeper", use) + b"\x01" for use in ("value", "equality"))
_DATA_KEY = bound("data-key")


@dataclass(frozen=True, slots=True)
class SubjectKey(BoxKey):
    """What is derived from one version of a subject's data key: the key of its values' boxes, and the one that compares them."""

    version: int
    suite: Suite
    equality: Mac = field(repr=False)

    @classmethod
    def derived(cls, secret: bytes, version: int, suite: Suite) -> "SubjectKey":
        """Both keys come from the data key, so destroying it also ends every comparison."""
        # HKDF-Expand of one block, as Suite.derive; the key is set up once for both.
        derive = suite.mac(secret)
        value, equality = digest_of(derive, _VALUE), digest_of(derive, _EQUALITY)
        return cls(suite.byte, suite.aead(value[: suite.key_length]), version, suite, suite.mac(equality))


class SubjectKeys:
    """Data keys by subject and version. Rows are read each time; the cache only saves unwrapping them."""

    def __init__(self, versions: KeyVersions, *, random_bytes: RandomBytes) -> None:
        self._versions = versions
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, bytes], SubjectKey] = OrderedDict()

    def stored(self, connection: sa.Connection, subjects: Iterable[str]) -> dict[tuple[str, int], SubjectKey]:
        """All keys of these subjects; those of erased subjects are absent."""
        rows = _rows(connection, subjects)
        return {
            (row.subject, row.version): self.unwrapped(connection, row)
            for row in rows
            if row.body is not None
        }

    def for_sealing(
        self, connection: sa.Connection, subjects: Collection[str], *, at: str
    ) -> tuple[dict[str, SubjectKey], dict[str, SubjectKey]]:
        """The newest key of each subject: of those that had one, and those made now. Raises SubjectErased before it makes any."""
        rows = _rows(connection, subjects)
        erased = {row.subject for row in rows if row.body is None}
        if erased:
            raise SubjectErased(erased)
        # Rows come in ascending order of version, so the newest one stays.
        newest = {row.subject: self.unwrapped(connection, row) for row in rows}
        missing = sorted(set(subjects) - newest.keys())
        return newest, self.make(connection, dict.fromkeys(missing, 1), at=at)

    def destroy(self, connection: sa.Connection, subject: str, *, at: str) -> bool:
        """Destroy all data keys of a subject and leave the tombstone; False when it has none."""
        mine = data_key.c.subject == subject
        erased = {"body": None, "erased_at": at, "change": next_change(connection)}
        done = connection.execute(
            data_key.update().where(mine, data_key.c.body.is_not(None)).values(**erased)
        )
        with self._lock:
            for cached in [key for key in self._cache if key[0] == subject]:
                del self._cache[cached]
        return done.rowcount > 0

    def make(self, connection: sa.Connection, versions: dict[str, int], *, at: str) -> dict[str, SubjectKey]:
        """New data keys, by subject and the version they get, in the suite of the newest key-encryption key."""
        wrapping, change = self._versions.newest(connection), next_change(connection)
        made: dict[str, SubjectKey] = {}
        rows = []
        drawn = nonces(self._random_bytes, len(versions))
        for subject, version in versions.items():
            secret = self._random_bytes(KEY_LENGTH)
            body = _wrapped(secret, wrapping, _context(subject, version), drawn)
            made[subject] = self._remembered(
                (subject, body), SubjectKey.derived(secret, version, wrapping.suite)
            )
            rows.append((subject, version, body))
        same = {"created_at": at, "erased_at": None, "wrapped_by": wrapping.version, "change": change}
        insert_rows(connection, data_key, rows, same)
        return made

    def rewrap(self, connection: sa.Connection, rows: Sequence[Any], wrapping: KeyVersion) -> list[str]:
        """Put data keys, as (subject, version, body), under another key-encryption key.

        The subjects whose keys do not open, which stay as they are.
        """
        change, left, updates = next_change(connection), [], []
        new, number = wrapping.box_key, wrapping.version
        drawn, olds = nonces(self._random_bytes, len(rows)), dict[bytes, BoxKey]()
        for subject, version, body in rows:
            header, context = body[:HEADER_LENGTH], _context(subject, version)
            try:
                if header not in olds:
                    olds[header] = self._wrapping_of(connection, body, wrapping.suite)
                padded = open_padded(olds[header], body, context)
            except VaultDamaged:
                left.append(subject)
                continue
            fresh = seal_padded(new, padded, number, context, drawn)
            updates.append((bytearray(fresh), subject, version))
        update_rows(
            connection, (data_key.c.body,), updates, {"wrapped_by": wrapping.version, "change": change}
        )
        return left

    def _wrapping_of(self, connection: sa.Connection, body: bytes, suite: Suite) -> BoxKey:
        """What a data key is wrapped by. Raises VaultDamaged, Unopenable."""
        found, version = read_header(body)
        if found is not suite:
            # The wrapping's suite is the data key's own.
            raise VaultDamaged("a data key is of another suite than its wrapping is to be")
        return self._versions.get(connection, version)

    def unwrapped(self, connection: sa.Connection, row: Any) -> SubjectKey:
        """The keys that a stored row holds. Raises Unopenable, VaultDamaged."""
        # The wrapped form is part of the name: a key whose transaction was rolled back can never be taken for its successor.
        name = (row.subject, row.body)
        with self._lock:
            if name in self._cache:
                self._cache.move_to_end(name)
                return self._cache[name]
        suite = box_suite(row.body)
        wrapping = self._wrapping_of(connection, row.body, suite)
        secret = open_box(wrapping, row.body, context=_context(row.subject, row.version))
        return self._remembered(name, SubjectKey.derived(secret, row.version, suite))

    def _remembered(self, name: tuple[str, bytes], key: SubjectKey) -> SubjectKey:
        with self._lock:
            self._cache[name] = key
            if len(self._cache) > CACHED_MAX:
                self._cache.popitem(last=False)
        return key


def _wrapped(secret: bytes, wrapping: KeyVersion, context: bytes, random_bytes: RandomBytes) -> bytes:
    return seal_box(
        wrapping.box_key, secret, key_version=wrapping.version, context=context, random_bytes=random_bytes
    )


def _context(subject: str, version: int) -> bytes:
    return _DATA_KEY + bound(subject) + _numbered(version)


@lru_cache
def _numbered(version: int) -> bytes:
    return bound(str(version))


def _rows(connection: sa.Connection, subjects: Iterable[str]) -> list[Any]:
    """In ascending order of subject and version."""
    found = select_in(
        connection, (data_key.c.subject, data_key.c.version, data_key.c.body), sorted(set(subjects))
    )
    return sorted(found, key=itemgetter(0, 1))
