"""Which table and column of the base is which of ours: by remembered id, so that a renamed header changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.connection import Bindings, SystemColumn
from sync.errors import TableMissing
from validators.schema import FieldKey, TableKey

from .blueprint import Column, TableBlueprint
from .client import AirtableClient, ServiceField, ServiceTable

SETUP_ADVICE = "restore the table or its column 记录编号 from Airtable's trash, or run: tablekeeper setup"


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """A column of ours and the column of the base that serves as it."""

    key: str
    id: str
    header: str
    type: str
    choices: frozenset[str]


@dataclass(frozen=True, slots=True)
class BoundTable:
    """A table of ours that stands in the base."""

    key: TableKey
    id: str
    columns: Mapping[str, BoundColumn]
    """By field key or system header; only those that stand and have a usable type."""
    by_id: Mapping[str, BoundColumn]
    missing: frozenset[FieldKey]
    lost_options: Mapping[FieldKey, frozenset[str]]
    """Configured options that their column does not offer, or no longer."""

    @property
    def uid_column(self) -> str:
        """The id of the column 记录编号."""
        return self.columns[SystemColumn.UID].id


def table_binding(table: TableKey) -> str:
    """The name under which a table's id is remembered."""
    return f"table:{table}"


def field_binding(table: TableKey, column: str) -> str:
    """The name under which a column's id is remembered."""
    return f"field:{table}:{column}"


def fits(column: Column, field: ServiceField, target: str | None) -> bool:
    """Whether this column of the base can serve as ours. `target` is the id of the table that ours links to."""
    if field.type not in column.accepts:
        return False
    return column.links_to is None or field.options.get("linkedTableId") == target


class Base:
    """The bound tables of one base, read when first needed and again when something turns out to have moved."""

    def __init__(
        self, client: AirtableClient, tables: Mapping[TableKey, TableBlueprint], bindings: Bindings
    ) -> None:
        self._client, self._blueprints, self._bindings = client, tables, bindings
        self._bound: dict[TableKey, BoundTable] | None = None

    def forget(self) -> None:
        """Read the schema again before the next use."""
        self._bound = None

    def tables(self) -> Mapping[TableKey, BoundTable]:
        """The tables that stand, in the order of the configuration."""
        if self._bound is None:
            standing = {table.id: table for table in self._client.schema()}
            bound = (self._bind(blueprint, standing) for blueprint in self._blueprints.values())
            self._bound = {table.key: table for table in bound if table}
        return self._bound

    def table(self, key: TableKey) -> BoundTable:
        """One table; raises `TableMissing`."""
        if key not in self.tables():
            raise self.absence(key)
        return self.tables()[key]

    def absences(self) -> list[TableMissing]:
        """The tables of this replica that do not stand in the base."""
        return [self.absence(key) for key in self._blueprints if key not in self.tables()]

    def absence(self, key: TableKey) -> TableMissing:
        """What to say of a table that is gone."""
        return TableMissing(self._client.service, self._blueprints[key].name, advice=SETUP_ADVICE)

    def _bind(self, blueprint: TableBlueprint, standing: Mapping[str, ServiceTable]) -> BoundTable | None:
        table = standing.get(self._bindings.get(table_binding(blueprint.key)) or "")
        if table is None:
            return None
        fields = {field.id: field for field in table.fields}
        columns = {}
        for column in blueprint.columns:
            field = fields.get(self._bindings.get(field_binding(blueprint.key, column.key)) or "")
            if field and fits(column, field, self._target(column)):
                columns[column.key] = BoundColumn(
                    column.key, field.id, column.header, field.type, field.choices
                )
        if SystemColumn.UID not in columns:
            # Without the column that names the records, nothing in the table can be told apart.
            return None
        return BoundTable(
            blueprint.key,
            table.id,
            columns,
            {column.id: column for column in columns.values()},
            frozenset(column.key for column in blueprint.columns if column.key not in columns)
            - frozenset(SystemColumn),
            _lost_options(blueprint, columns),
        )

    def _target(self, column: Column) -> str | None:
        return self._bindings.get(table_binding(column.links_to)) if column.links_to else None


def _lost_options(
    blueprint: TableBlueprint, columns: Mapping[str, BoundColumn]
) -> dict[FieldKey, frozenset[str]]:
    configured = {
        column.key: frozenset(choice["name"] for choice in column.options.get("choices", ()))
        for column in blueprint.columns
        if column.key in columns and column.key not in frozenset(SystemColumn)
    }
    return {key: lost for key, names in configured.items() if (lost := names - columns[key].choices)}
