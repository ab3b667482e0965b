"""Which reminders are due on a day, for given records. Pure: what links lead to is asked of `Lookup`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from jobs.calendar import Calendar
from jobs.config import Priority, ReminderConfig
from sync.connection import Uid
from sync.merge import Row
from validators.conditions import Condition, ConditionFailed, Lookup
from validators.schema import SchemaConfig, TableKey


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
    anchor: date
    stage: int
    due_on: date
    days_left: int
    priority: Priority
    recipient: Uid | None
    title: str
    law: str | None


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
class Reminder:
    """A reminder about the records of one table, ready to be asked."""

    config: ReminderConfig
    anchor: Condition
    when: Condition | None


def is_ripe(reminder: Reminder, row: Row, *, today: Today, lookup: Lookup) -> bool:
    """Whether a record's day makes it worth asking further: most records end here, before any other is read."""
    try:
        anchor = reminder.anchor.day(row, today=today.day, lookup=lookup)
    except ConditionFailed:
        return True  # For `due_of` to report.
    return anchor is not None and newest_stage(reminder.config.at, anchor, today) is not None


def due_of(
    reminder: Reminder, uid: Uid, row: Row, *, schema: SchemaConfig, today: Today, lookup: Lookup
) -> Due | Failure | None:
    """What a reminder says of one record."""
    config = reminder.config
    try:
        anchor = reminder.anchor.day(row, today=today.day, lookup=lookup)
        if anchor is None:
            return None
        if reminder.when and not reminder.when.holds(row, today=today.day, lookup=lookup):
            return None
    except ConditionFailed as error:
        return Failure(config.id, config.table, uid, str(error))
    return make_due(config, config.table, uid, row, anchor=anchor, schema=schema, today=today, lookup=lookup)


def make_due(
    config: ReminderConfig,
    table: TableKey,
    uid: Uid,
    row: Row,
    *,
    anchor: date,
    schema: SchemaConfig,
    today: Today,
    lookup: Lookup,
    title: str | None = None,
) -> Due | None:
    """The due item of a record whose day and condition are known; None before the first stage."""
    stage = newest_stage(config.at, anchor, today)
    if stage is None:
        return None
    return Due(
        reminder=config.id,
        kind=config.kind,
        table=table,
        uid=uid,
        anchor=anchor,
        stage=stage,
        due_on=today.calendar.sending_day(anchor + timedelta(days=stage)),
        days_left=(anchor - today.day).days,
        priority=config.priority,
        recipient=recipient_of(schema, table, row, config.to, lookup),
        title=title or config.title,
        law=config.law,
    )


def pressing(due: Due) -> tuple[int, int, str, str]:
    """The order of what is due: by priority, then by day."""
    return list(Priority).index(due.priority), due.days_left, due.reminder, due.uid


def newest_stage(at: Iterable[int], anchor: date, today: Today) -> int | None:
    """The last stage that has come; one that falls on the days off after today has come, since sending moves back.

    Counted in days rather than dates, because staff write 9999-12-31 for an end that never comes.
    """
    come = (today.day - anchor).days + today.days_off
    return max((stage for stage in at if stage <= come), default=None)


def recipient_of(
    schema: SchemaConfig, table: TableKey, row: Row, to: str | None, lookup: Lookup
) -> Uid | None:
    """The member of staff whom a record concerns: where `to` leads, else the owner of its table."""
    paths = (path for path in (to, schema.tables[table].owner) if path)
    found = (follow(schema, table, row, path, lookup) for path in paths)
    return next((uid for uid in found if uid), None)


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
