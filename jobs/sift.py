"""Which of many records can be due at all: dates first, then conditions that need no other record. Reads the hub.

Most records end here, and most of them have days and states that others have too: each combination is asked once. Values
stay as the store has them until somebody asks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from jobs.due import Reminder, Today, newest_stage
from jobs.reminder_config import CHANGED_ON
from sync.connection import Uid
from sync.merge import Row
from sync.store.hub import Unit
from sync.store.records import State
from sync.store.tables import record
from validators.conditions import Condition, ConditionFailed
from validators.dates import SHANGHAI
from validators.schema import SchemaConfig, TableConfig, TableKey
from validators.values import load_value

STANDING = (State.LIVE, State.WAITING)
"""Records that are right in themselves. What is held is told as such, not by its dates."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as the store has it."""

    uid: Uid
    values: Mapping[str, Any] = field(repr=False)
    """In JSON form."""
    created_at: datetime
    changed_at: datetime

    def arrived(self, zone: ZoneInfo = SHANGHAI) -> date:
        """The day on which it came into the archive."""
        return self.created_at.astimezone(zone).date()

    @property
    def changed_on(self) -> date:
        """The day of its last change."""
        return self.changed_at.astimezone(SHANGHAI).date()

    def row(self, table: TableConfig) -> Row:
        """Its values, and the day of its last change."""
        row: dict[str, Any] = {
            key: load_value(table.fields[key], json)
            for key, json in self.values.items()
            if key in table.fields
        }
        return {**row, CHANGED_ON: self.changed_on}


def stored(unit: Unit, table: TableKey, uids: Sequence[Uid] | None = None) -> Iterator[Stored]:
    """The records of a table that reminders may speak of, oldest first; `uids` narrows them to a few."""
    query = select(record.c.uid, record.c["values"], record.c.created_at, record.c.changed_at).where(
        record.c.table == table, record.c.state.in_(STANDING)
    )
    if uids is not None:
        query = query.where(record.c.uid.in_(uids))
    return (Stored(*row) for row in unit.connection.execute(query.order_by(record.c.uid)))


class _Step:
    """One condition, asked once for each combination of what it reads."""

    def __init__(self, condition: Condition, holds: Callable[[Row], bool]) -> None:
        self._holds = holds
        self._fields = condition.table.fields
        self._dated = CHANGED_ON in condition.names
        self._names = tuple(name for name in condition.names if name != CHANGED_ON)
        self._known: dict[Any, bool] = {}

    def holds(self, one: Stored) -> bool:
        """Whether a record passes; one on which the expression fails does, for `due_of` to report."""
        asked: tuple[Any, ...] = tuple(map(one.values.get, self._names))
        if self._dated:
            asked = (one.changed_on, *asked)
        try:
            known = self._known.get(asked)
        except TypeError:  # A set of options or links is stored as a list.
            asked = tuple(map(_hashable, asked))
            known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._ask(one)
        return known

    def _ask(self, one: Stored) -> bool:
        row: dict[str, Any] = {
            name: load_value(self._fields[name], one.values[name])
            for name in self._names
            if name in one.values
        }
        row |= {CHANGED_ON: one.changed_on} if self._dated else {}
        try:
            return self._holds(row)
        except ConditionFailed:
            return True


class Sieve:
    """One reminder's question to every record of its table, on one day: its date first, then what else is cheap."""

    def __init__(self, reminder: Reminder, schema: SchemaConfig, today: Today) -> None:
        self._reminder, self._today = reminder, today
        fields = schema.tables[reminder.config.table].fields
        expected = frozenset(key for key, field in fields.items() if field.expected)
        self._expected = expected if reminder.config.missing else None
        anchor = [reminder.anchor] if reminder.anchor and _is_cheap(reminder.anchor) else []
        parts = [part for part in reminder.when if _is_cheap(part) and not _opens(reminder, part)]
        self._steps = (
            *(_Step(each, partial(self._is_ripe, each)) for each in anchor),
            *(_Step(each, partial(each.holds, today=today.day, lookup=_nothing)) for each in parts),
        )

    def lets_through(self, one: Stored) -> bool:
        """Whether a record is worth asking further."""
        if self._expected is not None and self._expected <= one.values.keys():
            return False  # Nothing is missing.
        return all(step.holds(one) for step in self._steps)

    def _is_ripe(self, anchor: Condition, row: Row) -> bool:
        day = anchor.day(row, today=self._today.day, lookup=_nothing)
        return day is not None and newest_stage(self._reminder.config, day, self._today) is not None


def _is_cheap(condition: Condition) -> bool:
    """Whether it reads stored fields of the record alone."""
    known = {*condition.table.fields, CHANGED_ON}
    return not condition.reads_links and known.issuperset(condition.names)


def _opens(reminder: Reminder, part: Condition) -> bool:
    return any(name in reminder.config.opens for name in part.names)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _nothing(_table: TableKey, _uid: Uid) -> Row | None:
    raise AssertionError("only conditions without links are asked here")
