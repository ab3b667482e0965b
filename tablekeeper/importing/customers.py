"""One record of the customer from all the rows that speak of him: the latest usable value of each field counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.connection import Uid
from validators.raw import Raw
from validators.schema import FieldKey, SchemaConfig
from validators.values import Value
from vault.plaintext import Plaintext

from .directory import name_of
from .entries import Entry
from .existing import Existing
from .layout import ACTIVE, INSURED_CUSTOMER, POLICIES, ROOT, UNINSURED_CUSTOMER
from .people import Identity, Person
from .workbook import is_blank


@dataclass(frozen=True, slots=True)
class Customer:
    """A person of the file and the uid that he has or gets."""

    person: Person
    uid: Uid
    is_new: bool
    name: str = field(repr=False)


def customer_cells(person: Person, schema: SchemaConfig) -> dict[FieldKey, Raw]:
    """The raw cells of the customer's record."""
    fields = schema.tables[ROOT].fields
    chosen = {key: entry for key in fields if (entry := _best(person.latest_first, key)) is not None}
    for key, config in fields.items():
        # A number is judged by the kind of document that stood beside it.
        if (
            config.document in chosen
            and key in chosen
            and not is_blank(chosen[key].raw(ROOT, config.document))
        ):
            chosen[config.document] = chosen[key]
    cells = {key: entry.raw(ROOT, key) for key, entry in chosen.items()}
    if "status" in fields and "status" not in cells and (status := _status(person)):
        cells["status"] = status
    return cells


def differing(person: Person, schema: SchemaConfig) -> Iterable[tuple[str, list[str]]]:
    """Fields in which rows of one person differ: header, and the rows whose value was not taken."""
    fields = schema.tables[ROOT].fields
    for key, config in fields.items():
        best = _best(person.latest_first, key)
        if best is None:
            continue
        others = [e.origin for e in person.entries if _usable(e, key) not in (None, _usable(best, key))]
        if others:
            yield config.name, others


def _best(latest_first: list[Entry], key: FieldKey) -> Entry | None:
    """The latest row with a usable value, else the latest that is filled at all."""
    filled = [entry for entry in latest_first if not is_blank(entry.raw(ROOT, key))]
    return next((entry for entry in filled if _usable(entry, key) is not None), filled[0] if filled else None)


def _usable(entry: Entry, key: FieldKey) -> Value | None:
    return entry.value(ROOT, key)


def _status(person: Person) -> str | None:
    """Whether the customer has a policy in force; None where the file does not tell."""
    states = {entry.value(POLICIES, "status") for entry in person.entries} - {None}
    if not states:
        return None
    return INSURED_CUSTOMER if ACTIVE in states else UNINSURED_CUSTOMER


class Recognition:
    """Finds persons of the file among the customers of the archive."""

    def __init__(self, schema: SchemaConfig, existing: Existing, identity: Identity) -> None:
        self._existing, self._identity = existing, identity
        number = schema.tables[ROOT].fields.get(identity.number)
        self._searchable = number is not None and number.sensitive is not None and number.sensitive.search

    def uid_of(self, person: Person, policies: Iterable[Uid]) -> Uid | None:
        """By identity number or customer number; else by one of `policies`, those of the archive that the rows name."""
        for uid in (*self._by_number(person), *self._by_key(person), *self._by_policy(policies)):
            if self._agrees(person, uid):
                return uid
        return None

    def _by_number(self, person: Person) -> set[Uid]:
        numbers = {entry.value(ROOT, self._identity.number) for entry in person.entries} - {None}
        return {uid for number in numbers for uid in self._holders(str(number))}

    def _holders(self, number: str) -> set[Uid]:
        if self._searchable:
            return self._existing.by_secret(ROOT, self._identity.number, Plaintext(number))
        return self._existing.holders(ROOT, self._identity.number, number)

    def _by_key(self, person: Person) -> Iterable[Uid]:
        return self._existing.by_key(ROOT, person.texts(self._identity.key)).values()

    def _by_policy(self, policies: Iterable[Uid]) -> Iterable[Uid]:
        found = self._existing.get_many(POLICIES, policies).values()
        return [uid for record in found if isinstance(uid := record.values.get("customer_no"), str)]

    def _agrees(self, person: Person, uid: Uid) -> bool:
        """Whether name and birth date are the same, as far as both sides have them."""
        record = self._existing.get_many(ROOT, [uid]).get(uid)
        if record is None:
            return False
        name = name_of(record.values, self._identity.name)
        birth = record.values.get(self._identity.birth)
        births = {entry.value(ROOT, self._identity.birth) for entry in person.entries} - {None}
        return (not name or person.texts(self._identity.name) <= {name}) and (
            birth is None or not births or birth in births
        )
