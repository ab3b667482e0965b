"""Everything that is due in the archive on a day."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from jobs.due import Due, Failure, Linked, Reminder, Scene, Today, due_of, make_due, pressing
from jobs.events import events
from jobs.files import Files
from jobs.findings import Finding, findings
from jobs.reminder_config import EVENT_ON, EVERY_TABLE, ReminderConfig
from jobs.reminders import ReminderBook
from jobs.sift import Sieve, Stored, stored
from jobs.titles import Title
from sync.connection import Uid
from sync.merge import Row
from sync.secrets import from_text
from sync.store.hub import Unit
from validators.conditions import ConditionFailed
from validators.schema import SchemaConfig, TableKey
from vault.plaintext import Plaintext

BLOCK = 1000

Open = Callable[[Iterable[str]], Mapping[str, Plaintext[str]]]
"""The values of tokens, opened in memory and counted: `Vault.open_for_check`."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What is due, most pressing first, and the records that a reminder could not judge."""

    dues: tuple[Due, ...]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """What collecting works on."""

    unit: Unit
    files: Files
    schema: SchemaConfig
    book: ReminderBook
    today: Today
    open: Open

    @property
    def scene(self) -> Scene:
        """What judging one record needs."""
        return Scene(self.schema, self.today, self.files.lookup)


Candidate = tuple[Reminder, Stored, Row, date | None]
"""A reminder, a record that it may be about, its row, and the day that was found where no expression gives it."""


def collect(ground: Ground) -> Collected:
    """What is due today. Reads only."""
    return _collected([*_of_records(ground), *_of_findings(ground)])


def collect_of(ground: Ground, table: TableKey, uids: Sequence[Uid]) -> Collected:
    """What is due of a few records of a table."""
    found = [*_of_block(ground, table, list(stored(ground.unit, table, uids)), _questions(ground, table))]
    wanted = set(uids)
    about = (each for each in _of_findings(ground) if isinstance(each, Due))
    return _collected([*found, *(due for due in about if due.table == table and due.uid in wanted)])


def _collected(found: Iterable[Due | Failure | None]) -> Collected:
    listed = [each for each in found if each is not None]
    dues = [each for each in listed if isinstance(each, Due)]
    failures = [each for each in listed if isinstance(each, Failure)]
    return Collected(tuple(sorted(dues, key=pressing)), tuple(failures))


@dataclass(frozen=True, slots=True)
class _Question:
    """A reminder, and which records it has to be asked about: those of the sieve, or those to which something happened."""

    reminder: Reminder
    sieve: Sieve
    events: Mapping[Uid, date] | None

    def concerns(self, one: Stored) -> bool:
        return (self.events is None or one.uid in self.events) and self.sieve.lets_through(one)


def _questions(ground: Ground, table: TableKey) -> list[_Question]:
    return [
        _Question(
            reminder,
            Sieve(reminder, ground.schema, ground.today),
            None if reminder.anchor else events(ground.unit, reminder.config, ground.today.day),
        )
        for reminder in ground.book.of_table[table]
    ]


def _of_records(ground: Ground) -> Iterator[Due | Failure | None]:
    for table in ground.schema.tables:
        questions = _questions(ground, table)
        rows = stored(ground.unit, table) if questions else iter(())
        while block := list(islice(rows, BLOCK)):
            yield from _of_block(ground, table, block, questions)


def _of_block(
    ground: Ground, table: TableKey, block: Sequence[Stored], questions: Sequence[_Question]
) -> Iterator[Due | Failure | None]:
    """Sifted first; then, for the few that remain, what they link to and what links to them is read at once."""
    config = ground.schema.tables[table]
    sifted = [(asked, one) for one in block for asked in questions if asked.concerns(one)]
    if not sifted:
        return
    rows = {one.uid: one.row(config) for _, one in sifted}
    ground.files.prepare(table, rows)
    candidates: list[Candidate] = [
        (asked.reminder, one, rows[one.uid], asked.events[one.uid] if asked.events else None)
        for asked, one in sifted
    ]
    found = list(zip(candidates, _judged(ground, table, candidates), strict=True))
    standing = _with_the_right_links(ground, found)
    for (reminder, one, _, _), due in found:
        if not isinstance(due, Due):
            yield due
        elif (reminder.config.id, one.uid) in standing:
            yield from _itemised(ground, reminder.config, one, due)


def _judged(ground: Ground, table: TableKey, candidates: Sequence[Candidate]) -> list[Due | Failure | None]:
    opened = _opened(ground, table, candidates)
    scene = ground.scene
    return [
        due_of(
            reminder,
            one.uid,
            _seen_by(ground, reminder, row, opened, event),
            scene,
            anchor=event,
            arrived=one.arrived(),
        )
        for reminder, one, row, event in candidates
    ]


def _opened(ground: Ground, table: TableKey, candidates: Sequence[Candidate]) -> Mapping[str, Plaintext[str]]:
    """The sensitive values that conditions read, of these records alone."""
    tokens = {
        str(row[key]) for reminder, _, row, _ in candidates for key in reminder.config.opens if key in row
    }
    return ground.open(tokens) if tokens else {}


def _seen_by(
    ground: Ground, reminder: Reminder, row: Row, opened: Mapping[str, Plaintext[str]], event: date | None
) -> Row:
    """The row as the conditions of one reminder read it."""
    if not reminder.config.opens and event is None:
        return row
    seen = {**row, EVENT_ON: event} if event else dict(row)
    fields = ground.schema.tables[reminder.config.table].fields
    for key in reminder.config.opens:
        token = seen.pop(key, None)
        if token is not None and str(token) in opened:
            seen[key] = from_text(fields[key], opened[str(token)])
    return seen


def _with_the_right_links(
    ground: Ground, found: Sequence[tuple[Candidate, Due | Failure | None]]
) -> set[tuple[str, Uid]]:
    """The due ones of which `has` and `lacks` are true, as (reminder, uid)."""
    by_reminder: dict[str, tuple[Reminder, list[Uid]]] = {}
    for (reminder, one, _, _), due in found:
        if isinstance(due, Due):
            by_reminder.setdefault(reminder.config.id, (reminder, []))[1].append(one.uid)
    standing: set[tuple[str, Uid]] = set()
    for id_, (reminder, uids) in by_reminder.items():
        for linked, wanted in ((reminder.has, True), (reminder.lacks, False)):
            if linked:
                counted = _linked_to(ground, linked, uids)
                uids = [uid for uid in uids if (uid in counted) is wanted]
        standing |= {(id_, uid) for uid in uids}
    return standing


def _linked_to(ground: Ground, linked: Linked, uids: Iterable[Uid]) -> Collection[Uid]:
    """Those to whom a record links that counts."""
    table = linked.config.table
    referrers = ground.files.referrers(table, linked.config.by, uids)
    return {
        target for target, others in referrers.items() if any(_counts(ground, linked, uid) for uid in others)
    }


def _counts(ground: Ground, linked: Linked, uid: Uid) -> bool:
    row = ground.files.lookup(linked.config.table, uid)
    if row is None or linked.when is None:
        return row is not None
    try:
        return linked.when.holds(row, today=ground.today.day, lookup=ground.files.lookup)
    except ConditionFailed:
        return False


def _itemised(ground: Ground, config: ReminderConfig, one: Stored, due: Due) -> Iterator[Due]:
    """The due item itself, or one for each expected field that is blank and not held to be mended."""
    if not config.missing:
        yield due
        return
    for key, field in ground.schema.tables[config.table].fields.items():
        held = key in ground.files.held_fields(config.table, one.uid)
        if field.expected and one.values.get(key) is None and not held:
            yield replace(due, field=key, title=Title(config.title, (field.name,)))


def _of_findings(ground: Ground) -> Iterator[Due | None]:
    for reminder in ground.book.found:
        for finding in findings(ground.unit, ground.files, ground.schema, reminder, ground.today.day):
            if reminder.table in (EVERY_TABLE, finding.table):
                yield _found(ground, reminder, finding)


def _found(ground: Ground, reminder: ReminderConfig, finding: Finding) -> Due | None:
    row = ground.files.lookup(finding.table, finding.uid) or {}
    title = _title(ground.schema, reminder, finding)
    due = make_due(reminder, finding.table, finding.uid, row, ground.scene, anchor=finding.since, title=title)
    return replace(due, field=finding.part) if due else None


def _title(schema: SchemaConfig, reminder: ReminderConfig, finding: Finding) -> Title:
    """Which fields, never what stands in them; none where the row lacks what it must have, or is about to be deleted."""
    columns = tuple(schema.tables[finding.table].fields[key].name for key in finding.fields)
    return Title(reminder.title, columns, finding.part, finding.count)
