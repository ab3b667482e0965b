"""What a department may do in its replicas, in words for staff, and what is wrong with a configuration of them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from validators.conditions import Condition, compile_condition
from validators.issues import Issue
from validators.references import Problem
from validators.schema import FieldConfig, FieldKey, Level, SchemaConfig, TableConfig, TableKey
from validators.suggestions import suggestion

from .config import ReplicaConfig, SyncConfig

NO_CREATION = Issue("no_creation", Level.ERROR, (), "本表不能新增行", "到主表新增\uff0c再删除本行")


def out_of_scope(condition: Condition) -> Issue:
    """What a new row is told that the replica's filter does not let in."""
    fields = condition.table.fields
    names = "、".join(field.name for key, field in fields.items() if key in condition.expression.names)
    return Issue(
        "out_of_scope", Level.ERROR, (), f"新行不属本表范围(由{names}决定)", "改到范围内\uff0c或到主表新增"
    )


def keepers(replicas: Iterable[ReplicaConfig], table: TableKey, key: FieldKey) -> list[str]:
    """The departments that may change a field."""
    return [one.name for one in replicas if one.edit is not None and key in one.edit.get(table, ())]


def problems(schema: SchemaConfig, config: SyncConfig) -> Iterator[Problem]:
    """What departments cannot be, at its path; tables and fields that nobody knows are found elsewhere."""
    for place, replica in enumerate(config.replicas):
        for path, message in _of_replica(schema, replica):
            yield Problem(f"sync.replicas.{place}.{path}", message)


def _of_replica(schema: SchemaConfig, replica: ReplicaConfig) -> Iterator[tuple[str, str]]:
    if replica.place and replica.place_env:
        yield "place_env", "`place` names the place already: leave one of the two out"
    if replica.edit is not None and replica.read_only:
        yield "read_only", "`edit` says already what may be changed: leave one of the two out"
    parts: Mapping[str, Iterable[TableKey]] = {
        "fields": replica.fields,
        "filter": replica.filter,
        "edit": replica.edit or (),
        "read_only": replica.read_only,
        "creates": _listed(replica.creates),
        "deletes": _listed(replica.deletes),
    }
    for part, tables in parts.items():
        for table in tables:
            if table not in schema.tables and part != "fields":
                yield part, f"no table {table!r}{suggestion(table, schema.tables)}"
            elif table in schema.tables and not replica.holds(table):
                yield f"{part}.{table}", "the replica does not hold this table: add it to `tables`"
    for table, config in schema.tables.items():
        if replica.holds(table):
            yield from _of_table(schema, replica, table, config)


def _of_table(
    schema: SchemaConfig, replica: ReplicaConfig, table: TableKey, config: TableConfig
) -> Iterator[tuple[str, str]]:
    if table in replica.filter:
        found: list[str] = []
        compile_condition(schema, table, replica.filter[table], found.append)
        yield from ((f"filter.{table}", message) for message in found)
    for part, named in (
        ("edit", (replica.edit or {}).get(table, ())),
        ("read_only", replica.read_only.get(table, ())),
    ):
        yield from (
            (f"{part}.{table}", message) for message in _bad_fields(replica, table, config, named, part)
        )
    if replica.is_limited(table) and replica.may_create(table):
        for key in _unreachable(replica, table, config):
            message = f"new rows need {key!r}, which must be among the fields that may be changed here"
            yield "creates", f"{table}: {message}"


def _bad_fields(
    replica: ReplicaConfig, table: TableKey, config: TableConfig, named: Sequence[FieldKey], part: str
) -> Iterator[str]:
    held = replica.fields_of(table, config)
    for key in named:
        if key not in config.fields:
            yield f"there is no {key!r}{suggestion(key, config.fields)}"
        elif key not in held:
            yield f"the replica does not hold {key!r}: add it to `fields`"
        elif part == "edit" and config.fields[key].computed:
            yield f"{key!r} is computed: nobody edits it"


def _unreachable(replica: ReplicaConfig, table: TableKey, config: TableConfig) -> Iterator[FieldKey]:
    """The fields that a new record must have and that cannot be filled here."""
    held = replica.fields_of(table, config)
    for key, field in config.fields.items():
        if _is_needed(config, key, field) and not (
            key in held and replica.may_edit(table, key) and replica.holds(field.to or table)
        ):
            yield key


def _is_needed(config: TableConfig, key: FieldKey, field: FieldConfig) -> bool:
    numbered = field.auto is not None or field.default is not None
    return (field.required or key == config.key) and not numbered


def _listed(granted: bool | tuple[TableKey, ...]) -> tuple[TableKey, ...]:
    return () if isinstance(granted, bool) else granted
