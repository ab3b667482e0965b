"""Keeps the open items and their rows in the to-do table: the table is written through the hub, as any other record is.

A pass over the whole archive once a day and after an import; between, only what changed is looked at.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sqlalchemy import func, select

from jobs.calendar import Calendar
from jobs.collect import Collected, Ground, collect, collect_of
from jobs.due import Due, Failure, Today
from jobs.items import Item, Items, Kept
from jobs.people import People, read_people
from jobs.preview import Archive
from jobs.reminders import ReminderBook
from jobs.todo import Granted, Named, closed_row, grant, tells, wanted_row
from jobs.todo_config import TodoConfig
from sync.changes import Change, store_changes
from sync.connection import Uid
from sync.engine import Engine
from sync.store.hub import Unit
from sync.store.records import Record, State
from sync.store.tables import record
from sync.uid import new_uid
from validators.schema import FieldKey, TableKey
from validators.values import Value, refers

SOURCE = "reminders"
CHANGED_MAX = 500
"""When more records changed since the last look, the whole archive is looked at."""


@dataclass(slots=True)
class TendReport:
    """What a pass did, in counts."""

    open: int = 0
    closed: int = 0
    rows: int = 0
    """Rows of the to-do table that were made, changed or taken away."""
    waiting: int = 0
    """Open items that have no row yet: more than one pass may add."""
    failures: tuple[Failure, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Desk:
    """What a pass works on."""

    archive: Archive
    engine: Engine
    unit: Unit
    ground: Ground
    people: People

    @property
    def today(self) -> date:
        return self.ground.today.day


def tend(archive: Archive, engine: Engine) -> TendReport:
    """Look at the whole archive: what is due, what is not any more, and what staff wished."""
    book = ReminderBook(archive.schema, archive.config)
    with engine.hub.reading() as unit:
        found = collect(_desk(archive, engine, unit, book).ground)
    with engine.hub.unit() as unit:
        desk, items = _desk(archive, engine, unit, book), Items(unit.connection)
        kept = items.keep(found.dues, items.open(), today=desk.today, now=engine.clock())
        return _write(desk, found, kept, sweep=True)


def follow(archive: Archive, engine: Engine, since: int) -> TendReport | None:
    """Look at what changed since a revision, and at what it leads to; None when that is too much for this."""
    book = ReminderBook(archive.schema, archive.config)
    with engine.hub.unit() as unit:
        changed = _changed(unit, archive, since)
        if sum(map(len, changed.values())) > CHANGED_MAX:
            return None
        desk = _desk(archive, engine, unit, book)
        known = {**Items(unit.connection).about(_places(changed)), **_of_rows(unit, archive, changed)}
        scope = _scope(changed, known.values())
        found = [collect_of(desk.ground, table, sorted(uids)) for table, uids in scope.items() if uids]
        together = Collected(
            tuple(due for each in found for due in each.dues),
            tuple(failure for each in found for failure in each.failures),
        )
        items = Items(unit.connection)
        kept = items.keep(together.dues, items.about(_places(scope)), today=desk.today, now=engine.clock())
        return _write(desk, together, kept, sweep=False)


def newest_revision(unit: Unit) -> int:
    """The revision of the record that changed last."""
    return int(unit.connection.execute(select(func.max(record.c.rev))).scalar() or 0)


def _desk(archive: Archive, engine: Engine, unit: Unit, book: ReminderBook) -> Desk:
    config = archive.config
    ground = archive.ground(unit, book, Today.of(engine.today(), Calendar(config.calendar)))
    people = read_people(ground.files.rows(config.people.table), config.people, today=engine.today())
    return Desk(archive, engine, unit, ground, people)


Scope = dict[TableKey, set[Uid]]


def _changed(unit: Unit, archive: Archive, since: int) -> Scope:
    """The records that changed, and those they link to: what is due of a contract may depend on its successor."""
    query = select(record.c.table, record.c.uid).where(record.c.rev > since).limit(CHANGED_MAX + 1)
    found: Scope = {}
    for table, uid in unit.connection.execute(query):
        if table in archive.schema.tables:
            found.setdefault(table, set()).add(uid)
    people = archive.config.people.table
    for table, uids in list(found.items()):
        links = archive.schema.tables[table].links
        for each in unit.records.get_many(table, uids).values():
            for key, link in links.items():
                # Everybody's work hangs on a member of staff: that waits for the daily pass.
                if link.to != people:
                    found.setdefault(link.to or "", set()).update(refers(link, each.values.get(key)))
    return found


def _of_rows(unit: Unit, archive: Archive, changed: Scope) -> Mapping[str, Item]:
    """The items in whose rows staff typed."""
    return Items(unit.connection).of_tasks(changed.get(archive.config.todo.table or "", set()))


def _scope(changed: Scope, items: Iterable[Item]) -> Scope:
    scope: Scope = {table: set(uids) for table, uids in changed.items()}
    for item in items:
        scope.setdefault(item.table, set()).add(item.uid)
    return scope


def _places(scope: Mapping[TableKey, Collection[Uid]]) -> Iterable[tuple[TableKey, Uid]]:
    return ((table, uid) for table, uids in scope.items() for uid in uids)


def _write(desk: Desk, found: Collected, kept: Kept, *, sweep: bool) -> TendReport:
    """Bring the rows in line with the items."""
    report = TendReport(open=len(kept.open), closed=len(kept.closed), failures=found.failures)
    config = desk.archive.config.todo
    table = config.table
    if table is None or not any(replica.holds(table) for replica in desk.engine.replicas):
        return report
    rows = _rows_of(desk, table, [*kept.open.values(), *kept.closed.values()])
    changes = _changes(desk, config, found.dues, kept, rows, report)
    changes += [
        _done(item, rows[item.task], desk.today) for item in kept.closed.values() if _stands(item, rows)
    ]
    changes = [change for change in changes if change.any]
    old = _outdated(desk, table, config) if sweep else []
    store_changes(desk.engine, desk.unit, SOURCE, table, [*changes, *old])
    for change in old:
        desk.unit.records.bury(table, change.uid, replica=SOURCE, now=desk.engine.clock())
    report.rows = len(changes) + len(old)
    return report


def _rows_of(desk: Desk, table: TableKey, items: Iterable[Item]) -> Mapping[Uid, Record]:
    return desk.unit.records.get_many(table, sorted({item.task for item in items if item.task}))


def _stands(item: Item, rows: Mapping[Uid, Record]) -> bool:
    return item.task in rows and rows[item.task].state is not State.ARCHIVED


def _done(item: Item, row: Record, today: date) -> Change:
    return Change(item.task, row, closed_row(row.values, today), row.state, row.hints)


def _changes(
    desk: Desk,
    config: TodoConfig,
    dues: Sequence[Due],
    kept: Kept,
    rows: Mapping[Uid, Record],
    report: TendReport,
) -> list[Change]:
    """What the rows of the open items should say; the most pressing of those without one get one."""
    changes: list[Change] = []
    new: list[tuple[Due, Item]] = []
    moved: list[Item] = []
    for due in dues:
        item = kept.open[due.item]
        if _stands(item, rows):
            row = rows[item.task]
            granted = grant(due, item, row.values, config, desk.people, desk.today)
            changes.append(Change(item.task, row, _wanted(desk, due, granted, row), row.state, row.hints))
            moved += [granted.item] if granted.item != item else []
        elif item.task not in rows or not tells(rows[item.task].values, due, desk.archive.schema):
            new.append((due, item))  # A row that staff deleted comes back with the next stage.
    made = _new_rows(desk, new[: config.new_max])
    report.waiting = len(new) - len(made)
    Items(desk.unit.connection).save([*moved, *(item for item, _ in made)])
    return [*changes, *(change for _, change in made)]


def _new_rows(desk: Desk, new: Sequence[tuple[Due, Item]]) -> list[tuple[Item, Change]]:
    table = desk.archive.schema.tables[desk.archive.config.todo.table or ""]
    auto = table.fields[table.key].auto
    last = desk.unit.counters.raise_by(f"auto:{desk.archive.config.todo.table}", len(new)) if new else 0
    made: list[tuple[Item, Change]] = []
    for place, (due, item) in enumerate(new):
        uid = new_uid(desk.engine.clock(), desk.engine.random_bits)
        numbered = replace(item, task=uid)
        granted = grant(due, numbered, {}, desk.archive.config.todo, desk.people, desk.today)
        words = _wanted(desk, due, granted, None)
        number: dict[FieldKey, Value] = (
            {table.key: auto.format(seq=last - len(new) + 1 + place)} if auto else {}
        )
        made.append((numbered, Change(uid, None, {**number, **words}, State.LIVE)))
    return made


def _wanted(desk: Desk, due: Due, granted: Granted, row: Record | None) -> dict[FieldKey, Value]:
    return wanted_row(
        due,
        granted,
        row.values if row else {},
        _named(desk, due),
        schema=desk.archive.schema,
        people=desk.people,
        today=desk.today,
    )


def _named(desk: Desk, due: Due) -> Named:
    files = desk.ground.files
    return Named(
        number=files.number(due.table, due.uid),
        name=files.name(due.table, due.uid, desk.archive.masked),
        link=desk.archive.at_the_desk(due.uid),
    )


def _outdated(desk: Desk, table: TableKey, config: TodoConfig) -> list[Change]:
    """Rows of items that were done long ago: they leave the tables, and stay in the hub."""
    last = desk.today - timedelta(days=config.keep_days)
    return [
        Change(each.uid, each, each.values, State.ARCHIVED, each.hints)
        for each in desk.unit.records.of_table(table)
        if each.values.get("item") and isinstance(day := each.values.get("done_on"), date) and day < last
    ]
