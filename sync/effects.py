"""What a changed configuration will do, in numbers and before it does it. Reads the hub, changes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from validators.fields import parse
from validators.issues import Rejection
from validators.schema import LINKS, FieldKey, SchemaConfig, TableKey

from .filters import Filters, inside
from .reconfigure import reread_value
from .rewriting import stored
from .shape import (
    FieldChange,
    HoldingChange,
    Shape,
    dropped,
    field_changes,
    holding_changes,
    lost_options,
    renamed_options,
)
from .store.hub import Unit
from .store.records import State
from .store.tables import seen

ARCHIVE = "档案"


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that will happen: where, what, and how many values or rows it meets."""

    where: str
    what: str
    count: int

    def __str__(self) -> str:
        return f"{self.where}:{self.what}"


def effects(unit: Unit, old: Shape, new: Shape, today: date) -> list[Effect]:
    """Everything that taking over the new configuration does, in the words of staff."""
    found = [
        *_of_fields(unit, old.schema, new.schema, today),
        *_of_options(unit, old.schema, new.schema),
        *_of_replicas(unit, old, new),
    ]
    for change in holding_changes(old, new):
        found += _of_columns(unit, old.schema, new, change)
    found += _of_filters(unit, old, new, today)
    return [effect for effect in found if effect.count]


def _of_fields(unit: Unit, old: SchemaConfig, new: SchemaConfig, today: date) -> Iterator[Effect]:
    for change in field_changes(old, new):
        values = [json for _, json in stored(unit.connection, change.table, change.key)]
        name = f"{new.tables[change.table].name}·{change.new.name}"
        if change.old.name != change.new.name:
            yield Effect(ARCHIVE, f"{name}:列名原为“{change.old.name}”", 1)
        if change.sealed or change.opened:
            cells = _cells(unit, change.table, change.key)
            verb = "加密" if change.sealed else "改为明文"
            yield Effect(ARCHIVE, f"{name}:将{verb}{len(values):,}个值,{cells:,}格", len(values))
        elif change.new.sensitive is None:
            if change.retyped:
                yield Effect(ARCHIVE, f"{name}:{len(values):,}个值按新类型重读", len(values))
            bad = sum(_is_invalid(change, json, new, today) for json in values)
            yield Effect(ARCHIVE, f"{name}:{bad:,}个值将不再有效", bad)
    for table, key in dropped(old, new):
        count = len(stored(unit.connection, table, key))
        name = f"{old.tables[table].name}·{old.tables[table].fields[key].name}"
        yield Effect(ARCHIVE, f"{name}:不再同步,{count:,}个值留在档案里", max(count, 1))


def _is_invalid(change: FieldChange, json: object, schema: SchemaConfig, today: date) -> bool:
    if change.relinked:
        return True
    if change.new.type in LINKS:
        return False
    if change.retyped:
        return reread_value(change, json, schema, today) is None  # type: ignore[arg-type]
    raw = json if isinstance(json, bool | list) else str(json)
    return isinstance(parse(change.new, raw, schema=schema, today=today), Rejection)


def _of_options(unit: Unit, old: SchemaConfig, new: SchemaConfig) -> Iterator[Effect]:
    renamed, lost = renamed_options(old, new), lost_options(old, new)
    for table, config in new.tables.items():
        for key, field in config.fields.items():
            names, gone = renamed.get(field.options or "", {}), lost.get(field.options or "", frozenset())
            if not (names or gone) or field.sensitive:
                continue
            values = [json for _, json in stored(unit.connection, table, key)]
            where = f"{config.name}·{field.name}"
            for before, after in names.items():
                count = _choosing(before, values)
                yield Effect(ARCHIVE, f"{where}:“{before}”改为“{after}”,{count:,}个值", count)
            for name in sorted(gone):
                count = _choosing(name, values)
                yield Effect(ARCHIVE, f"{where}:选项“{name}”不再可选,已填的{count:,}个值保持不变", count)


def _choosing(option: str, values: Iterable[object]) -> int:
    """How many of these values choose an option."""
    return sum(option == json or (isinstance(json, list) and option in json) for json in values)


def _of_replicas(unit: Unit, old: Shape, new: Shape) -> Iterator[Effect]:
    before, after = {one.name: one for one in old.replicas}, {one.name: one for one in new.replicas}
    for name in before.keys() - after.keys():
        rows = _rows(unit, name)
        yield Effect(name, f"不再同步,{rows:,}行留在原处,档案不变", max(rows, 1))
    for name in after.keys() - before.keys():
        tables = [table for table in new.schema.tables if after[name].holds(table)]
        rows = sum(unit.records.count(table).get(State.LIVE, 0) for table in tables)
        filtered = ",按范围筛选后" if after[name].filter else ""
        yield Effect(name, f"新副本,{len(tables)}张表,至多写入{rows:,}行{filtered}", max(rows, 1))
    for name in before.keys() & after.keys():
        for table in new.schema.tables:
            if before[name].holds(table) and not after[name].holds(table):
                yield Effect(
                    name, f"不再包含{new.schema.tables[table].name}:{_rows(unit, name, table):,}行留在原处", 1
                )


def _of_columns(unit: Unit, old: SchemaConfig, new: Shape, change: HoldingChange) -> Iterator[Effect]:
    table = new.schema.tables[change.table].name
    gone = [key for key in change.removed if key in new.schema.tables[change.table].fields]
    if gone:
        cells = sum(_cells(unit, change.table, key, change.replica) for key in gone)
        # Nobody can delete a column of Airtable but a person.
        kept = any(one.name == change.replica and one.service == "airtable" for one in new.replicas)
        verb = "清空并停用" if kept else "移除"
        yield Effect(change.replica, f"{table}将{verb}{len(gone)}列,{cells:,}格", len(gone))
    if change.added:
        rows = _rows(unit, change.replica, change.table)
        yield Effect(
            change.replica,
            f"{table}将新增{len(change.added)}列,{rows * len(change.added):,}格",
            len(change.added),
        )


def _of_filters(unit: Unit, old: Shape, new: Shape, today: date) -> Iterator[Effect]:
    filters = Filters(new.schema, new.replicas)
    for change in holding_changes(old, new):
        if not change.filtered:
            continue
        live = {one.uid: one.values for one in unit.records.of_table(change.table)}
        belong = inside(filters, unit, change.replica, change.table, live, today)
        here = unit.seen.of(change.replica, change.table).keys() & live.keys()
        table = new.schema.tables[change.table].name
        yield Effect(change.replica, f"{table}将进入{len(belong - here):,}行", len(belong - here))
        yield Effect(change.replica, f"{table}将移出{len(here - belong):,}行(次日早晨)", len(here - belong))


def _cells(unit: Unit, table: TableKey, key: FieldKey, replica: str | None = None) -> int:
    """How many cells of the replicas show a value of the field."""
    query = select(seen.c.base).where(seen.c.table == table)
    if replica is not None:
        query = query.where(seen.c.replica == replica)
    return sum(key in base for base in unit.connection.execute(query).scalars())


def _rows(unit: Unit, replica: str, table: TableKey | None = None) -> int:
    query = select(func.count()).select_from(seen).where(seen.c.replica == replica)
    if table is not None:
        query = query.where(seen.c.table == table)
    return int(unit.connection.execute(query).scalar_one())
