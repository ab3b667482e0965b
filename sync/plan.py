"""What has to be written to one table of one replica. Decides and writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, TableKey
from validators.values import Json, Value, dump_value, load_value

from .commit import Absorbed
from .connection import Insert, Operation, Remove, SeenRow, SystemColumn, Uid, Update
from .decide import Decision, decide
from .display import build_display
from .engine import Engine, Replica
from .fingerprint import Fingerprint
from .heal import by_business_key
from .merge import Row, merge
from .planned_row import NO_HELD, PlannedRow, shown_cells
from .scope import Scope, look_over
from .stages import Protected
from .store.records import Record, State
from .store.seen import Held, SeenState
from .words import Lost, explain, lost_to, undone

LOST_SHOWN = timedelta(days=1)
"""How long a row says that a value was not taken; the ledger keeps it until somebody decides."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The writes for one table of one replica, and what is agreed on once they are done, by uid."""

    operations: tuple[Operation, ...] = ()
    base: Mapping[Uid, Row] = field(default_factory=dict, repr=False)
    rev: Mapping[Uid, int | None] = field(default_factory=dict)
    words: Mapping[Uid, tuple[str, str]] = field(default_factory=dict)
    held: Mapping[Uid, Mapping[FieldKey, Held]] = field(default_factory=dict)
    written: Mapping[Uid, frozenset[FieldKey]] = field(default_factory=dict)
    """The cells that are written."""
    believed: Mapping[Uid, Mapping[FieldKey, Raw] | None] = field(default_factory=dict, repr=False)
    """The cells that are not written, as they were read just now; None where they were not read in this cycle."""
    settled: tuple[SeenState, ...] = ()
    """Rows that need no write: they only have to be remembered as agreed."""


def make_plan(
    engine: Engine, replica: Replica, table: TableKey, absorbed: Absorbed, *, judged_only: bool = False
) -> Plan:
    """Decide what to write: rows just judged, and rows that the replica lacks or shows differently from the hub.

    With `judged_only` it is only the former, and nothing but updates: no row moves.
    """
    strays = tuple(
        Update(row.uid, row.row_id, row.position, True, shown_cells(row), {}, _blanked(row))
        for row in (() if judged_only else absorbed.stray)
    )
    # A row that is still settling is left alone: it will be judged, and written, as a whole.
    typing = engine.settling.names(replica.name, table)
    nameless = (*engine.settling.unnumbered(replica.name, table), *absorbed.stray)
    # Such a row may turn out to be the very record that the replica seems to lack.
    arriving_keys = by_business_key(engine, table, nameless).keys()
    with engine.hub.unit() as unit:
        scope = look_over(engine, unit, replica, table, absorbed, judged_only=judged_only)
        if not scope.records:
            return Plan(strays)
        states = scope.states
        # A row that does not show its uid yet gets it together with everything else, once it is judged again.
        unjudged = [uid for uid in states.keys() - absorbed.judged.keys() if not states[uid].row_id]
        typing |= unit.numbering.unread(replica.name, table, unjudged)
        records = {
            uid: record
            for uid, record in scope.records.items()
            if uid not in typing
            and uid not in absorbed.refused
            and not (uid in states and (states[uid].gone_since or states[uid].row_id in typing))
            and (uid in states or uid in absorbed.judged or record.state is State.LIVE)
            and (uid in states or record.key not in arriving_keys)
        }
        held = [one for uid in records for one in _held(states.get(uid), absorbed.judged.get(uid)).values()]
        arriving = [_present(row.shown) for row in absorbed.judged.values() if row.held]
        shown = [
            *(record.values for record in records.values()),
            *(state.base for state in states.values()),
            *arriving,
        ]
        lost = unit.lists.lost(replica.name, table, since=engine.clock() - LOST_SHOWN)
        display = build_display(engine, unit, replica, table, shown, held)
    staying = {uid: record for uid, record in records.items() if uid not in scope.left}
    wanted = _wanted(replica.fields(table), states, staying, absorbed)
    rows = {
        uid: PlannedRow(
            uid=uid,
            record=records[uid],
            state=states.get(uid),
            judged=absorbed.judged.get(uid),
            wanted=wanted.get(uid, {}),
            fields=replica.fields(table),
            missing=engine.missing.get((replica.name, table), frozenset()),
            display=display,
            words=_words(
                engine, replica, table, states.get(uid), records[uid], absorbed, lost.get(uid, {}), scope
            ),
            view=f"{engine.desk_url}/r/{uid}" if engine.desk_url else "",
        )
        for uid in sorted(records)
    }
    removals = [
        Remove(uid, states[uid].row_id, states[uid].position, rows[uid].stands())
        for uid in sorted(() if judged_only else records.keys() - wanted.keys())
    ]
    standing = [row for uid, row in rows.items() if uid in wanted]
    return _gather(standing, (*strays, *removals), engine.fingerprint)


def _blanked(row: SeenRow) -> Mapping[SystemColumn, str]:
    """What is blanked in a row that bears a uid which is not its own: beside nothing, all that is ours."""
    return dict.fromkeys([SystemColumn.UID] if row.cells or row.formulas else SystemColumn, "")


def _held(state: SeenState | None, judged: Protected | None) -> Mapping[FieldKey, Held]:
    return judged.held if judged else state.held if state else NO_HELD


def _wanted(
    fields: frozenset[FieldKey],
    states: Mapping[Uid, SeenState],
    records: Mapping[Uid, Record],
    absorbed: Absorbed,
) -> Mapping[Uid, Row]:
    """What the replica should show. Everything it showed is in the hub by now, so it counts as showing its base."""
    base = {uid: state.base for uid, state in states.items() if uid in records}
    frozen = {
        uid: absorbed.judged[uid].frozen if uid in absorbed.judged else frozenset(state.held)
        for uid, state in states.items()
    }
    hub = {uid: record.values for uid, record in records.items() if record.state is not State.ARCHIVED}
    return merge(base, hub, base, fields=fields, frozen=frozen, policy={}).wanted


def _gather(rows: list[PlannedRow], first: tuple[Operation, ...], fingerprint: Fingerprint) -> Plan:
    decisions = {row.uid: (row, decide(row)) for row in rows}
    operations = tuple(
        decision.operation for _, decision in decisions.values() if decision.operation is not None
    )
    revs = {uid: row.record.rev if decision.complete else None for uid, (row, decision) in decisions.items()}
    return Plan(
        operations=(*first, *operations),
        base={uid: decision.base for uid, (_, decision) in decisions.items()},
        rev=revs,
        words={uid: row.words for uid, (row, _) in decisions.items()},
        held={uid: row.held for uid, (row, _) in decisions.items()},
        written={
            uid: frozenset(decision.operation.cells)
            for uid, (_, decision) in decisions.items()
            if isinstance(decision.operation, Insert | Update)
        },
        believed={uid: _believed(row, decision) for uid, (row, decision) in decisions.items()},
        settled=tuple(
            _settled(row, row.state, decision.base, revs[uid], fingerprint)
            for uid, (row, decision) in decisions.items()
            if decision.operation is None and row.state is not None
        ),
    )


def _believed(row: PlannedRow, decision: Decision) -> Mapping[FieldKey, Raw] | None:
    match decision.operation:
        case Insert():
            return {}
        case Update(cells=cells) if row.judged and not row.judged.known.row.partial:
            return {key: raw for key, raw in row.judged.known.row.cells.items() if key not in cells}
    return None


def _settled(
    row: PlannedRow, state: SeenState, base: Row, rev: int | None, fingerprint: Fingerprint
) -> SeenState:
    """A row that needs no write is as it should be; if it was read whole, it is known by its fingerprint from now on."""
    whole = row.judged is not None and not row.judged.known.row.partial
    seen = fingerprint(row.judged.known.row) if row.judged and whole else state.fingerprint
    return state.evolve(base=base, rev=rev, fingerprint=seen)


def _present(row: Mapping[FieldKey, Value | None]) -> Row:
    return {key: value for key, value in row.items() if value is not None}


def _words(
    engine: Engine,
    replica: Replica,
    table: TableKey,
    state: SeenState | None,
    record: Record,
    absorbed: Absorbed,
    lost: Mapping[FieldKey, Json | None],
    scope: Scope,
) -> tuple[str, str]:
    judged = absorbed.judged.get(record.uid)
    if judged is None and state is not None and not state.placed and state.note:
        return state.status, state.note  # A row that is put back says why.
    config, fields = engine.schema.tables[table], replica.fields(table)
    held = [one.issue for one in (state.held.values() if state else ())]
    issues = judged.issues if judged else (*held, *record.hints)
    return explain(
        config,
        # What is wrong with a field that the replica does not show is told where it can be mended.
        issues=[issue for issue in issues if not issue.fields or fields & set(issue.fields)],
        restored=judged.restored if judged else (),
        lost=[
            _lost(config.fields[key], key, json, record)
            for key, json in lost.items()
            if key in config.fields and not _is_current(record, key, json)
        ],
        state=judged.state if judged else record.state,
        waits_for=judged.waits_for if judged else "",
        leaves=record.uid in scope.leaving,
        still=() if state is None or (judged and judged.is_news) else undone(state.note),
    )


def _is_current(record: Record, key: FieldKey, json: Json | None) -> bool:
    """Whether the value that was not taken came in after all."""
    value = record.values.get(key)
    return json == (None if value is None else dump_value(value))


def _lost(config: FieldConfig, key: FieldKey, json: Json | None, record: Record) -> Lost:
    mine = None if json is None else load_value(config, json)
    return lost_to(config, key, mine=mine, kept=record.values.get(key))
