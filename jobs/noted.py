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
    """One thing: `part` tells it from others of its kind, `since` is the day on which it was found first."""

    part: str
    title: str
    since: str

    @property
    def day(self) -> date:
        """`since` as a date."""
        return date.fromisoformat(self.since)


def note(hub: Hub, kind: str, titles: Mapping[str, str], today: date) -> None:
    """What stands now of a kind, by part; what is not among it is done."""
    kept = hub.bindings(NOTED)
    known = {one.part: one.since for one in _read(kept.get(kind))}
    standing = [Noted(part, title, known.get(part, today.isoformat())) for part, title in titles.items()]
    kept.set(kind, orjson.dumps([asdict(one) for one in standing]).decode())


def noted(connection: Connection, kind: str) -> list[Noted]:
    """What stands of a kind."""
    query = select(binding.c.value).where(binding.c.connection == NOTED, binding.c.name == kind)
    return _read(connection.execute(query).scalar())


def _read(text: str | None) -> list[Noted]:
    return [Noted(**one) for one in orjson.loads(text)] if text else []
