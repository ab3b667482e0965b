"""How much plaintext stood or stands in the overseas tables, and of how many people this year, against the legal thresholds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

import orjson
import sqlalchemy as sa

from sync.connection import Uid
from sync.store.hub import Hub, Unit
from sync.store.records import Record, State
from tablekeeper.archive import Archive
from tablekeeper.disclosure import is_birth_date
from tablekeeper.retention import years_after
from validators.schema import FieldKey
from validators.values import refers
from vault.alarms import raise_alarm
from vault.people_tables import alarm
from vault.vault import Vault
from vault.windows import Windows

PEOPLE, ANY_SENSITIVE, MANY_SENSITIVE = "people", "sensitive", "many_sensitive"
CONTRACT = "a standard contract filed with the regulator, or a certification"
ASSESSMENT = "a security assessment by the regulator"
SENSITIVE_CLASSES = frozenset({"identity", "account", "health", "income"})
CHILD_YEARS = 14
KIND, LAST = "exposure", "last"


@dataclass(slots=True)
class Stood:
    """Plaintext of one field that the daemon found in one replica: how often, how many stand still, and how long, in seconds."""

    replica: str
    field: str
    found: int = 0
    standing: int = 0
    seconds: float = 0
    longest_s: float = 0

    def add(self, seconds: float, *, standing: bool) -> None:
        """Count one cell."""
        self.found += 1
        self.standing += standing
        self.seconds += seconds
        self.longest_s = max(self.longest_s, seconds)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of people from which the law asks for more."""

    name: str
    limit: int
    people: int
    asks: str

    @property
    def reached(self) -> bool:
        """Whether the law asks for it."""
        return self.people >= self.limit


@dataclass(frozen=True, slots=True)
class Exposure:
    """Distinct people of this year: `declared` by `abroad:`, `stray` typed and then masked; the sensitive ones of each."""

    year: int
    cells: tuple[Stood, ...]
    declared: int
    declared_sensitive: int
    stray: int
    stray_sensitive: int
    thresholds: tuple[Threshold, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was last counted of this year's people, and when. Counting reads every record, so it is not done for each look."""

    at: datetime
    thresholds: tuple[Threshold, ...]


@dataclass(slots=True)
class _People:
    declared: set[str] = field(default_factory=set)
    children: set[str] = field(default_factory=set)
    stray: set[str] = field(default_factory=set)
    stray_sensitive: set[str] = field(default_factory=set)


def exposure(archive: Archive) -> Exposure:
    """Everything counted, as of now."""
    engine = archive.engine
    today, people = engine.today(), _People()
    cells = tuple(_stood(archive, people, today.year))
    with archive.hub.reading() as unit:
        for uid, is_child in _declared(archive, unit, today):
            people.declared.add(uid)
            if is_child:
                people.children.add(uid)
    return Exposure(
        year=today.year,
        cells=cells,
        declared=len(people.declared),
        declared_sensitive=len(people.children),
        stray=len(people.stray),
        stray_sensitive=len(people.stray_sensitive),
        thresholds=_thresholds(people),
    )


def _thresholds(people: _People) -> tuple[Threshold, ...]:
    everybody = len(people.declared | people.stray)
    sensitive = len(people.children | people.stray_sensitive)
    return (
        Threshold(PEOPLE, 100_000, everybody, CONTRACT),
        Threshold(ANY_SENSITIVE, 1, sensitive, CONTRACT),
        Threshold(MANY_SENSITIVE, 10_000, sensitive, ASSESSMENT),
    )


def _stood(archive: Archive, people: _People, year: int) -> Iterable[Stood]:
    """Cells by replica and field, of all years; the people of this one are noted."""
    now, zone = archive.engine.clock(), archive.engine.zone
    found: dict[tuple[str, str], Stood] = {}
    for window in Windows(archive.vault).all():
        end = window.until or now
        cell = found.setdefault((window.place, window.field), Stood(window.place, window.field))
        cell.add((end - window.since).total_seconds(), standing=window.until is None)
        if _in_year(window.since, end, year, zone):
            people.stray.add(window.subject)
            if archive.vault.config.class_of(window.field) in SENSITIVE_CLASSES:
                people.stray_sensitive.add(window.subject)
    return [found[key] for key in sorted(found)]


def _in_year(start: datetime, end: datetime, year: int, zone: object) -> bool:
    return start.astimezone(zone).year <= year <= end.astimezone(zone).year  # type: ignore[arg-type]


def _declared(archive: Archive, unit: Unit, today: date) -> Iterator[tuple[Uid, bool]]:
    """Whose plain personal fields stand or stood this year in any table, and whether they tell that it is a child."""
    for table, config in archive.config.tables.items():
        shown = {
            key
            for replica in archive.engine.replicas
            if replica.holds(table)
            for key in replica.fields(table)
            if config.fields[key].abroad and not config.fields[key].sensitive
        }
        births = [key for key in shown if is_birth_date(key, config.fields[key])]
        for one in unit.records.of_table(table, *State) if shown else ():
            here = (
                one.state is not State.ARCHIVED
                or one.changed_at.astimezone(archive.engine.zone).year == today.year
            )
            if here and shown & one.values.keys():
                yield _whose(archive, one), _is_child(one.values, births, today)


def _whose(archive: Archive, one: Record) -> Uid:
    """The person a record belongs to; the record itself while it names none."""
    config = archive.config.tables[one.table]
    links = (
        [config.subject]
        if config.subject in config.links
        else []
        if config.subject
        else list(config.links)[:1]
    )
    return next(
        (uid for key in links if key for uid in refers(config.fields[key], one.values.get(key))), one.uid
    )


def _is_child(values: Mapping[FieldKey, object], births: Iterable[FieldKey], today: date) -> bool:
    dates = (values.get(key) for key in births)
    return any(isinstance(day, date) and years_after(day, CHILD_YEARS) > today for day in dates)


def note_exposure(archive: Archive, found: Exposure) -> list[Threshold]:
    """Keep the count for whoever looks, and raise the alarms; which are new."""
    counted = Counted(archive.engine.clock(), found.thresholds)
    archive.hub.bindings(KIND).set(LAST, orjson.dumps(asdict(counted)).decode())
    return alarm_at_thresholds(archive.vault, found)


def last_counted(hub: Hub) -> Counted | None:
    """The last count; None when nobody has counted yet."""
    text = hub.bindings(KIND).get(LAST)
    if text is None:
        return None
    kept = orjson.loads(text)
    thresholds = tuple(Threshold(**one) for one in kept["thresholds"])
    return Counted(datetime.fromisoformat(kept["at"]), thresholds)


def alarm_at_thresholds(vault: Vault, found: Exposure) -> list[Threshold]:
    """Store and log an alarm for each threshold that was reached, once a year; which are new."""
    new: list[Threshold] = []
    for one in found.thresholds:
        what = f"{found.year} {one.name} {one.limit}"
        known = sa.select(alarm.c.alarm_id).where(alarm.c.kind == KIND, alarm.c.what == what)
        with vault.store.writing() as connection:
            if not one.reached or connection.execute(known).first():
                continue
            if raise_alarm(vault, connection, kind=KIND, actor="", what=what):
                new.append(one)
    return new
