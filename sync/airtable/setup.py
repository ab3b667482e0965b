"""Creates what is missing in the base, remembers what is where, and reports both. Deletes and retypes nothing.

Cells are emptied only in columns that the replica no longer holds: see `left.py`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sync.connection import Bindings, Change, SystemColumn
from validators.schema import FieldKey, TableKey

from .blueprint import Column, TableBlueprint
from .bound import field_binding, table_binding
from .client import AirtableClient
from .faults import Rejected
from .left import Left, left_binding
from .plan import (
    NewColumn,
    NewTable,
    RenameColumn,
    RenameTable,
    Step,
    TakeColumn,
    TakeTable,
    Unfit,
    plan,
    title_binding,
)
from .status import STATUS_BLUEPRINT


@dataclass(slots=True)
class Setup:
    """One run of `setup` on one base."""

    client: AirtableClient
    bindings: Bindings
    tables: Sequence[TableBlueprint]
    left: Left
    archive_name: str = ""

    def run(self, *, dry_run: bool) -> list[Change]:
        """Do, or only tell, what has to be done."""
        standing = self.client.schema()
        steps = list(plan([*self.tables, STATUS_BLUEPRINT], standing, self.bindings))
        changes = [change for step in steps for change in self._changes(step, dry_run=dry_run)]
        return [*changes, *self.left.run(standing, dry_run=dry_run)]

    def _changes(self, step: Step, *, dry_run: bool) -> Iterable[Change]:
        try:
            if not dry_run:
                self._do(step)
        except Rejected as error:
            yield Change(step.table.name, what(step), f"Airtable 没有接受:{error.kind}")
        else:
            why = step.why if isinstance(step, Unfit) else None
            yield Change(step.table.name, what(step), why, blank(step), adopted=_adopts(step))

    def _do(self, step: Step) -> None:
        match step:
            case NewTable():
                self._create_table(step)
            case NewColumn():
                self._create_column(step.table, step.column)
            case TakeTable():
                self._bind(table_binding(step.table.key), step.id, step.table.name)
            case TakeColumn():
                if step.describe:
                    changes = {"description": step.column.description}
                    self.client.change_field(self._id(step.table.key), step.id, changes)
                self._bind_column(step.table, step.column, step.id)
            case RenameTable():
                self.client.rename_table(step.id, step.table.name)
                self._bind(table_binding(step.table.key), step.id, step.table.name)
            case RenameColumn():
                changes = {"name": step.column.header}
                if self.bindings.get(left_binding(step.table.key, step.column.key)):
                    changes["description"] = step.column.description  # In place of the request to delete it.
                self.client.change_field(self._id(step.table.key), step.id, changes)
                self._bind_column(step.table, step.column, step.id)

    def _create_table(self, step: NewTable) -> None:
        body = {"name": step.table.name, "fields": [self._definition(column) for column in step.columns]}
        if self.archive_name:
            body["description"] = self.archive_name
        created = self.client.create_table(body)
        self._bind(table_binding(step.table.key), created.id, step.table.name)
        made = {field.name: field.id for field in created.fields}
        for column in step.columns:
            self._bind_column(step.table, column, made[column.header])

    def _create_column(self, table: TableBlueprint, column: Column) -> None:
        try:
            made = self.client.create_field(self._id(table.key), self._definition(column))
        except Rejected:
            if column.otherwise is None:
                raise
            self._create_column(table, column.otherwise)
        else:
            self._bind_column(table, column, made.id)

    def _definition(self, column: Column) -> dict[str, Any]:
        options = dict(column.options)
        if column.links_to:
            options["linkedTableId"] = self._id(column.links_to)
        definition = {
            "name": column.header,
            "type": column.type,
            "description": column.description,
            "options": options,
        }
        return {name: value for name, value in definition.items() if value}

    def _id(self, table: TableKey) -> str:
        table_id = self.bindings.get(table_binding(table))
        if not table_id:
            raise Rejected(self.client.service, "TABLE_NOT_CREATED")
        return table_id

    def _bind_column(self, table: TableBlueprint, column: Column, column_id: str) -> None:
        self._bind(field_binding(table.key, column.key), column_id, column.header)
        self.bindings.drop(left_binding(table.key, column.key))  # It is in use, perhaps again.

    def _bind(self, binding: str, service_id: str, title: str) -> None:
        self.bindings.set(binding, service_id)
        self.bindings.set(title_binding(binding), title)


def _adopts(step: Step) -> bool:
    return isinstance(step, TakeTable) and step.table is not STATUS_BLUEPRINT


def blank(step: Step) -> tuple[TableKey, tuple[FieldKey, ...]] | None:
    """The columns that a step makes, and that show nothing yet."""
    match step:
        case NewTable(table) if table is not STATUS_BLUEPRINT:
            return table.key, ()
        case NewColumn(table, column) if table is not STATUS_BLUEPRINT and column.key not in set(
            SystemColumn
        ):
            return table.key, (column.key,)
    return None


def what(step: Step) -> str:
    """The step in words, for the log and the operator."""
    match step:
        case NewTable(_, columns):
            return f"create the table with the columns {'、'.join(column.header for column in columns)}"
        case NewColumn(_, column):
            return f"create the column {column.header}"
        case TakeTable():
            return "use the existing table"
        case TakeColumn(_, column):
            return f"use the existing column {column.header}"
        case RenameTable():
            return "rename the table as configured"
        case RenameColumn(_, column):
            return f"rename the column to {column.header}"
        case Unfit(_, column):
            return f"leave the column {column.header} alone"
