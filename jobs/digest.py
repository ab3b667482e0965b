"""A digest as its readers see it: groups by day, counts, masked names. Pure; `rendering.py` makes it a mail.

What stands here is all that a mail can hold: a masked name, a business key, a fixed text and dates. No other field is read.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.config import DigestConfig
from jobs.due import Due, pressing
from jobs.letters import Letter, Part
from jobs.reminder_config import Priority
from sync.connection import Uid
from validators.schema import SchemaConfig, TableKey

Link = Callable[[TableKey, Uid], str | None]
"""The address of a record's row, where it has one."""

OVERDUE, TODAY, WEEK, MONTH, LATER = "逾期", "今天", "7天内", "30天内", "30天以后"
BUCKETS = (OVERDUE, TODAY, WEEK, MONTH, LATER)
NOBODY = "无人负责"
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Naming:
    """How records are called in mails: business keys and masked names, by table and uid, and the links to their rows."""

    numbers: Mapping[tuple[TableKey, Uid], str]
    names: Mapping[tuple[TableKey, Uid], str]
    link: Link


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a digest, all of it text."""

    what: str
    name: str
    number: str
    table: str
    day: str
    left: str
    link: str | None
    priority: str
    """Shown only when it presses: 紧急 or 高, else empty."""
    law: str
    new: bool
    """Whether it is told today for the first time, or has reached its next stage."""


@dataclass(frozen=True, slots=True)
class Group:
    """The items of one bucket, cut off at the configured number; `more` were left out."""

    bucket: str
    items: tuple[Item, ...]
    more: int

    @property
    def total(self) -> int:
        """All items of the bucket."""
        return len(self.items) + self.more


@dataclass(frozen=True, slots=True)
class Chapter:
    """What is due in one person's files. `counts` has a number for each bucket."""

    heading: str
    note: str
    counts: tuple[int, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What the first lines say. `legal_now` of the `now` items have a day set by law."""

    total: int
    overdue: int
    urgent: int
    now: int
    legal_now: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything that one mail shows."""

    archive: str
    day: str
    team: bool
    """Whether it is about other people's files too."""
    counts: Counts
    top: str
    """The most pressing item in one line, for the list of mails; empty when there is nothing."""
    chapters: tuple[Chapter, ...]
    owner_fields: tuple[str, ...]
    """Headers of the columns that decide whose a record is."""

    @property
    def subject(self) -> str:
        """`【客户保险档案】2026-11-23 待办 12 项(3 逾期,1 紧急)`."""
        counts = self.counts
        return f"【{self.archive}】{self.day[:10]} 待办 {counts.total} 项({counts.overdue} 逾期,{counts.urgent} 紧急)"


def build_digest(
    letter: Letter,
    config: DigestConfig,
    *,
    archive: str,
    schema: SchemaConfig,
    today: date,
    naming: Naming,
) -> Digest:
    """What the reader of a letter is shown."""
    dues = [due for part in letter.parts for due in part.dues]
    return Digest(
        archive=archive,
        day=day_text(today),
        team=config.to == "managers",
        counts=_count(dues),
        top=_top(_item(min(dues, key=pressing), schema, today, naming)) if dues else "",
        chapters=tuple(_chapter(part, config, schema, today, naming) for part in letter.parts),
        owner_fields=_owner_fields(dues, schema),
    )


def day_text(day: date) -> str:
    """`2026-11-23 周一`."""
    return f"{day.isoformat()} 周{_WEEKDAYS[day.weekday()]}"


def bucket_of(days_left: int) -> str:
    """The heading under which an item stands."""
    if days_left < 0:
        return OVERDUE
    if days_left == 0:
        return TODAY
    if days_left <= 7:
        return WEEK
    return MONTH if days_left <= 30 else LATER


def _chapter(part: Part, config: DigestConfig, schema: SchemaConfig, today: date, naming: Naming) -> Chapter:
    by_bucket: dict[str, list[Due]] = {bucket: [] for bucket in BUCKETS}
    for due in part.dues:
        by_bucket[bucket_of(due.days_left)].append(due)
    shown = config.max_rows_per_group
    return Chapter(
        heading=part.person.name if part.person else NOBODY,
        note="休假中" if part.person and part.person.away else "",
        counts=tuple(len(dues) for dues in by_bucket.values()),
        groups=tuple(
            Group(bucket, tuple(_item(due, schema, today, naming) for due in dues[:shown]), len(dues[shown:]))
            for bucket, dues in by_bucket.items()
            if dues
        ),
    )


def _item(due: Due, schema: SchemaConfig, today: date, naming: Naming) -> Item:
    return Item(
        what=due.title,
        name=naming.names[due.table, due.uid],
        number=naming.numbers[due.table, due.uid],
        table=schema.tables[due.table].name,
        day=due.anchor.isoformat(),
        left=_left(due.days_left),
        link=naming.link(due.table, due.uid),
        priority=due.priority if due.priority in (Priority.URGENT, Priority.HIGH) else "",
        law=due.law or "",
        new=due.due_on == today,
    )


def _top(item: Item) -> str:
    return " ".join(filter(None, ("最急:" + item.what, item.name, item.number, item.left)))


def _left(days: int) -> str:
    if days == 0:
        return "今天"
    return f"逾期{-days}天" if days < 0 else f"还有{days}天"


def _count(dues: Sequence[Due]) -> Counts:
    now = [due for due in dues if due.days_left <= 0]
    return Counts(
        total=len(dues),
        overdue=sum(due.days_left < 0 for due in dues),
        urgent=sum(due.priority is Priority.URGENT for due in dues),
        now=len(now),
        legal_now=sum(due.law is not None for due in now),
    )


def _owner_fields(dues: Iterable[Due], schema: SchemaConfig) -> tuple[str, ...]:
    """The header at the end of each table's path to its owner, without repeats."""
    names: dict[str, None] = {}
    for table in dict.fromkeys(due.table for due in dues):
        here, name = table, ""
        for key in (schema.tables[table].owner or "").split("."):
            field = schema.tables[here].fields.get(key) if here in schema.tables else None
            if field:
                name, here = field.name, field.to or ""
        if name:
            names[name] = None
    return tuple(names)
