"""Which rows of a flat ledger are one person: the same usable identity number, or else name, birth and phone together.

Careful: two names are two people even under one number (the engine then holds the second), and where two people would
fit, none is taken.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from validators.schema import FieldKey, SchemaConfig

from .entries import Entry
from .layout import ROOT

Mark = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which fields of the customers tell who somebody is; blank where the configuration has none."""

    key: FieldKey
    number: FieldKey
    name: FieldKey
    birth: FieldKey = "birth_date"
    phone: FieldKey = "mobile"

    @staticmethod
    def of(schema: SchemaConfig) -> "Identity":
        """Those of this configuration."""
        config = schema.tables[ROOT]
        number = next((key for key, field in config.fields.items() if field.identity), "")
        return Identity(config.key, number, config.label or "")


@dataclass(slots=True)
class Person:
    """The rows of one person, in the order of the workbook."""

    entries: list[Entry]

    @property
    def latest_first(self) -> list[Entry]:
        """By application date; of rows of one day the lower one counts as later."""
        return sorted(self.entries, key=lambda entry: (entry.applied, entry.position), reverse=True)

    def texts(self, key: FieldKey) -> set[str]:
        """What the rows say in a field of the customer, blanks left out."""
        return {text for entry in self.entries if (text := entry.text(ROOT, key))}


def people(entries: Iterable[Entry], identity: Identity) -> list[Person]:
    """The persons whom these rows speak of, in the order of their first rows."""
    groups = _Groups(identity)
    # Rows with a usable number come first, so that the others find all the persons that they may belong to.
    for entry in sorted(entries, key=lambda entry: entry.value(ROOT, identity.number) is None):
        groups.place(entry)
    for person in groups.persons:
        person.entries.sort(key=lambda entry: entry.position)
    return sorted(groups.persons, key=lambda person: person.entries[0].position)


class _Groups:
    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self.persons: list[Person] = []
        self._marked: dict[Mark, list[Person]] = defaultdict(list)

    def place(self, entry: Entry) -> None:
        person = self._find(entry)
        if person is None:
            person = Person([])
            self.persons.append(person)
        person.entries.append(entry)
        for mark in (*self._strong(entry), *self._weak(entry)):
            if person not in self._marked[mark]:
                self._marked[mark].append(person)

    def _find(self, entry: Entry) -> Person | None:
        for mark in (*self._strong(entry), *self._weak(entry)):
            fitting = [person for person in self._marked[mark] if self._fits(person, entry)]
            if len(fitting) == 1:
                return fitting[0]
        return None

    def _strong(self, entry: Entry) -> Iterator[Mark]:
        """What names one person by itself: the customer's own number in the file, a usable identity number."""
        if key := entry.text(ROOT, self._identity.key):
            yield "key", key
        if number := entry.value(ROOT, self._identity.number):
            yield "number", str(number)

    def _weak(self, entry: Entry) -> Iterator[Mark]:
        """What names one person only together: a number that cannot be used is no proof by itself."""
        identity = self._identity
        name, birth = entry.text(ROOT, identity.name), entry.text(ROOT, identity.birth)
        if not (name and birth):
            return
        if number := entry.text(ROOT, identity.number):
            yield "written", number, name, birth
        if phone := entry.text(ROOT, identity.phone):
            yield "phone", phone, name, birth

    def _fits(self, person: Person, entry: Entry) -> bool:
        name, number = entry.text(ROOT, self._identity.name), entry.value(ROOT, self._identity.number)
        numbers = {each.value(ROOT, self._identity.number) for each in person.entries} - {None}
        return (not name or person.texts(self._identity.name) <= {name}) and (
            number is None or numbers <= {number}
        )
