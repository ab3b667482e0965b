"""Where hub and replicas differ, and which records belong in a replica at all."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from validators.schema import TableKey

from ..connection import Uid
from .counters import raise_by
from .records import State, blocks
from .tables import CHANGES, REVISION, SCOPE, counter, insertion, outside, record, seen


class Stamp(NamedTuple):
    """The counters of the hub at one moment."""

    revision: int
    changes: int
    scope: int


class Agreement:
    """What is left to write to replicas, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stamp(self) -> Stamp:
        """The state of the hub: while it stays the same, nothing new can be behind."""
        query = select(counter.c.name, counter.c.value).where(counter.c.name.in_((REVISION, CHANGES, SCOPE)))
        values = {name: value for name, value in self._connection.execute(query)}
        return Stamp(*(values.get(name, 0) for name in (REVISION, CHANGES, SCOPE)))

    def behind(self, replica: str, table: TableKey, *, since: int | None = None) -> set[Uid]:
        """Live records that this replica lacks or does not show as the hub has them, and archived ones it still shows.

        With `since`, a revision at which there was none and the scope was the same, only what moved after it is looked at.
        """
        mine, strange = seen.alias(), outside.alias()
        joined = record.outerjoin(
            mine,
            (mine.c.table == record.c.table) & (mine.c.uid == record.c.uid) & (mine.c.replica == replica),
        ).outerjoin(
            strange,
            (strange.c.table == record.c.table)
            & (strange.c.uid == record.c.uid)
            & (strange.c.replica == replica)
            & (strange.c.rev >= record.c.rev),
        )
        lacks = (record.c.state == State.LIVE) & or_(
            mine.c.uid.is_(None) & strange.c.uid.is_(None),
            mine.c.uid.is_not(None) & or_(mine.c.rev.is_(None), mine.c.rev < record.c.rev),
        )
        stale = mine.c.uid.is_not(None) & or_(
            record.c.state == State.ARCHIVED,
            # A record that is not live yet stands where it was typed and is mended there.
            (record.c.state != State.LIVE) & or_(mine.c.rev.is_(None), mine.c.rev < record.c.rev),
        )
        query = select(record.c.uid).select_from(joined).where(record.c.table == table, or_(lacks, stale))
        if since is None:
            return set(self._connection.execute(query).scalars())
        found: set[Uid] = set()
        for block in blocks(self._moved(replica, table, since)):
            found |= set(self._connection.execute(query.where(record.c.uid.in_(block))).scalars())
        return found

    def _moved(self, replica: str, table: TableKey, since: int) -> set[Uid]:
        """The records changed after a revision, and those on which replica and hub do not agree."""
        changed = select(record.c.uid).where(record.c.table == table, record.c.rev > since)
        open_ = select(seen.c.uid).where(
            seen.c.replica == replica, seen.c.table == table, seen.c.rev.is_(None)
        )
        return {uid for query in (changed, open_) for uid in self._connection.execute(query).scalars()}

    def departing(self, replica: str, table: TableKey, *, before: datetime) -> set[Uid]:
        """The rows that no longer belonged in the replica by this moment."""
        query = select(seen.c.uid).where(
            seen.c.replica == replica, seen.c.table == table, seen.c.left_since < before
        )
        return set(self._connection.execute(query).scalars())

    def note_outside(self, replica: str, table: TableKey, revs: Mapping[Uid, int]) -> None:
        """These records do not belong in the replica, as of these revisions."""
        self._reopen(replica, table, revs)
        rows = [{"replica": replica, "table": table, "uid": uid, "rev": rev} for uid, rev in revs.items()]
        if rows:
            self._connection.execute(insert(outside), rows)

    def look_again(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        """Whether these records belong in the replica has to be decided anew."""
        open_ = list(uids)
        if open_:
            raise_by(self._connection, SCOPE, 1)
        self._reopen(replica, table, open_)

    def _reopen(self, replica: str, table: TableKey, uids: Iterable[Uid]) -> None:
        for block in blocks(uids):
            for what, change in ((outside, delete(outside)), (seen, update(seen).values(rev=None))):
                mine = (what.c.replica == replica, what.c.table == table, what.c.uid.in_(block))
                self._connection.execute(change.where(*mine))

    def look_again_at_all(self, replica: str, table: TableKey) -> None:
        """Which records belong in the replica has to be decided anew: the filter changed, or a day passed."""
        raise_by(self._connection, SCOPE, 1)
        for what, change in ((outside, delete(outside)), (seen, update(seen).values(rev=None))):
            self._connection.execute(change.where(what.c.replica == replica, what.c.table == table))

    def stay(self, replica: str, table: TableKey) -> None:
        """No row is on its way out any more: the filter is another one."""
        mine = (seen.c.replica == replica, seen.c.table == table)
        self._connection.execute(update(seen).where(*mine).values(left_since=None))

    def forget_replica(self, replica: str) -> None:
        """Nothing is known any more of what this replica showed."""
        for what in (seen, outside, insertion):
            self._connection.execute(delete(what).where(what.c.replica == replica))
