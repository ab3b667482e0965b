"""One data key per subject: made at the first seal, wrapped in the database, unwrapped into a bounded cache, destroyed on erasure."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.box import RandomBytes, bind, key_version, open_box, seal_box
from vault.errors import SubjectErased
from vault.keys import KEY_LENGTH, Keys, derive
from vault.store import blocks, data_key

CACHED_MAX = 4_096


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """What is derived from one version of a subject's data key: the cipher of its values, the key that compares them."""

    version: int
    cipher: AESGCM = field(repr=False)
    equality: bytes = field(repr=False)

    @classmethod
    def derived(cls, secret: bytes, version: int) -> "SubjectKey":
        """Both keys come from the data key, so destroying it also ends every comparison."""
        return cls(
            version=version, cipher=AESGCM(derive(secret, "value")), equality=derive(secret, "equality")
        )


class SubjectKeys:
    """Data keys by subject and version. Rows are read each time; the cache only saves unwrapping them."""

    def __init__(self, keys: Keys, *, random_bytes: RandomBytes) -> None:
        self._keys = keys
        self._random_bytes = random_bytes
        self._lock = threading.Lock()
        self._cache: OrderedDict[tuple[str, bytes], SubjectKey] = OrderedDict()

    def stored(self, connection: sa.Connection, subjects: Iterable[str]) -> dict[tuple[str, int], SubjectKey]:
        """All keys of these subjects; those of erased subjects are absent."""
        rows = _rows(connection, subjects)
        return {(row.subject, row.version): self._unwrapped(row) for row in rows if row.body is not None}

    def for_sealing(
        self, connection: sa.Connection, subjects: Collection[str], *, at: str
    ) -> dict[str, SubjectKey]:
        """The newest key of each subject, made where there is none. Raises SubjectErased before it makes any."""
        rows = list(_rows(connection, subjects))
        erased = {row.subject for row in rows if row.body is None}
        if erased:
            raise SubjectErased(erased)
        # Rows come in ascending order of version, so the newest one stays.
        newest = {row.subject: self._unwrapped(row) for row in rows}
        return newest | self._made(connection, sorted(set(subjects) - newest.keys()), at)

    def destroy(self, connection: sa.Connection, subject: str, *, at: str) -> bool:
        """Destroy all data keys of a subject and leave the tombstone; False when it has none."""
        mine = data_key.c.subject == subject
        done = connection.execute(
            data_key.update().where(mine, data_key.c.body.is_not(None)).values(body=None, erased_at=at)
        )
        with self._lock:
            for cached in [key for key in self._cache if key[0] == subject]:
                del self._cache[cached]
        return done.rowcount > 0

    def _made(self, connection: sa.Connection, subjects: list[str], at: str) -> dict[str, SubjectKey]:
        secrets = {subject: self._random_bytes(KEY_LENGTH) for subject in subjects}
        rows = [
            {"subject": subject, "version": 1, "body": self._wrapped(subject, secret), "created_at": at}
            for subject, secret in secrets.items()
        ]
        if rows:
            connection.execute(data_key.insert(), rows)
        return {subject: SubjectKey.derived(secret, 1) for subject, secret in secrets.items()}

    def _wrapped(self, subject: str, secret: bytes) -> bytes:
        version = self._keys.newest_version
        return seal_box(
            self._keys.key_encryption(version),
            secret,
            key_version=version,
            context=_context(subject, 1),
            random_bytes=self._random_bytes,
        )

    def _unwrapped(self, row: Any) -> SubjectKey:
        # The wrapped form is part of the name: a key whose transaction was rolled back can never be taken for its successor.
        name = (row.subject, row.body)
        with self._lock:
            if name in self._cache:
                self._cache.move_to_end(name)
                return self._cache[name]
        wrapping = self._keys.key_encryption(key_version(row.body))
        secret = open_box(wrapping, row.body, context=_context(row.subject, row.version))
        return self._remembered(name, SubjectKey.derived(secret, row.version))

    def _remembered(self, name: tuple[str, bytes], key: SubjectKey) -> SubjectKey:
        with self._lock:
            self._cache[name] = key
            if len(self._cache) > CACHED_MAX:
                self._cache.popitem(last=False)
        return key


def _context(subject: str, version: int) -> bytes:
    return bind("data-key", subject, str(version))


def _rows(connection: sa.Connection, subjects: Iterable[str]) -> Iterator[Any]:
    for block in blocks(sorted(set(subjects))):
        query = sa.select(data_key).where(data_key.c.subject.in_(block))
        yield from connection.execute(query.order_by(data_key.c.subject, data_key.c.version))
