"""Carries out a person's word on a conflict: the value that stands is right, or the other one is."""

from dataclasses import dataclass

from validators.schema import FieldConfig
from validators.values import Value, dump_value, load_value

from .admit import SOURCE as IMPORT
from .connection import Uid
from .engine import Engine
from .errors import SyncError
from .secrets import vault_field
from .store.hub import Unit
from .store.lists import LedgerEntry
from .store.records import Record, State

SOURCE = "resolve"


class CannotResolve(SyncError):
    """The conflict is not as it was, or its other value cannot be taken. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a conflict is about, as it stands now."""

    entry: LedgerEntry
    record: Record
    config: FieldConfig

    @property
    def current(self) -> Value | None:
        return self.record.values.get(self.entry.field)


def resolve_conflict(engine: Engine, number: int, *, take: bool, actor: str) -> LedgerEntry:
    """Close an entry of the ledger; with `take`, its other value becomes the record's, and the next cycle writes it.

    Raises CannotResolve, also when the record was changed since.
    """
    with engine.hub.unit() as unit:
        entry = next((one for one in unit.lists.conflicts() if one.id == number), None)
        if entry is None:
            raise CannotResolve(f"no open conflict has the number {number}")
        unneeded = _take(engine, unit, entry, actor) if take else _let_go(engine, unit, entry)
        unit.lists.close(number, engine.clock())
        # The row that lost says so until it is looked at again.
        unit.lists.ask_recheck(entry.replica, entry.table, [entry.uid], SOURCE)
    if unneeded is not None:
        engine.vault.clear([unneeded])
    return entry


def _take(engine: Engine, unit: Unit, entry: LedgerEntry, actor: str) -> str | None:
    """Make the other value the record's; the token that no record names any more."""
    if entry.reason == IMPORT:
        raise CannotResolve("what stood in the file is no valid value; type the right one in the row")
    ground = _ground(engine, unit, entry)
    other = None if entry.other is None else load_value(ground.config, entry.other)
    _require_fit(engine, unit, ground, other)
    if ground.config.sensitive and other is not None:
        # Whoever lost the conflict may have had it cleared since. In the vault first, as always.
        engine.vault.restore([str(other)])
    values = {key: value for key, value in ground.record.values.items() if key != entry.field}
    if other is not None:
        values[entry.field] = other
    now = engine.clock()
    unit.records.save(
        entry.table, entry.uid, values, state=ground.record.state, now=now, hints=ground.record.hints
    )
    unit.lists.add_history(
        [
            {
                "at": now,
                "table": entry.table,
                "uid": entry.uid,
                "field": entry.field,
                "replica": SOURCE,
                "actor": actor,
                "before": None if ground.current is None else dump_value(ground.current),
                "after": entry.other,
            }
        ]
    )
    _wake(engine, unit, entry)
    return str(ground.current) if ground.config.sensitive and ground.current is not None else None


def _let_go(engine: Engine, unit: Unit, entry: LedgerEntry) -> str | None:
    """The token of the other value, unless somebody has typed that value since."""
    table = engine.schema.tables.get(entry.table)
    if table is None or entry.field not in table.sensitive or entry.other is None:
        return None
    record = unit.records.get(entry.table, entry.uid)
    used = record is not None and record.values.get(entry.field) == entry.other
    return None if used else str(entry.other)


def _ground(engine: Engine, unit: Unit, entry: LedgerEntry) -> _Ground:
    table = engine.schema.tables.get(entry.table)
    config = table.fields.get(entry.field) if table else None
    record = unit.records.get(entry.table, entry.uid) if table else None
    if config is None or record is None or record.state is State.ARCHIVED:
        raise CannotResolve("the record or the field is no longer in the archive")
    ground = _Ground(entry, record, config)
    current = None if ground.current is None else dump_value(ground.current)
    if current != entry.kept:
        raise CannotResolve(
            "the field was changed since; look at the record, type the value that is right, and close this one with --keep"
        )
    return ground


def _require_fit(engine: Engine, unit: Unit, ground: _Ground, other: Value | None) -> None:
    """Raises CannotResolve when nobody could type this value now either."""
    config, entry = ground.config, ground.entry
    if other is None:
        if config.required:
            raise CannotResolve("the other value is blank, and the field must be filled")
        return
    owners = _owners_of_sealed(engine, entry, str(other)) if config.sensitive else set()
    if config.unique and not config.sensitive:
        owners = unit.records.holders(entry.table, entry.field, [str(other)]).get(str(other), set())
    if config.unique and owners - {entry.uid}:
        raise CannotResolve("another record holds that value by now")


def _owners_of_sealed(engine: Engine, entry: LedgerEntry, token: str) -> set[Uid]:
    """Whose live values equal the one behind the token. Raises CannotResolve when that one is gone."""
    sealed = engine.vault.look_up([token]).get(token)
    if sealed is None or sealed.state not in ("live", "cleared"):
        raise CannotResolve("the other value is no longer in the vault")
    text = engine.vault.open_for_check([token])[token]
    return {one.subject for one in engine.vault.matches(vault_field(entry.table, entry.field), text)}


def _wake(engine: Engine, unit: Unit, entry: LedgerEntry) -> None:
    """Have the record, and the rows that read it, judged again."""
    rows = {(entry.table, entry.uid)} | {
        (table, uid) for table, uid, _ in unit.records.referrers([entry.uid])
    }
    for table, uid in sorted(rows):
        for replica in engine.replicas:
            if replica.holds(table):
                unit.lists.ask_recheck(replica.name, table, [uid], SOURCE)
