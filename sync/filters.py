"""Which records belong in which replica: the row filters of departments, compiled once. Reads the hub, writes nothing."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import structlog

from validators.conditions import Condition, ConditionFailed, Lookup, Row, compile_condition
from validators.rulebook import TODAY
from validators.schema import FieldKey, SchemaConfig, TableKey

from .config import ReplicaConfig
from .connection import Uid
from .store.hub import Unit

log = structlog.get_logger("sync")


class Filters:
    """The filters of all replicas. That each can be used is checked with the configuration: see `departments.py`."""

    def __init__(self, schema: SchemaConfig, replicas: Iterable[ReplicaConfig]) -> None:
        self._conditions: dict[tuple[str, TableKey], Condition] = {}
        for replica in replicas:
            for table, source in replica.filter.items():
                condition = compile_condition(schema, table, source, _unexpected)
                assert condition is not None
                self._conditions[replica.name, table] = condition

    def of(self, replica: str, table: TableKey) -> Condition | None:
        """The filter of one table of a replica, if it has one."""
        return self._conditions.get((replica, table))

    def reading(self, target: TableKey, keys: Iterable[FieldKey]) -> Iterator[tuple[str, TableKey]]:
        """Replica and table of each filter that reads one of these fields of a linked record."""
        wanted = set(keys)
        for place, condition in self._conditions.items():
            links = condition.table.links
            if any(
                links[link].to == target and wanted & read.keys() for link, read in condition.visible.items()
            ):
                yield place

    def daily(self) -> Iterator[tuple[str, TableKey]]:
        """Replica and table of each filter that may decide otherwise tomorrow."""
        return (place for place, one in self._conditions.items() if TODAY in one.expression.names)


def inside(
    filters: Filters, unit: Unit, replica: str, table: TableKey, rows: Mapping[Uid, Row], today: date
) -> set[Uid]:
    """Those of the records that belong in the replica."""
    condition = filters.of(replica, table)
    if condition is None:
        return set(rows)
    lookup = _linked(unit, condition, rows.values())
    return {uid for uid, row in rows.items() if belongs(condition, row, today=today, lookup=lookup)}


def belongs(condition: Condition, row: Row, *, today: date, lookup: Lookup) -> bool:
    """Whether one record belongs; not while the filter cannot tell: who may see a record is never guessed."""
    try:
        return condition.holds(row, today=today, lookup=lookup)
    except ConditionFailed as error:
        log.warning("filter_failed", message=str(error))
        return False


def _linked(unit: Unit, condition: Condition, rows: Iterable[Row]) -> Lookup:
    """The linked records that the filter reads, loaded once."""
    links = {key: condition.table.links[key].to or "" for key in condition.visible}
    wanted: dict[TableKey, set[Uid]] = {}
    for row in rows:
        for key, target in links.items():
            if key in row:
                wanted.setdefault(target, set()).add(str(row[key]))
    found = {target: unit.records.get_many(target, uids) for target, uids in wanted.items()}

    def lookup(table: TableKey, uid: Uid) -> Row | None:
        record = found.get(table, {}).get(uid)
        return record.values if record else None

    return lookup


def _unexpected(message: str) -> None:
    raise AssertionError(message)
