"""Sealing inside a write transaction: equal values keep their token, new ones get a fresh one, moved ones leave a trail."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vault.box import RandomBytes, nonces
from vault.bulk import insert_rows, next_change
from vault.clock import Clock, stamp
from vault.keys import Keys
from vault.rows import as_secret, by_equality, equality_mark, index_of, opened, sealed_body
from vault.store import sealed_value
from vault.subjects import SubjectKey, SubjectKeys
from vault.tokens import new_tokens
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
        at, change = stamp(self._clock()), next_change(connection)
        subjects = {secret.subject for secret in secrets}
        known, made = self._subject_keys.for_sealing(connection, subjects, at=at)
        keys = known | made
        marks = [equality_mark(keys[secret.subject], secret) for secret in secrets]
        by_mark = dict(zip(marks, secrets, strict=True))
        # Whoever got a key just now holds nothing yet, so only the others are looked up.
        found = by_equality(connection, [mark for mark, one in by_mark.items() if one.subject in known])
        for mark, row in found.items():
            self._refresh(connection, row, by_mark[mark], keys[row.subject], at, change)
        tokens = {mark: row.token for mark, row in found.items()}
        tokens |= self._insert(
            connection, {mark: one for mark, one in by_mark.items() if mark not in tokens}, keys, at, change
        )
        return [
            Sealed(tokens[mark], secret.field, secret.subject, by_mark[mark].mask, secret.valid, "live")
            for mark, secret in zip(marks, secrets, strict=True)
        ]

    def reseal(self, connection: sa.Connection, rows: Sequence[Any], subject: str) -> list[Sealed]:
        """The values of these rows sealed for another subject, with the same mask and validity."""
        values = opened(connection, rows, self._subject_keys)
        return self.seal(
            connection,
            [as_secret(row, value, subject=subject) for row, value in zip(rows, values, strict=True)],
        )

    def move(self, connection: sa.Connection, rows: Sequence[Any], subject: str) -> list[Sealed]:
        """Reseal, and leave in the old rows only where the value went."""
        moved = self.reseal(connection, rows, subject)
        times = {"state_at": stamp(self._clock()), "change": next_change(connection)}
        for row, sealed in zip(rows, moved, strict=True):
            # Tokens that led to the old row lead on to the new one, so that following takes one step.
            leads_here = sealed_value.c.moved_to == row.token
            onward = {"moved_to": sealed.token, "change": times["change"]}
            connection.execute(sealed_value.update().where(leads_here).values(**onward))
            gone = {**EMPTIED, **times, "state": "moved", "moved_to": sealed.token}
            connection.execute(sealed_value.update().where(sealed_value.c.token == row.token).values(**gone))
        return moved

    def _insert(
        self,
        connection: sa.Connection,
        fresh: Mapping[bytes, Secret],
        keys: Mapping[str, SubjectKey],
        at: str,
        change: int,
    ) -> dict[bytes, str]:
        """The tokens of new values. A token that is taken already, one in 10^12, is drawn again."""
        tokens = dict(zip(fresh, new_tokens(self._random_bytes, len(fresh)), strict=True))
        same = {"state": "live", "moved_to": None, "sealed_at": at, "state_at": at, "change": change}
        if insert_rows(connection, sealed_value, self._rows(fresh, tokens, keys), same) == len(fresh):
            return tokens
        stored = by_equality(connection, fresh)
        missing = {mark: secret for mark, secret in fresh.items() if mark not in stored}
        return tokens | self._insert(connection, missing, keys, at, change)

    def _rows(
        self, fresh: Mapping[bytes, Secret], tokens: Mapping[bytes, str], keys: Mapping[str, SubjectKey]
    ) -> Iterator[tuple[object, ...]]:
        """In the order of the table's columns, without those that all rows of a batch share."""
        drawn = nonces(self._random_bytes, len(fresh))
        for mark, secret in fresh.items():
            token, key = tokens[mark], keys[secret.subject]
            index = index_of(secret, key, self._keys)
            # A bytearray, because the driver looks for an adapter of each bytes, which takes longer than the copy.
            blobs = (
                bytearray(sealed_body(secret, token, key, random_bytes=drawn)),
                bytearray(mark),
                index and bytearray(index),
            )
            yield token, secret.field, secret.subject, secret.mask, int(secret.valid), *blobs

    def _refresh(
        self, connection: sa.Connection, row: Any, secret: Secret, key: SubjectKey, at: str, change: int
    ) -> None:
        """A known value takes the mask and index of today's config; a cleared one is live again."""
        mark = index_of(secret, key, self._keys)
        if (row.mask, row.index_mark, row.state) == (secret.mask, mark, "live"):
            return
        state_at = row.state_at if row.state == "live" else at
        fresh = {"mask": secret.mask, "index_mark": mark, "state": "live", "state_at": state_at}
        chosen = sealed_value.update().where(sealed_value.c.token == row.token)
        connection.execute(chosen.values(**fresh, change=change))
