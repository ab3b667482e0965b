"""Records as hub and people agree on them, and the indexes that rules and links need."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import Connection, bindparam, case, delete, func, insert, select, update

from validators.issues import Issue
from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import Json, dump_value, refers

from ..connection import Uid
from ..merge import Row
from .counters import raise_by
from .issues import dump_issue, load_issue
from .stored import readable
from .tables import REVISION, record, reference, tombstone, unique_value

BLOCK = 400
"""Ids per query: SQLite and PostgreSQL both take it, and it is well past where more would help."""

ERASED, RESTRICTED = "erased", "restricted"
"""What a tombstone says instead of a replica: no stale copy, no edit and no undo brings the record back."""
FINAL = frozenset({ERASED, RESTRICTED})


class State(StrEnum):
    """Where a record stands in its life."""

    ARRIVING = "arriving"  # typed somewhere; its uid is not yet confirmed there
    HELD = "held"  # its business key or identity is not right yet: it stays where it was typed
    WAITING = "waiting"  # fine itself, but refers to a record that is held
    LIVE = "live"
    ARCHIVED = "archived"


UNBORN = frozenset({State.ARRIVING, State.HELD, State.WAITING})
"""What no replica but the one it was typed in has ever shown."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. `values` are canonical; sensitive fields hold tokens."""

    table: TableKey
    uid: Uid
    rev: int
    key: str
    state: State
    values: Row = field(repr=False)
    created_at: datetime
    changed_at: datetime
    hints: tuple[Issue, ...] = ()


class Records:
    """The records of all tables, within one transaction."""

    def __init__(self, connection: Connection, schema: SchemaConfig) -> None:
        self._connection, self._schema = connection, schema

    def get(self, table: TableKey, uid: Uid) -> Record | None:
        """One record, whatever its state."""
        return self.get_many(table, [uid]).get(uid)

    def get_many(self, table: TableKey, uids: Iterable[Uid]) -> dict[Uid, Record]:
        """The records that exist among `uids`, whatever their state."""
        found: dict[Uid, Record] = {}
        for block in blocks(uids):
            query = select(record).where(record.c.table == table, record.c.uid.in_(block))
            found |= {row.uid: self._record(row) for row in self._connection.execute(query).all()}
        return found

    def find(self, uid: Uid) -> Record | None:
        """One record, whatever its table and state."""
        # The tables are named, because the index begins with them.
        query = select(record).where(record.c.table.in_(list(self._schema.tables)), record.c.uid == uid)
        row = self._connection.execute(query).first()
        return self._record(row) if row else None

    def of_table(self, table: TableKey, *states: State) -> Iterator[Record]:
        """All records of a table in these states (default: live), by uid, that is by age."""
        query = select(record).where(record.c.table == table, record.c.state.in_(states or (State.LIVE,)))
        return map(self._record, self._connection.execute(query.order_by(record.c.uid)))

    def by_key(self, table: TableKey, keys: Iterable[str]) -> dict[str, Uid]:
        """The uids of the records that go by these business keys; archived ones are left out."""
        found: dict[str, Uid] = {}
        for block in blocks(keys):
            query = select(record.c.key, record.c.uid).where(
                record.c.table == table, record.c.key.in_(block), record.c.state != State.ARCHIVED
            )
            # Sorted here: asked to sort, the database would walk the whole table by uid.
            for key, uid in sorted(self._connection.execute(query), key=itemgetter(1), reverse=True):
                found[key] = uid  # Of two records that claim one key, the older is meant.
        return found

    def count(self, table: TableKey) -> dict[State, int]:
        """How many records of a table are in each state."""
        query = select(record.c.state, func.count()).where(record.c.table == table).group_by(record.c.state)
        return {State(state): count for state, count in self._connection.execute(query).all()}

    def save(
        self,
        table: TableKey,
        uid: Uid,
        values: Row,
        *,
        state: State,
        now: datetime,
        hints: tuple[Issue, ...] = (),
    ) -> None:
        """Create or change one record; its revision rises and the indexes follow."""
        self.save_many(table, {uid: (values, state, hints)}, now=now)

    def save_many(
        self, table: TableKey, records: Mapping[Uid, tuple[Row, State, tuple[Issue, ...]]], *, now: datetime
    ) -> None:
        """Create or change records, in a few statements however many there are."""
        last = raise_by(self._connection, REVISION, len(records))
        known = self._known(table, records)
        created = {uid: at for uid, (at, _) in known.items()}
        key, fields = self._schema.tables[table].key, self._schema.tables[table].fields
        rows = [
            {
                "table": table,
                "uid": uid,
                "rev": last - len(records) + number,
                "key": str(values.get(key, "")),
                "state": state,
                # What the configuration no longer has stays in the store.
                "values": {
                    name: json for name, json in known.get(uid, (now, {}))[1].items() if name not in fields
                }
                | {name: dump_value(value) for name, value in values.items()},
                "hints": [dump_issue(issue) for issue in hints],
                "created_at": created.get(uid, now),
                "changed_at": now,
            }
            for number, (uid, (values, state, hints)) in enumerate(records.items(), start=1)
        ]
        for block in blocks(created):
            self._connection.execute(delete(record).where(record.c.table == table, record.c.uid.in_(block)))
        self._connection.execute(insert(record), rows)
        self._index(
            table,
            {uid: {} if state is State.ARCHIVED else values for uid, (values, state, _) in records.items()},
        )

    def _known(self, table: TableKey, uids: Iterable[Uid]) -> dict[Uid, tuple[datetime, Mapping[str, Json]]]:
        """When records were created, and their values as stored."""
        found: dict[Uid, tuple[datetime, Mapping[str, Json]]] = {}
        for block in blocks(uids):
            query = select(record.c.uid, record.c.created_at, record.c["values"]).where(
                record.c.table == table, record.c.uid.in_(block)
            )
            found |= {uid: (at, values) for uid, at, values in self._connection.execute(query).all()}
        return found

    def set_state(self, table: TableKey, uids: Sequence[Uid], state: State) -> dict[Uid, int]:
        """Move records on in their life; returns their new revisions."""
        last = raise_by(self._connection, REVISION, len(uids)) if uids else 0
        revs = {uid: last - len(uids) + number for number, uid in enumerate(uids, start=1)}
        change = (
            update(record)
            .where(record.c.table == table, record.c.uid == bindparam("moved"))
            .values(state=state, rev=bindparam("raised"))
        )
        if revs:
            rows = [{"moved": uid, "raised": rev} for uid, rev in revs.items()]
            self._connection.execute(change, rows)
        return revs

    def bury(self, table: TableKey, uid: Uid, *, replica: str, now: datetime) -> None:
        """Leave a tombstone: this record was deleted in `replica`, and no stale copy brings it back."""
        self.exhume(table, uid)
        self._connection.execute(insert(tombstone).values(table=table, uid=uid, replica=replica, at=now))

    def exhume(self, table: TableKey, uid: Uid) -> None:
        """Take the tombstone away: the record lives again."""
        self._connection.execute(delete(tombstone).where(tombstone.c.table == table, tombstone.c.uid == uid))

    def tombstones(self, table: TableKey) -> dict[Uid, str]:
        """Deleted records of a table, with the replica they were deleted in."""
        query = select(tombstone.c.uid, tombstone.c.replica).where(tombstone.c.table == table)
        return {uid: replica for uid, replica in self._connection.execute(query).all()}

    def holders(self, table: TableKey, field_key: FieldKey, values: Iterable[str]) -> dict[str, set[Uid]]:
        """Which records hold these values of a unique plain field."""
        found: dict[str, set[Uid]] = {}
        for block in blocks(values):
            query = select(unique_value.c.value, unique_value.c.uid).where(
                unique_value.c.table == table,
                unique_value.c.field == field_key,
                unique_value.c.value.in_(block),
            )
            for value, uid in self._connection.execute(query).all():
                found.setdefault(value, set()).add(uid)
        return found

    def named(self, table: TableKey, part: str, *, most: int) -> list[Uid]:
        """Records of a table in whose label this text stands, archived ones among them: those that begin with it first."""
        label = self._schema.tables[table].label
        begins = unique_value.c.value.startswith(part, autoescape=True)
        query = (
            select(unique_value.c.uid)
            .where(
                unique_value.c.table == table,
                unique_value.c.field == (label or ""),
                unique_value.c.value.contains(part, autoescape=True),
            )
            .order_by(case((begins, 0), else_=1), unique_value.c.value)
            .limit(most)
        )
        return list(self._connection.execute(query).scalars())

    def referrers(self, uids: Iterable[Uid]) -> list[tuple[TableKey, Uid, Uid]]:
        """Records that link to these: (table, uid, target)."""
        found: list[tuple[TableKey, Uid, Uid]] = []
        for block in blocks(uids):
            query = select(reference.c.table, reference.c.uid, reference.c.to_uid).where(
                reference.c.to_uid.in_(block)
            )
            found += [
                (table, uid, target) for table, uid, target in self._connection.execute(query.distinct())
            ]
        return found

    def _index(self, table: TableKey, records: Mapping[Uid, Row]) -> None:
        fields, label = self._schema.tables[table].fields, self._schema.tables[table].label
        unique = [
            {"table": table, "field": key, "value": str(value), "uid": uid}
            for uid, values in records.items()
            for key, value in values.items()
            if key in fields and (fields[key].unique or key == label) and not fields[key].sensitive
        ]
        links = [
            {"table": table, "uid": uid, "field": key, "to_uid": target}
            for uid, values in records.items()
            for key, value in values.items()
            if key in fields
            for target in refers(fields[key], value)
        ]
        for block in blocks(records):
            for index in (unique_value, reference):
                self._connection.execute(delete(index).where(index.c.table == table, index.c.uid.in_(block)))
        for index, rows in ((unique_value, unique), (reference, links)):
            if rows:
                self._connection.execute(insert(index), rows)

    def _record(self, row: object) -> Record:
        mapping = row._mapping  # type: ignore[attr-defined]
        fields = self._schema.tables[mapping["table"]].fields
        return Record(
            table=mapping["table"],
            uid=mapping["uid"],
            rev=mapping["rev"],
            key=mapping["key"],
            state=State(mapping["state"]),
            # A field that the configuration no longer has stays in the store and is not shown.
            values={
                key: value
                for key, json in mapping["values"].items()
                if key in fields and (value := readable(fields[key], json)) is not None
            },
            created_at=mapping["created_at"],
            changed_at=mapping["changed_at"],
            hints=tuple(load_issue(json) for json in mapping["hints"]),
        )


Item = TypeVar("Item", str, int, bytes)


def blocks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """`items` without repeats, in blocks that fit one query."""
    unique = list(dict.fromkeys(items))
    return (unique[start : start + BLOCK] for start in range(0, len(unique), BLOCK))
