"""Flat sheets to rows: one record per customer, one per policy, one per state of health and of finances."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby

from sync.admit import NewRow
from sync.connection import Uid
from validators.schema import FieldKey, SchemaConfig, TableKey

from .customers import Customer, Recognition, customer_cells, differing
from .directory import Directory
from .entries import UNDATED, Entry
from .existing import Existing
from .layout import APPLIED, DATED, POLICIES, ROOT
from .notes import Notes
from .people import Identity, people
from .policies import KnownPolicies, Party, PolicyIndex, PolicyParties, with_ending, with_people
from .workbook import is_blank


class Ledger:
    """Splits the rows of flat sheets."""

    def __init__(
        self,
        schema: SchemaConfig,
        existing: Existing,
        directory: Directory,
        policies: PolicyIndex,
        notes: Notes,
        new_uid: Callable[[], Uid],
    ) -> None:
        self._schema, self._existing, self._directory = schema, existing, directory
        self._policies, self._notes, self._new_uid = policies, notes, new_uid
        self._identity = Identity.of(schema)
        self._dates = {table: self._dates_of(table) for table in DATED if table in schema.tables}

    def split(self, entries: list[Entry]) -> Iterator[NewRow]:
        """All rows that are new; what is already there, repeated or differing goes to the notes."""
        has_policies = POLICIES in self._schema.tables
        key = self._schema.tables[POLICIES].key if has_policies else ""
        known = KnownPolicies(self._existing, key, entries if has_policies else [])
        recognition = Recognition(self._schema, self._existing, self._identity)
        for person in people(entries, self._identity):
            uid = recognition.uid_of(person, known.uids_of(person.entries))
            name = next(iter(person.texts(self._identity.name)), "")
            customer = Customer(person, uid or self._new_uid(), is_new=uid is None, name=name)
            yield from self._customer(customer)
            if has_policies:
                yield from self._policies_of(customer, known, key)
            for table in self._dates:
                yield from self._states_of(customer, table)

    def _customer(self, customer: Customer) -> Iterator[NewRow]:
        self._notes.found[ROOT] += 1
        if not customer.is_new:
            self._notes.present[ROOT] += 1
            return
        for header, origins in differing(customer.person, self._schema):
            self._notes.remark(f"同一客户各行的{header}不同,已用较新的一行", origins)
        cells, links = self._directory.linked(ROOT, customer_cells(customer.person, self._schema))
        yield NewRow(ROOT, customer.uid, cells, links, customer.person.entries[0].origin)

    def _policies_of(self, customer: Customer, known: KnownPolicies, key: FieldKey) -> Iterator[NewRow]:
        party = Party(customer.uid, customer.name)
        written: list[object] = []
        for entry in customer.person.entries:
            if not entry.holds(POLICIES):
                continue
            self._notes.found[POLICIES] += 1
            likeness = _likeness(entry, POLICIES)
            if likeness in written:
                self._notes.repeated[POLICIES] += 1
                self._notes.remark("与前面某行完全相同,只录入一次", [entry.origin])
                continue
            written.append(likeness)
            cells, links = with_people(
                with_ending(entry.cells[POLICIES], self._schema), party, self._schema, self._directory
            )
            uid = known.uid_of(entry, customer.uid)
            insured = links.get("insured_no")
            parties = (party,) if insured in (None, party.uid) else (Party(insured, ""), party)
            row = NewRow(POLICIES, uid or self._new_uid(), cells, links, entry.origin)
            self._policies.add(entry.text(POLICIES, key), PolicyParties(row.uid, parties))
            if uid is None:
                yield row
            else:
                self._notes.present[POLICIES] += 1

    def _states_of(self, customer: Customer, table: TableKey) -> Iterator[NewRow]:
        """One record per stretch of rows, by date, that say the same; it bears the date of the last of them."""
        dated = DATED[table]
        filled = [entry for entry in customer.person.latest_first[::-1] if entry.holds(table)]
        for _, stretch in groupby(filled, key=lambda entry: _likeness(entry, table, but=dated)):
            entries = list(stretch)
            self._notes.found[table] += 1
            if {(customer.uid, _day(entry, table)) for entry in entries} & self._dates[table]:
                self._notes.present[table] += 1
                continue
            last = entries[-1]
            cells, links = self._directory.linked(table, last.cells[table])
            if dated in self._schema.tables[table].fields and not is_blank(last.raw(POLICIES, APPLIED)):
                cells.setdefault(dated, last.raw(POLICIES, APPLIED))
            links["customer_no"] = customer.uid
            yield NewRow(table, self._new_uid(), cells, links, last.origin)

    def _dates_of(self, table: TableKey) -> set[tuple[object, object]]:
        """Whose state of affairs the archive has, and of when."""
        records = self._existing.all(table)
        return {(each.values.get("customer_no"), each.values.get(DATED[table], UNDATED)) for each in records}


def _likeness(entry: Entry, table: TableKey, *, but: FieldKey = "") -> dict[FieldKey, str]:
    """What a row says in the fields of one table; equal if they say the same however they are written."""
    keys = (key for key in entry.cells[table] if key != but)
    return {key: text for key in keys if (text := entry.text(table, key))}


def _day(entry: Entry, table: TableKey) -> object:
    day = entry.value(table, DATED[table])
    return day if isinstance(day, date) else entry.applied
