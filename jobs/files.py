"""The records that jobs read, out of one transaction of the hub: rows, held fields, masked names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Text, cast, or_, select

from jobs.sift import STANDING
from sync.connection import Uid
from sync.merge import Row
from sync.store.hub import Unit
from sync.store.records import blocks
from sync.store.tables import reference, seen
from sync.words import ERROR, WAITING
from validators.schema import FieldKey, FieldType, SchemaConfig, TableKey


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row with fields that wait where they were typed, in whichever replicas."""

    table: TableKey
    uid: Uid
    fields: tuple[FieldKey, ...]
    """In column order."""


class Files:
    """Reads records for one run; each linked record is read once."""

    def __init__(self, unit: Unit, schema: SchemaConfig) -> None:
        self._unit, self._schema = unit, schema
        self._known: dict[tuple[TableKey, Uid], Row | None] = {}
        self._held: list[HeldRow] | None = None
        self._held_fields: Mapping[tuple[TableKey, Uid], tuple[FieldKey, ...]] | None = None

    def rows(self, table: TableKey) -> Iterator[tuple[Uid, Row]]:
        """The records of a table that reminders may speak of, oldest first."""
        return ((record.uid, record.values) for record in self._unit.records.of_table(table, *STANDING))

    def prepare(self, table: TableKey, rows: Mapping[Uid, Row]) -> None:
        """Read at once what these rows link to, and keep them: reading record by record costs several times more."""
        self._known |= {(table, uid): row for uid, row in rows.items()}
        for key, field in self._schema.tables[table].of_type(FieldType.LINK):
            target = field.to or ""
            wanted = {str(row[key]) for row in rows.values() if key in row}
            unknown = sorted(uid for uid in wanted if (target, uid) not in self._known)
            found = self._unit.records.get_many(target, unknown)
            self._known |= {(target, uid): found[uid].values if uid in found else None for uid in unknown}

    def lookup(self, table: TableKey, uid: Uid) -> Row | None:
        """One record's row, whatever its state."""
        place = table, uid
        if place not in self._known:
            record = self._unit.records.get(table, uid)
            self._known[place] = record.values if record else None
        return self._known[place]

    def referrers(self, table: TableKey, by: FieldKey, uids: Iterable[Uid]) -> dict[Uid, list[Uid]]:
        """The records of `table` that are live and lead by this link to any of these, by whom they lead to."""
        found: dict[Uid, list[Uid]] = {}
        for block in blocks(uids):
            query = select(reference.c.to_uid, reference.c.uid).where(
                reference.c.to_uid.in_(block), reference.c.table == table, reference.c.field == by
            )
            for target, uid in self._unit.connection.execute(query):
                found.setdefault(target, []).append(uid)
        standing = self._unit.records.get_many(table, [uid for uids in found.values() for uid in uids])
        self._known |= {(table, uid): each.values for uid, each in standing.items()}
        return {
            target: [uid for uid in uids if uid in standing and standing[uid].state in STANDING]
            for target, uids in found.items()
        }

    def held(self) -> list[HeldRow]:
        """Every row with a held field, by table and age."""
        if self._held is None:
            self._held = self._read_held()
        return self._held

    def held_fields(self, table: TableKey, uid: Uid) -> tuple[FieldKey, ...]:
        """The fields of a record that wait to be mended somewhere."""
        if self._held_fields is None:
            self._held_fields = {(row.table, row.uid): row.fields for row in self.held()}
        return self._held_fields.get((table, uid), ())

    def _read_held(self) -> list[HeldRow]:
        query = select(seen.c.table, seen.c.uid, seen.c.held).where(
            # Compared as text: most rows hold nothing, and neither database compares JSON. A row that lacks what it must
            # have holds no field and is an error all the same.
            or_(cast(seen.c.held, Text) != "{}", seen.c.status == ERROR),
            seen.c.status != WAITING,  # A link that waits for its record is nothing to mend here.
            seen.c.gone_since.is_(None),
        )
        found: dict[tuple[TableKey, Uid], set[FieldKey]] = {}
        for table, uid, held in self._unit.connection.execute(query):
            if table in self._schema.tables:
                found.setdefault((table, uid), set()).update(held)
        return [self._held_row(table, uid, keys) for (table, uid), keys in sorted(found.items())]

    def number(self, table: TableKey, uid: Uid) -> str:
        """What staff call a record by; empty while it has no number, or has it in the vault."""
        config = self._schema.tables[table]
        return self._plain(table, self.lookup(table, uid), config.key)

    def name(self, table: TableKey, uid: Uid, mask: Callable[[str], str]) -> str:
        """The masked name of whom a record is about: its own label, or that of the person it belongs to."""
        config, row = self._schema.tables[table], self.lookup(table, uid)
        if config.label:
            return self._masked(table, row, mask)
        link = self._person_link(table)
        person = (row or {}).get(link) if link else None
        target = config.fields[link].to if link else None
        return self._masked(target, self.lookup(target, str(person)), mask) if target and person else ""

    def _person_link(self, table: TableKey) -> FieldKey | None:
        """The link to the person: the table's subject, or the first step on the way to its owner."""
        config = self._schema.tables[table]
        first, _, further = (config.owner or "").partition(".")
        link = config.subject if config.subject not in (None, "self") else first if further else None
        return link if link in config.links else None

    def _masked(self, table: TableKey, row: Row | None, mask: Callable[[str], str]) -> str:
        label = self._schema.tables[table].label
        text = self._plain(table, row, label) if label else ""
        return mask(text) if text else ""

    def _plain(self, table: TableKey, row: Row | None, key: FieldKey) -> str:
        # A sensitive field holds a token, which is for cells and not for mails.
        field = self._schema.tables[table].fields[key]
        return "" if field.sensitive or row is None else str(row.get(key, ""))

    def _held_row(self, table: TableKey, uid: Uid, keys: set[FieldKey]) -> HeldRow:
        return HeldRow(table, uid, tuple(key for key in self._schema.tables[table].fields if key in keys))
