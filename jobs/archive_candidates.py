"""Which files may leave the tables, and what keeps the others. Reads the hub, decides, writes nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from jobs.archive_config import ArchivingConfig
from jobs.archive_tasks import open_tasks
from jobs.files import Files
from sync.connection import Uid
from sync.store.hub import Unit
from sync.store.records import Record, State, blocks
from validators.conditions import Condition, ConditionFailed, compile_condition
from validators.schema import FieldKey, SchemaConfig, TableKey

HOLD, OPEN, NEEDED, RECENT = "legal hold", "not at rest", "needed by", "changed lately"
TASK = "open task"


@dataclass(frozen=True, slots=True)
class File:
    """A person and all records that belong to them. `retain_until` is None while a rule lacks its day."""

    person: Record
    members: tuple[Record, ...]
    blocked: tuple[str, ...]
    retain_until: date | None


class Judge:
    """The rules of one config, compiled; `todo` is the to-do table, `kinds` the kind of each reminder."""

    def __init__(
        self,
        schema: SchemaConfig,
        config: ArchivingConfig,
        *,
        todo: TableKey | None,
        kinds: Mapping[str, str],
    ) -> None:
        self.schema, self.config, self._todo, self._kinds = schema, config, todo, kinds
        self._at_rest = {table: self._compiled(table, text) for table, text in config.at_rest.items()}
        self._at_once = self._compiled(config.table or "", config.at_once) if config.at_once else None
        self._keep = [(rule, self._compiled(rule.table, rule.from_day)) for rule in config.keep]

    def files(self, unit: Unit, today: date, uids: Iterable[Uid] | None = None) -> Iterator[File]:
        """The file of each live person, or of these, with what blocks it."""
        table = self.config.table
        if table is None:
            return
        people = (
            {record.uid: record for record in unit.records.of_table(table)}
            if uids is None
            else unit.records.get_many(table, uids)
        )
        tasks = open_tasks(unit, self._todo, self._kinds, self.config.routine)
        for block in blocks(people):
            files = Files(unit, self.schema)
            belonging = self._belonging(unit, files, block)
            for uid in block:
                if people[uid].state is State.LIVE:
                    one = self._file(unit, files, people[uid], belonging.get(uid, []), today)
                    about = tasks.about((one.person, *one.members))
                    yield replace(one, blocked=(*one.blocked, *(f"{TASK}: {each}" for each in about)))

    def _belonging(self, unit: Unit, files: Files, people: Iterable[Uid]) -> Mapping[Uid, list[Record]]:
        found: dict[Uid, list[Record]] = {}
        wanted = list(people)
        for table, link in self._links():
            led = files.referrers(table, link, wanted)
            records = unit.records.get_many(table, [uid for uids in led.values() for uid in uids])
            for person, uids in led.items():
                found.setdefault(person, []).extend(records[uid] for uid in uids)
        return found

    def _links(self) -> Iterator[tuple[TableKey, FieldKey]]:
        """The tables whose records belong to a person, with the link that says to whom."""
        for table, config in self.schema.tables.items():
            first = (config.owner or "").partition(".")[0]
            link = config.subject if config.subject not in (None, "self") else first
            if table != self._todo and link in config.links and config.links[link].to == self.config.table:
                yield table, link

    def _file(self, unit: Unit, files: Files, person: Record, members: list[Record], today: date) -> File:
        mine = {person.uid, *(record.uid for record in members)}
        blocked = [*([HOLD] if self.is_held(person) else []), *self._open(files, members, today)]
        blocked += [f"{NEEDED} {self.schema.tables[table].name}" for table in self._needing(unit, mine)]
        changed = max(record.changed_at for record in (person, *members))
        at_once = self._at_once and _holds(self._at_once, person, files, today)
        if not at_once and _months_before(today, self.config.rest_months) < changed.date():
            blocked.append(f"{RECENT}: {changed:%Y-%m-%d}")
        return File(person, tuple(members), tuple(blocked), self._retain_until(files, person, members, today))

    def _open(self, files: Files, members: list[Record], today: date) -> Iterator[str]:
        for record in members:
            if self.is_open(record, files, today):
                yield f"{OPEN}: {self.schema.tables[record.table].name} {record.key}"

    def is_open(self, record: Record, files: Files, today: date) -> bool:
        """Whether `at_rest` speaks of the record's table, and it is not at rest."""
        condition = self._at_rest.get(record.table)
        return condition is not None and not _holds(condition, record, files, today)

    def is_held(self, person: Record) -> bool:
        """Whether the person's file is held for the law."""
        return bool(self.config.hold and person.values.get(self.config.hold))

    def _needing(self, unit: Unit, mine: set[Uid]) -> list[TableKey]:
        """The tables with live records of others that lead into the file."""
        found: dict[TableKey, set[Uid]] = {}
        for table, uid, _ in unit.records.referrers(mine):
            if uid not in mine and table != self._todo:
                found.setdefault(table, set()).add(uid)
        return [
            table
            for table, uids in found.items()
            if any(one.state is not State.ARCHIVED for one in unit.records.get_many(table, uids).values())
        ]

    def _retain_until(self, files: Files, person: Record, members: list[Record], today: date) -> date | None:
        days = []
        for rule, condition in self._keep:
            for record in (person, *members):
                if record.table == rule.table:
                    day = condition.day(record.values, today=today, lookup=files.lookup)
                    if day is None:
                        return None
                    days.append(_years_after(day, rule.years))
        return max(days, default=None)

    def _compiled(self, table: TableKey, text: str) -> Condition:
        condition = compile_condition(self.schema, table, text, _unexpected)
        assert condition is not None
        return condition


def _holds(condition: Condition, record: Record, files: Files, today: date) -> bool:
    """Whether it is true; what cannot be told keeps the file here."""
    try:
        return condition.holds(record.values, today=today, lookup=files.lookup)
    except ConditionFailed:
        return False


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, 28))


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


def _unexpected(message: str) -> None:
    raise AssertionError(message)


def stamp(at: datetime) -> str:
    """How registers and bundles write an instant."""
    return at.isoformat(timespec="seconds")
