"""What the daemon found and a person has to decide: held rows, conflicts, deletions that wait. Reads the hub."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from jobs.files import Files
from jobs.items import held_since
from jobs.noted import noted
from jobs.reminder_config import ABOUT_ALL, CONFLICT, HELD, ReminderConfig
from sync.connection import Uid
from sync.store.hub import Unit
from validators.dates import SHANGHAI
from validators.schema import FieldKey, SchemaConfig, TableKey


@dataclass(frozen=True, slots=True)
class Finding:
    """A record that waits for a person, since when, and which of its fields it is about.

    Without uid it is about the archive as a whole: `part` says where something was found, `count` how much.
    """

    table: TableKey
    uid: Uid
    since: date
    fields: tuple[FieldKey, ...] = ()
    part: str = ""
    count: int = 0


def findings(
    unit: Unit, files: Files, schema: SchemaConfig, reminder: ReminderConfig, today: date
) -> Iterable[Finding]:
    """What a reminder of this kind is about."""
    if reminder.anchor in ABOUT_ALL:
        return _noted(unit, reminder)
    if reminder.anchor == HELD:
        return _held(unit, files, reminder, today)
    return _conflicts(unit, schema) if reminder.anchor == CONFLICT else _deletions(unit, schema)


def _noted(unit: Unit, reminder: ReminderConfig) -> Iterable[Finding]:
    for one in noted(unit.connection, reminder.anchor):
        yield Finding(reminder.table, "", one.day, part=one.part, count=one.count)


def _held(unit: Unit, files: Files, reminder: ReminderConfig, today: date) -> Iterator[Finding]:
    since = held_since(unit.connection, reminder.id)
    for row in files.held():
        yield Finding(row.table, row.uid, since.get((row.table, row.uid), today), row.fields)


def _conflicts(unit: Unit, schema: SchemaConfig) -> Iterable[Finding]:
    """One for each record, since its oldest open entry."""
    found: dict[tuple[TableKey, Uid], tuple[date, list[FieldKey]]] = {}
    for entry in unit.lists.conflicts():
        table = schema.tables.get(entry.table)
        if table and entry.field in table.fields:
            _, fields = found.setdefault((entry.table, entry.uid), (_day(entry.at), []))
            fields += [entry.field] if entry.field not in fields else []
    return [Finding(*place, since, tuple(fields)) for place, (since, fields) in found.items()]


def _deletions(unit: Unit, schema: SchemaConfig) -> Iterable[Finding]:
    """One for each record that waits for a word, however many replicas lost it."""
    found: dict[tuple[TableKey, Uid], date] = {}
    for waiting in unit.lists.deletions():
        if waiting.decision is None and waiting.table in schema.tables:
            found.setdefault((waiting.table, waiting.uid), _day(waiting.since))
    return [Finding(*place, since) for place, since in found.items()]


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
