"""Hub first: what was merged is stored before anything is written to a service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from validators.schema import FieldKey, TableKey
from validators.values import Value, dump_value

from .connection import SeenRow, Uid
from .engine import CycleReport, Engine, Replica
from .merge import Merged, Row
from .stages import Protected
from .store.hub import Unit
from .store.records import Record, State
from .store.seen import SeenState


@dataclass(slots=True)
class Absorbed:
    """What writing needs to know of a table: rows as they show now, and rows whose uid cell is wrong."""

    judged: dict[Uid, Protected] = field(default_factory=dict)
    lost: dict[Uid, list[tuple[FieldKey, Value | None, Value | None]]] = field(default_factory=dict)
    """Values that lost a conflict: field, the value not taken, the value kept."""
    stray: tuple[SeenRow, ...] = ()
    torn: bool = False


def commit(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    rows: Sequence[Protected],
    merged: Merged,
    absorbed: Absorbed,
    report: CycleReport,
) -> list[str]:
    """Store the merge; then what the replica counts as showing. Returns the tokens that no record names any more."""
    now = engine.clock()
    replaced: list[str] = []
    states: list[SeenState] = []
    for row in rows:
        uid, record = row.known.uid, row.known.record
        values = {key: value for key, value in {**merged.hub[uid], **row.fill}.items() if value is not None}
        state = _next_state(row)
        if record is None or values != record.values or state is not record.state:
            unit.records.save(table, uid, values, state=state, now=now)
            unit.lists.add_history(_history(table, replica.name, row, values, now))
            replaced += _replaced(engine, table, record, values, row)
            _wake(engine, unit, table, uid, record, values, state)
        states.append(
            row.known.state.evolve(
                row_id=row.known.row.row_id or row.known.state.row_id,
                position=row.known.row.position if not row.known.row.partial else row.known.state.position,
                base=merged.base[uid],
                held=row.held,
                fingerprint=None if row.known.row.partial else engine.fingerprint(row.known.row),
                rev=None,
                gone_since=None,
            )
        )
        absorbed.judged[uid] = row
        report.held += bool(row.held)
    unit.seen.save(replica.name, table, states)
    for conflict in merged.conflicts:
        report.conflicts += 1
        kept, other = (
            (conflict.hub, conflict.seen) if conflict.taken != "replica" else (conflict.seen, conflict.hub)
        )
        unit.lists.note_conflict(
            now=now,
            replica=replica.name,
            table=table,
            uid=conflict.uid,
            key=conflict.key,
            kept=kept,
            other=other,
            reason=conflict.taken,
        )
        if conflict.taken == "hub":
            absorbed.lost.setdefault(conflict.uid, []).append((conflict.key, other, kept))
    return replaced


def _next_state(row: Protected) -> State:
    """A new record is live once its row is known to carry its uid; see `spread`."""
    record = row.known.record
    if record is not None and record.state in (State.LIVE, State.ARCHIVED):
        return State.LIVE
    if row.state is State.ARRIVING and not row.known.fresh:
        return State.LIVE
    return row.state


def _history(
    table: TableKey, replica: str, row: Protected, values: Row, now: datetime
) -> list[dict[str, object]]:
    before = row.known.record.values if row.known.record else {}
    return [
        {
            "at": now,
            "table": table,
            "uid": row.known.uid,
            "field": key,
            "replica": replica,
            "actor": row.known.row.actor,
            "before": dump_value(before[key]) if key in before else None,
            "after": dump_value(values[key]) if key in values else None,
        }
        for key in sorted(before.keys() | values.keys())
        if before.get(key) != values.get(key)
    ]


def _replaced(
    engine: Engine, table: TableKey, record: Record | None, values: Row, row: Protected
) -> Iterable[str]:
    """Tokens whose values were replaced or cleared, and held ones that were mended."""
    for key in engine.schema.tables[table].sensitive:
        old = record.values.get(key) if record else None
        if old is not None and values.get(key) != old:
            yield str(old)
        held = row.known.state.held.get(key)
        now_held = row.held.get(key)
        if held and held.token and (now_held is None or now_held.token != held.token):
            yield held.token


def _wake(
    engine: Engine, unit: Unit, table: TableKey, uid: Uid, record: Record | None, values: Row, state: State
) -> None:
    """Queue the rows that read this record: through a rule, or because they wait for it."""
    if record is None and state is not State.LIVE:
        return
    changed = {
        key
        for key in values.keys() | (record.values if record else {}).keys()
        if not record or record.values.get(key) != values.get(key)
    }
    woken = record is not None and record.state is not state
    for other, other_uid, _ in unit.records.referrers([uid]):
        links = engine.schema.tables[other].links
        reads = engine.rules.linked_reads(other)
        if woken or any(
            config.to == table and reads.get(key, frozenset()) & changed for key, config in links.items()
        ):
            for replica in engine.replicas:
                if replica.holds(other):
                    unit.lists.ask_recheck(replica.name, other, [other_uid], "linked")
