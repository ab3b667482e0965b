"""Deletes archive, never destroy; they take effect after a grace, and too many at once wait for a person."""

from collections.abc import Mapping, Set
from datetime import datetime, timedelta

import structlog

from validators.schema import TableKey

from .changes import wake_held_links
from .connection import Uid
from .engine import CycleReport, Engine, Replica
from .store.hub import Unit
from .store.records import Record, State
from .store.seen import Mark, SeenState
from .words import HINT, WAITING_LINK

log = structlog.get_logger("sync")

PUT_BACK = {
    "not_theirs": "本表不能删除行 → 确需删除请联系档案管理部",
    "refused": "删除未获批准 → 确需删除请联系档案管理部",
    "needed": "还有记录引用本行,不能删除 → 请先处理引用它的记录",
    "edited": "您删除前后另一张表改过本行 → 看过后仍要删除,请再删一次",
}
SMALL_TABLE = 3
"""A table this small may lose all its rows without anybody being asked."""


def note_deletions(
    unit: Unit,
    replica: Replica,
    table: TableKey,
    gone: frozenset[Uid],
    present: frozenset[Uid],
    known: Mapping[Uid, Mark],
    now: datetime,
) -> None:
    """Start the grace of rows that vanished, and end that of rows that are back."""
    returned = [uid for uid, mark in known.items() if mark.gone and uid in present]
    back = unit.seen.get_many(replica.name, table, returned).values()
    fresh = [uid for uid in gone if not known[uid].gone]
    if back:
        unit.seen.save(replica.name, table, [state.evolve(gone_since=None) for state in back])
        unit.lists.drop_deletions(replica.name, table, [state.uid for state in back])
    if fresh:
        vanished = unit.seen.get_many(replica.name, table, fresh).values()
        unit.seen.save(replica.name, table, [state.evolve(gone_since=now) for state in vanished])
        log.info("rows_vanished", replica=replica.name, table=table, rows=len(fresh))


def carry_out_deletions(engine: Engine, replica: Replica, table: TableKey, report: CycleReport) -> None:
    """Archive what has been gone for the grace; what is still needed, or was edited elsewhere, is put back instead."""
    now, grace = engine.clock(), timedelta(seconds=engine.config.delete_grace_s)
    with engine.hub.unit() as unit:
        gone = unit.seen.gone(replica.name, table)
        # A row that left the filter was on its way out: whoever took it away, the archive keeps it.
        left = [uid for uid, state in gone.items() if state.left_since]
        unit.seen.forget(replica.name, table, left)
        gone = {uid: state for uid, state in gone.items() if uid not in left}
        due = {
            uid: state for uid, state in gone.items() if state.gone_since and now - state.gone_since >= grace
        }
        # Of a record that the archive has given up, or never had, there is nothing to decide, however many they are.
        standing = {uid for uid, one in unit.records.get_many(table, gone).items() if not _is_archived(one)}
        unit.seen.forget(replica.name, table, due.keys() - standing)
        gone = {uid: state for uid, state in gone.items() if uid in standing}
        due = {uid: state for uid, state in due.items() if uid in standing}
        # An edit beats a delete: until it is known what is being typed into a row elsewhere, it goes nowhere.
        typed = _typed_elsewhere(engine, unit, replica, table, due.keys())
        due = {uid: state for uid, state in due.items() if uid not in typed}
        if not due:
            return
        decided = {
            d.uid: d.decision for d in unit.lists.deletions() if (d.replica, d.table) == (replica.name, table)
        }
        meant = replica.config.may_delete(table)
        if meant and _too_many(engine, len(gone), unit.seen.count(replica.name, table)):
            undecided = [uid for uid in due if not decided.get(uid)]
            unit.lists.await_approval(replica.name, table, undecided, now)
            if undecided and not all(uid in decided for uid in undecided):
                log.warning("deletions_wait", replica=replica.name, table=table, rows=len(undecided))
            report.waiting_deletions += len(undecided)
            due = {uid: state for uid, state in due.items() if decided.get(uid)}
        # A row that was about to get its uid when somebody deleted it gets none any more: what is put back is inserted.
        unit.numbering.end(replica.name, table, due)
        for uid, state in due.items():
            _carry_out(
                engine, unit, replica, table, state, refused=decided.get(uid) == "refused", report=report
            )
        unit.lists.drop_deletions(replica.name, table, due)


def _typed_elsewhere(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, uids: Set[Uid]
) -> set[Uid]:
    """Which of these records somebody types into at another replica: their rows settle there."""
    typed: set[Uid] = set()
    for other in engine.replicas:
        if other is not replica and (settling := engine.settling.names(other.name, table)):
            states = unit.seen.get_many(other.name, table, uids)
            typed |= {uid for uid, state in states.items() if {uid, state.row_id} & settling}
    return typed


def _is_archived(record: Record) -> bool:
    return record.state is State.ARCHIVED


def _too_many(engine: Engine, gone: int, known: int) -> bool:
    return gone > engine.config.deletes_max or (known > SMALL_TABLE and gone * 2 > known)


def _carry_out(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    state: SeenState,
    *,
    refused: bool,
    report: CycleReport,
) -> None:
    record = unit.records.get(table, state.uid)
    assert record is not None, "what the archive never had was forgotten"
    why = _why_not(engine, unit, replica, table, record, state, refused=refused)
    if why is not None:
        # A row that is known and stands nowhere is written again, with these words.
        unit.seen.save(
            replica.name, table, [SeenState(state.uid, status=HINT, note=f"已还原·{PUT_BACK[why]}")]
        )
        report.put_back += 1
        log.info("row_put_back", replica=replica.name, table=table, uid=state.uid, why=why)
        return
    unit.seen.forget(replica.name, table, [state.uid])
    unit.records.save(table, state.uid, record.values, state=State.ARCHIVED, now=engine.clock())
    unit.records.bury(table, state.uid, replica=replica.name, now=engine.clock())
    if record.state is not State.LIVE:
        wake_held_links(engine, unit, table, WAITING_LINK)
    report.archived += 1


def _why_not(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    record: Record,
    state: SeenState,
    *,
    refused: bool,
) -> str | None:
    """Why a deletion is not carried out, as a key of `PUT_BACK`. What never went live may go, unless it is needed."""
    if record.state is not State.LIVE:
        return "needed" if live_referrers(unit, state.uid) else None
    if not replica.config.may_delete(table):
        return "not_theirs"
    if refused:
        return "refused"
    if live_referrers(unit, state.uid):
        return "needed"
    if _held_elsewhere(engine, unit, replica, table, state.uid):
        return "edited"
    if _shows_less(engine, replica, table, record, state):
        return "edited"
    return "edited" if _edited_out_of_sight(engine, unit, replica, table, state) else None


def _shows_less(engine: Engine, replica: Replica, table: TableKey, record: Record, state: SeenState) -> bool:
    """Whether the archive has something else than the row showed. A column that the table has lost shows nothing."""
    lost = engine.missing.get((replica.name, table), frozenset())
    differ = {key for key in replica.fields(table) if record.values.get(key) != state.base.get(key)}
    return any(key not in lost or record.values.get(key) is not None for key in differ)


def _edited_out_of_sight(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, state: SeenState
) -> bool:
    """Whether somebody changed a field that this replica does not show, since the row vanished here."""
    fields = engine.schema.tables[table].fields
    hidden = {key for key in fields.keys() - replica.fields(table) if not fields[key].computed}
    return bool(hidden) and any(
        change["field"] in hidden and state.gone_since is not None and change["at"] >= state.gone_since
        for change in unit.lists.history(state.uid, table)
    )


def _held_elsewhere(engine: Engine, unit: Unit, replica: Replica, table: TableKey, uid: Uid) -> bool:
    """Whether somebody typed into the row at another replica what still has to be mended: it stands nowhere but there."""
    others = [one.name for one in engine.replicas if one is not replica and one.holds(table)]
    states = [unit.seen.get_many(name, table, [uid]).get(uid) for name in others]
    return any(state is not None and state.held and state.gone_since is None for state in states)


def live_referrers(unit: Unit, uid: Uid) -> int:
    """How many records that are not archived link to this one, itself apart."""
    referrers: dict[TableKey, set[Uid]] = {}
    for table, other, _ in unit.records.referrers([uid]):
        if other != uid:
            referrers.setdefault(table, set()).add(other)
    return sum(
        record.state is not State.ARCHIVED
        for table, uids in referrers.items()
        for record in unit.records.get_many(table, uids).values()
    )
