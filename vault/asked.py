"""Counts numbers that a person gives in order to learn whether somebody in the archive has them: in a form, in a file that is looked at.

No and yes both tell something and leave no trace in a table, so each number counts, by what candidates for one person's
number share. Files of honest work spread over that, however long they are.
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.alarms import GUESSES, raise_alarm
from vault.people_tables import guess

if TYPE_CHECKING:
    from vault.vault import Vault

SLOTS = 16_384
"""A file of 100,000 people puts six of them into each slot, and hardly ever twenty."""
_COUNT_MAX = 255
_ASKED = "·asked"


@dataclass(frozen=True, slots=True)
class Question:
    """Whether somebody has a number; `near` is what other candidates for the same person's number share with it."""

    field: str
    near: str


class Asked:
    """The questions of a day, per person and field; durable when a call returns."""

    def __init__(self, vault: "Vault") -> None:
        self._vault = vault
        self._key = vault.derived_key("asked")
        self._day = vault.config.day(vault.clock()).isoformat()

    def note(self, place: str, questions: Collection[Question]) -> bool:
        """Count them all; whether any is one too many of its like, so that none may be answered. That raises an alarm."""
        over = False
        with self._vault.store.writing() as connection:
            connection.execute(guess.delete().where(guess.c.day < self._day))
            for field in sorted({one.field for one in questions}):
                near = [one.near for one in questions if one.field == field]
                if self._counted(connection, place, field, near) > self._vault.config.guesses.alike_max:
                    over = True
                    raise_alarm(self._vault, connection, kind=GUESSES, actor=place, what=field + _ASKED)
        return over

    def _counted(self, connection: sa.Connection, place: str, field: str, near: Collection[str]) -> int:
        """The highest count among those that were asked about now."""
        names = {"day": self._day, "place": place, "record": "", "field": field + _ASKED}
        mine = [guess.c[name] == text for name, text in names.items()]
        row = connection.execute(sa.select(guess.c.mark).where(*mine)).first()
        counts = bytearray(row.mark) if row else bytearray(SLOTS)
        slots = [self._slot(field, one) for one in near]
        for slot in slots:
            counts[slot] = min(_COUNT_MAX, counts[slot] + 1)
        connection.execute(guess.delete().where(*mine))
        connection.execute(guess.insert(), {**names, "tries": 0, "counted": 0, "mark": bytes(counts)})
        return max(counts[slot] for slot in slots)

    def _slot(self, field: str, near: str) -> int:
        digest = hmac.digest(self._key, f"{field} {near}".encode(errors="surrogatepass"), "sha256")
        return int.from_bytes(digest[:4], "big") % SLOTS
