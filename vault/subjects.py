"""One data key per subject: made at the first seal, wrapped in the database, unwrapped into a bounded cache, destroyed on erasure."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from vault.box import RandomBytes, bind, bound, bound_name, box_suite, nonces, open_box, read_header, seal_box
from vault.bulk import insert_rows, next_change, select_in, update_rows
from vault.errors import SubjectErased, VaultDamaged
from vault.key_versions import KeyVersion, KeyVersions
from vault.keys import KEY_LENGTH
from vault.store import data_key
from vault.suites import BoxKey, Mac, Suite

CACHED_MAX = 4_096
_VALUE, _EQUALITY = bind("tablekeeper", "value"), bind("tablekeeper", "equality")
_DATA_KEY = bound("data-key")
_WRAPPING = (data_key.c.body, data_key.c.wrapped_by, data_key.c.change)


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """What is derived from one version of a subject's data key: the cipher of its values, the key that compares them."""

    version: int
    suite: Suite
    cipher: BoxKey = field(repr=False)
    equality: Mac = field(repr=False)

    @classmethod
    def derived(cls, secret: bytes, version: int, suite: Suite) -> "SubjectKey":
        """Both keys come from the data key, so destroying it also ends every comparison."""
        derive = suite.mac(secret)
        # HKDF-Expand of one block, as Suite.derive; the key is set up once for both.
        cipher = suite.box_key(derive(_VALUE + b"\x01"))
        return cls(version, suite, cipher, suite.mac(derive(_EQUALITY + b"\x01")))


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
        for subject, version in versions.items():
            secret = self._random_bytes(KEY_LENGTH)
            made[subject] = SubjectKey.derived(secret, version, wrapping.suite)
            body = _wrapped(secret, wrapping, _context(subject, version), self._random_bytes)
            rows.append((subject, version, body, at, None, wrapping.version, change))
        insert_rows(connection, data_key, rows)
        return made

    def rewrap(self, connection: sa.Connection, rows: Sequence[Any], wrapping: KeyVersion) -> list[str]:
        """Put data keys under another key-encryption key; the subjects whose keys do not open, which stay as they are."""
        change, left, updates = next_change(connection), [], []
        drawn = nonces(self._random_bytes, len(rows))
        for row in rows:
            context = _context(row.subject, row.version)
            try:
                secret = self._secret(connection, row.body, wrapping.suite, context)
            except VaultDamaged:
                left.append(row.subject)
                continue
            body = _wrapped(secret, wrapping, context, drawn)
            updates.append((body, wrapping.version, change, row.subject, row.version))
        update_rows(connection, _WRAPPING, updates)
        return left

    def _secret(self, connection: sa.Connection, body: bytes, suite: Suite, context: bytes) -> bytes:
        found, version = read_header(body)
        if found is not suite:
            # The wrapping's suite is the data key's own.
            raise VaultDamaged("a data key is of another suite than its wrapping is to be")
        return open_box(self._versions.get(connection, version), body, context=context)

    def unwrapped(self, connection: sa.Connection, row: Any) -> SubjectKey:
        """The keys that a stored row holds. Raises Unopenable, VaultDamaged."""
        # The wrapped form is part of the name: a key whose transaction was rolled back can never be taken for its successor.
        name = (row.subject, row.body)
        with self._lock:
            if name in self._cache:
                self._cache.move_to_end(name)
                return self._cache[name]
        suite = box_suite(row.body)
        secret = self._secret(connection, row.body, suite, _context(row.subject, row.version))
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
    return _DATA_KEY + bound(subject) + bound_name(str(version))


def _rows(connection: sa.Connection, subjects: Iterable[str]) -> list[Any]:
    """In ascending order of subject and version."""
    found = select_in(
        connection, (data_key.c.subject, data_key.c.version, data_key.c.body), sorted(set(subjects))
    )
    return sorted(found, key=itemgetter(0, 1))
