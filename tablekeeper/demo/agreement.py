"""Whether both sides agree: every record and every field that is not the daemon's own, cell by cell, as plain clients read them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sync.connection import SystemColumn, Uid
from sync.store.records import State
from tablekeeper.archive import Archive
from tablekeeper.config import Config
from tablekeeper.demo.office import Cells, Office
from validators.schema import LINKS, NUMBERS, FieldConfig, FieldKey, FieldType, TableKey

Rows = Mapping[Uid, Cells]
SEPARATOR = "、"
DAY_ZERO = date(1899, 12, 30)
"""Day 0 of the serial numbers in which Sheets keeps dates."""
APART = (State.HELD, State.WAITING)
"""Records in these states stand only where they were typed."""


@dataclass(frozen=True, slots=True)
class Tables:
    """All rows of both sides, by table and uid; Airtable's links as business keys. `unnumbered` rows carry no uid."""

    airtable: Mapping[TableKey, Rows]
    sheets: Mapping[TableKey, Rows]
    unnumbered: int

    def sides(self) -> tuple[Mapping[TableKey, Rows], Mapping[TableKey, Rows]]:
        """Both sides alike."""
        return self.airtable, self.sheets


@dataclass(frozen=True, slots=True)
class Exempt:
    """What may differ: records that are not everywhere yet, and fields in which a wrong value waits."""

    apart: frozenset[Uid]
    held: Mapping[Uid, frozenset[FieldKey]]


def read_tables(office: Office, config: Config) -> Tables:
    """Read everything, as a person would who copies both services."""
    lines = {table: office.airtable.rows(entry.name) for table, entry in config.tables.items()}
    names = {
        record_id: row.get(config.tables[table].fields[config.tables[table].key].name, "")
        for table, rows in lines.items()
        for record_id, row in rows.items()
    }
    airtable = {
        table: [_with_names(row, config, table, names) for row in rows.values()]
        for table, rows in lines.items()
    }
    sheets = {table: list(office.sheets.rows(entry.name)) for table, entry in config.tables.items()}
    every = [row for side in (airtable, sheets) for rows in side.values() for row in rows]
    return Tables(_by_uid(airtable), _by_uid(sheets), sum(not row.get(SystemColumn.UID) for row in every))


def _with_names(row: Cells, config: Config, table: TableKey, names: Mapping[str, str]) -> Cells:
    linked = {field.name for field in config.tables[table].fields.values() if field.type in LINKS}
    return {
        header: SEPARATOR.join(names.get(record_id, "?") for record_id in content)
        if header in linked
        else content
        for header, content in row.items()
    }


def _by_uid(tables: Mapping[TableKey, list[Cells]]) -> dict[TableKey, Rows]:
    return {
        table: {row[SystemColumn.UID]: row for row in rows if row.get(SystemColumn.UID)}
        for table, rows in tables.items()
    }


def exempt(archive: Archive) -> Exempt:
    """What the hub says is held or waits."""
    apart: set[Uid] = set()
    held: dict[Uid, frozenset[FieldKey]] = {}
    with archive.hub.unit() as unit:
        for table in archive.config.tables:
            apart |= {record.uid for record in unit.records.of_table(table, *APART)}
            for replica in archive.engine.replicas:
                for uid, state in unit.seen.of(replica.name, table).items():
                    held[uid] = held.get(uid, frozenset()) | state.held.keys()
    return Exempt(frozenset(apart), held)


def differences(tables: Tables, allowed: Exempt, config: Config) -> list[str]:
    """Where the sides differ, as `table uid field`; never a value."""
    found = [f"{tables.unnumbered} row(s) without {SystemColumn.UID}"] if tables.unnumbered else []
    for table, entry in config.tables.items():
        airtable, sheets = tables.airtable[table], tables.sheets[table]
        alone = (airtable.keys() ^ sheets.keys()) - allowed.apart
        found += [f"{entry.name} {uid} stands on one side only" for uid in sorted(alone)]
        for uid in sorted(airtable.keys() & sheets.keys()):
            may_differ = allowed.held.get(uid, frozenset())
            found += [
                f"{entry.name} {uid} {field.name}"
                for key, field in entry.fields.items()
                if key not in may_differ
                and canonical(field, airtable[uid].get(field.name))
                != canonical(field, sheets[uid].get(field.name))
            ]
    return found


def canonical(field: FieldConfig, content: object) -> object:
    """A cell in the form in which equal contents are equal, whichever service shows it."""
    if content is None or content is False or content in ("", []):
        return None
    if field.sensitive:
        return str(content).strip()
    if field.type in LINKS or field.type is FieldType.MULTISELECT:
        parts = content if isinstance(content, list) else str(content).split(SEPARATOR)
        return frozenset(parts)
    if field.type is FieldType.DATE:
        return _day(content)
    if field.type in NUMBERS and isinstance(content, int | float):
        return round(Decimal(str(content)), field.precision)
    return content if isinstance(content, bool) else str(content).strip()


def _day(content: object) -> object:
    if isinstance(content, int | float):
        return DAY_ZERO + timedelta(days=int(content))
    try:
        return date.fromisoformat(str(content))
    except ValueError:
        return content


def texts(tables: Tables) -> Iterator[str]:
    """Every cell of both sides, for the search for plaintext."""
    for side in tables.sides():
        for rows in side.values():
            for row in rows.values():
                yield from map(str, row.values())
