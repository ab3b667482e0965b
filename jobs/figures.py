"""Numbers about the whole archive, for leaders: no person stands in them. Reads the hub."""

from collections import Counter
from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select

from jobs.fact_words import FactWords
from jobs.sift import STANDING, stored
from sync.store.hub import Unit
from sync.store.tables import record, reminder
from validators.schema import SchemaConfig

GROUP_MIN = 5
"""Smaller groups are not shown: in a small group a number may be a person."""


def figures(
    unit: Unit, schema: SchemaConfig, kinds: Mapping[str, str], today: date, words: FactWords
) -> tuple[tuple[str, str], ...]:
    """Records by table, how complete they are, and open items by kind; `kinds` gives the kind of each reminder."""
    lines = [
        (words.said(config.name), words.amount.format(amount=_count(unit, table), unit=words.records))
        for table, config in schema.tables.items()
    ]
    lines += [
        (words.complete.format(table=words.said(config.name)), f"{share:.0%}")
        for table, config in schema.tables.items()
        if (share := _completeness(unit, schema, table)) is not None
    ]
    return (*lines, *_open_items(unit, kinds, today, words))


def _count(unit: Unit, table: str) -> int:
    query = select(func.count()).where(record.c.table == table, record.c.state.in_(STANDING))
    return int(unit.connection.execute(query).scalar_one())


def _completeness(unit: Unit, schema: SchemaConfig, table: str) -> float | None:
    """The share of expected fields that are filled; None where nothing is expected, or of too few."""
    expected = [key for key, field in schema.tables[table].fields.items() if field.expected]
    counted = filled = 0
    for one in stored(unit, table) if expected else ():
        counted += 1
        filled += sum(one.values.get(key) is not None for key in expected)
    return filled / (counted * len(expected)) if counted >= GROUP_MIN else None


def _open_items(unit: Unit, kinds: Mapping[str, str], today: date, words: FactWords) -> list[tuple[str, str]]:
    """Open and overdue ones by kind."""
    query = select(reminder.c.reminder, reminder.c.anchor).where(reminder.c.closed_at.is_(None))
    found, late = Counter[str](), Counter[str]()
    for id_, anchor in unit.connection.execute(query):
        kind = kinds.get(id_, id_)
        found[kind] += 1
        late[kind] += anchor < today.isoformat()
    return [
        (words.open_items.format(kind=words.said(kind)), words.items.format(count=count, late=late[kind]))
        for kind, count in found.most_common()
        if count >= GROUP_MIN
    ]
