"""Rows to be looked at again though nobody touched them, and the listings a cycle works through."""

from collections.abc import Iterable, Iterator, Mapping

import structlog

from validators.schema import TableKey

from .commit import Absorbed
from .connection import Listing, RowId
from .engine import Engine, Replica
from .guesses import CODE as GUESSES
from .setting_up import arrived
from .stages import Known
from .store.hub import Unit

log = structlog.get_logger("sync")

ENGINE, LAST_DAY = "engine", "last_day"
"""Where the day of the last daily pass is remembered: a night without a daemon is a passed day too."""


def reread(engine: Engine, replica: Replica) -> Mapping[TableKey, frozenset[RowId]]:
    """Rows that the service has to show again in full.

    Queued ones with a held value, whose text stands nowhere else; and those that may still show what was to be overwritten.
    """
    found: dict[TableKey, frozenset[RowId]] = {}
    with engine.hub.unit() as unit:
        unsettled = unit.seen.unsettled(replica.name)
        for table, rows in unit.lists.rechecks(replica.name).items():
            states = unit.seen.get_many(replica.name, table, rows)
            shown = {states[row].row_id or row for row in rows if row in states and states[row].held}
            shown |= {row for row in rows if row not in states}
            if shown:
                found[table] = frozenset(shown)
    return found | {table: found.get(table, frozenset()) | set(rows) for table, rows in unsettled.items()}


def listings_of(engine: Engine, replica: Replica, pulled: Iterable[Listing]) -> Iterator[Listing]:
    """The listings in the order of links; an empty one where only queued or settling rows are left to do."""
    listings = {listing.table: listing for listing in pulled}
    with engine.hub.unit() as unit:
        waiting = unit.lists.rechecks(replica.name)
    for table in engine.order:
        if table in listings:
            yield listings[table]
        elif replica.holds(table) and (waiting.get(table) or engine.settling.waiting(replica.name, table)):
            yield Listing(table, missing=engine.missing.get((replica.name, table), frozenset()))


def remember_full(engine: Engine, replica: Replica, *, full: bool) -> None:
    """A full reading was completed."""
    if full:
        engine.last_full[replica.name] = engine.clock()
        arrived(engine.hub, replica.name)


def remember_torn(engine: Engine, replica: Replica, listing: Listing, *, torn: bool) -> None:
    """A torn table is left alone until a listing shows it whole."""
    place = (replica.name, listing.table)
    if torn:
        engine.torn.add(place)
    elif listing.complete and place in engine.torn:
        engine.torn.remove(place)
        log.info("table_whole", replica=replica.name, table=listing.table)


def remember_missing(engine: Engine, replica: Replica, listing: Listing) -> None:
    """Columns that cannot be found are neither read nor written; operations are told once."""
    place, fields = (replica.name, listing.table), engine.schema.tables[listing.table].fields
    missing = listing.missing & fields.keys()
    if missing - engine.missing.get(place, frozenset()):
        names = [fields[key].name for key in sorted(missing)]
        log.warning("columns_missing", replica=replica.name, table=listing.table, columns=names)
    engine.missing[place] = missing


def daily_pass(engine: Engine) -> None:
    """Ages, terms and reminders move with the day: once a day every row of a table that reads `today` is looked at."""
    today = engine.today()
    if engine.last_day == today:
        return
    noted = engine.hub.bindings(ENGINE)
    last = noted.get(LAST_DAY)
    if last is not None and last != today.isoformat():
        with engine.hub.unit() as unit:
            for name, table in engine.filters.daily():
                unit.agreement.look_again_at_all(name, table)
            for table in engine.order:
                for replica in engine.replicas:
                    held = unit.seen.held_by(replica.name, table, GUESSES)
                    unit.lists.ask_recheck(replica.name, table, held, "day")
            for table in filter(engine.rules.uses_today, engine.order):
                for replica in engine.replicas:
                    unit.lists.ask_recheck(replica.name, table, unit.seen.of(replica.name, table), "day")
    noted.set(LAST_DAY, today.isoformat())
    engine.last_day = today


def unqueue(
    unit: Unit, replica: Replica, table: TableKey, rows: Iterable[Known], absorbed: Absorbed
) -> frozenset[str]:
    """Take rows that are judged in this transaction out of the queue; returns what they were called there."""
    judged = absorbed.queued & {name for row in rows for name in (row.uid, row.row.row_id)}
    unit.lists.end_recheck(replica.name, table, judged)
    return judged


def queued(engine: Engine) -> int:
    """How many rows are in the queue, over all replicas."""
    with engine.hub.unit() as unit:
        return sum(
            len(rows) for replica in engine.replicas for rows in unit.lists.rechecks(replica.name).values()
        )
