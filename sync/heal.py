"""Rows whose uid cell somebody emptied, wrote over or left behind: recognised by what they show, they get their own uid back."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from validators.schema import TableKey

from .connection import SeenRow, Uid
from .engine import Engine, Replica
from .identify import Identified
from .likeness import comparable, is_same, is_same_in_place, likeness, open_secrets
from .store.hub import Unit
from .store.records import UNBORN, State
from .store.seen import Mark, SeenState
from .torn import shows_nobody


def leave_numbers_behind(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    found: Identified,
    known: Mapping[Uid, Mark],
) -> Identified:
    """Where somebody cut out rows without their hidden column and pasted them elsewhere, what is left are no rows any more.

    Their uids count as vanished then, and are to be blanked there, so that `heal_numbers` knows the rows by what they show.
    That all of them stand elsewhere is the proof: where one does not, the tab may be torn. So it is with a uid that several
    rows bear, copies among them, none of which shows its number: the row that does, and bears no uid, is the record.
    """
    config = engine.schema.tables[table]
    changed = {uid: row for uid, row in found.changed if uid in known and not (row.row_id or row.partial)}
    emptied = {uid for uid, row in changed.items() if shows_nobody(config, row)}
    copied = changed.keys() & {row.uid for row in found.stray}
    if not emptied | copied:
        return found
    bare = _standing_bare(engine, unit, replica, table, found, known, emptied | copied)
    left = {uid for uid in copied & bare if not is_named(engine, unit, table, changed[uid], uid)}
    left |= emptied if emptied <= bare else set()
    return replace(
        found,
        changed=tuple((uid, row) for uid, row in found.changed if uid not in left),
        stray=(*found.stray, *(changed[uid] for uid in sorted(left))),
        present=found.present - left,
        moved={uid: position for uid, position in found.moved.items() if uid not in left},
        gone=found.gone | left,
    )


def _standing_bare(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    found: Identified,
    known: Mapping[Uid, Mark],
    uids: Set[Uid],
) -> set[Uid]:
    """Of these uids, those whose records stand in rows that bear none, and are not about to get another."""
    rows = by_business_key(engine, table, (row for row in found.unnumbered if not row.row_id))
    owners = {uid: key for key, uid in unit.records.by_key(table, rows).items() if uid in uids}
    states = unit.seen.get_many(replica.name, table, owners)
    prints = {id(row): _bare_print(engine, row) for key in owners.values() for row in rows[key]}
    waiting = unit.numbering.waiting(replica.name, table, prints.values())
    return {
        uid
        for uid, key in owners.items()
        for row in rows[key]
        if uid in waiting.get(prints[id(row)], [uid]) and is_same(engine, table, row, known[uid], states[uid])
    }


def keep_settling_numbers(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, found: Identified
) -> None:
    """Journal the uids of rows that showed them while they settled, and stand without as they did then: of what was typed
    into such a row nothing was taken in yet, so that neither its business key nor what is known of it need be the same."""
    lost = {
        row.uid: _bare_print(engine, row)
        for row in engine.settling.numbered(replica.name, table)
        if row.uid in found.gone
    }
    if not lost:
        return
    standing = {_bare_print(engine, row) for row in _without_own(found)}
    kept = {uid: print_ for uid, print_ in lost.items() if print_ in standing}
    unit.numbering.begin(replica.name, table, kept, engine.clock())


def heal_numbers(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    found: Identified,
    known: Mapping[Uid, Mark],
) -> None:
    """Journal the uids of rows that stand without, or with something else there, so that they are given those and no others.

    A row is the one that vanished if it bears its business key, and shows either all that it showed or one of its
    stand-ins, or all but those at its place; or if it lost that key, too, and shows all else at its place. Of a record that never
    went live the key is enough: it stands nowhere else, so that all there is of it stands in that row; or, where the write
    that was to number it failed, most of what it showed, at its place or with proof. A copy is not meant: it bears the uid
    that vanished, or did when it was blanked, or the original still stands beside it.
    """
    if not found.gone:
        return
    nameless = _unclaimed(engine, unit, replica, table, _without_own(found))
    if not nameless:
        return
    rows = by_business_key(engine, table, nameless)
    claimed = _claimed(engine, unit, replica, table, found)
    vanished = found.gone - claimed
    unread = unit.numbering.unread(replica.name, table, found.gone)
    states = unit.seen.get_many(replica.name, table, vanished | unread)
    # By the key that it shows now, or by the one that it was last known to show: another replica may have changed it since.
    owners = {key: uid for key, uid in unit.records.by_key(table, rows).items() if uid in vanished}
    former = {str(states[uid].base.get(engine.schema.tables[table].key)): uid for uid in vanished}
    owners |= {key: uid for key, uid in former.items() if key in rows}
    records = unit.records.get_many(table, {*owners.values(), *unread})
    unborn = {uid for uid, record in records.items() if record.state in UNBORN}
    archived = {uid for uid, record in records.items() if record.state is State.ARCHIVED}
    waiting = [states[uid] for uid in sorted(unread - claimed - archived)]
    healed = _typed_on(engine, table, [row for row in nameless if not row.uid], waiting, unborn)
    taken = {*healed.values()}
    healed |= {
        uid: print_
        for key, uid in owners.items()
        for row in rows[key]
        if uid not in healed
        and row.uid != uid
        and (print_ := _bare_print(engine, row)) not in taken
        and (uid in unborn or is_same(engine, table, row, known[uid], states[uid]))
    }
    healed |= {
        uid: _bare_print(engine, row)
        for uid in sorted(vanished - healed.keys())
        for row in nameless
        if row.uid != uid and is_same_in_place(engine, unit, replica, table, row, states[uid])
    }
    unit.numbering.begin(replica.name, table, healed, engine.clock())


def _without_own(found: Identified) -> list[SeenRow]:
    """The rows that bear no uid, or one that is not theirs."""
    return [row for row in (*found.unnumbered, *found.stray) if not (row.row_id or row.partial)]


def _bare_print(engine: Engine, row: SeenRow) -> bytes:
    """What a row is known by once its uid cell is blank."""
    return engine.fingerprint(replace(row, uid=""))


def _unclaimed(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[SeenRow]
) -> list[SeenRow]:
    """The rows that are not about to get a uid already. Of rows that are alike, those beyond the uids that wait for them."""
    prints = [_bare_print(engine, row) for row in rows]
    waiting = {one: len(uids) for one, uids in unit.numbering.waiting(replica.name, table, prints).items()}
    unclaimed = []
    for row, one in zip(rows, prints, strict=True):
        waiting[one] = waiting.get(one, 0) - 1
        if waiting[one] < 0:
            unclaimed.append(row)
    return unclaimed


def _claimed(engine: Engine, unit: Unit, replica: Replica, table: TableKey, found: Identified) -> set[Uid]:
    """The uids that wait for rows which stand there as they were."""
    prints = [_bare_print(engine, row) for row in _without_own(found)]
    return {uid for uids in unit.numbering.waiting(replica.name, table, prints).values() for uid in uids}


def _typed_on(
    engine: Engine, table: TableKey, rows: Sequence[SeenRow], states: Sequence[SeenState], unborn: Set[Uid]
) -> dict[Uid, bytes]:
    """The rows in which somebody typed after the write that was to number them failed, by the uid that each was to get.

    Of several that may be it, it is the one with the same name, then the one that shows most, then the one at its place: a
    copy was given something else. One that is not unborn must go by its name and number: more is sealed for it than stood
    in that row.
    """
    config = engine.schema.tables[table]
    if not states:
        return {}
    shown = [(row, comparable(engine, table, row)) for row in rows]
    secrets = open_secrets(engine, table, states)
    likely = [
        (like, row, state)
        for row, values in shown
        for state in states
        if (like := likeness(config, row.position, values, state, secrets[state.uid]))
        and (like.named or state.uid in unborn)
    ]
    found: dict[Uid, bytes] = {}
    taken: set[int] = set()
    for _, row, state in sorted(likely, key=lambda one: one[0], reverse=True):
        if state.uid not in found and row.position not in taken:
            found[state.uid] = engine.fingerprint(row)
            taken.add(row.position)
    return found


def is_named(engine: Engine, unit: Unit, table: TableKey, row: SeenRow, uid: Uid) -> bool:
    """Whether a row shows the business key of this record."""
    record = unit.records.get(table, uid)
    return record is not None and record.key in by_business_key(engine, table, [row])


def by_business_key(engine: Engine, table: TableKey, rows: Iterable[SeenRow]) -> dict[str, list[SeenRow]]:
    """Rows by the business key that they show; those without a right one are left out."""
    key = engine.schema.tables[table].key
    found: dict[str, list[SeenRow]] = {}
    for row in rows:
        value = engine.parser.parse(table, {key: row.cells.get(key)}, today=engine.today())[key]
        if isinstance(value, str):
            found.setdefault(value, []).append(row)
    return found
