"""Policies of a flat ledger: one record per row, with what its status asks for and the people it names."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.connection import Uid
from validators.choices import find_option
from validators.raw import Raw
from validators.schema import FieldKey, SchemaConfig
from validators.text import normalise_identifier

from .directory import Directory
from .entries import Entry
from .existing import Existing
from .layout import APPLIED, ENDED, MATURED, POLICIES, SELF
from .workbook import Cells, is_blank


@dataclass(frozen=True, slots=True)
class Party:
    """A person on a policy: uid, and name in the form in which equal names are equal."""

    uid: Uid
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PolicyParties:
    """A policy and its people, the insured person first."""

    uid: Uid
    parties: tuple[Party, ...]


def with_ending(cells: Cells, schema: SchemaConfig) -> dict[FieldKey, Raw]:
    """The cells, and for a contract that has ended why and when, as far as its status (满期, 退保 …) tells."""
    filled = {key: raw for key, raw in cells.items() if not is_blank(raw)}
    fields = schema.tables[POLICIES].fields
    if not {"status", "termination_reason", "terminated_on"} <= fields.keys():
        return filled
    status, reasons = str(filled.get("status", "")), schema.options_of(fields["termination_reason"])
    if find_option(status, schema.options_of(fields["status"])) != ENDED:
        return filled
    if find_option(status, reasons) is not None:
        filled.setdefault("termination_reason", status)
    if find_option(str(filled.get("termination_reason", "")), reasons) in MATURED and "expiry_date" in filled:
        filled.setdefault("terminated_on", filled["expiry_date"])
    return filled


def with_people(
    cells: Cells, customer: Party, schema: SchemaConfig, directory: Directory
) -> tuple[dict[FieldKey, Raw], dict[FieldKey, Uid]]:
    """Cells and links of a policy of this customer. Who is insured, where the row does not say, is the customer."""
    cells = dict(cells)
    insured, relation = cells.get("insured_no"), cells.get("insured_relation")
    is_self = normalise_identifier(str(insured)) == customer.name or (
        is_blank(insured) and (is_blank(relation) or str(relation).strip() == SELF)
    )
    if is_self:
        cells.pop("insured_no", None)
    cells, links = directory.linked(POLICIES, cells)
    links["customer_no"] = customer.uid
    if is_self and "insured_no" in schema.tables[POLICIES].fields:
        links["insured_no"] = customer.uid
        if "insured_relation" in schema.tables[POLICIES].fields:
            cells.setdefault("insured_relation", SELF)
    return cells, links


class KnownPolicies:
    """The policies that the archive has already."""

    def __init__(self, existing: Existing, key: FieldKey, entries: list[Entry]) -> None:
        self._key = key
        numbers = {entry.text(POLICIES, key) for entry in entries} - {""}
        self._numbered = existing.by_key(POLICIES, numbers)
        self._owners = {
            uid: record.values.get("customer_no")
            for uid, record in existing.get_many(POLICIES, self._numbered.values()).items()
        }
        self._unnumbered: Mapping[tuple[object, ...], Uid] = {
            _likeness(record.values): record.uid for record in existing.all(POLICIES) if not record.key
        }

    def uids_of(self, entries: list[Entry]) -> list[Uid]:
        """The policies whose numbers these rows hold, whosever they are."""
        numbers = (entry.text(POLICIES, self._key) for entry in entries)
        return [self._numbered[number] for number in numbers if number in self._numbered]

    def uid_of(self, entry: Entry, customer: Uid) -> Uid | None:
        """The policy of this row, if it is this customer's. One that is held for its number has none yet."""
        uid = self._numbered.get(entry.text(POLICIES, self._key))
        if uid is not None and self._owners.get(uid) == customer:
            return uid
        values = {**entry.values.get(POLICIES, {}), "customer_no": customer}
        return self._unnumbered.get(_likeness(values))


def _likeness(values: Mapping[FieldKey, object]) -> tuple[object, ...]:
    return tuple(values.get(key) for key in ("customer_no", "product_name", APPLIED))


class PolicyIndex:
    """Policies of file and archive by number, for claims."""

    def __init__(self, schema: SchemaConfig, existing: Existing, name: FieldKey) -> None:
        self._schema, self._existing, self._name = schema, existing, name
        self._of_file: dict[str, list[PolicyParties]] = defaultdict(list)

    def add(self, number: str, policy: PolicyParties) -> None:
        """A policy of the file, new or not."""
        if number:
            self._of_file[number].append(policy)

    def find(self, number: str, person: str) -> PolicyParties | None:
        """The policy of that number; of several, the one that this person is on, else the first."""
        found = self._of_file.get(number) or self._archived(number)
        fitting = [policy for policy in found if any(party.name == person for party in policy.parties)]
        return next(iter(fitting or found), None)

    def _archived(self, number: str) -> list[PolicyParties]:
        uid = self._existing.by_key(POLICIES, [number]).get(number)
        record = self._existing.get_many(POLICIES, [uid]).get(uid) if uid else None
        if record is None:
            return []
        links = [record.values.get(key) for key in ("insured_no", "customer_no")]
        uids = [link for link in links if isinstance(link, str)]
        customers = self._existing.get_many("customers", uids)
        parties = [Party(uid, self._name_of(customers[uid].values)) for uid in uids if uid in customers]
        return [PolicyParties(record.uid, tuple(parties))]

    def _name_of(self, values: Mapping[FieldKey, object]) -> str:
        return normalise_identifier(str(values.get(self._name) or ""))
