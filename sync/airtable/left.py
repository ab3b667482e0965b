"""What a base still holds though its replica no longer does: columns are emptied and renamed, and a person is told to delete them.

The service lets nobody delete a column or a table through its interface. The archive keeps every value.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sync.connection import Bindings, Change
from sync.setting_up import given_up
from validators.schema import FieldKey, SchemaConfig, TableKey

from .blueprint import TableBlueprint
from .bound import field_binding, table_binding
from .client import AirtableClient, ServiceField, ServiceTable
from .plan import title_binding

MARK = "停用·"
DESCRIPTION = "本列已不属于本表,内容已清空,同步不再使用。请删除本列。"
DELETE_COLUMN = "本列已不再使用,接口不能删除列 → 在 Airtable 中点列标题右侧的箭头 → Delete field"
DELETE_TABLE = (
    "本表已不属于此副本,内容仍在其中,接口不能删除表 → 在 Airtable 中点表名右侧的箭头 → Delete table"
)
NOT_YET = "同步改用新配置之后才能清空 → 先运行 tablekeeper sync(或等正在运行的程序改用新配置),再运行 tablekeeper setup"
RECORDS_PER_CALL = 10


@dataclass(frozen=True, slots=True)
class LeftColumn:
    """A column of ours that the replica no longer holds."""

    table: TableKey
    key: FieldKey
    title: str
    table_id: str
    column: ServiceField
    emptied: bool


@dataclass(slots=True)
class Left:
    """Sees to what was left behind in one base."""

    client: AirtableClient
    bindings: Bindings
    schema: SchemaConfig
    held: Mapping[TableKey, TableBlueprint]

    def run(self, standing: Sequence[ServiceTable], *, dry_run: bool) -> Iterator[Change]:
        """Empty what is to be emptied, and tell what a person has to delete; with `dry_run` only tell."""
        by_id = {table.id: table for table in standing}
        for key in self.schema.tables:
            table = by_id.get(self.bindings.get(table_binding(key)) or "")
            if table is None:
                continue
            if key not in self.held:
                yield Change(table.name, "delete the table", DELETE_TABLE, left=True)
                continue
            for column in self._columns(key, table):
                yield from self._see_to(column, dry_run=dry_run)

    def _columns(self, key: TableKey, table: ServiceTable) -> Iterator[LeftColumn]:
        held = {column.key for column in self.held[key].columns}
        fields = {field.id: field for field in table.fields}
        for name in self.schema.tables[key].fields:
            field = fields.get(self.bindings.get(field_binding(key, name)) or "")
            if name not in held and field is not None:
                emptied = self.bindings.get(left_binding(key, name)) == field.id
                yield LeftColumn(key, name, table.name, table.id, field, emptied)

    def _see_to(self, left: LeftColumn, *, dry_run: bool) -> Iterator[Change]:
        if left.emptied:
            yield Change(left.title, f"delete the column {left.column.name}", DELETE_COLUMN, left=True)
            return
        what = f"empty the column {left.column.name}, which this replica no longer has"
        if not self.bindings.get(given_up(left.table, left.key)):
            # Whoever still works with the old configuration would take the blanks for edits.
            yield Change(left.title, what, NOT_YET, left=True)
            return
        if dry_run:
            yield Change(left.title, what)
            return
        cells = self._empty(left)
        self._mark(left)
        yield Change(left.title, f"{what}: {cells:,} cell(s)")
        yield Change(left.title, f"delete the column {MARK}{left.column.name}", DELETE_COLUMN, left=True)

    def _empty(self, left: LeftColumn) -> int:
        """Clear every cell; how many. Repeating it after a crash clears what is left."""
        filled = (
            record.id
            # Listed to its end first: clearing changes what the service is listing.
            for page in list(self.client.pages(left.table_id, fields=[left.column.id]))
            for record in page
            if left.column.id in record.fields
        )
        count = 0
        while block := list(islice(filled, RECORDS_PER_CALL)):
            self.client.update(left.table_id, {one: {left.column.id: None} for one in block}, typecast=False)
            count += len(block)
        return count

    def _mark(self, left: LeftColumn) -> None:
        name = f"{MARK}{left.column.name}"
        changes = {"name": name, "description": DESCRIPTION}
        self.client.change_field(left.table_id, left.column.id, changes)
        # The name is ours: should the column come back into use, the configured one is given to it again.
        self.bindings.set(title_binding(field_binding(left.table, left.key)), name)
        self.bindings.set(left_binding(left.table, left.key), left.column.id)


def left_binding(table: TableKey, key: FieldKey) -> str:
    """The name under which it is remembered that a column was emptied."""
    return f"left:{table}:{key}"
