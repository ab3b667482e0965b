"""Which tokens the hub names: those of standing records, those inside prose, and those of fields that wait to be mended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from validators.schema import SchemaConfig, TableConfig, TableKey
from vault.masks import tokens_within

from .connection import Uid
from .store.hub import Unit
from .store.records import Record, State

STANDING = tuple(state for state in State if state is not State.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Named:
    """A token, and the record that names it."""

    token: str
    table: TableKey
    uid: Uid


def named_tokens(unit: Unit, schema: SchemaConfig, replicas: Sequence[str]) -> Iterator[Named]:
    """Every token that a standing record names, or a field that is held in one of these replicas."""
    for table, config in schema.tables.items():
        for record in unit.records.of_table(table, *STANDING):
            yield from (Named(token, table, record.uid) for token in _of_record(config, record))
        for replica in replicas:
            for uid, state in unit.seen.with_held(replica, table).items():
                yield from (Named(held.token, table, uid) for held in state.held.values() if held.token)


def _of_record(config: TableConfig, record: Record) -> Iterator[str]:
    for key, value in record.values.items():
        if config.fields[key].sensitive:
            yield str(value)
        elif config.fields[key].free_text:
            yield from tokens_within(str(value))
