"""Rows whose uid cell somebody emptied or wrote over: recognised by what they show, they get their own uid back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from validators.schema import TableKey
from vault.masks import tokens_within

from .connection import SeenRow, Uid
from .engine import Engine, Replica
from .identify import Identified
from .merge import Row
from .secrets import tokens_in
from .store.hub import Unit
from .store.records import UNBORN
from .store.seen import Mark, SeenState


def heal_numbers(
    engine: Engine,
    unit: Unit,
    replica: Replica,
    table: TableKey,
    found: Identified,
    known: Mapping[Uid, Mark],
) -> None:
    """Journal the uids of rows that stand without, so that they are given those and no others.

    A row is the one that vanished if it bears its business key, and shows either all that it showed or one of its
    stand-ins, which nobody can make up. Of a record that never went live the key is enough: it stands nowhere else, so
    that all there is of it stands in that row; or, where the write that was to number it failed, its place and most of
    what it showed. A copy is not meant: beside it the original still stands, or did when its uid was blanked.
    """
    if not found.gone:
        return
    nameless = _unclaimed(engine, unit, replica, table, [row for row in found.unnumbered if not row.row_id])
    if not nameless:
        return
    rows = by_business_key(engine, table, nameless)
    owners = {key: uid for key, uid in unit.records.by_key(table, rows).items() if uid in found.gone}
    places = {known[uid].position: uid for uid in unit.numbering.unread(replica.name, table, found.gone)}
    uids = {*owners.values(), *places.values()}
    states, records = unit.seen.get_many(replica.name, table, uids), unit.records.get_many(table, uids)
    unborn = {uid for uid, record in records.items() if record.state in UNBORN}
    healed = {
        uid: engine.fingerprint(row)
        for row in nameless
        if (uid := places.get(row.position)) in unborn and _is_mostly(engine, table, row, states[uid].base)
    }
    healed |= {
        uid: engine.fingerprint(row)
        for key, uid in owners.items()
        for row in rows[key]
        if uid in unborn or _is_same(engine, table, row, known[uid], states[uid])
    }
    unit.numbering.begin(replica.name, table, healed, engine.clock())


def _unclaimed(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, rows: Sequence[SeenRow]
) -> list[SeenRow]:
    """The rows that are not about to get a uid already. Of rows that are alike, those beyond the uids that wait for them."""
    prints = [engine.fingerprint(row) for row in rows]
    waiting = {one: len(uids) for one, uids in unit.numbering.waiting(replica.name, table, prints).items()}
    unclaimed = []
    for row, one in zip(rows, prints, strict=True):
        waiting[one] = waiting.get(one, 0) - 1
        if waiting[one] < 0:
            unclaimed.append(row)
    return unclaimed


def _is_mostly(engine: Engine, table: TableKey, row: SeenRow, base: Row) -> bool:
    """Whether a row without number shows most of what stood in its place: somebody typed on in it."""
    config = engine.schema.tables[table]
    # A link shows what its record is called now; a number in prose was sealed, and may stand there still.
    told = {key: value for key, value in base.items() if key not in config.sensitive | config.links}
    plain = {key: value for key, value in told.items() if not tokens_within(str(value))}
    shown = engine.parser.parse(table, {key: row.cells.get(key) for key in plain}, today=engine.today())
    return sum(shown[key] == value for key, value in plain.items()) * 2 > len(plain)


def _is_same(engine: Engine, table: TableKey, row: SeenRow, mark: Mark, state: SeenState) -> bool:
    if mark.fingerprint == engine.fingerprint(replace(row, uid=mark.uid)):
        return True
    sensitive = engine.schema.tables[table].sensitive
    stand_ins = tokens_in(row.cells.get(key) for key in sensitive)
    return bool(stand_ins & {str(state.base[key]) for key in sensitive if key in state.base})


def by_business_key(engine: Engine, table: TableKey, rows: Iterable[SeenRow]) -> dict[str, list[SeenRow]]:
    """Rows by the business key that they show; those without a right one are left out."""
    key = engine.schema.tables[table].key
    found: dict[str, list[SeenRow]] = {}
    for row in rows:
        value = engine.parser.parse(table, {key: row.cells.get(key)}, today=engine.today())[key]
        if isinstance(value, str):
            found.setdefault(value, []).append(row)
    return found
