"""The way in: which rows of a listing are to be looked at now, and which record each of them is."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from validators.issues import Rejection
from validators.schema import FieldType, TableKey

from .arrived import note_arrived
from .connection import Listing, SeenRow, Uid
from .deletes import note_deletions
from .engine import CycleReport, Engine, Replica
from .filters import inside
from .heal import by_business_key, heal_numbers, is_named, keep_settling_numbers, leave_numbers_behind
from .identify import Identified, identify
from .setting_up import are_arriving
from .settle import name_of
from .stages import Known
from .store.hub import Unit
from .store.records import State
from .store.seen import Mark, SeenState
from .torn import TORN_MIN, is_torn, place
from .uid import new_uid

log = structlog.get_logger("sync")

FEW_ROWS = 2_000
"""Up to so many rows are looked up one by one; for more, reading all that is known is quicker."""
TORN_LOOK_MAX = 5_000
"""A sort shows in the first rows that it moved; what all of them showed last need not be in memory."""
NUMBER_TYPES = (FieldType.IDNO, FieldType.PHONE, FieldType.ACCOUNT)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Rows to be judged now, and rows whose uid cell is wrong. A torn table gives no rows: nothing in it is certain."""

    rows: tuple[SeenRow, ...] = ()
    stray: tuple[SeenRow, ...] = ()
    torn: bool = False
    torn_rows: tuple[SeenRow, ...] = ()
    borne: frozenset[Uid] = frozenset()
    """Uids that rows bear there: no other row is given one."""
    done: frozenset[str] = frozenset()
    """Queued rows that are looked at with these."""


def settle(engine: Engine, replica: Replica, listing: Listing, report: CycleReport) -> Arrivals:
    """Tell rows apart, start the grace of those that vanished, and let through what has stood still long enough."""
    table, now = listing.table, engine.clock()
    early = _early(engine, table)
    with engine.hub.unit() as unit:
        queued = frozenset(unit.lists.rechecks(replica.name).get(table, set()))
        waiting = frozenset(engine.settling.waiting(replica.name, table))
        known = _known(unit, replica, listing, queued | waiting)
        found = identify(
            listing,
            known=known,
            fingerprint=engine.fingerprint,
            # A row that settles is taken as it shows now, even where it has merely moved.
            forced=queued | waiting,
            barred=lambda uids: _strangers(engine, unit, replica, table, uids),
            named=lambda row: is_named(engine, unit, table, row, row.uid),
        )
        found = leave_numbers_behind(engine, unit, replica, table, found, known)
        if _torn(engine, unit, replica, table, found):
            report.torn.append(f"{replica.name}/{table}")
            if (replica.name, table) not in engine.torn:
                log.error("table_torn", replica=replica.name, table=table, rows=len(found.changed))
            changed = (row for _, row in found.changed)
            return Arrivals(torn=True, torn_rows=(*changed, *found.unnumbered, *found.stray))
        unit.seen.move(replica.name, table, found.moved)
        # At once: the links to such a row name it by its new id.
        renamed = unit.seen.get_many(replica.name, table, found.renamed).values()
        unit.seen.save(
            replica.name, table, [state.evolve(row_id=found.renamed[state.uid]) for state in renamed]
        )
        # A row that shows its uid has got it, even if the answer to that write was lost.
        unit.numbering.end(replica.name, table, found.present)
        keep_settling_numbers(engine, unit, replica, table, found)
        engine.settling.forget(replica.name, table, found.gone)
        engine.settling.drop(replica.name, table, listing)
        if listing.complete:
            there = found.present | engine.settling.uids(replica.name, table)
            unit.unanswered.keep_only(replica.name, table, there)
        note_arrived(engine, unit, replica, listing, found.changed, known)
        heal_numbers(engine, unit, replica, table, found, known)
        # A row that is about to be numbered stands there still, without the uid that it is known by.
        settled = _settled(engine, replica, table, found, now, early)
        bare = (replace(row, uid="") for row in found.stray)
        nameless = [row for row in (*found.unnumbered, *bare, *settled) if not row.uid and not row.partial]
        journaled = unit.numbering.waiting(replica.name, table, map(engine.fingerprint, nameless))
        arriving = {uid for uids in journaled.values() for uid in uids}
        unit.seen.move(replica.name, table, _places(engine, nameless, journaled))
        note_deletions(unit, replica, table, found.gone - arriving, found.present | arriving, known, now)
        taken = unit.seen.name(replica.name, table, [row.row_id for row in settled]).values()
        listed = {row.uid for row in settled} | set(taken) | arriving | {uid for uid, _ in found.changed}
        waiting = frozenset(engine.settling.waiting(replica.name, table))
        listed |= {uid for uid, mark in known.items() if {uid, mark.row_id} & waiting}
        states = unit.seen.get_many(replica.name, table, queued)
        rows = [*_rechecked(queued - listed, states), *settled]
        report.settling += len(waiting)
    report.add(report.pulled, replica.name, len(settled))
    borne = found.present | engine.settling.uids(replica.name, table)
    return Arrivals(tuple(rows), found.stray, borne=borne, done=queued - _unlisted(queued, listing, states))


def _known(unit: Unit, replica: Replica, listing: Listing, others: Set[str]) -> Mapping[Uid, Mark]:
    """What the rows of a listing, and `others`, may be recognised by. A few rows do not ask for all that are known."""
    table, standing = listing.table, listing.standing
    positions = standing.changed if standing else frozenset[int]()
    everything = listing.complete and standing is None
    if everything or len(listing.rows) + len(listing.destroyed) + len(positions) > FEW_ROWS:
        return unit.seen.marks(replica.name, table)
    return unit.seen.marks_of(
        replica.name,
        table,
        names={name for row in listing.rows for name in (row.uid, row.row_id) if name}
        | {*listing.destroyed, *others},
        positions=positions,
        below=standing.height if standing else None,
    )


def _settled(
    engine: Engine,
    replica: Replica,
    table: TableKey,
    found: Identified,
    now: datetime,
    early: Callable[[SeenRow], bool],
) -> list[SeenRow]:
    arriving = [*(row for _, row in found.changed), *found.unnumbered]
    return engine.settling.take(
        replica.name,
        table,
        arriving,
        now=now,
        unfinished=lambda row: _unfinished(engine, table, row),
        early=early,
    )


def _places(
    engine: Engine, rows: Iterable[SeenRow], journaled: Mapping[bytes, Sequence[Uid]]
) -> dict[Uid, int]:
    """Where the rows stand that wait for these uids: once somebody types in them, they are known by their place."""
    if not journaled:
        return {}
    standing: dict[bytes, set[int]] = {}
    for row in rows:
        standing.setdefault(engine.fingerprint(row), set()).add(row.position)
    return {
        uid: position
        for one, uids in journaled.items()
        for uid, position in zip(uids, sorted(standing[one]), strict=False)
    }


def _early(engine: Engine, table: TableKey) -> Callable[[SeenRow], bool]:
    """Tells new rows that would be given a number while the rows that may bear it already are not all known."""
    config = engine.schema.tables[table]
    holders = (replica.name for replica in engine.replicas if replica.holds(table))
    if not config.fields[config.key].auto or not are_arriving(engine.hub, holders):
        return lambda row: False
    return lambda row: not (row.uid or row.partial or row.cells.get(config.key))


def _unfinished(engine: Engine, table: TableKey, row: SeenRow) -> bool:
    """Whether a number in the row is still too short to be complete."""
    cells = {
        key: row.cells[key]
        for key, _ in engine.schema.tables[table].of_type(*NUMBER_TYPES)
        if key in row.cells
    }
    parsed = engine.parser.parse(table, cells, today=engine.today()) if cells else {}
    return any(isinstance(value, Rejection) and value.partial for value in parsed.values())


def _rechecked(queued: frozenset[str], known: Mapping[Uid, SeenState]) -> list[SeenRow]:
    """Rows to be judged again though nobody touched them: as they were last seen, without asking the service."""
    return [
        SeenRow(uid=uid, row_id=known[uid].row_id, position=known[uid].position, cells={}, partial=True)
        for uid in sorted(queued)
        if uid in known and known[uid].placed and not known[uid].held and known[uid].gone_since is None
    ]


def _unlisted(queued: frozenset[str], listing: Listing, known: Mapping[Uid, SeenState]) -> frozenset[str]:
    """Rows that have to be shown in full before they can be judged again; they stay in the queue until they are."""
    if listing.complete and listing.standing is None:
        return frozenset()
    shown = {name_of(row) for row in listing.rows if not row.partial}
    return frozenset(
        uid for uid in queued if uid in known and known[uid].held and (known[uid].row_id or uid) not in shown
    )


def _torn(engine: Engine, unit: Unit, replica: Replica, table: TableKey, found: Identified) -> bool:
    rows = {uid: row for uid, row in found.changed[:TORN_LOOK_MAX] if not row.row_id and not row.partial}
    copies = [row for row in found.stray[:TORN_LOOK_MAX] if not row.row_id]
    gone = sorted(found.gone)[:TORN_LOOK_MAX]
    bare = [row for row in found.unnumbered[:TORN_LOOK_MAX] if not row.row_id]
    if not rows or len(rows) + len(copies) + len(gone) + len(bare) < TORN_MIN:
        return False
    config = engine.schema.tables[table]
    states = unit.seen.get_many(replica.name, table, {*rows, *gone, *(row.uid for row in copies)})
    return is_torn(
        [place(config, row, states[uid].base) for uid, row in rows.items() if uid in states],
        [place(config, row, states[row.uid].base) for row in copies if row.uid in states],
        [place(config, None, states[uid].base) for uid in gone if uid in states],
        [place(config, row, {}) for row in bare],
        already=(replica.name, table) in engine.torn,
    )


def know(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    rows: Sequence[SeenRow],
    borne: Set[Uid] = frozenset(),
) -> list[Known]:
    """Give every row its uid: its own, that of the record it is a copy of on this side, or a new one.

    `borne` are uids that rows of this side bear already.
    """
    names = unit.seen.name(replica.name, table, [row.row_id for row in rows if row.row_id])
    uids = {id(row): names.get(row.row_id, row.uid) for row in rows}
    adopted = _adopt(engine, unit, replica, table, [row for row in rows if not uids[id(row)]], borne)
    fresh = {id(row): engine.fingerprint(row) for row in rows if not uids[id(row)]}
    journaled = unit.numbering.waiting(replica.name, table, fresh.values())
    archived = _archived(unit, table, journaled)
    journaled = {print_: [uid for uid in uids if uid not in archived] for print_, uids in journaled.items()}
    known: list[Known] = []
    begun: dict[Uid, bytes] = {}
    for row in rows:
        uid = uids[id(row)] or adopted.get(id(row))
        if id(row) in fresh:
            waiting = journaled.get(fresh[id(row)])
            uid = uid or (waiting.pop(0) if waiting else new_uid(engine.clock(), engine.random_bits))
            begun[uid] = fresh[id(row)]
        assert uid, "a row without a uid is fresh"
        state = SeenState(uid, row_id=row.row_id, position=row.position)
        known.append(Known(uid, row, state, None, id(row) in fresh))
    unit.numbering.begin(replica.name, table, begun, engine.clock())
    states = unit.seen.get_many(replica.name, table, [row.uid for row in known])
    records = unit.records.get_many(table, [row.uid for row in known])
    return [Known(k.uid, k.row, states.get(k.uid, k.state), records.get(k.uid), k.fresh) for k in known]


def _archived(unit: Unit, table: TableKey, journaled: Mapping[bytes, list[Uid]]) -> set[Uid]:
    found = unit.records.get_many(table, [uid for uids in journaled.values() for uid in uids])
    return {uid for uid, record in found.items() if record.state is State.ARCHIVED}


def _adopt(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[SeenRow], borne: Set[Uid]
) -> dict[int, Uid]:
    """New rows that are records this replica lacks: typed on both sides, or tables that already held rows."""
    wanted = by_business_key(engine, table, rows)
    owners = unit.records.by_key(table, wanted)
    here = unit.seen.get_many(replica.name, table, owners.values()).keys()
    barred = _strangers(engine, unit, replica, table, owners.values())
    return {id(wanted[text][0]): uid for text, uid in owners.items() if uid not in here | barred | borne}


def _strangers(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, uids: Iterable[Uid]
) -> set[Uid]:
    """Records that do not belong in the replica, by its filter."""
    if engine.filters.of(replica.name, table) is None:
        return set()
    rows = {uid: record.values for uid, record in unit.records.get_many(table, uids).items()}
    return rows.keys() - inside(engine.filters, unit, replica.name, table, rows, engine.today())
