"""Hub first: what was merged is stored before anything is written to a service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from validators.schema import FieldKey, TableKey
from validators.values import Value, dump_value

from .connection import SeenRow, Uid
from .engine import CycleReport, Engine, Replica
from .merge import Conflict, Merged, Row
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
    replaced = store_records(engine, unit, replica.name, table, rows, merged)
    unit.seen.save(
        replica.name, table, [_seen_state(engine, row, merged.base[row.known.uid]) for row in rows]
    )
    for conflict in merged.conflicts:
        _note_conflict(engine, unit, replica, table, conflict, absorbed)
    absorbed.judged |= {row.known.uid: row for row in rows}
    report.held += sum(bool(row.held) for row in rows)
    report.conflicts += len(merged.conflicts)
    return replaced


def store_records(
    engine: Engine, unit: Unit, source: str, table: TableKey, rows: Sequence[Protected], merged: Merged
) -> list[str]:
    """Create and change the records, with their history. Returns the tokens that no record names any more."""
    now = engine.clock()
    tombstones = unit.records.tombstones(table) if any(_is_archived(row) for row in rows) else {}
    replaced: list[str] = []
    for row in rows:
        uid, record = row.known.uid, row.known.record
        values = {key: value for key, value in {**merged.hub[uid], **row.fill}.items() if value is not None}
        state = _next_state(row, deleted_here=tombstones.get(uid) == source)
        if record is not None and values == record.values and state is record.state:
            continue
        if _is_archived(row) and state is State.LIVE:
            unit.records.exhume(table, uid)
        unit.records.save(table, uid, values, state=state, now=now)
        unit.lists.add_history(_history(table, source, row, values, now))
        replaced += _replaced(engine, table, record, values, row)
        _wake(engine, unit, table, uid, record, values, state)
    return replaced


def _seen_state(engine: Engine, row: Protected, base: Row) -> SeenState:
    seen = row.known.row
    return row.known.state.evolve(
        row_id=seen.row_id or row.known.state.row_id,
        position=row.known.state.position if seen.partial else seen.position,
        base=base,
        held=row.held,
        fingerprint=None if seen.partial else engine.fingerprint(seen),
        rev=None,
        gone_since=None,
    )


def _note_conflict(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, conflict: Conflict, absorbed: Absorbed
) -> None:
    kept, other = conflict.hub, conflict.seen
    if conflict.taken == "replica":
        kept, other = other, kept
    unit.lists.note_conflict(
        now=engine.clock(),
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


def _is_archived(row: Protected) -> bool:
    return row.known.record is not None and row.known.record.state is State.ARCHIVED


def _next_state(row: Protected, *, deleted_here: bool) -> State:
    """Where a judged row's record stands now. A new one goes live once its row is known to carry its uid: see `confirm`."""
    record, base = row.known.record, row.known.state.base
    if record is not None and record.state is State.ARCHIVED:
        # An edit beats a delete, and a row back where it was deleted was restored; any other copy is merely stale.
        edited = any(value != base.get(key) for key, value in row.seen.items())
        return State.LIVE if edited or deleted_here else State.ARCHIVED
    if record is not None and record.state is State.LIVE:
        return State.LIVE
    return State.LIVE if row.state is State.ARRIVING and not row.known.fresh else row.state


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
