"""The journal of rows that are about to get a uid, so that a crash in between gives them the same one again."""

from collections.abc import Iterable, Mapping
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

    def waiting(self, replica: str, table: TableKey, fingerprints: Iterable[bytes]) -> dict[bytes, list[Uid]]:
        """The uids that rows with these fingerprints were about to get when the daemon last stopped."""
        here = (journal.c.replica == replica, journal.c.table == table)
        if self._connection.execute(select(journal.c.uid).where(*here).limit(1)).first() is None:
            return {}  # The rule: no fingerprint has to be taken.
        found: dict[bytes, list[Uid]] = {}
        for block in blocks(fingerprints):
            query = select(journal.c.fingerprint, journal.c.uid).where(
                *here, journal.c.fingerprint.in_(block)
            )
            for fingerprint, uid in self._connection.execute(query.order_by(journal.c.uid)):
                found.setdefault(bytes(fingerprint), []).append(uid)
        return found

    def unread(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> set[Uid]:
        """Which of these uids were given to a row that has not been seen to show them."""
        found: set[Uid] = set()
        for block in blocks(uids):
            query = select(journal.c.uid).where(
                journal.c.replica == replica, journal.c.table == table, journal.c.uid.in_(block)
            )
            found |= set(self._connection.scalars(query))
        return found

    def begin(self, replica: str, table: TableKey, rows: Mapping[Uid, bytes], now: datetime) -> None:
        """Journal which uids rows are about to get, by fingerprint, so that a crash in between gives them the same ones."""
        self.end(replica, table, rows)
        journaled = [
            {"replica": replica, "table": table, "uid": uid, "fingerprint": fingerprint, "at": now}
            for uid, fingerprint in rows.items()
        ]
        if journaled:
            self._connection.execute(insert(journal), journaled)

    def end(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        """The rows carry their uids."""
        for block in blocks(uids):
            self._connection.execute(
                delete(journal).where(
                    journal.c.replica == replica, journal.c.table == table, journal.c.uid.in_(block)
                )
            )
