"""The journal of rows that are about to get a uid, so that a crash in between gives them the same one again."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from validators.schema import TableKey

from ..connection import Uid
from .records import blocks
from .tables import journal


class Numbering:
    """Rows whose uid was decided and not yet read back, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def waiting(self, replica: str, table: TableKey) -> dict[bytes, list[Uid]]:
        """Rows that were about to get a uid when the daemon last stopped, by fingerprint."""
        query = select(journal.c.fingerprint, journal.c.uid).where(
            journal.c.replica == replica, journal.c.table == table
        )
        found: dict[bytes, list[Uid]] = {}
        for fingerprint, uid in self._connection.execute(query.order_by(journal.c.uid)):
            found.setdefault(bytes(fingerprint), []).append(uid)
        return found

    def begin(self, replica: str, table: TableKey, uid: Uid, fingerprint: bytes, now: datetime) -> None:
        """Journal that a row is about to get `uid`, so that a crash in between gives it the same one again."""
        self.end(replica, table, [uid])
        row = {"replica": replica, "table": table, "uid": uid, "fingerprint": fingerprint, "at": now}
        self._connection.execute(insert(journal).values(row))

    def end(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        """The rows carry their uids."""
        for block in blocks(uids):
            self._connection.execute(
                delete(journal).where(
                    journal.c.replica == replica, journal.c.table == table, journal.c.uid.in_(block)
                )
            )
