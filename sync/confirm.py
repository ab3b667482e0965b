"""Remembers what was written: base advances, new records go live, refused rows are looked at again."""

from collections.abc import Mapping, Sequence

import structlog

from validators.schema import FieldKey, TableKey
from validators.values import Value

from .changes import wake_waiting
from .connection import Insert, Outcome, SeenRow, SystemColumn, Uid, Update, Written
from .engine import CycleReport, Engine, Replica
from .heal import is_named
from .plan import Plan
from .store.hub import Unit
from .store.records import UNBORN, State
from .store.seen import SeenState
from .uid import new_uid
from .windows import end_plaintext

log = structlog.get_logger("sync")

REHEARSED = "dry_run"
"""Why a rehearsal refuses every write: no news to anybody."""


def expect(engine: Engine, replica: Replica, table: TableKey, plan: Plan) -> None:
    """Note what cells will show, before it is sent: should the answer be lost, nobody typed what is found there."""
    sent: dict[Uid, Mapping[FieldKey, Value | None]] = {}
    for one in plan.operations:
        if isinstance(one, Insert):
            sent[one.uid] = plan.base[one.uid]
        elif written := plan.written.get(one.uid):
            sent[one.uid] = {key: plan.base[one.uid].get(key) for key in written}
    if sent:
        with engine.hub.unit() as unit:
            unit.unanswered.begin(replica.name, table, sent)


def confirm(
    engine: Engine, replica: Replica, table: TableKey, plan: Plan, outcome: Outcome, report: CycleReport
) -> None:
    """Take a service's answer into the hub."""
    written = [one for one in outcome.written if one.uid in plan.base and one.row.uid == one.uid]
    with engine.hub.unit() as unit:
        _number_copies(engine, unit, replica, table, _copies(engine, unit, table, plan, outcome))
        states = unit.seen.get_many(replica.name, table, [one.uid for one in written])
        revs = _revs(engine, unit, table, plan, written)
        known = [states.get(one.uid, SeenState(one.uid, held=plan.held[one.uid])) for one in written]
        saved = [
            _state(engine, plan, state, one, revs[one.uid]) for state, one in zip(known, written, strict=True)
        ]
        unit.seen.save(replica.name, table, [*plan.settled, *saved])
        unit.seen.forget(replica.name, table, outcome.removed)
        for noted in (unit.numbering, unit.unanswered):
            noted.end(replica.name, table, [one.uid for one in written])
        unit.lists.ask_recheck(replica.name, table, [refused.uid for refused in outcome.refused], "refused")
        # A row that was to be removed and shows something else is read anew, all of it.
        kept = unit.seen.get_many(
            replica.name, table, {one.uid for one in outcome.refused} - plan.base.keys()
        )
        unit.seen.save(replica.name, table, [one.evolve(fingerprint=None, rev=None) for one in kept.values()])
        # What never went live and was put back is judged as it stands now: nothing else would look at it again.
        back = [uid for uid, state in states.items() if state.note and not state.placed]
        unborn = [uid for uid, one in unit.records.get_many(table, back).items() if one.state in UNBORN]
        unit.lists.ask_recheck(replica.name, table, unborn, "put_back")
    end_plaintext(engine, replica, table, plan, outcome)
    report.add(report.written, replica.name, len(outcome.written) + len(outcome.removed))
    report.add(report.refused, replica.name, len(outcome.refused))
    for refused in engine.troubles.new_refusals(replica.name, table, outcome.refused):
        if refused.reason == REHEARSED:
            continue
        log.warning(
            "row_refused",
            replica=replica.name,
            table=table,
            uid=refused.uid,
            reason=refused.reason,
            detail=refused.detail,
        )


def _copies(engine: Engine, unit: Unit, table: TableKey, plan: Plan, outcome: Outcome) -> list[SeenRow]:
    """The rows whose uid was blanked just now and that show whose it is. Where somebody wrote over a row's own uid, the
    row shows another record, or none: it is no copy, and gets its uid back."""
    blanked = {
        one.uid
        for one in plan.operations
        if isinstance(one, Update) and one.system.get(SystemColumn.UID) == ""
    }
    found = [one for one in outcome.written if one.uid in blanked and not one.row.uid]
    return [one.row for one in found if is_named(engine, unit, table, one.row, one.uid)]


def _number_copies(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[SeenRow]
) -> None:
    """A copy whose uid was blanked is a new row from now on, even if the original is deleted before it is judged."""
    copies = {new_uid(engine.clock(), engine.random_bits): engine.fingerprint(row) for row in rows}
    unit.numbering.begin(replica.name, table, copies, engine.clock())


def _state(engine: Engine, plan: Plan, state: SeenState, written: Written, rev: int | None) -> SeenState:
    status, note = plan.words[written.uid]
    return state.evolve(
        row_id=written.row.row_id,
        position=written.row.position,
        base=plan.base[written.uid],
        held={
            key: held
            for key, held in state.held.items()
            if not (held.mended and key in plan.written[written.uid])
        },
        fingerprint=engine.fingerprint(written.row) if _as_believed(plan, written) else None,
        rev=rev,
        status=status,
        note=note,
    )


def _as_believed(plan: Plan, written: Written) -> bool:
    """Whether the row shows nothing but what was read and what was written.

    What somebody typed into another cell meanwhile must be noticed at the next reading, so such a row gets no fingerprint.
    """
    believed = plan.believed[written.uid]
    if believed is None:
        return False
    cells = written.row.cells
    return all(cells.get(key) == raw for key, raw in believed.items()) and not (
        cells.keys() - believed.keys() - plan.written[written.uid]
    )


def _revs(
    engine: Engine, unit: Unit, table: TableKey, plan: Plan, written: list[Written]
) -> dict[Uid, int | None]:
    """Revisions agreed on. A record whose row is now known to carry its uid goes live, which is a new revision."""
    records = unit.records.get_many(table, [one.uid for one in written])
    revs = {one.uid: plan.rev[one.uid] for one in written}
    arrived = [uid for uid, record in records.items() if record.state is State.ARRIVING]
    for uid, rev in unit.records.set_state(table, arrived, State.LIVE).items():
        revs[uid] = rev if revs[uid] is not None else None
    wake_waiting(engine, unit, arrived)
    return revs
