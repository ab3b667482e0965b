"""A value that a person gives at the desk, not in a table: judged by the same rules, sealed, merged into the hub with history.

The next cycle writes mask and token into the tables. Nothing is stored of a value that does not pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from validators.issues import Issue
from validators.raw import Raw
from validators.schema import FieldKey, Level, TableKey
from validators.values import Value

from .commit import store_records
from .connection import SeenRow, Uid
from .engine import Engine
from .errors import SyncError
from .guesses import hold_guesses, note_findings
from .judge import check_rows, decode_rows, merge_rows
from .links import LinkReader
from .protect import protect
from .stages import Known, Protected
from .store.hub import Unit
from .store.records import Record, State
from .store.seen import SeenState
from .words import WAITING_LINK

SOURCE = "desk"


class CannotCorrect(SyncError):
    """The value does not pass, or the record cannot take it. Nothing was changed. `issue` says why, in the words of staff."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.message)
        self.issue = issue


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody saw of a field when they set about correcting it: its value, and what waits in its place."""

    value: Value | None = field(repr=False)
    replica: str = ""
    """Where the value waits that is to be mended; empty where none does."""
    held: Raw = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of one record, and what it should hold: a link by business key, a list of options as a list."""

    table: TableKey
    uid: Uid
    key: FieldKey
    raw: Raw = field(repr=False)
    sight: Sight | None = None
    """With it, nothing is corrected that is no longer as it was seen."""


def correct(engine: Engine, correction: Correction, *, actor: str) -> Value | None:
    """Take the value in; what the record holds now, a token where the field is sensitive. Raises CannotCorrect, SubjectErased.

    An equal value keeps its token, as when it is typed into a cell.
    """
    table, uid = correction.table, correction.uid
    with engine.hub.unit() as unit:
        record = _standing(engine, unit, correction)
        states = _states(engine, unit, table, uid)
        _require_sight(correction, record, states)
        row = _judged(engine, unit, correction, record, states, actor)
        fields = frozenset({correction.key})
        replaced = store_records(
            engine, unit, SOURCE, table, [row], merge_rows([row], fields=fields, policy={})
        )
        _end_held(unit, correction, states)
    if replaced:
        engine.vault.clear(replaced, actor=actor)
    return row.shown[correction.key]


def _standing(engine: Engine, unit: Unit, correction: Correction) -> Record:
    record = unit.records.get(correction.table, correction.uid)
    table = engine.schema.tables[correction.table]
    config = table.fields[correction.key]
    may_be_blank = not (config.sensitive or config.required or correction.key == table.key)
    if _is_blank(correction.raw) and not may_be_blank:
        raise CannotCorrect(_issue(correction, "没有输入内容", "输入完整新值"))
    if record is None:
        raise CannotCorrect(_issue(correction, "档案中没有这条记录", "核对记录编号"))
    if record.state is State.ARCHIVED:
        raise CannotCorrect(_issue(correction, "本记录已删除", "先恢复本记录"))
    return record


def _is_blank(raw: Raw) -> bool:
    return raw is None or raw == [] or (isinstance(raw, str) and not raw.strip())


def _require_sight(correction: Correction, record: Record, states: Mapping[str, SeenState]) -> None:
    """Raises CannotCorrect when the field is not as it was when the person looked."""
    sight, key = correction.sight, correction.key
    if sight is None:
        return
    same = record.values.get(key) == sight.value
    if sight.replica:
        state = states.get(sight.replica)
        held = state.held.get(key) if state else None
        same = same and held is not None and not held.mended and held.shown == sight.held
    if not same:
        raise CannotCorrect(_issue(correction, "这一格刚刚有了变化", "关闭后看过新的内容再更正"))


def _issue(correction: Correction, message: str, mend: str) -> Issue:
    return Issue("record", Level.ERROR, (correction.key,), message, mend)


def _states(engine: Engine, unit: Unit, table: TableKey, uid: Uid) -> dict[str, SeenState]:
    """What each replica that has the row last showed."""
    found = {
        replica.name: unit.seen.get_many(replica.name, table, [uid]).get(uid)
        for replica in engine.replicas
        if replica.holds(table)
    }
    return {name: state for name, state in found.items() if state is not None}


def _judged(
    engine: Engine,
    unit: Unit,
    correction: Correction,
    record: Record,
    states: Mapping[str, SeenState],
    actor: str,
) -> Protected:
    """The row as if a table that shows what the hub has had been typed into; sealed. Raises CannotCorrect."""
    table, key = correction.table, correction.key
    others = {other: held for state in states.values() for other, held in state.held.items() if other != key}
    cells = SeenRow(
        uid=record.uid, row_id="", position=-1, cells={key: correction.raw}, partial=True, actor=actor
    )
    known = [Known(record.uid, cells, SeenState(record.uid, base=record.values, held=others), record)]
    fields = frozenset({key, *others})
    links = LinkReader(engine.schema, lambda target: "key", unit.records.by_key)
    links.prepare(table, [cells])
    (decoded,) = decode_rows(engine, table, known, links, fields=fields)
    if restored := decoded.restore.get(key):
        raise CannotCorrect(restored)
    # The answers of the desk would confirm guesses as well as those of a cell.
    (decoded,) = hold_guesses(engine, f"{SOURCE} {actor}", table, [decoded])
    (checked,) = check_rows(engine, unit, table, [decoded])
    note_findings(engine, f"{SOURCE} {actor}", table, [checked])
    if refused := checked.held.get(key):
        # Here nothing waits: what is not taken is not kept.
        early = _issue(correction, "所填的记录还没有生效", "先更正那条记录,再填这一项")
        raise CannotCorrect(early if refused.code == WAITING_LINK else refused)
    (row,) = protect([checked], table, schema=engine.schema, masks=engine.masks, vault=engine.vault)
    return row


def _end_held(unit: Unit, correction: Correction, states: Mapping[str, SeenState]) -> None:
    """What was held of this field is mended: its cells, which show the old stand-in still, are to be written anew."""
    key = correction.key
    for name, state in states.items():
        if key in state.held:
            held = {**state.held, key: state.held[key].as_mended()}
            states_now = state.evolve(held=held, fingerprint=None, rev=None)
            unit.seen.save(name, correction.table, [states_now])
        unit.lists.ask_recheck(name, correction.table, [correction.uid], SOURCE)
