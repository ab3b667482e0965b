"""What became of each file that was let go: approved, packed, moved, archived, destroyed. Kept in the hub."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import orjson
from sqlalchemy import select

from sync.connection import Uid
from sync.store.hub import Hub
from sync.store.tables import binding

REGISTER = "archiving"
Stage = Literal["approved", "packed", "moved", "archived", "destroyed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. `members` are its records as table and uid, the person first; `wanted_by` who asked for its destruction.

    `revision` is the newest of its records when the bundle was written.
    """

    uid: Uid
    number: str
    stage: Stage
    approved_by: str
    approved_at: str
    members: tuple[tuple[str, str], ...] = ()
    revision: int = 0
    bundle: str = ""
    sha256: str = ""
    retain_until: str | None = None
    held: str = ""
    wanted_by: str = ""
    ended_at: str = ""

    def evolve(self, **changes: Any) -> "Entry":
        """The entry with other values."""
        return replace(self, **changes)


class Register:
    """Entries by the person's uid."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def all(self) -> Iterator[Entry]:
        """Every entry, by uid."""
        query = select(binding.c.value).where(binding.c.connection == REGISTER).order_by(binding.c.name)
        with self._hub.reading() as unit:
            texts = list(unit.connection.execute(query).scalars())
        return map(_entry, texts)

    def get(self, uid: Uid) -> Entry | None:
        """One entry."""
        text = self._hub.bindings(REGISTER).get(uid)
        return _entry(text) if text else None

    def put(self, entry: Entry) -> None:
        """Remember an entry."""
        self._hub.bindings(REGISTER).set(entry.uid, orjson.dumps(asdict(entry)).decode())

    def drop(self, uid: Uid) -> None:
        """Forget an entry: the file is back."""
        self._hub.bindings(REGISTER).drop(uid)


def _entry(text: str) -> Entry:
    found = orjson.loads(text)
    return Entry(**{**found, "members": tuple((table, uid) for table, uid in found["members"])})
