"""Counts first values that look alike: whoever looks for one person's value types candidates that share what its mask shows.

Each mask falls into one of many slots. Honest work spreads over them, however much of it there is; guesses fill one.
"""

import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.alarms import GUESSES, raise_alarm
from vault.bulk import blocks
from vault.people_tables import guess

if TYPE_CHECKING:
    from vault.vault import Vault

SLOTS = 1_024
SHARE = 5
"""A slot with more than one in so many of the day's first values is no honest work: of identity numbers of one province one in
eleven shares first and last digit."""
_NEW, _ALL = "·new", "all"
_Slot = tuple[str, str]
"""A field, and the number of the slot, or all of them."""
_Counts = Counter[_Slot]


@dataclass(frozen=True, slots=True)
class First:
    """A value where none stood before, by what its mask shows."""

    field: str
    mask: str


class Alike:
    """The first values of a day, per place and field; durable when a call returns."""

    def __init__(self, vault: "Vault") -> None:
        self._vault = vault
        self._key = vault.derived_key("alike")
        self._day = vault.config.day(vault.clock()).isoformat()

    def note(self, place: str, firsts: Sequence[First]) -> list[bool]:
        """Count those that may be judged; of each whether it is one too many. The first such of a field raises an alarm.

        One too many is not counted: it is noted anew when it comes again, so that no day lets all through that waited for it.
        """
        if not firsts:
            return []
        with self._vault.store.writing() as connection:
            touched = {slot for one in firsts for slot in (self._slot(one), (one.field, _ALL))}
            counts = self._counts(connection, place, touched)
            over = []
            for one in firsts:
                over.append(self._is_over(one, counts))
                if not over[-1]:
                    counts.update((self._slot(one), (one.field, _ALL)))
            self._save(connection, place, counts)
            for field in sorted({one.field for one, much in zip(firsts, over, strict=True) if much}):
                raise_alarm(self._vault, connection, kind=GUESSES, actor=place, what=field + _NEW)
        return over

    def _is_over(self, one: First, counts: _Counts) -> bool:
        # A mask that shows nothing is shared by all, and nobody can aim at it.
        if not any(map(str.isalnum, one.mask)):
            return False
        alike, all_ = (1 + counts[slot] for slot in (self._slot(one), (one.field, _ALL)))
        return alike > self._vault.config.guesses.alike_max and alike * SHARE > all_

    def _slot(self, one: First) -> _Slot:
        digest = hmac.digest(self._key, one.mask.encode(), "sha256")
        return one.field, str(int.from_bytes(digest[:4], "big") % SLOTS)

    def _counts(self, connection: sa.Connection, place: str, touched: Set[_Slot]) -> _Counts:
        counts: _Counts = Counter()
        query = sa.select(guess.c.field, guess.c.record, guess.c.tries)
        for those in self._of(place, touched):
            for field, slot, tries in connection.execute(query.where(*those)):
                counts[field.removesuffix(_NEW), slot] = tries
        return counts

    def _save(self, connection: sa.Connection, place: str, counts: _Counts) -> None:
        connection.execute(guess.delete().where(guess.c.day < self._day))
        for those in self._of(place, counts.keys()):
            connection.execute(guess.delete().where(*those))
        names = {"day": self._day, "place": place, "counted": 0, "mark": b""}
        rows = [
            {**names, "field": field + _NEW, "record": slot, "tries": count}
            for (field, slot), count in counts.items()
        ]
        connection.execute(guess.insert(), rows)

    def _of(self, place: str, touched: Iterable[_Slot]) -> Iterator[tuple[sa.ColumnElement[bool], ...]]:
        slots = sorted(touched)
        for field in sorted({name for name, _ in slots}):
            for block in blocks(slot for name, slot in slots if name == field):
                day = guess.c.day == self._day, guess.c.place == place
                yield *day, guess.c.field == field + _NEW, guess.c.record.in_(block)
