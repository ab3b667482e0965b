"""Who looks after what, and who reads the mail about it: owners, managers, and who stands in for them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from jobs.config import PeopleConfig
from sync.connection import Uid
from sync.merge import Row


@dataclass(frozen=True, slots=True)
class Person:
    """One member of staff, as the staff table has them today."""

    uid: Uid
    name: str
    email: str | None
    manager: Uid | None
    backup: Uid | None
    active: bool
    away: bool
    department: str = ""


class People:
    """All members of staff."""

    def __init__(self, persons: Iterable[Person]) -> None:
        self._persons: Mapping[Uid, Person] = {person.uid: person for person in persons}

    def get(self, uid: Uid) -> Person | None:
        """The member of staff with this uid."""
        return self._persons.get(uid)

    def of_department(self, name: str) -> list[Person]:
        """Those who work there now, by their names."""
        found = (person for person in self._persons.values() if person.active and person.department == name)
        return sorted(found, key=lambda person: (person.name, person.uid))

    def departments_by_address(self) -> Mapping[str, set[str]]:
        """The departments of those who read at each address."""
        found: dict[str, set[str]] = {}
        for person in self._persons.values():
            if person.department and person.email:
                found.setdefault(person.email.lower(), set()).add(person.department)
        return found

    def in_charge(self, uid: Uid | None) -> Person | None:
        """Who looks after the files of `uid`: that person, or once they have left, the nearest manager who has not."""
        return next((person for person in self._line(uid, _manager) if person.active), None)

    def manager_of(self, person: Person) -> Person:
        """Whose people `person` belongs to. A person without a manager is their own."""
        return self.in_charge(person.manager) or person

    def reader(self, person: Person) -> Person:
        """Who reads the mail for `person` today: while they are away, whoever stands in and is there."""
        there = (each for each in self._line(person.uid, _backup) if each.active and not each.away)
        return next(there, person)

    def managers(self) -> list[Person]:
        """Those whom somebody else reports to, by their names."""
        people = [person for person in self._persons.values() if person.active]
        found = {above.uid: above for person in people if (above := self.manager_of(person)) != person}
        return sorted(found.values(), key=lambda person: (person.name, person.uid))

    def _line(self, uid: Uid | None, step: Callable[[Person], Uid | None]) -> Iterator[Person]:
        """The person, whom they lead to, and so on; ends when it would come round again."""
        passed: set[Uid] = set()
        while uid is not None and uid not in passed and uid in self._persons:
            passed.add(uid)
            yield self._persons[uid]
            uid = step(self._persons[uid])


def read_people(rows: Iterable[tuple[Uid, Row]], config: PeopleConfig, *, today: date) -> People:
    """The people in the rows of the staff table."""
    return People(_person(uid, row, config, today) for uid, row in rows)


def _person(uid: Uid, row: Row, config: PeopleConfig, today: date) -> Person:
    return Person(
        uid,
        name=str(row.get(config.name, "")),
        email=_text(row, config.email),
        manager=_text(row, config.manager),
        backup=_text(row, config.backup),
        active=bool(row.get(config.active)) and not _has_left(row.get(config.left_on or ""), today),
        away=_is_away(row.get(config.away_from), row.get(config.away_to), today),
        department=str(row.get(config.department or "", "")),
    )


def _is_away(first: object, last: object, today: date) -> bool:
    """Away from the first to the last day; with only a first day, until a last one is entered."""
    return isinstance(first, date) and first <= today and (not isinstance(last, date) or today <= last)


def _has_left(day: object, today: date) -> bool:
    return isinstance(day, date) and day <= today


def _text(row: Row, key: str) -> str | None:
    value = row.get(key)
    return value if isinstance(value, str) and value else None


def _manager(person: Person) -> Uid | None:
    return person.manager


def _backup(person: Person) -> Uid | None:
    return person.backup
