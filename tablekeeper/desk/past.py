"""What happened to a record, and which records refer to it: read when somebody asks for it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.connection import Uid
from sync.store.hub import Unit
from tablekeeper.archive import Archive
from tablekeeper.desk.sheet import STATES
from tablekeeper.showing import Showing
from validators.schema import TableKey


@dataclass(frozen=True, slots=True)
class Past:
    """One line of a record's history."""

    time: str
    field: str
    before: str
    after: str
    by: str


def load_past(archive: Archive, table: TableKey, uid: Uid, *, most: int = 200) -> Sequence[Past]:
    """What happened to a record, newest first."""
    with archive.hub.reading() as unit:
        showing = Showing(archive, unit)
        rows = unit.lists.history(uid, table)[-most:]
        return [_past(showing, row) for row in reversed(rows)]


def _past(showing: Showing, row: Mapping[str, object]) -> Past:
    table, key = str(row["table"]), str(row["field"])
    return Past(
        time=showing.moment(row["at"]),  # type: ignore[arg-type]
        field=showing.field(table, key),
        before=showing.value(table, key, row["before"]),  # type: ignore[arg-type]
        after=showing.value(table, key, row["after"]),  # type: ignore[arg-type]
        by=" ".join(str(part) for part in (row["actor"], row["replica"]) if part),
    )


@dataclass(frozen=True, slots=True)
class Related:
    """A record that refers to this one."""

    uid: Uid
    table: str
    number: str
    state: str


def load_related(archive: Archive, uid: Uid, *, most: int = 50) -> Sequence[Related]:
    """The records that refer to this one: a person's policies, claims, consents."""
    with archive.hub.reading() as unit:
        found: dict[TableKey, set[Uid]] = {}
        for table, other, _ in unit.records.referrers([uid]):
            found.setdefault(table, set()).add(other)
        return list(_related(archive, unit, found))[:most]


def _related(archive: Archive, unit: Unit, found: Mapping[TableKey, Iterable[Uid]]) -> Iterator[Related]:
    for table, config in archive.config.tables.items():
        for uid, record in sorted(unit.records.get_many(table, found.get(table, ())).items()):
            yield Related(uid, config.name, record.key or uid, STATES[record.state])
