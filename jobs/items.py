"""The open items, kept from day to day: what was told, under which key, and what staff wished in its row.

An item is open while its condition is true. Its key moves with its day and stage; what was told under a key is not news.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, Row, delete, insert, select, update

from jobs.due import Due
from sync.connection import Uid
from sync.store.records import blocks
from sync.store.tables import reminder
from validators.schema import FieldKey, TableKey

Place = tuple[TableKey, Uid]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is due, or was. `since` is the day on which its present stage came up; "" stands for none."""

    item: str
    key: str
    reminder: str
    table: TableKey
    uid: Uid
    field: FieldKey
    anchor: str
    stage: int
    since: str
    first_at: datetime
    task: Uid = ""
    hand_to: Uid = ""
    snooze_until: str = ""
    snoozes: int = 0
    told_urgently: str = ""
    closed_at: datetime | None = None

    @classmethod
    def of(cls, due: Due, *, today: date, now: datetime) -> "Item":
        """The item of something that is due for the first time."""
        return cls(
            item=due.item,
            key=due.key,
            reminder=due.reminder,
            table=due.table,
            uid=due.uid,
            field=due.field,
            anchor=due.anchor.isoformat(),
            stage=due.stage,
            since=today.isoformat(),
            first_at=now,
        )

    def moved(self, due: Due, *, today: date) -> "Item":
        """The same item at the day and stage it has now, open."""
        if self.key == due.key and self.closed_at is None:
            return self
        at = replace(
            self, key=due.key, anchor=due.anchor.isoformat(), stage=due.stage, since=today.isoformat()
        )
        # What is due anew, or on another day, was not put off; a next stage was.
        anew = self.closed_at is not None or self.anchor != at.anchor
        fresh = replace(at, closed_at=None, snooze_until="", snoozes=0) if anew else at
        return replace(fresh, task="", hand_to="") if self.closed_at is not None else fresh

    def is_snoozed(self, today: date) -> bool:
        """Whether staff put it off to a later day than this."""
        return self.snooze_until > today.isoformat()


class Items:
    """The items of the archive, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self) -> dict[str, Item]:
        """Every item that is open, by its id."""
        return self._found(reminder.c.closed_at.is_(None))

    def about(self, places: Iterable[Place]) -> dict[str, Item]:
        """The open items about these records, by id."""
        by_table: dict[TableKey, list[Uid]] = {}
        for table, uid in places:
            by_table.setdefault(table, []).append(uid)
        found: dict[str, Item] = {}
        for table, uids in by_table.items():
            for block in blocks(uids):
                about = (reminder.c.table == table, reminder.c.uid.in_(block))
                found |= self._found(*about, reminder.c.closed_at.is_(None))
        return found

    def of_tasks(self, tasks: Collection[Uid]) -> dict[str, Item]:
        """The items that stand in these rows of the to-do table, by id."""
        found: dict[str, Item] = {}
        for block in blocks(tasks):
            found |= self._found(reminder.c.task.in_(block))
        return found

    def closed_since(self, moment: datetime) -> Iterable[Item]:
        """The items that were closed at `moment` or later, and are."""
        return self._found(reminder.c.closed_at >= moment).values()

    def keep(self, dues: Sequence[Due], known: Mapping[str, Item], *, today: date, now: datetime) -> "Kept":
        """Remember what is due; those of `known` that are not due any more are closed."""
        closed_before = self._named({due.item for due in dues} - known.keys())
        before = {**closed_before, **known}
        after: dict[str, Item] = {}
        for due in dues:
            old = before.get(due.item)
            after[due.item] = old.moved(due, today=today) if old else Item.of(due, today=today, now=now)
        gone = {id_: replace(item, closed_at=now) for id_, item in known.items() if id_ not in after}
        self.save(item for id_, item in (after | gone).items() if before.get(id_) != item)
        return Kept(after, gone)

    def save(self, items: Iterable[Item]) -> None:
        """Create or replace items."""
        rows = [asdict(item) for item in items]
        for block in blocks(row["item"] for row in rows):
            self._connection.execute(delete(reminder).where(reminder.c.item.in_(block)))
        if rows:
            self._connection.execute(insert(reminder), rows)

    def mark_told_urgently(self, dues: Iterable[Due]) -> None:
        """An urgent mail told these under their present keys."""
        for due in dues:
            told = update(reminder).where(reminder.c.item == due.item).values(told_urgently=due.key)
            self._connection.execute(told)

    def _named(self, ids: Iterable[str]) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for block in blocks(sorted(ids)):
            found |= self._found(reminder.c.item.in_(block))
        return found

    def _found(self, *conditions: object) -> dict[str, Item]:
        query = select(reminder).where(*conditions)  # type: ignore[arg-type]
        return {item.item: item for item in map(_item, self._connection.execute(query))}


@dataclass(frozen=True, slots=True)
class Kept:
    """The items that are open now, and those that have just been closed, by id."""

    open: Mapping[str, Item]
    closed: Mapping[str, Item]


def held_since(connection: Connection, id_: str) -> dict[Place, date]:
    """The days on which the rows that are held now, as far as known, were found to be."""
    query = select(reminder.c.table, reminder.c.uid, reminder.c.anchor).where(
        reminder.c.reminder == id_, reminder.c.closed_at.is_(None)
    )
    return {(table, uid): date.fromisoformat(anchor) for table, uid, anchor in connection.execute(query)}


def wished(dues: Iterable[Due], items: Mapping[str, Item], today: date) -> Iterator[Due]:
    """What is due as staff wished it: what was put off is left out, what was handed over concerns whom it went to."""
    for due in dues:
        item = items.get(due.item)
        if item and item.is_snoozed(today):
            continue
        yield replace(due, recipient=item.hand_to) if item and item.hand_to else due


def _item(row: Row[tuple[object, ...]]) -> Item:
    return Item(**row._mapping)
