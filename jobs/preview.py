"""The digests of a day as mails, from what is due to the rendered text. Reads the hub, writes nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select

from jobs.calendar import Calendar
from jobs.collect import Collected, Ground, Open, collect
from jobs.config import MANAGERS, DigestConfig, JobsConfig
from jobs.digest import Naming, Place, Setting, build_digest, listed, shown
from jobs.digest_page import Anchor, Facts
from jobs.due import Failure, Today
from jobs.fact_words import FactWords, fact_words
from jobs.files import Files
from jobs.items import Item, Items, wished
from jobs.letters import Desk, Letter, sort_letters
from jobs.mail import Mail
from jobs.outbox import TOGETHER, mail_id
from jobs.people import People, read_people
from jobs.reminders import ReminderBook
from jobs.rendering import render
from jobs.week import Week, week_ago, weeks
from jobs.words import english_terms, words_of
from sync.admit import SOURCE as IMPORT
from sync.connection import Uid
from sync.store.hub import Hub, Unit
from sync.store.tables import history
from validators.dates import SHANGHAI
from validators.schema import SchemaConfig, TableKey
from vault.masks import MasksConfig, mask

Links = Callable[[Iterable[Place]], Mapping[Place, tuple[Anchor, ...]]]
"""Where the rows of records are, on each side that has them."""


def no_facts() -> Facts:
    """Nothing is known of how the archive runs."""
    return Facts()


@dataclass(frozen=True, slots=True)
class Archive:
    """What digests are made from: the archive's state, and the settings that say what is due, to whom, and how it is named."""

    name: str
    hub: Hub
    schema: SchemaConfig
    config: JobsConfig
    masks: MasksConfig
    links: Links
    open: Open
    """Opens what conditions may read: `Vault.open_for_check`, which counts it."""
    desk_url: str = ""
    locale: str = "zh-CN"
    facts: Callable[[], Facts] = no_facts
    """How the archive runs, asked once for each run."""
    figures: Callable[[], tuple[tuple[str, str], ...]] = tuple
    """Numbers about the whole archive, asked only when somebody reads them."""
    todo: Callable[[], str] = str
    """Where the to-do table is; empty where nobody has one."""

    @property
    def terms(self) -> Mapping[str, str]:
        """What English mails call what the configuration names in Chinese."""
        return english_terms(self.schema, self.config.mail.english)

    def at_the_desk(self, uid: Uid) -> str:
        """Where a record is shown inside the company's network; without uid, how the archive stands."""
        return (f"{self.desk_url}/r/{uid}" if uid else f"{self.desk_url}/status") if self.desk_url else ""

    def masked(self, name: str) -> str:
        """A name as mails show it."""
        return mask("name", name, masks=self.masks)

    def ground(self, unit: Unit, book: ReminderBook, today: Today) -> Ground:
        """What collecting what is due works on."""
        return Ground(unit, Files(unit, self.schema), self.schema, book, today, self.open)


@dataclass(frozen=True, slots=True)
class Preview:
    """The mails of a day, and what did not get into any: `unaddressed` counts, by digest, due items without a reader."""

    mails: tuple[Mail, ...]
    unaddressed: Mapping[str, int]
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the mails of a day are made of, read from the hub."""

    collected: Collected
    """As staff wished it."""
    items: Mapping[str, Item]
    people: People
    numbers: Mapping[Place, str]
    names: Mapping[Place, str]
    today: Today
    first_import: date | None
    closed: tuple[Uid, ...] = ()
    """Who had to do what was closed within a week, once for each thing."""


def preview(archive: Archive, *, today: date, only: Iterable[str] | None = None) -> Preview:
    """The mails that a run on this day would store; `only` names digests. Raises ReminderProblems."""
    book = ReminderBook(archive.schema, archive.config)
    with archive.hub.unit() as unit:
        found = find(unit, archive, book, Today.of(today, Calendar(archive.config.calendar)))
    return write_mails(found, archive, digests_named(archive.config, only))


def digests_named(config: JobsConfig, only: Iterable[str] | None) -> list[DigestConfig]:
    """The digests of these ids; all without any."""
    named = None if only is None else set(only)
    return [digest for digest in config.digests if named is None or digest.id in named]


def find(unit: Unit, archive: Archive, book: ReminderBook, today: Today) -> Findings:
    """What is due, and how it is called, read in one transaction. Reads only."""
    ground = archive.ground(unit, book, today)
    config, files = archive.config.people, ground.files
    collected = collect(ground)
    items = Items(unit.connection).open()
    places = {(due.table, due.uid) for due in collected.dues}
    return Findings(
        replace(collected, dues=tuple(wished(collected.dues, items, today.day))),
        items,
        people=read_people(files.rows(config.table), config, today=today.day),
        numbers={place: files.number(*place) for place in places},
        names={place: files.name(*place, archive.masked) for place in places},
        today=today,
        first_import=_first_import(unit) if archive.config.mail.first_days else None,
        closed=tuple(_closed(unit, archive.config.todo.table, today)),
    )


def _closed(unit: Unit, todo: TableKey | None, today: Today) -> Iterable[Uid]:
    """Whose each item was that was closed within a week, as its row in the to-do table has it."""
    items = tuple(Items(unit.connection).closed_since(week_ago(today))) if todo else ()
    rows = unit.records.get_many(todo or "", sorted({item.task for item in items if item.task}))
    for item in items:
        row = rows.get(item.task)
        owner = item.hand_to or (row.values.get("owner_no") if row else None)
        if owner:
            yield str(owner)


def write_mails(found: Findings, archive: Archive, digests: Sequence[DigestConfig]) -> Preview:
    """The mails about what was found. Outside any transaction: links may have to be looked up in the hub."""
    result = sort_letters(found.collected.dues, found.people, digests, archive.config)
    setting = setting_of(found, archive, unaddressed=sum(map(len, result.unaddressed.values())))
    # Only rows of the to-do table know whose a closed item was.
    if archive.config.todo.table and any(digest.to == MANAGERS for digest in digests):
        setting = replace(setting, weeks=_weeks(found, archive))
    if any(digest.content == "figures" for digest in digests):
        setting = replace(setting, facts=replace(setting.facts, figures=archive.figures()))
    return Preview(
        mails=tuple(_mail(letter, archive, setting, found) for letter in result.letters),
        unaddressed={id_: len(dues) for id_, dues in result.unaddressed.items()},
        failures=found.collected.failures,
    )


def setting_of(found: Findings, archive: Archive, *, unaddressed: int = 0) -> Setting:
    """What all mails of a run have in common."""
    quiet_until = found.first_import and found.first_import + timedelta(days=archive.config.mail.first_days)
    return Setting(
        archive.name,
        words_of(archive.locale, archive.terms),
        archive.schema,
        found.today,
        found.items,
        _with_what_went_wrong(
            archive.facts(),
            found.collected.failures,
            unaddressed,
            found.today.calendar.unknown_year(found.today.day),
            fact_words(archive.locale, archive.terms),
        ),
        quiet_until if quiet_until and found.today.day < quiet_until else None,
    )


def _weeks(found: Findings, archive: Archive) -> Mapping[str, Week]:
    desk = Desk(found.people, archive.config)
    return weeks(found.collected.dues, found.items, found.closed, desk, week_ago(found.today))


def naming_for(letter: Letter, archive: Archive, found: Findings, setting: Setting) -> Naming:
    """How the records of a mail are called, and the links its readers may follow."""
    places = sorted(listed(shown(letter, setting)))
    desk = setting.words.desk
    readers = archive.config.mail.readers
    allowed = [
        place for place in places if place[0] not in readers or letter.departments & set(readers[place[0]])
    ]
    links = dict(archive.links(allowed))
    for place in places:
        if not links.get(place) and archive.desk_url:
            links[place] = (Anchor(desk, archive.at_the_desk(place[1])),)
    return Naming(found.numbers, found.names, links, archive.todo())


def _mail(letter: Letter, archive: Archive, setting: Setting, found: Findings) -> Mail:
    kinds = TOGETHER.join(section.digest.id for section in letter.sections)
    day = found.today.day
    return render(
        build_digest(letter, setting, naming_for(letter, archive, found, setting)),
        id_=mail_id(kinds, letter.address, day.isoformat()),
        kind=kinds,
        recipient=letter.address,
        sender=archive.config.mail.sender,
        day=day,
    )


def _with_what_went_wrong(
    facts: Facts,
    failures: Sequence[Failure],
    unaddressed: int,
    unknown_year: int | None,
    words: FactWords,
) -> Facts:
    """Operations hear of each reminder that failed, by its id and the record's, of items that reach nobody, and of the calendar."""
    lines = [(f"{each.reminder} {each.table} {each.uid}", each.reason) for each in failures[:FAILURES_MAX]]
    lines += [(words.unjudged, str(len(failures)))] if failures else []
    lines += [(words.unaddressed, str(unaddressed))] if unaddressed else []
    lines += [(words.calendar.format(year=unknown_year), words.calendar_unknown)] if unknown_year else []
    troubles = facts.troubles + len(failures) + bool(unaddressed) + bool(unknown_year)
    return replace(facts, operations=(*facts.operations, *lines), troubles=troubles)


FAILURES_MAX = 20
"""Failures that are named in a mail; the others are counted."""


def _first_import(unit: Unit) -> date | None:
    """The day on which records first came from a file."""
    query = select(history.c.at).where(history.c.replica == IMPORT).order_by(history.c.id).limit(1)
    at = unit.connection.execute(query).scalar()
    return at.astimezone(SHANGHAI).date() if at else None
