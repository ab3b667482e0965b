"""Sealing inside a write transaction: equal values keep their token, new ones get a fresh one, moved ones leave a trail."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from vault.box import RandomBytes
from vault.clock import Clock, stamp
from vault.keys import Keys
from vault.rows import Row, as_secret, by_equality, equality_mark, free_tokens, index_of, new_row, opened
from vault.store import next_change, sealed_value
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
        at, change = stamp(self._clock()), next_change(connection)
        found = self._subject_keys.for_sealing(connection, {secret.subject for secret in secrets}, at=at)
        marks = [equality_mark(found[secret.subject], secret) for secret in secrets]
        by_mark = dict(zip(marks, secrets, strict=True))
        known = by_equality(connection, by_mark)
        tokens = {mark: row.token for mark, row in known.items()}
        times = {"sealed_at": at, "state_at": at, "change": change}
        tokens |= self._insert(connection, {m: s for m, s in by_mark.items() if m not in known}, found, times)
        for mark, row in known.items():
            self._refresh(connection, row, by_mark[mark], found[row.subject], times)
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
        found: Mapping[str, SubjectKey],
        times: Row,
    ) -> dict[bytes, str]:
        if not fresh:
            return {}
        drawn = free_tokens(connection, len(fresh), random_bytes=self._random_bytes)
        tokens = dict(zip(fresh, drawn, strict=True))
        rows = [
            self._row(secret, tokens[mark], found[secret.subject], mark) | times
            for mark, secret in fresh.items()
        ]
        connection.execute(sealed_value.insert(), rows)
        return tokens

    def _row(self, secret: Secret, token: str, key: SubjectKey, mark: bytes) -> Row:
        return new_row(secret, token, key, mark, keys=self._keys, random_bytes=self._random_bytes)

    def _refresh(
        self, connection: sa.Connection, row: Any, secret: Secret, key: SubjectKey, times: Row
    ) -> None:
        """A known value takes the mask and index of today's config; a cleared one is live again."""
        mark = index_of(secret, key, self._keys)
        if (row.mask, row.index_mark, row.state) == (secret.mask, mark, "live"):
            return
        state_at = row.state_at if row.state == "live" else times["state_at"]
        fresh = {"mask": secret.mask, "index_mark": mark, "state": "live", "state_at": state_at}
        chosen = sealed_value.update().where(sealed_value.c.token == row.token)
        connection.execute(chosen.values(**fresh, change=times["change"]))
