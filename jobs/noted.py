"""What jobs found about the archive as a whole and a person has to see to, until the next look: reviews, files that may go."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date

import orjson
from sqlalchemy import Connection, select

from sync.store.hub import Hub
from sync.store.tables import binding

NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Noted:
    """What was found in one `part` of a kind, how much, and since when something was found there."""

    part: str
    count: int
    since: str

    @property
    def day(self) -> date:
        """`since` as a date."""
        return date.fromisoformat(self.since)


def note(hub: Hub, kind: str, found: Mapping[str, int], today: date) -> None:
    """What is found now of a kind, by part; where nothing is found any more, it is done."""
    kept = hub.bindings(NOTED)
    known = {one.part: one.since for one in _read(kept.get(kind))}
    standing = [Noted(part, count, known.get(part, today.isoformat())) for part, count in found.items()]
    kept.set(kind, orjson.dumps([asdict(one) for one in standing]).decode())


def noted(connection: Connection, kind: str) -> list[Noted]:
    """What stands of a kind."""
    query = select(binding.c.value).where(binding.c.connection == NOTED, binding.c.name == kind)
    return _read(connection.execute(query).scalar())


def _read(text: str | None) -> list[Noted]:
    # Earlier versions noted no count.
    return [Noted(one["part"], one.get("count", 1), one["since"]) for one in orjson.loads(text or "[]")]
