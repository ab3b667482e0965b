"""Which of many records can be due at all: dates first, then conditions that need no other record. Reads the hub.

Most records end here, and most of them have days and states that others have too: each combination is asked once. Values
stay as the store has them until somebody asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
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
from sync.store.times import utc
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
        return utc(self.created_at).astimezone(zone).date()

    @property
    def changed_on(self) -> date:
        """The day of its last change."""
        return utc(self.changed_at).astimezone(SHANGHAI).date()

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


class Sieve:
    """One reminder's question to every record of its table, on one day."""

    def __init__(self, reminder: Reminder, schema: SchemaConfig, today: Today) -> None:
        self._reminder, self._today = reminder, today
        self._table = schema.tables[reminder.config.table]
        self._anchor = reminder.anchor if reminder.anchor and _is_cheap(reminder.anchor) else None
        self._when = tuple(part for part in reminder.when if _is_cheap(part) and not _opens(reminder, part))
        conditions = [*([self._anchor] if self._anchor else []), *self._when]
        names = {name for condition in conditions for name in condition.names}
        self._dated = CHANGED_ON in names
        self._names = tuple(sorted(names - {CHANGED_ON}))
        self._known: dict[tuple[Any, ...], bool] = {}

    def lets_through(self, one: Stored) -> bool:
        """Whether a record is worth asking further."""
        values, changed_on = one.values, one.changed_on if self._dated else None
        asked = (changed_on, *[_hashable(values.get(name)) for name in self._names])
        known = self._known.get(asked)
        if known is None:
            known = self._known[asked] = self._asks(values, changed_on)
        return known

    def _asks(self, values: Mapping[str, Any], changed_on: date | None) -> bool:
        fields = self._table.fields
        row = {name: load_value(fields[name], values[name]) for name in self._names if name in values}
        row |= {CHANGED_ON: changed_on} if changed_on else {}
        day = self._today.day
        try:
            if self._anchor is not None:
                anchor = self._anchor.day(row, today=day, lookup=_nothing)
                if anchor is None or newest_stage(self._reminder.config, anchor, self._today) is None:
                    return False
            return all(part.holds(row, today=day, lookup=_nothing) for part in self._when)
        except ConditionFailed:
            return True  # For `due_of` to report.


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
