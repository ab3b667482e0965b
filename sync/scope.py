"""Which rows of a replica have to be looked at before writing, and which of them no longer belong there.

A row that leaves a filter stays until the next morning with a note and then leaves this replica only: never the archive.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import structlog

from validators.schema import TableKey

from .commit import Absorbed
from .connection import Uid
from .engine import Engine, Replica
from .filters import inside
from .store.hub import Unit
from .store.records import Record, State
from .store.seen import SeenState

log = structlog.get_logger("sync")


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows to plan: what is known of them, and those that are on their way out."""

    states: Mapping[Uid, SeenState] = field(default_factory=dict)
    records: Mapping[Uid, Record] = field(default_factory=dict)
    leaving: frozenset[Uid] = frozenset()
    """Rows that stay, with a note, until the morning."""
    left: frozenset[Uid] = frozenset()
    """Rows whose morning has come."""


def look_over(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, absorbed: Absorbed, *, judged_only: bool
) -> Scope:
    """The rows just judged, those that the replica lacks or shows differently from the hub, and those that are to leave."""
    uids = set(absorbed.judged)
    filtered = engine.filters.of(replica.name, table) is not None
    if not judged_only:
        uids |= _behind(engine, unit, replica, table)
    if filtered and not judged_only:
        uids |= _departing(engine, unit, replica, table)
    if not uids:
        return Scope()
    records = unit.records.get_many(table, uids)
    states = unit.seen.get_many(replica.name, table, uids)
    states = _placed(unit, replica, table, states, records, absorbed.judged)
    return (
        _filtered(engine, unit, replica, table, absorbed, states, records)
        if filtered
        else Scope(states, records)
    )


def _placed(
    unit: Unit,
    replica: Replica,
    table: TableKey,
    states: Mapping[Uid, SeenState],
    records: Mapping[Uid, Record],
    judged: Container[Uid],
) -> dict[Uid, SeenState]:
    """The states without those of rows that were to be put back, and whose records were archived meanwhile: such a row
    stands nowhere, so that nothing is to be removed."""
    archived = {
        uid for uid, record in records.items() if record.state is State.ARCHIVED and uid not in judged
    }
    gone = {uid for uid in archived & states.keys() if not states[uid].placed}
    unit.seen.forget(replica.name, table, gone)
    return {uid: state for uid, state in states.items() if uid not in gone}


def _behind(engine: Engine, unit: Unit, replica: Replica, table: TableKey) -> set[Uid]:
    """The rows that the replica lacks or shows differently; only what changed since none was is looked at."""
    now, agreed = unit.agreement.stamp(), engine.agreed.get((replica.name, table))
    if agreed == now:
        return set()
    since = agreed.revision if agreed and agreed.scope == now.scope else None
    behind = unit.agreement.behind(replica.name, table, since=since)
    if not behind:
        engine.agreed[replica.name, table] = now
    return behind


def _departing(engine: Engine, unit: Unit, replica: Replica, table: TableKey) -> set[Uid]:
    """The rows whose morning has come. One that has to stay is as it should be: it is no more looked at than others."""
    uids = unit.agreement.departing(replica.name, table, before=last_morning(engine))
    states = unit.seen.get_many(replica.name, table, uids)
    return {uid for uid, state in states.items() if _may_go(engine, state)}


def last_morning(engine: Engine) -> datetime:
    """The last time at which rows left; what left its filter before goes now."""
    now = engine.clock().astimezone(engine.zone)
    morning = datetime.combine(now.date(), time.fromisoformat(engine.config.leaves_at), engine.zone)
    return morning if morning <= now else morning - timedelta(days=1)


def _filtered(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    absorbed: Absorbed,
    states: dict[Uid, SeenState],
    records: dict[Uid, Record],
) -> Scope:
    live = {uid: record for uid, record in records.items() if record.state is State.LIVE}
    rows = {uid: record.values for uid, record in live.items()}
    belong = inside(engine.filters, unit, replica.name, table, rows, engine.today())
    outside = live.keys() - belong
    placed = {uid for uid in outside if uid in absorbed.judged or (uid in states and states[uid].placed)}
    strangers = outside - placed
    unit.seen.forget(replica.name, table, strangers)
    unit.agreement.note_outside(replica.name, table, {uid: live[uid].rev for uid in strangers})
    states = _dated(engine, unit, replica, table, states, belong, placed)
    left = {uid for uid in placed if _may_go(engine, states.get(uid)) and uid not in absorbed.judged}
    return Scope(
        {uid: state for uid, state in states.items() if uid not in strangers},
        {uid: record for uid, record in records.items() if uid not in strangers},
        leaving=frozenset(placed - left),
        left=frozenset(left),
    )


def _dated(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    states: Mapping[Uid, SeenState],
    belong: set[Uid],
    outside: set[Uid],
) -> dict[Uid, SeenState]:
    """The states with the moment since when their rows no longer belong; one that came back just stays."""
    now = engine.clock()
    changed = {
        uid: states[uid].evolve(left_since=None) for uid in belong & states.keys() if states[uid].left_since
    }
    fresh = {uid for uid in outside & states.keys() if states[uid].left_since is None}
    changed |= {uid: states[uid].evolve(left_since=now) for uid in fresh}
    if changed:
        unit.seen.save(replica.name, table, changed.values())
    if fresh:
        log.info("rows_leave_filter", replica=replica.name, table=table, rows=len(fresh))
    return {**states, **changed}


def _may_go(engine: Engine, state: SeenState | None) -> bool:
    """Whether the morning has come; a row in which something waits to be mended stays until it is."""
    if state is None or state.left_since is None or state.held:
        return False
    return state.left_since < last_morning(engine)
