"""Who is told what: due items sorted into one letter per reader, by the people whose files they stand in. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from jobs.config import DigestConfig
from jobs.due import Due
from jobs.people import People, Person


@dataclass(frozen=True, slots=True)
class Part:
    """What is due in the files of one person; `person` is None for files that nobody looks after."""

    person: Person | None
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """All parts that one address gets. None when there is nothing due and the reader is told so."""

    address: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """The letters, by address, and what found no reader with an address."""

    letters: tuple[Letter, ...]
    unaddressed: tuple[Due, ...]


def sort_letters(
    dues: Iterable[Due], people: People, digest: DigestConfig, *, no_owner: str | None
) -> Sorted:
    """One letter per address. What has no owner, or no owner with an address, goes to `no_owner`."""
    by_owner: dict[Person | None, list[Due]] = {}
    for due in dues:
        by_owner.setdefault(people.in_charge(due.recipient), []).append(due)
    parts: dict[str, list[Part]] = {}
    unaddressed: list[Due] = []
    for owner in sorted(by_owner, key=_by_name):
        address = _address(owner, people, digest) or no_owner
        if address:
            parts.setdefault(address.lower(), []).append(Part(owner, tuple(by_owner[owner])))
        else:
            unaddressed += by_owner[owner]
    if not digest.skip_if_empty and digest.to == "managers":
        for manager in people.managers():
            if address := people.reader(manager).email:
                parts.setdefault(address.lower(), [])
    letters = (Letter(address, tuple(parts[address])) for address in sorted(parts))
    return Sorted(tuple(letters), tuple(unaddressed))


def _address(owner: Person | None, people: People, digest: DigestConfig) -> str | None:
    if owner is None:
        return None
    return people.reader(owner if digest.to == "owners" else people.manager_of(owner)).email


def _by_name(person: Person | None) -> tuple[bool, str, str]:
    return (True, "", "") if person is None else (False, person.name, person.uid)
