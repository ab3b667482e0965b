"""Which reminders are due on a day, for given records. Pure: what links lead to is asked of `Lookup`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from jobs.calendar import Calendar
from jobs.reminder_config import LinkedConfig, Priority, ReminderConfig
from jobs.titles import Title
from sync.connection import Uid
from sync.merge import Row
from validators.conditions import Condition, ConditionFailed, Lookup
from validators.schema import FieldKey, SchemaConfig, TableKey

ITEM_DIGITS = 16
"""Of a digest of what an item is about: staff may have to type it."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that someone has to see to.

    `stage` is the newest entry of the reminder's `at` that has come, `due_on` the day on which it was first told: both
    count for telling, never for the law, whose day is the `anchor`. `days_left` to it is negative once it has passed.
    """

    reminder: str
    kind: str
    table: TableKey
    uid: Uid
    """Empty where it is about the archive as a whole."""
    anchor: date
    stage: int
    due_on: date
    days_left: int
    priority: Priority
    recipient: Uid | None
    path: str
    """The links that lead to whom it concerns, or would if they were filled; empty for a department."""
    title: Title
    law: str | None
    field: FieldKey = ""
    """The one field it is about, for missing ones."""
    escalated: tuple[str, ...] = ()
    """Who hears of it besides: `manager`, or departments by name."""
    department: str = ""
    """The department it is for, where it is for no person."""

    @property
    def item(self) -> str:
        """What stays the same for as long as it is open, whatever its day and stage."""
        return _digest(self.reminder, self.table, self.uid, self.field)[:ITEM_DIGITS]

    @property
    def key(self) -> str:
        """The one key of reminder, record, day and stage: what was told under it once is not news."""
        return _digest(
            self.reminder, self.table, self.uid, self.field, self.anchor.isoformat(), str(self.stage)
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that a reminder could not judge. The others go on."""

    reminder: str
    table: TableKey
    uid: Uid
    reason: str


@dataclass(frozen=True, slots=True)
class Today:
    """A day, and how many days off follow it at once."""

    day: date
    days_off: int
    calendar: Calendar

    @classmethod
    def of(cls, day: date, calendar: Calendar) -> "Today":
        """`day` as the calendar has it."""
        return cls(day, calendar.days_off_after(day), calendar)


@dataclass(frozen=True, slots=True)
class Linked:
    """Which records of another table count, ready to be asked."""

    config: LinkedConfig
    when: Condition | None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder about the records of one table, ready to be asked. `anchor` is None where the daemon finds the day."""

    config: ReminderConfig
    anchor: Condition | None
    when: tuple[Condition, ...]
    """All of them must hold; those that read no other record come first."""
    has: Linked | None = None
    lacks: Linked | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What judging needs beside the record."""

    schema: SchemaConfig
    today: Today
    lookup: Lookup


def due_of(
    reminder: Reminder,
    uid: Uid,
    row: Row,
    scene: Scene,
    *,
    anchor: date | None = None,
    arrived: date | None = None,
) -> Due | Failure | None:
    """What a reminder says of one record, leaving aside the records that link to it.

    `anchor` is the day that was found, where no expression gives it; `arrived` is when the record came into the archive.
    """
    config, day = reminder.config, scene.today.day
    try:
        if reminder.anchor is not None:
            anchor = reminder.anchor.day(row, today=day, lookup=scene.lookup)
        if anchor is None:
            return None
        if not all(each.holds(row, today=day, lookup=scene.lookup) for each in reminder.when):
            return None
    except ConditionFailed as error:
        return Failure(config.id, config.table, uid, str(error))
    return make_due(config, config.table, uid, row, scene, anchor=spread(config, uid, anchor, arrived))


def make_due(
    config: ReminderConfig,
    table: TableKey,
    uid: Uid,
    row: Row,
    scene: Scene,
    *,
    anchor: date,
    title: Title | None = None,
) -> Due | None:
    """The due item of a record whose day and condition are known; None before the first stage."""
    stage = newest_stage(config, anchor, scene.today)
    if stage is None:
        return None
    come = days_come(config, anchor, scene.today)
    path, recipient = _whose(scene, config, table, row)
    return Due(
        reminder=config.id,
        kind=config.kind,
        table=table,
        uid=uid,
        anchor=anchor,
        stage=stage,
        due_on=_told_on(config, anchor, stage, scene.today),
        days_left=(anchor - scene.today.day).days,
        priority=config.priority,
        recipient=recipient,
        path=path,
        title=title or Title(config.title),
        law=config.law,
        escalated=tuple(dict.fromkeys(each.to for each in config.escalate if each.after <= come)),
        department=config.department or "",
    )


def pressing(due: Due) -> tuple[int, int, str, str, str]:
    """The order of what is due: by priority, then by day."""
    return list(Priority).index(due.priority), due.days_left, due.reminder, due.uid, due.field


def spread(config: ReminderConfig, uid: Uid, anchor: date, arrived: date | None) -> date:
    """The day of a record; one that was overdue when it arrived has a day of its own in the time after, always the same."""
    if config.spread_days is None or arrived is None or anchor >= arrived:
        return anchor
    return arrived + timedelta(days=1 + int(_digest(config.id, uid)[:8], 16) % config.spread_days)


def newest_stage(config: ReminderConfig, anchor: date, today: Today) -> int | None:
    """The last stage that has come; None before the first."""
    come = days_come(config, anchor, today)
    return max((stage for stage in config.at if stage <= come), default=None)


def days_come(config: ReminderConfig, anchor: date, today: Today) -> int:
    """How far today is past the anchor, in the days that the reminder counts.

    What falls on the days off after today has come: it is told before them. Counted in days rather than dates, because
    staff write 9999-12-31 for an end that never comes.
    """
    if config.days == "working":
        return today.calendar.working_days(anchor, today.day)
    return (today.day - anchor).days + today.days_off


def _whose(scene: Scene, config: ReminderConfig, table: TableKey, row: Row) -> tuple[str, Uid | None]:
    """The member of staff whom a record concerns, and how it leads there: by `to`, else by the owner of its table."""
    paths = (
        [] if config.department else [path for path in (config.to, scene.schema.tables[table].owner) if path]
    )
    for path in paths:
        if found := follow(scene.schema, table, row, path, scene.lookup):
            return path, found
    return (paths[0] if paths else ""), None


def follow(schema: SchemaConfig, table: TableKey, row: Row, path: str, lookup: Lookup) -> Uid | None:
    """The uid at the end of a path of links, such as `customer_no.agent_no`; None where one is blank."""
    *links, last = path.split(".")
    here: Mapping[str, object] | None = row
    for link in links:
        target = (here or {}).get(link)
        here = lookup(schema.tables[table].fields[link].to or "", str(target)) if target else None
        table = schema.tables[table].fields[link].to or ""
    uid = (here or {}).get(last)
    return uid if isinstance(uid, str) and uid else None


def _told_on(config: ReminderConfig, anchor: date, stage: int, today: Today) -> date:
    """The day on which a stage is first told."""
    if config.days == "working":
        return today.calendar.plus_working(anchor, stage)
    return today.calendar.sending_day(anchor + timedelta(days=stage))


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
