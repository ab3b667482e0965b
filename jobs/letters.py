"""Who is told what: due items sorted into one letter per address, by the people whose files they stand in. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from jobs.config import MANAGERS, OWNERS, DigestConfig, JobsConfig
from jobs.due import Due
from jobs.people import People, Person
from jobs.reminder_config import MANAGER


@dataclass(frozen=True, slots=True)
class Part:
    """What is due in the files of one person, or what a department has to do.

    Without either: files that nobody looks after.
    """

    person: Person | None
    dues: tuple[Due, ...]
    department: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What one digest says in a letter; without parts, the reader is told that there is nothing."""

    digest: DigestConfig
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """All sections that one address gets, and the departments of those who read there."""

    address: str
    sections: tuple[Section, ...]
    departments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sorted:
    """The letters, by address, and by digest what found no reader with an address."""

    letters: tuple[Letter, ...]
    unaddressed: Mapping[str, tuple[Due, ...]]


class Desk:
    """Knows the addresses of persons and departments on one day."""

    def __init__(self, people: People, config: JobsConfig) -> None:
        self.people, self._config = people, config
        self._departments = people.departments_by_address()

    def of_owner(self, owner: Person | None) -> list[str]:
        """Who reads what is addressed to a person today."""
        address = self.people.reader(owner).email if owner else None
        return [address.lower()] if address else []

    def of_manager(self, owner: Person) -> list[str]:
        """Who reads what is addressed to a person's manager today."""
        return self.of_owner(self.people.manager_of(owner))

    def of_department(self, name: str) -> list[str]:
        """A department's mailbox, or everybody who works there and has an address."""
        mailbox = self._config.mail.mailboxes.get(name)
        if mailbox:
            return [mailbox.lower()]
        readers = (self.people.reader(person).email for person in self.people.of_department(name))
        return list(dict.fromkeys(address.lower() for address in readers if address))

    def above(self, due: Due, owner: Person | None) -> list[str]:
        """Who reads for the manager of whom something is due to; a department's are those whom its people report to."""
        people = [owner] if owner else self.people.of_department(due.department) if due.department else []
        return list(dict.fromkeys(address for person in people for address in self.of_manager(person)))

    def of_nobody(self, due: Due) -> list[str]:
        """Who gets what has no owner with an address: the department it is for or that is responsible for its table, else `no_owner`."""
        department = due.department or self._config.people.responsible.get(due.table)
        no_owner = self._config.mail.no_owner
        return (self.of_department(department) if department else []) or (
            [no_owner.lower()] if no_owner else []
        )

    def departments_at(self, address: str) -> frozenset[str]:
        """The departments of those who read at an address."""
        boxes = {name for name, mailbox in self._config.mail.mailboxes.items() if mailbox.lower() == address}
        return frozenset(boxes | self._departments.get(address, set()))


def unread(people: People, config: JobsConfig) -> list[str]:
    """The departments that mails are to go to and where nobody has an address today, in the order of the configuration."""
    desk = Desk(people, config)
    named = [each.to for each in config.digests if each.to not in (OWNERS, MANAGERS)]
    named += [each.department for each in config.reminders if each.department]
    named += [each.to for rule in config.reminders for each in rule.escalate if each.to != MANAGER]
    named += [] if config.mail.no_owner else config.people.responsible.values()
    return [name for name in dict.fromkeys(named) if not desk.of_department(name)]


def sort_letters(
    dues: Sequence[Due], people: People, digests: Iterable[DigestConfig], config: JobsConfig
) -> Sorted:
    """One letter per address, whatever the number of digests that reach it. Nothing stands in a letter twice."""
    desk = Desk(people, config)
    sections: dict[str, list[Section]] = {}
    unaddressed: dict[str, tuple[Due, ...]] = {}
    for digest in digests:
        found, lost = _sorted(dues, desk, digest)
        unaddressed[digest.id] = tuple(lost)
        for address, parts in found.items():
            sections.setdefault(address, []).append(Section(digest, tuple(parts)))
    letters = (
        Letter(address, tuple(_without_repeats(sections[address])), desk.departments_at(address))
        for address in sorted(sections)
    )
    return Sorted(tuple(letters), unaddressed)


Whose = tuple[Person | None, str]
"""The person whose files it is in, or the department that has to do it."""


def _sorted(dues: Sequence[Due], desk: Desk, digest: DigestConfig) -> tuple[dict[str, list[Part]], list[Due]]:
    """The parts of one digest by address, and what reaches nobody."""
    if digest.content != "items":
        return {address: [] for address in desk.of_department(digest.to)}, []
    found: dict[str, dict[Whose, list[Due]]] = {}
    lost: list[Due] = []
    for due in dues:
        if digest.kinds and due.kind not in digest.kinds:
            continue
        owner = desk.people.in_charge(due.recipient)
        addresses = _addresses(due, owner, desk, digest)
        lost += [] if addresses else [due]
        for address in addresses:
            found.setdefault(address, {}).setdefault((owner, "" if owner else due.department), []).append(due)
    parts = {
        address: [
            Part(owner, tuple(by_owner[owner, department]), department)
            for owner, department in sorted(by_owner, key=by_name)
        ]
        for address, by_owner in found.items()
    }
    for address in [] if digest.skip_if_empty else _told_of_nothing(desk, digest):
        parts.setdefault(address, [])
    return parts, lost


def _addresses(due: Due, owner: Person | None, desk: Desk, digest: DigestConfig) -> list[str]:
    if digest.to == MANAGERS:
        return desk.above(due, owner) or desk.of_nobody(due)
    if digest.to != OWNERS:
        return desk.of_department(digest.to)
    return readers(due, desk)


def readers(due: Due, desk: Desk) -> list[str]:
    """Every address that is mailed one thing: of whom it concerns, or who stands in for them, and of who hears of it besides."""
    owner = desk.people.in_charge(due.recipient)
    own = desk.of_owner(owner) or desk.of_nobody(due)
    return list(dict.fromkeys([*own, *_escalated(due, owner, desk)]))


def _escalated(due: Due, owner: Person | None, desk: Desk) -> Iterator[str]:
    for each in due.escalated:
        yield from desk.above(due, owner) if each == MANAGER else desk.of_department(each)


def _told_of_nothing(desk: Desk, digest: DigestConfig) -> Iterator[str]:
    """Silence would look like a broken daemon: managers and departments also hear that there is nothing."""
    if digest.to == MANAGERS:
        for manager in desk.people.managers():
            yield from desk.of_owner(manager)
    elif digest.to != OWNERS:
        yield from desk.of_department(digest.to)


def _without_repeats(sections: Iterable[Section]) -> Iterator[Section]:
    """The sections as they are, but each item only where it stands first."""
    told: set[str] = set()
    for section in sections:
        kept = [
            replace(part, dues=tuple(due for due in part.dues if due.item not in told))
            for part in section.parts
        ]
        told |= {due.item for part in section.parts for due in part.dues}
        left = tuple(part for part in kept if part.dues)
        if left or not section.parts:
            yield replace(section, parts=left)


def by_name(whose: Whose) -> tuple[bool, str, str]:
    """Persons first, then departments, then nobody."""
    person, department = whose
    return (True, department, "") if person is None else (False, person.name, person.uid)
