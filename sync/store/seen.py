"""What each replica last showed: base, held fields, fingerprint, per row."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from validators.issues import Issue
from validators.raw import Raw
from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import dump_value

from ..connection import RowId, Uid
from ..merge import Row
from .counters import raise_by
from .issues import dump_issue, load_issue
from .records import blocks
from .stored import readable
from .tables import CHANGES, seen

MENDED = "mended"


@dataclass(frozen=True, slots=True)
class Held:
    """A field value that waits where it was typed. `token` stands for a sensitive one; a plain one stays in its cell."""

    issue: Issue
    token: str | None = None
    text: Raw = field(default=None, repr=False)
    """What the cell of a plain field shows; None where a number in it is nobody's to keep in the clear."""

    @property
    def shown(self) -> Raw:
        """What tells this value from another that is held later in the same cell."""
        return self.token or self.text

    @property
    def mended(self) -> bool:
        """Whether the right value was given elsewhere since: the cell, which shows the old one, is to be written anew."""
        return self.issue.code == MENDED

    def as_mended(self) -> "Held":
        """The same, no longer waiting."""
        return replace(self, issue=replace(self.issue, code=MENDED))


@dataclass(frozen=True, slots=True)
class SeenState:
    """What is known of one row of one replica. `rev` is the record's revision they last agreed on, None while they differ."""

    uid: Uid
    row_id: RowId = ""
    position: int = -1
    base: Row = field(default_factory=dict, repr=False)
    held: Mapping[FieldKey, Held] = field(default_factory=dict)
    fingerprint: bytes | None = None
    rev: int | None = None
    status: str = ""
    note: str = ""
    gone_since: datetime | None = None
    left_since: datetime | None = None
    """Since when the record no longer belongs in the replica, by its filter."""

    @property
    def placed(self) -> bool:
        """Whether the replica has the row already; an imported row that is held is known before it is written."""
        return bool(self.row_id) or self.position >= 0

    def evolve(self, **changes: Any) -> "SeenState":
        """A copy with some fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row is recognised by, without what it held: there may be a hundred thousand of them."""

    uid: Uid
    row_id: RowId
    position: int
    fingerprint: bytes | None
    gone: bool

    @property
    def placed(self) -> bool:
        """Whether the replica has the row already."""
        return bool(self.row_id) or self.position >= 0


class SeenRows:
    """The rows of all replicas, within one transaction."""

    def __init__(self, connection: Connection, schema: SchemaConfig) -> None:
        self._connection, self._schema = connection, schema

    def of(self, replica: str, table: TableKey) -> dict[Uid, SeenState]:
        """Every row known of one replica's table."""
        query = select(seen).where(seen.c.replica == replica, seen.c.table == table)
        return {row.uid: self._state(table, row) for row in self._connection.execute(query).all()}

    def marks(self, replica: str, table: TableKey) -> dict[Uid, Mark]:
        """What every row known of one replica's table is recognised by."""
        return self._marks(seen.c.replica == replica, seen.c.table == table)

    def marks_of(
        self,
        replica: str,
        table: TableKey,
        *,
        names: Set[str],
        positions: Set[int],
        below: int | None,
    ) -> dict[Uid, Mark]:
        """The same for rows with one of these uids or row ids, that stand at one of these positions or from `below` on, or are gone."""
        here = (seen.c.replica == replica, seen.c.table == table)
        found = self._marks(*here, seen.c.gone_since.is_not(None))
        if below is not None:
            found |= self._marks(*here, seen.c.position >= below)
        for block in blocks(names):
            # Two questions, for each has an index of its own; joined by OR they would be answered by reading everything.
            found |= self._marks(*here, seen.c.uid.in_(block)) | self._marks(*here, seen.c.row_id.in_(block))
        for places in blocks(positions):
            found |= self._marks(*here, seen.c.position.in_(places))
        return found

    def _marks(self, *conditions: ColumnElement[bool]) -> dict[Uid, Mark]:
        query = select(
            seen.c.uid, seen.c.row_id, seen.c.position, seen.c.fingerprint, seen.c.gone_since.is_not(None)
        ).where(*conditions)
        return {
            uid: Mark(uid, row_id, position, fingerprint, gone)
            for uid, row_id, position, fingerprint, gone in self._connection.execute(query)
        }

    def get_many(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> dict[Uid, SeenState]:
        """The rows known among `uids`."""
        found: dict[Uid, SeenState] = {}
        for block in blocks(uids):
            query = select(seen).where(
                seen.c.replica == replica, seen.c.table == table, seen.c.uid.in_(block)
            )
            found |= {row.uid: self._state(table, row) for row in self._connection.execute(query).all()}
        return found

    def with_held(self, replica: str, table: TableKey) -> dict[Uid, SeenState]:
        """The rows in which something waits to be mended."""
        query = select(seen).where(seen.c.replica == replica, seen.c.table == table, seen.c.status == "错误")
        rows = (self._state(table, row) for row in self._connection.execute(query).all())
        return {state.uid: state for state in rows}

    def unsettled(self, replica: str) -> dict[TableKey, list[RowId]]:
        """Rows whose cells may not be as they should: a write was planned and is not known to have happened."""
        query = select(seen.c.table, seen.c.row_id, seen.c.uid).where(
            seen.c.replica == replica,
            seen.c.fingerprint.is_(None),
            seen.c.rev.is_(None),
            seen.c.gone_since.is_(None),
            or_(seen.c.row_id != "", seen.c.position >= 0),
        )
        found: dict[TableKey, list[RowId]] = {}
        for table, row_id, uid in self._connection.execute(query).all():
            found.setdefault(table, []).append(row_id or uid)
        return found

    def gone(self, replica: str, table: TableKey) -> dict[Uid, SeenState]:
        """The rows that vanished and whose deletion is not carried out yet."""
        query = select(seen).where(
            seen.c.replica == replica, seen.c.table == table, seen.c.gone_since.is_not(None)
        )
        return {row.uid: self._state(table, row) for row in self._connection.execute(query).all()}

    def count(self, replica: str, table: TableKey) -> int:
        """How many rows of a table the replica is known to have, or had until they vanished."""
        query = select(func.count()).where(seen.c.replica == replica, seen.c.table == table)
        return int(self._connection.execute(query).scalar_one())

    def held_by(self, replica: str, table: TableKey, code: str) -> list[Uid]:
        """The rows that hold a field because of this finding."""
        query = select(seen.c.uid).where(
            seen.c.replica == replica, seen.c.table == table, cast(seen.c.held, Text).contains(f'"{code}"')
        )
        return list(self._connection.execute(query).scalars())

    def save(self, replica: str, table: TableKey, states: Iterable[SeenState]) -> None:
        """Create or replace rows."""
        rows = [self._row(replica, table, state) for state in states]
        if rows:
            raise_by(self._connection, CHANGES, 1)
        self._forget(replica, table, [row["uid"] for row in rows])
        if rows:
            self._connection.execute(insert(seen), rows)

    def move(self, replica: str, table: TableKey, positions: Mapping[Uid, int]) -> None:
        """Note where rows stand now; nothing else about them changed."""
        if positions:
            moved = (
                update(seen)
                .where(seen.c.replica == replica, seen.c.table == table, seen.c.uid == bindparam("moved"))
                .values(position=bindparam("place"))
            )
            rows = [{"moved": uid, "place": position} for uid, position in positions.items()]
            self._connection.execute(moved, rows)

    def forget(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        """The replica no longer holds these rows."""
        gone = list(uids)
        if gone:
            raise_by(self._connection, CHANGES, 1)
        self._forget(replica, table, gone)

    def _forget(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        for block in blocks(uids):
            self._connection.execute(
                delete(seen).where(seen.c.replica == replica, seen.c.table == table, seen.c.uid.in_(block))
            )

    def locate(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> dict[Uid, RowId]:
        """The service's row ids of these records, where the replica has them."""
        found: dict[Uid, RowId] = {}
        for block in blocks(uids):
            query = select(seen.c.uid, seen.c.row_id).where(
                seen.c.replica == replica,
                seen.c.table == table,
                seen.c.uid.in_(block),
                seen.c.gone_since.is_(None),
            )
            found |= {uid: row_id for uid, row_id in self._connection.execute(query).all()}
        return found

    def name(self, replica: str, table: TableKey, row_ids: Iterable[RowId]) -> dict[RowId, Uid]:
        """The inverse of `locate`."""
        found: dict[RowId, Uid] = {}
        for block in blocks(row_id for row_id in row_ids if row_id):  # On Sheets rows have none.
            query = select(seen.c.row_id, seen.c.uid).where(
                seen.c.replica == replica, seen.c.table == table, seen.c.row_id.in_(block)
            )
            found |= {row_id: uid for row_id, uid in self._connection.execute(query).all()}
        return found

    def _row(self, replica: str, table: TableKey, state: SeenState) -> dict[str, Any]:
        return {
            "replica": replica,
            "table": table,
            "uid": state.uid,
            "row_id": state.row_id,
            "position": state.position,
            "base": {key: dump_value(value) for key, value in state.base.items()},
            "held": {key: _dump_held(held) for key, held in state.held.items()},
            "fingerprint": state.fingerprint,
            "rev": state.rev,
            "status": state.status,
            "note": state.note,
            "gone_since": state.gone_since,
            "left_since": state.left_since,
        }

    def _state(self, table: TableKey, row: Any) -> SeenState:
        fields = self._schema.tables[table].fields
        return SeenState(
            uid=row.uid,
            row_id=row.row_id,
            position=row.position,
            base={
                key: value
                for key, json in row.base.items()
                if key in fields and (value := readable(fields[key], json)) is not None
            },
            held={key: _load_held(json) for key, json in row.held.items() if key in fields},
            fingerprint=bytes(row.fingerprint) if row.fingerprint is not None else None,
            rev=row.rev,
            status=row.status,
            note=row.note,
            gone_since=row.gone_since,
            left_since=row.left_since,
        )


def _dump_held(held: Held) -> dict[str, Any]:
    return {**dump_issue(held.issue), "token": held.token, "text": held.text}


def _load_held(json: Mapping[str, Any]) -> Held:
    return Held(load_issue(json), json["token"], json.get("text"))
