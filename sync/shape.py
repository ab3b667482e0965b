"""The shape of an archive as the hub remembers it, and what a changed configuration makes of it. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

import orjson

from validators.schema import LINKS, FieldConfig, FieldKey, SchemaConfig, TableKey
from vault.declassifying import APPROVERS_MIN

from .config import ReplicaConfig


@dataclass(frozen=True, slots=True)
class Shape:
    """Tables, options and replicas of a configuration."""

    schema: SchemaConfig
    replicas: tuple[ReplicaConfig, ...]

    def dump(self) -> str:
        """The text under which the hub remembers it."""
        schema = self.schema.model_dump(mode="json", by_alias=True, include={"options", "tables", "rules"})
        replicas = [one.model_dump(mode="json", exclude={"place", "calls_per_s"}) for one in self.replicas]
        return orjson.dumps({"schema": schema, "replicas": replicas}, option=orjson.OPT_SORT_KEYS).decode()


def load_shape(text: str) -> Shape:
    """Inverse of `Shape.dump`."""
    found = orjson.loads(text)
    replicas = tuple(ReplicaConfig.model_validate(one) for one in found["replicas"])
    return Shape(SchemaConfig.model_validate(found["schema"]), replicas)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that both configurations have, and that they see differently."""

    table: TableKey
    key: FieldKey
    old: FieldConfig
    new: FieldConfig

    @property
    def sealed(self) -> bool:
        """Whether plain values become sensitive."""
        return self.old.sensitive is None and self.new.sensitive is not None

    @property
    def opened(self) -> bool:
        """Whether sensitive values become plain."""
        return self.old.sensitive is not None and self.new.sensitive is None

    @property
    def retyped(self) -> bool:
        """Whether plain values have to be read anew: what they may be is another matter now."""
        plain = self.old.sensitive is None and self.new.sensitive is None
        return plain and (self.old.type, self.old.precision, self.old.options) != (
            self.new.type,
            self.new.precision,
            self.new.options,
        )

    @property
    def relinked(self) -> bool:
        """Whether a link became something else, or something else a link: no value fits both."""
        linked = {self.old.type, self.new.type} & LINKS
        return bool(linked) and (self.old.type, self.old.to) != (self.new.type, self.new.to)


def field_changes(old: SchemaConfig, new: SchemaConfig) -> Iterator[FieldChange]:
    """The fields of both that differ in more than their words."""
    for table, config in new.tables.items():
        before = old.tables[table].fields if table in old.tables else {}
        for key, field in config.fields.items():
            if key in before and before[key] != field:
                yield FieldChange(table, key, before[key], field)


def dropped(old: SchemaConfig, new: SchemaConfig) -> Iterator[tuple[TableKey, FieldKey]]:
    """The fields that only the old configuration has."""
    for table, config in old.tables.items():
        after = new.tables[table].fields if table in new.tables else {}
        yield from ((table, key) for key in config.fields if key not in after)


def renamed_options(old: SchemaConfig, new: SchemaConfig) -> Mapping[str, Mapping[str, str]]:
    """By option list: options that are now another spelling of others."""
    return {
        name: gone
        for name, options in new.options.items()
        if name in old.options
        and (
            gone := {
                value: options.aliases[value]
                for value in old.options[name].values
                if value not in options.values and value in options.aliases
            }
        )
    }


def lost_options(old: SchemaConfig, new: SchemaConfig) -> Mapping[str, Set[str]]:
    """By option list: options that are gone, and no other spelling of others either."""
    return {
        name: lost
        for name, options in new.options.items()
        if name in old.options
        and (lost := {*old.options[name].values} - {*options.values} - options.aliases.keys())
    }


@dataclass(frozen=True, slots=True)
class HoldingChange:
    """One table of a replica of both configurations, and what it holds of it otherwise than before."""

    replica: str
    table: TableKey
    added: tuple[FieldKey, ...]
    removed: tuple[FieldKey, ...]
    filtered: bool
    """Whether the row filter is another one."""


def holding_changes(old: Shape, new: Shape) -> Iterator[HoldingChange]:
    """What the replicas of both configurations hold otherwise than before. Fields that are new everywhere count as added."""
    before = {one.name: one for one in old.replicas}
    for replica in new.replicas:
        if replica.name in before:
            yield from _holdings(before[replica.name], replica, old.schema, new.schema)


def _holdings(
    before: ReplicaConfig, after: ReplicaConfig, old: SchemaConfig, new: SchemaConfig
) -> Iterator[HoldingChange]:
    for table, config in new.tables.items():
        if table not in old.tables or not (before.holds(table) and after.holds(table)):
            continue
        had = before.fields_of(table, old.tables[table])
        has = after.fields_of(table, config)
        change = HoldingChange(
            after.name,
            table,
            tuple(key for key in has if key not in had),
            tuple(key for key in had if key not in has),
            before.filter.get(table) != after.filter.get(table),
        )
        if change.added or change.removed or change.filtered:
            yield change


def unapproved(
    changes: Iterable[FieldChange], approvers: Callable[[TableKey, FieldKey], Set[str]]
) -> Iterator[FieldChange]:
    """Fields that would stand in the clear from now on without two people having said so.

    `approvers` are those who did, as the vault knows them; the config names two of them.
    """
    for change in changes:
        if change.opened:
            named = set(change.new.plain.approved_by) if change.new.plain else set[str]()
            if len(named & approvers(change.table, change.key)) < APPROVERS_MIN:
                yield change
