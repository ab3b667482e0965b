"""What else names a person who is erased or restricted: rows of the to-do table, open items, and mails in the outbox."""

import re
from collections.abc import Iterable
from html import unescape

from sqlalchemy import delete, select, update

from jobs.outbox import MailState
from sync.connection import Uid
from sync.erasing import Person
from sync.store.hub import Hub, Unit
from sync.store.records import State, blocks
from sync.store.tables import outbox, reminder
from validators.schema import TableKey

TARGET = "target_no"
"""The field of the to-do table that names the record a task is about."""
WORDS = ("subject", "text", "html")
UNSENT = (MailState.STORED, MailState.SENDING)


def numbers_of(unit: Unit, who: Person) -> set[str]:
    """What mails and tasks call the person's records by."""
    return {
        one.key
        for table, uids in who.records.items()
        for one in unit.records.get_many(table, uids).values()
        if one.key
    }


def tasks_about(unit: Unit, todo: TableKey | None, who: Person, numbers: Iterable[str]) -> tuple[Uid, ...]:
    """The rows of the to-do table about the person's records, be they the daemon's or staff's own."""
    if todo is None:
        return ()
    uids = [uid for mine in who.records.values() for uid in mine]
    found: set[str] = set()
    for block in blocks(uids):
        query = select(reminder.c.task).where(reminder.c.uid.in_(block), reminder.c.task != "")
        found |= set(unit.connection.execute(query).scalars())
    known = set(numbers)
    found |= {one.uid for one in unit.records.of_table(todo, *State) if one.values.get(TARGET) in known}
    return tuple(sorted(unit.records.get_many(todo, sorted(found))))


def withdraw_mails(hub: Hub, who: Person, numbers: Iterable[str]) -> int:
    """Take the words out of mails that name one of these numbers; those that wait are not sent. How many.

    The open items about the records go, too: they close, and no mail speaks of them again.
    """
    with hub.unit() as unit:
        for block in blocks(uid for mine in who.records.values() for uid in mine):
            unit.connection.execute(delete(reminder).where(reminder.c.uid.in_(block)))
        named = _naming(unit, sorted(numbers))
        for block in blocks(named):
            naming = outbox.c.id.in_(block)
            waiting = update(outbox).where(naming, outbox.c.state.in_(UNSENT))
            unit.connection.execute(waiting.values(state=MailState.REPLACED))
            emptied = update(outbox).where(naming).values(subject="", text="", html="", headers={})
            unit.connection.execute(emptied)
    return len(named)


def _naming(unit: Unit, numbers: list[str]) -> list[str]:
    """The mails in which one of these numbers stands by itself, and not as a part of a longer one."""
    if not numbers:
        return []
    # Letters and digits alone make a number longer: too much taken out of a mail is better than too little.
    by_itself = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, numbers))})(?![0-9A-Za-z])")
    rows = unit.connection.execute(select(outbox.c.id, *(outbox.c[name] for name in WORDS)))
    return [id_ for id_, *words in rows if any(by_itself.search(unescape(text)) for text in words)]
