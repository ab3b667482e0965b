"""The lists people work off, and the queue of rows to look at again: ledger, deletions, rechecks, history."""

from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import Json, Value, dump_value

from ..connection import Uid
from .records import blocks
from .tables import deletion, history, ledger, recheck

LOST = "hub"
"""The reason of an entry whose value lost to the hub's."""
WITHDRAWN = "withdrawn"
"""The reason of an entry that was typed where people may only look."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A value that was not taken, kept so that nobody's work is lost. Values in their JSON form; sensitive ones are tokens."""

    id: int
    at: datetime
    replica: str
    table: TableKey
    uid: Uid
    field: FieldKey
    kept: Json | None = attribute(repr=False)
    other: Json | None = attribute(repr=False)
    reason: str


@dataclass(frozen=True, slots=True)
class WaitingDeletion:
    """A deletion that waits for a person because too much went at once."""

    replica: str
    table: TableKey
    uid: Uid
    since: datetime
    decision: str | None


class Lists:
    """The lists of the hub, within one transaction."""

    def __init__(self, connection: Connection, schema: SchemaConfig) -> None:
        self._connection, self._schema = connection, schema

    def note_conflict(
        self,
        *,
        now: datetime,
        replica: str,
        table: TableKey,
        uid: Uid,
        key: FieldKey,
        kept: Value | None,
        other: Value | None,
        reason: str,
        resolved: bool = False,
    ) -> None:
        """Enter a value that was not taken. `resolved`: there is nothing for a person to decide."""
        self._connection.execute(
            insert(ledger).values(
                at=now,
                replica=replica,
                table=table,
                uid=uid,
                field=key,
                kept=_json(kept),
                other=_json(other),
                reason=reason,
                resolved_at=now if resolved else None,
            )
        )

    def conflicts(self, uid: Uid | None = None) -> list[LedgerEntry]:
        """What is in the ledger and not resolved, oldest first; of one record, when its uid is given."""
        query = select(ledger).where(ledger.c.resolved_at.is_(None)).order_by(ledger.c.id)
        if uid is not None:
            query = query.where(ledger.c.uid == uid)
        return [_entry(row) for row in self._connection.execute(query)]

    def withdrawn(self) -> list[LedgerEntry]:
        """What was typed where people may only look, oldest first: undone, and kept for whoever asks."""
        query = select(ledger).where(ledger.c.reason == WITHDRAWN).order_by(ledger.c.id)
        return [_entry(row) for row in self._connection.execute(query)]

    def lost(
        self, replica: str, table: TableKey, *, since: datetime
    ) -> dict[Uid, dict[FieldKey, Json | None]]:
        """Values of a replica's rows that were lately not taken because somebody else was first, in their JSON form."""
        query = select(ledger.c.uid, ledger.c.field, ledger.c.other).where(
            ledger.c.replica == replica,
            ledger.c.table == table,
            ledger.c.reason == LOST,
            ledger.c.at >= since,
            ledger.c.resolved_at.is_(None),
        )
        found: dict[Uid, dict[FieldKey, Json | None]] = {}
        for uid, key, other in self._connection.execute(query.order_by(ledger.c.id)):
            found.setdefault(uid, {})[key] = other
        return found

    def resolve(
        self, *, now: datetime, replica: str, table: TableKey, uid: Uid, keys: Iterable[FieldKey]
    ) -> None:
        """Somebody typed a value where both stood in the row's explanation: the field's open entries are done."""
        for key in keys:
            self._connection.execute(
                update(ledger)
                .where(
                    ledger.c.replica == replica,
                    ledger.c.table == table,
                    ledger.c.uid == uid,
                    ledger.c.field == key,
                    ledger.c.resolved_at.is_(None),
                )
                .values(resolved_at=now)
            )

    def close(self, number: int, now: datetime) -> None:
        """A person decided about this one entry."""
        self._connection.execute(update(ledger).where(ledger.c.id == number).values(resolved_at=now))

    def await_approval(self, replica: str, table: TableKey, uids: Iterable[Uid], now: datetime) -> None:
        """Deletions that no one may carry out without a person's word."""
        known = {(d.replica, d.table, d.uid) for d in self.deletions()}
        rows = [
            {"replica": replica, "table": table, "uid": uid, "since": now, "decision": None}
            for uid in uids
            if (replica, table, uid) not in known
        ]
        if rows:
            self._connection.execute(insert(deletion), rows)

    def deletions(self) -> list[WaitingDeletion]:
        """Deletions with or without a decision, oldest first."""
        query = select(deletion).order_by(deletion.c.since, deletion.c.uid)
        return [
            WaitingDeletion(row.replica, row.table, row.uid, row.since, row.decision)
            for row in self._connection.execute(query)
        ]

    def decide(self, uids: Iterable[Uid], decision: str) -> int:
        """Approve or refuse; returns how many deletions that met."""
        met = 0
        for block in blocks(uids):
            change = update(deletion).where(deletion.c.uid.in_(block)).values(decision=decision)
            met += self._connection.execute(change).rowcount
        return met

    def drop_deletions(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        """The rows came back or the decision was carried out."""
        for block in blocks(uids):
            self._connection.execute(
                delete(deletion).where(
                    deletion.c.replica == replica, deletion.c.table == table, deletion.c.uid.in_(block)
                )
            )

    def ask_recheck(self, replica: str, table: TableKey, rows: Iterable[str], reason: str) -> None:
        """Queue rows to be looked at again; `rows` are uids, or row ids of rows without one."""
        rows = list(dict.fromkeys(rows))
        self.end_recheck(replica, table, rows)
        if rows:
            values = [{"replica": replica, "table": table, "row": row, "reason": reason} for row in rows]
            self._connection.execute(insert(recheck), values)

    def rechecks(self, replica: str) -> dict[TableKey, set[str]]:
        """The queue of one replica."""
        found: dict[TableKey, set[str]] = {}
        query = select(recheck.c.table, recheck.c.row).where(recheck.c.replica == replica)
        for table, row in self._connection.execute(query):
            found.setdefault(table, set()).add(row)
        return found

    def end_recheck(self, replica: str, table: TableKey, rows: Iterable[str]) -> None:
        """These rows were looked at."""
        for block in blocks(rows):
            self._connection.execute(
                delete(recheck).where(
                    recheck.c.replica == replica, recheck.c.table == table, recheck.c.row.in_(block)
                )
            )

    def add_history(self, rows: list[dict[str, Any]]) -> None:
        """Append who changed which field; see `tables.history` for the columns."""
        if rows:
            self._connection.execute(insert(history), rows)

    def history(self, uid: Uid, table: TableKey | None = None) -> list[dict[str, Any]]:
        """Everything that happened to one record, oldest first; whoever knows its table is answered by the index."""
        query = select(history).where(history.c.uid == uid).order_by(history.c.id)
        if table is not None:
            query = query.where(history.c.table == table)
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def counts(self) -> dict[str, int]:
        """Open conflicts and waiting deletions."""
        conflicts = select(func.count()).select_from(ledger).where(ledger.c.resolved_at.is_(None))
        waiting = select(func.count()).select_from(deletion).where(deletion.c.decision.is_(None))
        return {
            "conflicts": self._connection.execute(conflicts).scalar_one(),
            "deletions": self._connection.execute(waiting).scalar_one(),
        }


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        row.id, row.at, row.replica, row.table, row.uid, row.field, row.kept, row.other, row.reason
    )


def _json(value: Value | None) -> Json | None:
    return None if value is None else dump_value(value)
