"""What was sent to a replica, until the hub has heard what became of it: what is found there then, nobody typed."""

from collections.abc import Iterable, Mapping, Set

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import Value, dump_value

from ..connection import Uid
from .records import blocks
from .stored import readable
from .tables import insertion

Sent = Mapping[FieldKey, Value | None]
"""None: the cell is blank then."""


class Unanswered:
    """Writes without an answer yet, within one transaction: of an insert the whole row, of an update the cells written."""

    def __init__(self, connection: Connection, schema: SchemaConfig) -> None:
        self._connection, self._schema = connection, schema

    def begin(self, replica: str, table: TableKey, rows: Mapping[Uid, Sent]) -> None:
        """Note what cells will show, before they are sent.

        Of a row that was sent before, and not heard of since, nobody knows which of the two stands there: in what they differ
        nothing is agreed on.
        """
        earlier = self.take(replica, table, rows)
        noted = [
            {
                "replica": replica,
                "table": table,
                "uid": uid,
                "base": {
                    key: None if value is None else dump_value(value)
                    for key, value in _agreed(earlier.get(uid), row).items()
                },
            }
            for uid, row in rows.items()
        ]
        if noted:
            self._connection.execute(insert(insertion), noted)

    def take(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> dict[Uid, Sent]:
        """What was sent to these rows and had no answer; no longer noted after this."""
        found = self.noted(replica, table, uids)
        self.end(replica, table, found)
        return found

    def noted(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> dict[Uid, Sent]:
        """What was sent to these rows and had no answer yet."""
        here = _here(replica, table)
        if self._connection.execute(select(insertion.c.uid).where(*here).limit(1)).first() is None:
            return {}  # The rule.
        fields = self._schema.tables[table].fields
        found: dict[Uid, Sent] = {}
        for block in blocks(uids):
            query = select(insertion.c.uid, insertion.c.base).where(*here, insertion.c.uid.in_(block))
            for uid, base in self._connection.execute(query):
                found[uid] = {
                    key: None if json is None else readable(fields[key], json)
                    for key, json in base.items()
                    if key in fields
                }
        return found

    def end(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        """The hub has heard of these rows."""
        for block in blocks(uids):
            self._connection.execute(
                delete(insertion).where(*_here(replica, table), insertion.c.uid.in_(block))
            )

    def keep_only(self, replica: str, table: TableKey, present: Set[Uid]) -> None:
        """All other writes into this table never took effect: it was read to its end without them."""
        noted = self._connection.scalars(select(insertion.c.uid).where(*_here(replica, table)))
        self.end(replica, table, [uid for uid in noted if uid not in present])


def _here(replica: str, table: TableKey) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return insertion.c.replica == replica, insertion.c.table == table


def _agreed(earlier: Sent | None, row: Sent) -> Sent:
    if earlier is None:
        return row
    return {key: value for key, value in earlier.items() if row.get(key, value) == value}
