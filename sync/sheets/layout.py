"""Which columns a tab has, in which order: the config's fields between the daemon's own columns. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from sync.config import ReplicaConfig
from sync.connection import SystemColumn
from validators.schema import FieldConfig, FieldKey, SchemaConfig, TableConfig, TableKey

ColumnKey = FieldKey | SystemColumn
"""A field's key, or a system column. Field keys are ASCII, so the two never meet."""

LEFT = (SystemColumn.STATUS, SystemColumn.NOTE, SystemColumn.VIEW)
"""Frozen at the left, where staff see them while they scroll."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the config wants it. `field` is None for the daemon's own."""

    key: ColumnKey
    header: str
    field: FieldConfig | None = None
    read_only: bool = False
    """Whether the people of this replica may look, and not change."""

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other headers under which an existing column is recognised."""
        return self.field.aliases if self.field else ()

    @property
    def written_by_daemon(self) -> bool:
        """Whether people should leave the column alone."""
        return self.field is None or self.field.computed is not None

    @property
    def protected(self) -> bool:
        """Whether editing the column is warned of."""
        return self.written_by_daemon or self.read_only


@dataclass(frozen=True, slots=True)
class Layout:
    """One table as a tab."""

    table: TableKey
    config: TableConfig
    columns: tuple[Column, ...]

    @property
    def title(self) -> str:
        """The tab's name when `setup` creates it."""
        return self.config.name


def layouts(schema: SchemaConfig, config: ReplicaConfig) -> tuple[Layout, ...]:
    """The tabs that this replica should have."""
    return tuple(
        Layout(table, schema.tables[table], tuple(_columns(table, schema.tables[table], config)))
        for table in (schema.tables if config.tables is None else config.tables)
    )


def _columns(name: TableKey, table: TableConfig, config: ReplicaConfig) -> Iterator[Column]:
    fields = {key: table.fields[key] for key in config.fields_of(name, table)}
    for system in LEFT:
        yield Column(system, system.value)
    for key, field in fields.items():
        if field.computed is None:
            yield Column(key, field.name, field, read_only=not config.may_edit(name, key))
    # At the far right, so that a paste of three hundred rows does not land on what the daemon computes.
    for key, field in fields.items():
        if field.computed is not None:
            yield Column(key, field.name, field)
    yield Column(SystemColumn.UID, SystemColumn.UID.value)
