"""Hub first: what was merged is stored before anything is written to a service."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from validators.schema import TableKey

from .changes import Change, store_changes
from .connection import SeenRow, Uid
from .engine import CycleReport, Engine, Replica
from .merge import Conflict, Merged, Row
from .stages import Protected
from .store.hub import Unit
from .store.lists import WITHDRAWN
from .store.records import FINAL, State
from .store.seen import SeenState
from .subject import adopted


@dataclass(slots=True)
class Absorbed:
    """What writing needs to know of a table: rows as they show now, and rows whose uid cell is wrong."""

    judged: dict[Uid, Protected] = field(default_factory=dict)
    stray: tuple[SeenRow, ...] = ()
    torn: bool = False
    borne: frozenset[Uid] = frozenset()
    """Uids that rows of the table bear."""
    queued: frozenset[str] = frozenset()
    """Names of queued rows that are looked at now and are not judged yet."""
    refused: set[Uid] = field(default_factory=set)
    """Rows that were judged and written early, and not taken: they are read again before they are written again."""


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
    # First what the rows hold: one of them may wait for a name, or a state, that another of them gets here.
    unit.seen.save(replica.name, table, [_seen_state(row, merged.base[row.known.uid]) for row in rows])
    replaced = store_records(engine, unit, replica.name, table, rows, merged)
    for row in rows:
        _note_withdrawn(engine, unit, replica, table, row)
    for conflict in merged.conflicts:
        _note_conflict(engine, unit, replica, table, conflict)
    absorbed.judged |= {row.known.uid: row for row in rows}
    report.held += sum(bool(row.held) for row in rows)
    report.conflicts += len(merged.conflicts)
    return replaced


def store_records(
    engine: Engine, unit: Unit, source: str, table: TableKey, rows: Sequence[Protected], merged: Merged
) -> list[str]:
    """Create and change the records, with their history. Returns the tokens that no record names any more."""
    tombstones = unit.records.tombstones(table) if any(_is_archived(row) for row in rows) else {}
    # Erased or restricted: whatever a copy still shows or was typed there, the row only leaves.
    staying = [row for row in rows if tombstones.get(row.known.uid) not in FINAL]
    hub = adopted(
        {row.known.uid: _values(row, merged) for row in staying}, engine.schema.tables[table], engine.vault
    )
    changes: list[Change] = []
    for row in staying:
        known = row.known
        state = _next_state(row, deleted_here=tombstones.get(known.uid) == source)
        change = Change(
            uid=known.uid,
            before=known.record,
            values=hub[known.uid],
            state=state,
            hints=row.hints,
            actor=known.row.actor,
            note=known.state.note,
            authors=known.row.authors,
        )
        if change.any:
            changes.append(change)
        if _is_archived(row) and state is State.LIVE:
            unit.records.exhume(table, known.uid)
    store_changes(engine, unit, source, table, changes)
    changed = {change.uid: change.values for change in changes}
    return [token for row in rows for token in _replaced(engine, table, row, changed.get(row.known.uid))]


def _values(row: Protected, merged: Merged) -> Row:
    """What the record holds now: as merged, and what the daemon itself adds."""
    values = {**merged.hub[row.known.uid], **row.fill}
    return {key: value for key, value in values.items() if value is not None}


def _seen_state(row: Protected, base: Row) -> SeenState:
    seen = row.known.row
    return row.known.state.evolve(
        row_id=seen.row_id or row.known.state.row_id,
        position=row.known.state.position if seen.partial else seen.position,
        base=base,
        held={**row.held, **row.mended},
        # Only when nothing is left to write is the row as it should be: see `plan` and `confirm`. Until then it is
        # looked at again, for plaintext may still stand in it.
        fingerprint=None,
        rev=None,
        gone_since=None,
    )


def _note_conflict(engine: Engine, unit: Unit, replica: Replica, table: TableKey, conflict: Conflict) -> None:
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


def _note_withdrawn(engine: Engine, unit: Unit, replica: Replica, table: TableKey, row: Protected) -> None:
    """What was typed and undone is kept, for whoever asks; there is nothing to decide about it."""
    values = row.known.record.values if row.known.record else {}
    for key, value in row.withdrawn.items():
        unit.lists.note_conflict(
            now=engine.clock(),
            replica=replica.name,
            table=table,
            uid=row.known.uid,
            key=key,
            kept=values.get(key),
            other=value,
            reason=WITHDRAWN,
            resolved=True,
        )


def _is_archived(row: Protected) -> bool:
    return row.known.record is not None and row.known.record.state is State.ARCHIVED


def _next_state(row: Protected, *, deleted_here: bool) -> State:
    """Where a judged row's record stands now. A new one goes live once its row is known to carry its uid: see `confirm`."""
    record, base = row.known.record, row.known.state.base
    if record is not None and record.state is State.ARCHIVED:
        # An edit beats a delete, and a row back where it was deleted was restored; any other copy is merely stale.
        edited = any(value != base.get(key) for key, value in row.seen.items()) or _holds_more(row)
        return State.LIVE if edited or deleted_here else State.ARCHIVED
    if record is not None and record.state is State.LIVE:
        return State.LIVE
    return State.LIVE if row.state is State.ARRIVING and not row.known.fresh else row.state


def _holds_more(row: Protected) -> bool:
    """Whether somebody typed what has to be mended first: that is an edit, too."""
    before = row.known.state.held
    return any(key not in before or held.shown != before[key].shown for key, held in row.held.items())


def _replaced(engine: Engine, table: TableKey, row: Protected, values: Row | None) -> Iterable[str]:
    """Tokens whose values were replaced or cleared, and held ones that were mended."""
    record = row.known.record
    for key in engine.schema.tables[table].sensitive:
        old = record.values.get(key) if record and values is not None else None
        if old is not None and values is not None and values.get(key) != old:
            yield str(old)
        held, held_now = row.known.state.held.get(key), row.held.get(key)
        if held and held.token and (held_now is None or held_now.token != held.token):
            yield held.token
