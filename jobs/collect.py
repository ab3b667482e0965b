"""Everything that is due in the archive on a day."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from jobs.config import EVERY_TABLE, ReminderConfig
from jobs.due import Due, Failure, Today, due_of, is_ripe, make_due, pressing
from jobs.files import Files, HeldRow
from jobs.found import Place, held_since
from jobs.reminders import ReminderBook
from sync.store.hub import Unit
from validators.schema import SchemaConfig

BLOCK = 1000
HELD_NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Collected:
    """What is due, most pressing first, and the records that a reminder could not judge."""

    dues: tuple[Due, ...]
    failures: tuple[Failure, ...]


def collect(unit: Unit, files: Files, schema: SchemaConfig, book: ReminderBook, *, today: Today) -> Collected:
    """What is due today. Reads only."""
    found = [*_of_records(files, schema, book, today), *_of_held_rows(unit, files, schema, book, today)]
    dues = [each for each in found if isinstance(each, Due)]
    failures = [each for each in found if isinstance(each, Failure)]
    return Collected(tuple(sorted(dues, key=pressing)), tuple(failures))


def held_places(files: Files, reminder: ReminderConfig) -> list[Place]:
    """The held rows a reminder is about."""
    return [(row.table, row.uid) for row in _held_rows(files, reminder)]


def _of_records(
    files: Files, schema: SchemaConfig, book: ReminderBook, today: Today
) -> Iterator[Due | Failure | None]:
    """Dates first; then, for the few that remain of a block, what they link to is read at once."""
    for table, reminders in book.of_table.items():
        rows = files.rows(table) if reminders else iter(())
        while block := list(islice(rows, BLOCK)):
            ripe = [
                (reminder, uid, row)
                for uid, row in block
                for reminder in reminders
                if is_ripe(reminder, row, today=today, lookup=files.lookup)
            ]
            files.prepare(table, {uid: row for _, uid, row in ripe})
            for reminder, uid, row in ripe:
                yield due_of(reminder, uid, row, schema=schema, today=today, lookup=files.lookup)


def _of_held_rows(
    unit: Unit, files: Files, schema: SchemaConfig, book: ReminderBook, today: Today
) -> Iterator[Due | None]:
    for reminder in book.held:
        since = held_since(unit.connection, reminder.id)
        for held in _held_rows(files, reminder):
            yield make_due(
                reminder,
                held.table,
                held.uid,
                files.lookup(held.table, held.uid) or {},
                anchor=since.get((held.table, held.uid), today.day),
                schema=schema,
                today=today,
                lookup=files.lookup,
                title=_title(schema, reminder, held),
            )


def _held_rows(files: Files, reminder: ReminderConfig) -> Iterable[HeldRow]:
    return (row for row in files.held() if reminder.table in (EVERY_TABLE, row.table))


def _title(schema: SchemaConfig, reminder: ReminderConfig, held: HeldRow) -> str:
    """`更正待生效的内容:身份证号码、手机号码`: which fields, never what stands in them."""
    if not held.fields:
        return reminder.title  # The row lacks what it must have.
    names = [schema.tables[held.table].fields[key].name for key in held.fields]
    more = f"等{len(names)}项" if len(names) > HELD_NAMED_MAX else ""
    return f"{reminder.title}:{'、'.join(names[:HELD_NAMED_MAX])}{more}"
