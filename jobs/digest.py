"""A digest mail as its reader sees it: groups by day, counts, masked names. Pure; `rendering.py` makes it a mail.

What stands here is all that a mail can hold: a masked name, a business key, a fixed text and dates. No other field is read.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from jobs.config import MANAGERS, OWNERS, DigestConfig
from jobs.digest_page import Anchor, Chapter, Counts, Digest, Facts, Group, Line, Page, Tally
from jobs.due import Due, Today, pressing
from jobs.items import Item as Kept
from jobs.letters import Letter, Part, Section, Whose, by_name
from jobs.people import Person
from jobs.reminder_config import Priority
from jobs.week import Week
from jobs.words import Words
from sync.connection import Uid
from validators.schema import SchemaConfig, TableKey

Place = tuple[TableKey, Uid]
LONG_HOLIDAY_DAYS = 3
SHOWN = (Priority.URGENT, Priority.HIGH)
"""Priorities that are marked in a line."""


@dataclass(frozen=True, slots=True)
class Naming:
    """How records are called in mails: business keys and masked names, by table and uid, and the links to their rows."""

    numbers: Mapping[Place, str]
    names: Mapping[Place, str]
    links: Mapping[Place, tuple[Anchor, ...]]
    todo: str = ""
    """Where the to-do table is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all mails of a run have in common."""

    archive: str
    words: Words
    schema: SchemaConfig
    today: Today
    items: Mapping[str, Kept]
    facts: Facts
    quiet_until: date | None
    """While an archive is new, only legal time limits are listed until this day."""
    weeks: Mapping[str, Week] = field(default_factory=dict)
    """What managers are told of the week behind, by address."""


def shown(letter: Letter, setting: Setting) -> Letter:
    """The letter without what is only counted yet. A section without anything else is left out: it has something to do."""
    if setting.quiet_until is None:
        return letter
    sections = []
    for section in letter.sections:
        parts = (replace(part, dues=tuple(due for due in part.dues if due.law)) for part in section.parts)
        told = tuple(part for part in parts if part.dues)
        if told or not section.parts:
            sections.append(Section(section.digest, told))
    return Letter(letter.address, tuple(sections), letter.departments)


def listed(letter: Letter) -> set[Place]:
    """The records whose rows a mail leads to."""
    return {
        (due.table, due.uid)
        for section in letter.sections
        for part in section.parts
        for _, dues in _buckets(part.dues)
        for due in dues[: section.digest.max_rows_per_group]
    }


def build_digest(letter: Letter, setting: Setting, naming: Naming) -> Digest:
    """What the reader of a letter is shown."""
    listing = shown(letter, setting)
    every = _dues(letter)
    dues = _dues(listing)
    words, day = setting.words, setting.today.day
    counts, now = _count(every, setting.today), _count(dues, setting.today)
    lists = any(section.digest.content == "items" for section in letter.sections)
    return Digest(
        archive=words.said(setting.archive),
        words=words,
        day=_day_text(day, words),
        subject=_subject(letter, setting, counts, lists=lists),
        counts=replace(counts, now=now.now, legal_now=now.legal_now),
        lists=lists,
        top=_top(_line(min(dues, key=pressing), setting, naming), words) if dues else "",
        people=_tallies(listing, words),
        pages=tuple(_page(section, letter.address, setting, naming) for section in listing.sections),
        remarks=tuple(_remarks(every, dues, setting)) if lists else (),
        owner_fields=tuple(map(words.said, _owner_fields(dues, setting.schema))),
        todo=naming.todo,
        footer=setting.facts.footer,
    )


def _dues(letter: Letter) -> list[Due]:
    return [due for section in letter.sections for part in section.parts for due in part.dues]


def _subject(letter: Letter, setting: Setting, counts: Counts, *, lists: bool) -> str:
    words, named = (
        setting.words,
        {"archive": setting.words.said(setting.archive), "day": setting.today.day.isoformat()},
    )
    if lists:
        numbers = {"total": counts.total, "overdue": counts.overdue, "urgent": counts.urgent}
        return words.subject.format(**named, **numbers)
    if any(section.digest.content == "operations" for section in letter.sections):
        troubles = setting.facts.troubles
        return words.operations_subject.format(
            **named, state=words.bad.format(count=troubles) if troubles else words.good
        )
    return words.figures_subject.format(**named)


def _page(section: Section, reader: str, setting: Setting, naming: Naming) -> Page:
    words, digest = setting.words, section.digest
    if digest.content != "items":
        operations = digest.content == "operations"
        facts = setting.facts.operations if operations else setting.facts.figures
        return Page(words.operations if operations else words.figures, "", facts=facts)
    whose = words.whose.get(digest.to) or words.of_department.format(name=words.said(digest.to))
    return Page(
        heading=words.sections.get(digest.to) or words.said(digest.to),
        nothing="" if section.parts else words.nothing_long.format(whose=whose),
        week=_week(setting.weeks.get(reader), words) if digest.to == MANAGERS else "",
        chapters=tuple(_chapter(part, digest, reader, setting, naming) for part in section.parts),
    )


def _week(week: Week | None, words: Words) -> str:
    return words.week.format(new=week.new, done=week.done) if week else ""


def _chapter(part: Part, config: DigestConfig, reader: str, setting: Setting, naming: Naming) -> Chapter:
    words = setting.words
    of_another = part.person is not None and (part.person.email or "").lower() != reader
    limit = config.max_rows_per_group
    return Chapter(
        heading=_heading(part.person, part.department, words),
        note=_note(part.person, words),
        named=config.to != OWNERS or of_another or part.person is None,
        groups=tuple(
            Group(tone, words.buckets[tone], _by_kind(dues[:limit], setting, naming), len(dues[limit:]))
            for tone, dues in _buckets(part.dues)
            if dues
        ),
    )


def _tallies(letter: Letter, words: Words) -> tuple[Tally, ...]:
    tones: dict[Whose, Counter[int]] = {}
    for part in (part for section in letter.sections for part in section.parts):
        counter = tones.setdefault((part.person, part.department), Counter())
        counter.update(_tone(due.days_left) for due in part.dues)
    found = tuple(
        Tally(
            _heading(*whose, words),
            _note(whose[0], words),
            tuple(tones[whose][tone] for tone in range(len(words.buckets))),
        )
        for whose in sorted(tones, key=by_name)
    )
    return found if len(found) > 1 else ()


def _heading(person: Person | None, department: str, words: Words) -> str:
    return person.name if person else words.said(department) or words.nobody


def _note(person: Person | None, words: Words) -> str:
    return words.away if person and person.away else ""


def _buckets(dues: Sequence[Due]) -> list[tuple[int, list[Due]]]:
    """Overdue, today, within 7 and 30 days, later."""
    sorted_: list[list[Due]] = [[], [], [], [], []]
    for due in dues:
        sorted_[_tone(due.days_left)].append(due)
    return list(enumerate(sorted_))


def _tone(days_left: int) -> int:
    if days_left <= 0:
        return 0 if days_left < 0 else 1
    return 2 if days_left <= 7 else 3 if days_left <= 30 else 4


def _by_kind(dues: Sequence[Due], setting: Setting, naming: Naming) -> tuple[Line, ...]:
    """The lines of a group, those of a kind together; the kind of the most pressing one first."""
    kinds = list(dict.fromkeys(due.kind for due in dues))
    ordered = sorted(dues, key=lambda due: (kinds.index(due.kind), *pressing(due)))
    return tuple(_line(due, setting, naming) for due in ordered)


def _line(due: Due, setting: Setting, naming: Naming) -> Line:
    place, day = (due.table, due.uid), setting.today.day
    item = setting.items.get(due.item)
    return Line(
        kind=setting.words.said(due.kind),
        what=setting.words.titled(due.title),
        name=naming.names[place],
        number=naming.numbers[place],
        table=setting.words.said(setting.schema.tables[due.table].name),
        day=due.anchor.isoformat(),
        left=_left(due.days_left, setting.words),
        links=naming.links.get(place, ()),
        priority=setting.words.priorities[due.priority] if due.priority in SHOWN else "",
        urgent=due.priority is Priority.URGENT,
        law=setting.words.said(due.law or ""),
        new=item is None or item.key != due.key or item.since == day.isoformat(),
    )


def _top(line: Line, words: Words) -> str:
    return " ".join(filter(None, (words.top.format(what=line.what), line.name, line.number, line.left)))


def _left(days: int, words: Words) -> str:
    if days == 0:
        return words.today
    return words.overdue.format(days=-days) if days < 0 else words.left.format(days=days)


def _day_text(day: date, words: Words) -> str:
    """`2026-11-23 周一`."""
    return f"{day.isoformat()} {words.weekdays[day.weekday()]}"


def _count(dues: Sequence[Due], today: Today) -> Counts:
    # What falls on the days off after today cannot be done on its day.
    now = [due for due in dues if due.days_left <= today.days_off]
    return Counts(
        total=len(dues),
        overdue=sum(due.days_left < 0 for due in dues),
        urgent=sum(due.priority is Priority.URGENT for due in dues),
        now=len(now),
        legal_now=sum(due.law is not None for due in now),
    )


def _remarks(every: Sequence[Due], dues: Sequence[Due], setting: Setting) -> Iterable[str]:
    words, today = setting.words, setting.today
    if today.days_off >= LONG_HOLIDAY_DAYS:
        first, last = today.day + timedelta(days=1), today.day + timedelta(days=today.days_off)
        count = sum(first <= due.anchor <= last for due in every)
        sentence = words.holiday if count else words.holiday_free
        yield sentence.format(days=today.days_off, first=first, last=last, count=count)
    if setting.quiet_until is not None and len(every) > len(dues):
        kinds = Counter(due.kind for due in every if not due.law)
        by_kind = words.between.join(f"{words.said(kind)} {count}" for kind, count in kinds.most_common())
        yield words.first_days.format(until=setting.quiet_until, count=len(every) - len(dues))
        yield words.first_days_list.format(kinds=by_kind)


def _owner_fields(dues: Iterable[Due], schema: SchemaConfig) -> tuple[str, ...]:
    """The header at the end of each path that led to whom something concerns, without repeats."""
    names: dict[str, None] = {}
    for here, path in dict.fromkeys((due.table, due.path) for due in dues if due.path):
        for key in path.split("."):
            field = schema.tables[here].fields[key]
            name, here = field.name, field.to or ""
        names[name] = None
    return tuple(names)
