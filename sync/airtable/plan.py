"""What `setup` has to do: compares the blueprints with the base as it stands. Pure; `setup.py` does it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.connection import Bindings
from validators.schema import TableKey

from .blueprint import LINKS, Column, TableBlueprint
from .bound import field_binding, fits, table_binding
from .client import ServiceField, ServiceTable

TYPE_NAMES = {
    "singleLineText": "Single line text(单行文本)",
    "multilineText": "Long text(长文本)",
    "date": "Date(日期)",
    "dateTime": "Date(日期,打开 Include time)",
    "number": "Number(数字)",
    "currency": "Currency(货币)",
    "percent": "Percent(百分比)",
    "checkbox": "Checkbox(复选框)",
    "singleSelect": "Single select(单选)",
    "multipleSelects": "Multiple select(多选)",
    "email": "Email(电子邮箱)",
    "url": "URL(链接)",
    "multipleRecordLinks": "Link to another record(关联记录)",
    "formula": "Formula(公式)",
}


@dataclass(frozen=True, slots=True)
class NewTable:
    """Create a table with these first columns."""

    table: TableBlueprint
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class NewColumn:
    """Create a column."""

    table: TableBlueprint
    column: Column


@dataclass(frozen=True, slots=True)
class TakeTable:
    """Use a table that stands already."""

    table: TableBlueprint
    id: str


@dataclass(frozen=True, slots=True)
class TakeColumn:
    """Use a column that stands already; `describe` when it has no description of its own."""

    table: TableBlueprint
    column: Column
    id: str
    describe: bool


@dataclass(frozen=True, slots=True)
class RenameTable:
    """The configuration gives a table another name."""

    table: TableBlueprint
    id: str


@dataclass(frozen=True, slots=True)
class RenameColumn:
    """The configuration gives a column another header."""

    table: TableBlueprint
    column: Column
    id: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """A column that only a person can mend; `why` says how."""

    table: TableBlueprint
    column: Column
    why: str


Step = NewTable | NewColumn | TakeTable | TakeColumn | RenameTable | RenameColumn | Unfit


def title_binding(binding: str) -> str:
    """The name under which the configured name of a bound table or column is remembered.

    It tells a name changed in the configuration, which is carried out, from one changed by staff, which stands.
    """
    return f"title:{binding}"


def plan(
    tables: Sequence[TableBlueprint], standing: Sequence[ServiceTable], bindings: Bindings
) -> Iterator[Step]:
    """The steps in the order in which they can be done: tables first, then the columns that link to them."""
    found = {table.key: _find_table(table, standing, bindings) for table in tables}
    ids = {key: table.id for key, table in found.items() if table}
    new = [table for table in tables if found[table.key] is None]
    for table in tables:
        if match := found[table.key]:
            yield from _table_steps(table, match, bindings)
    made: dict[TableKey, int] = {}
    for table, columns in _first_columns(new, frozenset(ids)):
        yield NewTable(table, columns)
        made[table.key] = len(columns)
    for table in tables:
        if match := found[table.key]:
            for column in table.columns:
                yield from _column_steps(table, column, match, ids, bindings)
        else:
            yield from (NewColumn(table, column) for column in table.columns[made[table.key] :])


def _first_columns(
    new: Sequence[TableBlueprint], known: frozenset[TableKey]
) -> Iterator[tuple[TableBlueprint, tuple[Column, ...]]]:
    """New tables, those first that link to tables which stand by then, each with the columns up to its first link that
    has to wait: one call makes them all, and a later one goes to their right, where the configuration has it."""
    waiting = list(new)
    while waiting:
        table = next((one for one in waiting if one.links - {one.key} <= known), waiting[0])
        waiting.remove(table)
        # A column that may be declined would take the whole table with it.
        ready = [
            column.otherwise is None and (column.links_to is None or column.links_to in known)
            for column in table.columns
        ]
        count = ready.index(False) if False in ready else len(ready)
        yield table, table.columns[:count]
        known |= {table.key}


def _find_table(
    table: TableBlueprint, standing: Sequence[ServiceTable], bindings: Bindings
) -> ServiceTable | None:
    bound = bindings.get(table_binding(table.key))
    by_id = (one for one in standing if one.id == bound)
    by_name = (one for one in standing if one.name == table.name)
    return next(by_id, None) or next(by_name, None)


def _table_steps(table: TableBlueprint, match: ServiceTable, bindings: Bindings) -> Iterator[Step]:
    binding = table_binding(table.key)
    if bindings.get(binding) != match.id:
        yield TakeTable(table, match.id)
    elif _renamed(binding, table.name, match.name, bindings):
        yield RenameTable(table, match.id)


def _column_steps(
    table: TableBlueprint,
    column: Column,
    match: ServiceTable,
    ids: Mapping[TableKey, str],
    bindings: Bindings,
) -> Iterator[Step]:
    binding = field_binding(table.key, column.key)
    field = _find_field(column, match, bindings.get(binding))
    if field is None:
        yield NewColumn(table, column)
    elif not fits(column, field, ids.get(column.links_to or "")):
        yield Unfit(table, column, _unfit(column, field))
    elif bindings.get(binding) != field.id:
        yield TakeColumn(table, column, field.id, bool(column.description) and not field.description)
    elif _renamed(binding, column.header, field.name, bindings):
        yield RenameColumn(table, column, field.id)


def _find_field(column: Column, match: ServiceTable, bound: str | None) -> ServiceField | None:
    by_id = [field for field in match.fields if field.id == bound]
    by_name = [
        field for name in (column.header, *column.aliases) for field in match.fields if field.name == name
    ]
    return next(iter(by_id + by_name), None)


def _renamed(binding: str, configured: str, shown: str, bindings: Bindings) -> bool:
    return configured not in (bindings.get(title_binding(binding)), shown)


def _unfit(column: Column, field: ServiceField) -> str:
    """What is wrong with the column and what to do, for whoever runs `setup`."""
    is_type, needed = TYPE_NAMES.get(field.type, field.type), TYPE_NAMES[column.type]
    if field.type == LINKS == column.type:
        return f"“{field.name}”关联到了另一张表。请改名或删除该列,再运行 tablekeeper setup。"
    reason = "加密后的文字放不进这种列,号码会一直是明文" if column.sensitive else "改好之前本列不同步"
    return (
        f"“{field.name}”现在是 {is_type},需要 {needed}:{reason}。"
        f"在 Airtable 中点列标题右侧的箭头 → Edit field → 类型选 {needed} → Save,再运行 tablekeeper setup。"
    )
