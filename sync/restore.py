"""Takes back what was deleted or cleared: a person says that it was a mistake, and the next cycle writes it again."""

from sqlalchemy import Text, cast, select

from validators.schema import FieldConfig, FieldKey, TableKey
from validators.values import Json, load_value

from .changes import Change, store_changes
from .connection import Uid
from .correct import SOURCE
from .engine import Engine
from .errors import SyncError
from .store.hub import Unit
from .store.records import FINAL, Record, State
from .store.seen import SeenState
from .store.tables import history
from .words import HINT

BROUGHT_BACK = "已还原·删除已撤销,本行由系统补回"
_NOTHING = "null"
"""How the history's JSON columns hold an absent value."""


class CannotRestore(SyncError):
    """There is nothing to take back, or something else stands in its place. Nothing was changed."""


def restore_record(engine: Engine, table: TableKey, uid: Uid, *, actor: str) -> None:
    """A deleted record lives again, and a row whose deletion was not carried out yet is written again.

    Raises CannotRestore.
    """
    with engine.hub.unit() as unit:
        record = unit.records.get(table, uid)
        if record is None:
            raise CannotRestore("档案中没有这条记录")
        if unit.records.tombstones(table).get(uid) in FINAL:
            raise CannotRestore("此人的资料已依法删除或仅依法保存,不能恢复")
        if record.state is State.ARCHIVED:
            _revive(engine, unit, record, actor)
        elif not _put_back(engine, unit, record):
            raise CannotRestore("这条记录没有被删除")


def is_vanishing(engine: Engine, unit: Unit, table: TableKey, uid: Uid) -> bool:
    """Whether the record's row has vanished from a table and will soon count as deleted."""
    return bool(_vanished(engine, unit, table, uid))


def _revive(engine: Engine, unit: Unit, record: Record, actor: str) -> None:
    taken = unit.records.by_key(record.table, [record.key]) if record.key else {}
    if taken:
        name = engine.schema.tables[record.table].fields[engine.schema.tables[record.table].key].name
        raise CannotRestore(f"{name} {record.key} 已被另一条记录使用,请先处理那条记录")
    unit.records.exhume(record.table, record.uid)
    change = Change(record.uid, record, record.values, State.LIVE, record.hints, actor)
    store_changes(engine, unit, SOURCE, record.table, [change])
    unit.lists.add_history([_revival(engine, record, actor)])


def _revival(engine: Engine, record: Record, actor: str) -> dict[str, object]:
    """Deleting and reviving change no field, so the history tells it of the business key."""
    key = engine.schema.tables[record.table].key
    return {
        "at": engine.clock(),
        "table": record.table,
        "uid": record.uid,
        "field": key,
        "replica": SOURCE,
        "actor": actor,
        "before": None,
        "after": record.key,
    }


def _put_back(engine: Engine, unit: Unit, record: Record) -> bool:
    vanished = _vanished(engine, unit, record.table, record.uid)
    for name in vanished:
        unit.lists.drop_deletions(name, record.table, [record.uid])
        # A row that is known and stands nowhere is written again, with these words.
        unit.seen.save(name, record.table, [SeenState(record.uid, status=HINT, note=BROUGHT_BACK)])
    return bool(vanished)


def _vanished(engine: Engine, unit: Unit, table: TableKey, uid: Uid) -> list[str]:
    found = {
        replica.name: unit.seen.get_many(replica.name, table, [uid]).get(uid) for replica in engine.replicas
    }
    return [name for name, state in found.items() if state is not None and state.gone_since]


def cleared(unit: Unit, record: Record) -> dict[FieldKey, Json]:
    """The fields of a record that were emptied and are empty still, with the last value of each in its JSON form."""
    query = (
        select(history.c.field, history.c.before)
        .where(
            history.c.table == record.table,
            history.c.uid == record.uid,
            cast(history.c.after, Text) == _NOTHING,
            cast(history.c.before, Text) != _NOTHING,
        )
        .order_by(history.c.id)
    )
    found = {key: before for key, before in unit.connection.execute(query)}
    return {key: before for key, before in found.items() if key not in record.values}


def restore_field(engine: Engine, table: TableKey, uid: Uid, key: FieldKey, *, actor: str) -> None:
    """An emptied field holds its last value again. Raises CannotRestore, also when the vault keeps it no longer."""
    with engine.hub.unit() as unit:
        record = unit.records.get(table, uid)
        json = cleared(unit, record).get(key) if record else None
        if record is None or json is None or record.state is State.ARCHIVED:
            raise CannotRestore("没有可以恢复的内容")
        config = engine.schema.tables[table].fields[key]
        value = load_value(config, json)
        _require_free(unit, record, key, config, str(value))
        if config.sensitive:
            _restore_sealed(engine, table, key, config, str(value), actor)
        values = {**record.values, key: value}
        change = Change(uid, record, values, record.state, record.hints, actor)
        store_changes(engine, unit, SOURCE, table, [change])
        for replica in engine.replicas:
            if replica.holds(table):
                unit.lists.ask_recheck(replica.name, table, [uid], SOURCE)


def _require_free(unit: Unit, record: Record, key: FieldKey, config: FieldConfig, text: str) -> None:
    if config.unique and not config.sensitive:
        others = unit.records.holders(record.table, key, [text]).get(text, set()) - {record.uid}
        if others:
            raise CannotRestore(f"{config.name}已被另一条记录使用")


def _restore_sealed(
    engine: Engine, table: TableKey, key: FieldKey, config: FieldConfig, token: str, actor: str
) -> None:
    sealed = engine.vault.look_up([token]).get(token)
    if sealed is not None and sealed.state == "cleared":
        sealed = engine.vault.restore([token], actor=actor).get(token)
    if sealed is None or sealed.state != "live":
        raise CannotRestore(f"{config.name}的原值已超过保存期限,不能恢复")
    if config.unique:
        text = engine.vault.open_for_check([token])[token]
        others = {one.subject for one in engine.vault.matches(f"{table}.{key}", text)} - {sealed.subject}
        if others:
            engine.vault.clear([token], actor=actor)
            raise CannotRestore(f"{config.name}已被另一条记录使用")
