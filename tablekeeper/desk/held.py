"""The values of one record that wait to be mended: why, where, and what was typed. Reads, and opens nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.correct import Sight
from sync.engine import Replica
from sync.secrets import LIST_SEPARATOR
from sync.store.hub import Unit
from sync.store.records import Record
from sync.store.seen import SeenState
from tablekeeper.archive import Archive
from tablekeeper.typed import words
from validators.fields import parse
from validators.issues import Rejection
from validators.raw import Raw
from validators.schema import LINKS, FieldConfig, FieldKey, TableKey


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held value: why, what to do, and what was typed: the token of it where it is sensitive, else its words.

    Neither is there where a number of a person stands in a plain cell: that is to be mended in the cell.
    """

    key: FieldKey
    name: str
    message: str
    mend: str
    replica: str
    token: str | None
    typed: str
    sight: Sight
    url: str | None

    @property
    def mendable(self) -> bool:
        """Whether it can be mended here: it is known what was typed."""
        return self.sight.held is not None


def waiting_values(
    archive: Archive, unit: Unit, record: Record, states: Mapping[str, SeenState]
) -> Iterator[Waiting]:
    """What waits in the record, by replica."""
    config = archive.config.tables[record.table]
    replicas = {replica.name: replica for replica in archive.engine.replicas}
    for name, state in states.items():
        for key, held in state.held.items():
            if not held.mended and key in config.fields:
                yield Waiting(
                    key=key,
                    name=config.fields[key].name,
                    message=held.issue.message,
                    mend=held.issue.mend,
                    replica=name,
                    token=held.token,
                    typed=_typed(archive, unit, config.fields[key], held.text, name),
                    sight=Sight(record.values.get(key), name, held.shown),
                    url=row_url(replicas[name], record.table, state),
                )


def _typed(archive: Archive, unit: Unit, config: FieldConfig, raw: Raw, replica: str) -> str:
    """What a plain cell shows, as people read it: a date may stand there as a number, a link as names of rows."""
    if raw is None:
        return ""
    if config.type in LINKS:
        names = raw if isinstance(raw, list) else [str(raw)]
        known = unit.seen.name(replica, config.to or "", names) if isinstance(raw, list) else {}
        found = unit.records.get_many(config.to or "", known.values())
        return LIST_SEPARATOR.join(found[known[name]].key if name in known else name for name in names)
    value = parse(config, raw, schema=archive.config, today=archive.engine.today())
    return str(raw) if value is None or isinstance(value, Rejection) else words(value)


def row_url(replica: Replica, table: TableKey, state: SeenState) -> str | None:
    """Where people find a row online."""
    return replica.connection.url(table, state.row_id, state.position) if state.placed else None
