"""What is left alone at the moment: torn tables, tables and columns that cannot be found. Kept in the hub, so that
every process can tell people of it; nothing here decides."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

import orjson

from .engine import Engine, FrozenPart, Replica
from .errors import ColumnsClosed, HeadersSpoiled, TableMissing
from .store.hub import Hub

FROZEN = "frozen"
TORN = (
    "排序打乱了行与记录编号,本表暂停同步 → 撤销那次排序,或用版本历史恢复;"
    "已不能撤销时,删除隐藏的“记录编号”列,再请运维执行 tablekeeper setup,各行会按业务编号重新对应"
)
NO_TABLE = "找不到本表、表头或“记录编号”列,本表暂停同步,录入的号码不会加密 → 用版本历史恢复,或请运维执行 tablekeeper setup"
NO_COLUMN = (
    "“{name}”列找不到或类型已改,本列暂停同步{unmasked} → 恢复这一列和它的类型,或请运维执行 tablekeeper check"
)
UNMASKED = ",录入的号码不会加密"

CLOSED = (
    "“{names}”列受保护,本服务写不进去 → 请表格所有者把本服务的账号加为该保护范围的编辑者,或改为“仅显示警告”"
)
HEADERS = "“{names}”列的表头被清空、移位或换成了别的列名,稍后自动改回;数据仍归原来的列 → 请核对这段时间在这些列填的内容"
HEADERS_LEFT = "“{names}”列的表头不对,本服务改不回来;数据仍归原来的列,请勿按现在的表头填写 → 取消第一行的保护或合并,改回表头"


def recall_frozen(engine: Engine) -> None:
    """Take over what a process before this one left alone, before anything is read."""
    keys = {table.name: key for key, table in engine.schema.tables.items()}
    for replica in engine.replicas:
        if replica.name not in engine.frozen:
            parts = engine.frozen[replica.name] = frozen_parts(engine.hub, replica.name)
            engine.torn |= {
                (replica.name, keys[one.table]) for one in parts if one.what == TORN and one.table in keys
            }


def note_frozen(engine: Engine, replica: Replica) -> None:
    """Remember what of a replica that was just read is left alone now."""
    known = {(one.table, one.what): one for one in engine.frozen[replica.name]}
    now = engine.clock()
    parts = tuple(
        known.get((table, what), FrozenPart(table, what, now, unmasked))
        for table, what, unmasked in sorted(_found(engine, replica))
    )
    if parts != engine.frozen[replica.name]:
        engine.frozen[replica.name] = parts
        engine.hub.bindings(replica.name).set(FROZEN, orjson.dumps([asdict(one) for one in parts]).decode())


def frozen_parts(hub: Hub, replica: str) -> tuple[FrozenPart, ...]:
    """What was left alone when the replica was last read."""
    text = hub.bindings(replica).get(FROZEN)
    found = orjson.loads(text) if text else []
    return tuple(FrozenPart(**{**one, "since": datetime.fromisoformat(one["since"])}) for one in found)


def words_of_headers(problem: HeadersSpoiled) -> str:
    """What is told of wrong headers."""
    return (HEADERS_LEFT if problem.given_up else HEADERS).format(names="、".join(problem.columns))


def _found(engine: Engine, replica: Replica) -> Iterator[tuple[str, str, bool]]:
    tables = engine.schema.tables
    for problem in replica.connection.problems:
        if isinstance(problem, TableMissing):
            yield problem.table, NO_TABLE, True
        if isinstance(problem, ColumnsClosed):
            yield problem.table, CLOSED.format(names="、".join(problem.columns)), problem.sensitive
        if isinstance(problem, HeadersSpoiled):
            yield problem.table, words_of_headers(problem), False
    for name, table in engine.torn:
        if name == replica.name:
            yield tables[table].name, TORN, False
    for (name, table), keys in engine.missing.items():
        for key in keys if name == replica.name else ():
            field = tables[table].fields[key]
            unmasked = UNMASKED if field.sensitive else ""
            what = NO_COLUMN.format(name=field.name, unmasked=unmasked)
            yield tables[table].name, what, bool(field.sensitive)
