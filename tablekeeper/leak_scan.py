"""Looks every day for identity numbers, cards and mobiles where none belong, in what staff see. Tells places and counts, never a value."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import structlog

from jobs.sift import stored
from sync.connection import Texts
from sync.errors import ServiceError
from sync.polling import count_calls, is_spent
from tablekeeper.archive import Archive, connect
from tablekeeper.keeping_notes import CHECKS, LEAK_SCAN, LEAKS_FOUND
from validators.prose import find_sensitive
from validators.schema import FieldConfig, FieldType, SchemaConfig, TableConfig

log = structlog.get_logger("leak_scan")

PROSE = (FieldType.TEXT, FieldType.LONGTEXT)
STRANGE_TABLE = "其他表"
TOLD_MAX = 3


@dataclass(frozen=True, slots=True)
class Leaks:
    """Numbers found, by place; and the replicas that could not be read."""

    found: dict[str, int]
    unread: tuple[str, ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.found.values())

    def told(self) -> str:
        """In a line, for mails and 状态."""
        where = "、".join(f"{place} {count} 处" for place, count in list(self.found.items())[:TOLD_MAX])
        what = f"发现 {self.total} 处\uff1a{where}" if self.found else "未发现"
        return f"{what}\uff1b未能读取 {'、'.join(self.unread)}" if self.unread else what


def scan(archive: Archive) -> Leaks:
    """Look through the hub's plain fields and through every column that the services show. Notes the outcome in the hub."""
    found: Counter[str] = Counter()
    unread = []
    found.update(_in_hub(archive))
    for replica in archive.engine.replicas:
        if is_spent(archive.hub, replica.config, archive.engine.clock()):
            unread.append(replica.name)
            continue
        # Of its own: the daemon's cycles go on with theirs meanwhile.
        connection = connect(
            archive.config, archive.environment, replica.config, archive.hub, clock=archive.engine.clock
        )
        try:
            for one in connection.texts():
                found.update(_in_column(archive.config, replica.name, one))
        except ServiceError:
            unread.append(replica.name)
        finally:
            count_calls(archive.hub, replica.config, connection.calls, archive.engine.clock())
    leaks = Leaks(dict(found.most_common()), tuple(unread))
    _note(archive, leaks)
    return leaks


def _note(archive: Archive, leaks: Leaks) -> None:
    known = archive.hub.bindings(CHECKS)
    known.set(LEAK_SCAN, f"{archive.engine.today()} {leaks.told()}")
    known.set(LEAKS_FOUND, str(leaks.total))
    log.info("leak_scan", found=leaks.total, unread=list(leaks.unread))
    if leaks.found:
        log.warning("leaks_found", places=leaks.found)


def _in_hub(archive: Archive) -> Iterator[str]:
    """What stands in agreed plain fields, and so on every side."""
    with archive.hub.reading() as unit:
        for table, config in archive.config.tables.items():
            prose = {key: field for key, field in config.fields.items() if _is_prose(config, key, field)}
            for one in stored(unit, table):
                for key, field in prose.items():
                    yield from _found([str(one.values.get(key, ""))], f"{config.name}·{field.name}")


def _in_column(schema: SchemaConfig, replica: str, one: Texts) -> Iterator[str]:
    """Columns of ours are known from the hub. Others are called by their number: their header may be a value too."""
    table = schema.tables.get(one.table)
    if table is None or all(
        one.header not in (field.name, *field.aliases) for field in table.fields.values()
    ):
        name = table.name if table else STRANGE_TABLE
        yield from _found(one.texts, f"{replica} {name}·第{one.place}列")


def _is_prose(table: TableConfig, key: str, field: FieldConfig) -> bool:
    """Whether it holds words. A number that names a record may look like a card, and is checked by its own rules."""
    return field.type in PROSE and not field.sensitive and not field.unique and key != table.key


def _found(texts: Iterable[str], place: str) -> Iterator[str]:
    for text in texts:
        for _ in find_sensitive(text):
            yield place
