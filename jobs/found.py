"""Since when a row has been held, as the daily jobs have seen it: kept in the table `reminder`."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from sync.connection import Uid
from sync.store.tables import reminder
from validators.schema import TableKey

Place = tuple[TableKey, Uid]


def held_since(connection: Connection, id_: str) -> dict[Place, date]:
    """The days on which the rows that are held now, as far as known, were found to be."""
    query = select(reminder.c.table, reminder.c.uid, reminder.c.anchor).where(
        reminder.c.reminder == id_, reminder.c.closed_at.is_(None)
    )
    return {(table, uid): date.fromisoformat(anchor) for table, uid, anchor in connection.execute(query)}


def note_held(connection: Connection, id_: str, held: Iterable[Place], *, today: date, now: datetime) -> None:
    """Open an entry for each row that is newly held, and close those of rows that are not any more."""
    known: Mapping[Place, date] = held_since(connection, id_)
    places = set(held)
    for place, since in known.items():
        if place not in places:
            key = reminder_key(id_, place, since)
            connection.execute(update(reminder).where(reminder.c.key == key).values(closed_at=now))
    for place in sorted(places - known.keys()):
        key = reminder_key(id_, place, today)
        reopened = update(reminder).where(reminder.c.key == key).values(closed_at=None)
        if connection.execute(reopened).rowcount == 0:
            connection.execute(insert(reminder).values(_row(id_, place, today, now)))


def reminder_key(id_: str, place: Place, anchor: date, stage: int = 0) -> str:
    """The one key of a reminder, a record, its day and a stage."""
    return sha256("\0".join((id_, *place, anchor.isoformat(), str(stage))).encode()).hexdigest()


def _row(id_: str, place: Place, anchor: date, now: datetime) -> dict[str, object]:
    return {
        "key": reminder_key(id_, place, anchor),
        "reminder": id_,
        "table": place[0],
        "uid": place[1],
        "anchor": anchor.isoformat(),
        "stage": 0,
        "recipient": "",
        "first_at": now,
        "closed_at": None,
    }
