"""Rewrites what the hub stores of one field, in its stored form, when the configuration sees the field otherwise.

Works on the rows themselves: the values may no longer be readable as either configuration has them.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Table, delete, insert, select, update

from validators.schema import FieldKey, TableKey
from validators.values import Json

from .connection import Uid
from .store.hub import Hub
from .store.tables import REVISION, history, insertion, ledger, record, seen, unique_value

PURGED = "已清除"
"""Stands in the history for a value that nobody may read there any more."""
Known = tuple[Uid, str]
"""A record, and a value of its field in its stored form as text."""


class Rewriting:
    """One field of one table, within a transaction."""

    def __init__(self, connection: Connection, table: TableKey, key: FieldKey) -> None:
        self._connection, self._table, self._key = connection, table, key

    def values(self) -> set[Known]:
        """Every value that records hold, and that the ledger keeps."""
        found = {(uid, text(json)) for uid, json in self._of_records()}
        query = select(ledger.c.uid, ledger.c.kept, ledger.c.other).where(*self._mine(ledger))
        for uid, *kept in self._connection.execute(query):
            found |= {(uid, text(json)) for json in kept if json is not None}
        return found

    def agreed(self) -> set[Known]:
        """Every value that a replica shows as far as is known, or that was sent to it: one may be written over only later."""
        return {
            (uid, text(base[self._key]))
            for where in (seen, insertion)
            for uid, base in self._connection.execute(
                select(where.c.uid, where.c.base).where(where.c.table == self._table)
            )
            if self._key in base
        }

    def replace(self, forms: Mapping[Known, Json]) -> None:
        """Give values their new form, in records and in what replicas agreed on; what has none leaves them."""
        self._rewrite_records(forms)
        self._rewrite_bases(forms)
        for number, uid, kept, other in self._connection.execute(
            select(ledger.c.id, ledger.c.uid, ledger.c.kept, ledger.c.other).where(*self._mine(ledger))
        ).all():
            changed = {
                name: forms.get((uid, text(json)), json)
                for name, json in (("kept", kept), ("other", other))
                if json is not None
            }
            if changed:
                self._connection.execute(update(ledger).where(ledger.c.id == number).values(**changed))

    def seal(self, tokens: Mapping[Known, Json]) -> set[int]:
        """Put tokens in the place of plain values, and purge the history; the numbers of its rows that changed."""
        self.replace(tokens)
        self._connection.execute(delete(unique_value).where(*self._mine(unique_value)))
        purged: set[int] = set()
        rows = self._connection.execute(select(history).where(*self._mine(history))).mappings().all()
        for row in rows:
            changed = {
                name: tokens.get((row["uid"], text(row[name])), PURGED)
                for name in ("before", "after")
                if row[name] is not None
            }
            self._connection.execute(update(history).where(history.c.id == row["id"]).values(**changed))
            purged.add(row["id"])
        self._forget_typed()
        # What staff were told may quote a value.
        self._connection.execute(update(seen).where(seen.c.table == self._table).values(note=""))
        return purged

    def note_lost(self, lost: Iterable[Known], *, now: datetime, source: str) -> None:
        """Values that are none of the field any more: the ledger keeps them."""
        rows = [
            {
                "at": now,
                "replica": source,
                "table": self._table,
                "uid": uid,
                "field": self._key,
                "kept": None,
                "other": orjson.loads(json),
                "reason": source,
            }
            for uid, json in sorted(lost)
        ]
        if rows:
            self._connection.execute(insert(ledger), rows)

    def rename(self, names: Mapping[str, str], next_number: Callable[[str], int]) -> None:
        """Give options their new names in the records; replicas follow, for the records have a new revision."""
        for uid, json in self._of_records():
            new = (
                [names.get(one, one) for one in json]
                if isinstance(json, list)
                else names.get(str(json), json)
            )
            if new != json:
                self._save(uid, new, next_number(REVISION))

    def forget_base(self, replica: str) -> None:
        """What the replica agreed on for this field is no longer known."""
        self._rewrite_bases({}, replica)

    def _of_records(self) -> list[tuple[Uid, Json]]:
        return stored(self._connection, self._table, self._key)

    def _rewrite_records(self, forms: Mapping[Known, Json]) -> None:
        for uid, json in self._of_records():
            self._save(uid, forms.get((uid, text(json))), None)

    def _save(self, uid: Uid, json: Json | None, rev: int | None) -> None:
        mine = (record.c.table == self._table, record.c.uid == uid)
        values = dict(self._connection.execute(select(record.c["values"]).where(*mine)).scalar_one())
        values.pop(self._key)
        if json is not None:
            values[self._key] = json
        changed: dict[str, Any] = {"values": values} | ({} if rev is None else {"rev": rev})
        self._connection.execute(update(record).where(*mine).values(**changed))

    def _rewrite_bases(self, forms: Mapping[Known, Json], replica: str | None = None) -> None:
        """Rows are read whole and looked at again: their cells still show the old form."""
        self._rewrite_base(seen, forms, replica, fingerprint=None, rev=None)
        self._rewrite_base(insertion, forms, replica)

    def _rewrite_base(
        self, where: Table, forms: Mapping[Known, Json], replica: str | None, **others: None
    ) -> None:
        mine = [where.c.table == self._table, *([] if replica is None else [where.c.replica == replica])]
        for name, uid, base in self._connection.execute(
            select(where.c.replica, where.c.uid, where.c.base).where(*mine)
        ).all():
            if self._key not in base:
                continue
            kept = {key: value for key, value in base.items() if key != self._key}
            new = forms.get((uid, text(base[self._key])))
            if new is not None:
                kept[self._key] = new
            row = (where.c.replica == name, where.c.table == self._table, where.c.uid == uid)
            self._connection.execute(update(where).where(*row).values(base=kept, **others))

    def _forget_typed(self) -> None:
        """What was held in the field while it was plain stays in its cells alone, which are read and sealed next."""
        query = select(seen.c.replica, seen.c.uid, seen.c.held).where(seen.c.table == self._table)
        for name, uid, held in self._connection.execute(query).all():
            if self._key in held:
                row = (seen.c.replica == name, seen.c.table == self._table, seen.c.uid == uid)
                others = {key: one for key, one in held.items() if key != self._key}
                changed = {"held": others, "fingerprint": None, "rev": None}
                self._connection.execute(update(seen).where(*row).values(**changed))

    def _mine(self, table: Any) -> tuple[Any, Any]:
        return table.c.table == self._table, table.c.field == self._key


def stored(connection: Connection, table: TableKey, key: FieldKey) -> list[tuple[Uid, Json]]:
    """The values that records hold of a field, in their stored form, whatever the configuration makes of them."""
    query = select(record.c.uid, record.c["values"]).where(record.c.table == table)
    return [(uid, values[key]) for uid, values in connection.execute(query) if key in values]


def text(json: Json) -> str:
    """A stored value as something to compare by."""
    return orjson.dumps(json).decode()


def compact(hub: Hub) -> None:
    """Leave nothing of purged values in the file: SQLite keeps deleted content until its place is needed."""
    if hub.engine.dialect.name != "sqlite":
        return
    with hub.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
