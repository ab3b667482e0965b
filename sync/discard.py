"""Carries out a person's word on a held value: it is given up, and its cell shows again what the archive has."""

from validators.schema import FieldKey, TableKey

from .connection import Uid
from .engine import Engine
from .resolve import CannotResolve
from .store.hub import Unit
from .store.lists import WITHDRAWN
from .store.records import UNBORN, Record
from .store.seen import SeenState

SOURCE = "discard"


def discard_held(engine: Engine, table: TableKey, uid: Uid, key: FieldKey) -> list[str]:
    """Give up what is held of a field, wherever it waits; the replicas in which the next cycle writes the cell.

    What was typed is kept in the ledger. A cell into which somebody types meanwhile is judged as it stands then.
    Raises CannotResolve.
    """
    with engine.hub.unit() as unit:
        record = unit.records.get(table, uid)
        if record is None or record.state in UNBORN:
            raise CannotResolve(
                "the row is in no other table yet; mend it where it stands, or delete it there"
            )
        found = [
            (replica.name, state)
            for replica in engine.replicas
            if (state := unit.seen.get_many(replica.name, table, [uid]).get(uid)) and _waits(state, key)
        ]
        for name, state in found:
            _discard(engine, unit, table, record, name, state, key)
    if not found:
        raise CannotResolve("nothing is held in that field of this record")
    return [name for name, _ in found]


def _waits(state: SeenState, key: FieldKey) -> bool:
    return key in state.held and not state.held[key].mended


def _discard(
    engine: Engine, unit: Unit, table: TableKey, record: Record, name: str, state: SeenState, key: FieldKey
) -> None:
    held = state.held[key]
    unit.lists.note_conflict(
        now=engine.clock(),
        replica=name,
        table=table,
        uid=record.uid,
        key=key,
        kept=record.values.get(key),
        other=None if held.shown is None else str(held.shown),
        reason=WITHDRAWN,
        resolved=True,
    )
    given_up = {**state.held, key: held.as_mended()}
    unit.seen.save(name, table, [state.evolve(held=given_up, fingerprint=None, rev=None)])
    unit.lists.ask_recheck(name, table, [record.uid], SOURCE)
