"""Whether every sensitive field shows a stand-in or nothing: for values too short to be looked for, such as a grade of health."""

from collections.abc import Iterator

from sync.merge import Row
from sync.store.records import State
from tablekeeper.archive import Archive
from tablekeeper.config import Config
from tablekeeper.demo.agreement import Tables
from vault.masks import split_cell
from vault.tokens import is_token


def bare_cells(tables: Tables, config: Config) -> list[str]:
    """Cells of sensitive fields that show anything but a stand-in, as `table uid field`."""
    return [
        f"{config.tables[table].name} {uid} {name}"
        for side in tables.sides()
        for table, rows in side.items()
        for name in sorted(field.name for field in config.tables[table].sensitive.values())
        for uid, row in rows.items()
        if not _is_stand_in(row.get(name))
    ]


def _is_stand_in(content: object) -> bool:
    cell = split_cell(str(content)) if content else None
    return not content or (cell is not None and cell.token is not None)


def bare_values(archive: Archive) -> list[str]:
    """Sensitive fields in the hub that hold anything but a token, as `table uid field`: records, bases, ledger."""
    sensitive = {table: entry.sensitive.keys() for table, entry in archive.config.tables.items()}
    return [
        f"hub: {table} {uid} {key}"
        for table, uid, row in _rows_of_the_hub(archive)
        for key, value in row.items()
        if key in sensitive.get(table, ()) and not is_token(str(value))
    ]


def _rows_of_the_hub(archive: Archive) -> Iterator[tuple[str, str, Row]]:
    with archive.hub.reading() as unit:
        for table in archive.config.tables:
            for record in unit.records.of_table(table, *State):
                yield table, record.uid, record.values
            for replica in archive.engine.replicas:
                for uid, state in unit.seen.of(replica.name, table).items():
                    yield table, uid, state.base
        for entry in unit.lists.conflicts():
            for value in (entry.kept, entry.other):
                if value is not None:
                    yield entry.table, entry.uid, {entry.field: str(value)}
