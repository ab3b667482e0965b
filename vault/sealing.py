"""Sealing inside a write transaction: equal values keep their token, new ones get a fresh one, moved ones leave a trail."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vault.box import RandomBytes
from vault.clock import Clock, stamp
from vault.index import index_mark
from vault.keys import Keys
from vault.rows import Row, by_equality, equality_mark, free_tokens, new_row, opened
from vault.store import sealed_value
from vault.subjects import SubjectKey, SubjectKeys
from vault.values import Sealed, Secret

# A row that gave its value away keeps nothing of it, not even the mask.
EMPTIED: Mapping[str, object] = {"body": None, "equality": None, "index_mark": None, "mask": ""}


class Sealing:
    """Seals batches; the caller holds the write lock and commits."""

    def __init__(
        self, keys: Keys, subject_keys: SubjectKeys, *, clock: Clock, random_bytes: RandomBytes
    ) -> None:
        self._keys = keys
        self._subject_keys = subject_keys
        self._clock = clock
        self._random_bytes = random_bytes

    def seal(self, connection: sa.Connection, secrets: Sequence[Secret]) -> list[Sealed]:
        """One Sealed per secret, in order. Raises SubjectErased before anything is written."""
        at = stamp(self._clock())
        found = self._subject_keys.for_sealing(connection, {secret.subject for secret in secrets}, at=at)
        marks = [equality_mark(found[secret.subject], secret) for secret in secrets]
        by_mark = dict(zip(marks, secrets, strict=True))
        known = by_equality(connection, by_mark)
        tokens = {mark: row.token for mark, row in known.items()}
        tokens |= self._insert(connection, {m: s for m, s in by_mark.items() if m not in known}, found, at)
        for mark, row in known.items():
            self._refresh(connection, row, by_mark[mark], at)
        return [
            Sealed(tokens[mark], secret.field, secret.subject, by_mark[mark].mask, secret.valid, "live")
            for mark, secret in zip(marks, secrets, strict=True)
        ]

    def reseal(self, connection: sa.Connection, rows: Sequence[Any], subject: str) -> list[Sealed]:
        """The values of these rows sealed for another subject, with the same mask and validity."""
        values = opened(connection, rows, self._subject_keys)
        return self.seal(
            connection, [_as_secret(row, subject, value) for row, value in zip(rows, values, strict=True)]
        )

    def move(self, connection: sa.Connection, rows: Sequence[Any], subject: str) -> list[Sealed]:
        """Reseal, and leave in the old rows only where the value went."""
        moved = self.reseal(connection, rows, subject)
        at = stamp(self._clock())
        for row, sealed in zip(rows, moved, strict=True):
            # Tokens that led to the old row lead on to the new one, so that following takes one step.
            leads_here = sealed_value.c.moved_to == row.token
            connection.execute(sealed_value.update().where(leads_here).values(moved_to=sealed.token))
            gone = {**EMPTIED, "state": "moved", "state_at": at, "moved_to": sealed.token}
            connection.execute(sealed_value.update().where(sealed_value.c.token == row.token).values(**gone))
        return moved

    def _insert(
        self,
        connection: sa.Connection,
        fresh: Mapping[bytes, Secret],
        found: Mapping[str, SubjectKey],
        at: str,
    ) -> dict[bytes, str]:
        if not fresh:
            return {}
        tokens = dict(
            zip(fresh, free_tokens(connection, len(fresh), random_bytes=self._random_bytes), strict=True)
        )
        connection.execute(
            sealed_value.insert(),
            [self._row(secret, tokens[mark], found[secret.subject], at) for mark, secret in fresh.items()],
        )
        return tokens

    def _row(self, secret: Secret, token: str, key: SubjectKey, at: str) -> Row:
        return new_row(secret, token, key, keys=self._keys, at=at, random_bytes=self._random_bytes)

    def _refresh(self, connection: sa.Connection, row: Any, secret: Secret, at: str) -> None:
        """A known value takes the mask and index of today's config; a cleared one is live again."""
        mark = index_mark(self._keys, secret.field, secret.value) if secret.searchable else None
        if (row.mask, row.index_mark, row.state) == (secret.mask, mark, "live"):
            return
        state_at = row.state_at if row.state == "live" else at
        fresh = {"mask": secret.mask, "index_mark": mark, "state": "live", "state_at": state_at}
        connection.execute(sealed_value.update().where(sealed_value.c.token == row.token).values(**fresh))


def _as_secret(row: Any, subject: str, value: str) -> Secret:
    searchable = row.index_mark is not None
    return Secret(row.field, subject, value, row.mask, valid=row.valid, searchable=searchable)
