"""Takes a person out of the tables: every record of theirs is archived for good, and emptied where it is to be erased."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.values import refers
from vault.vault import Vault

from .connection import Uid
from .history_chain import rewrite_on_chain
from .store.hub import Hub, Unit
from .store.records import ERASED, RESTRICTED, Record, State, blocks
from .store.tables import history, insertion, ledger, record


@dataclass(frozen=True, slots=True)
class Person:
    """A person's records by table: their own, and those that belong to them."""

    uid: Uid
    records: Mapping[TableKey, tuple[Uid, ...]]

    @property
    def uids(self) -> list[Uid]:
        """Of all records, the person's own first."""
        found = [uid for uids in self.records.values() for uid in uids]
        return [self.uid, *(uid for uid in found if uid != self.uid)]


def person(schema: SchemaConfig, unit: Unit, uid: Uid) -> Person:
    """Which records leave with this person: their own, those that name them as subject, and those that only link to them.

    A contract of somebody else that names the person stays, like its other parties.
    """
    found: dict[TableKey, list[Uid]] = {}
    for one in _own(schema, unit, uid):
        found.setdefault(one.table, []).append(one.uid)
    return Person(uid, {table: tuple(dict.fromkeys(uids)) for table, uids in found.items()})


def _own(schema: SchemaConfig, unit: Unit, uid: Uid) -> Iterator[Record]:
    mine = unit.records.find(uid)
    if mine is not None:
        yield mine
    for table, config in schema.tables.items():
        links = _leading_to_persons(schema, table)
        if not links:
            continue
        for one in unit.records.of_table(table, *State):
            if one.uid == uid:
                continue
            if any(uid in refers(config.fields[key], one.values.get(key)) for key in links):
                yield one


def _leading_to_persons(schema: SchemaConfig, table: TableKey) -> list[FieldKey]:
    """The links that make a record somebody's: its subject, or, where it has none, those that it cannot be without."""
    config = schema.tables[table]
    if config.subject:
        return [config.subject] if config.subject in config.links else []
    return [
        key
        for key, link in config.links.items()
        if link.required and schema.tables[link.to or ""].subject == "self"
    ]


def take_out(hub: Hub, vault: Vault, schema: SchemaConfig, who: Person, *, mark: str, now: datetime) -> int:
    """Archive a person's records under a final tombstone; `ERASED` empties them, too. The next cycle takes the rows away.

    How many records. Repeating it after a crash ends in the same state.
    """
    with hub.unit() as unit:
        for table, uids in who.records.items():
            for one in unit.records.get_many(table, uids).values():
                _archive(unit, one, schema.tables[table].key, mark, now)
        numbers = _emptied(unit, who) if mark == ERASED else []
    if numbers:
        rewrite_on_chain(hub, vault, numbers, reason=f"{ERASED} {who.uid}")
    return sum(map(len, who.records.values()))


def _archive(unit: Unit, one: Record, key: FieldKey, mark: str, now: datetime) -> None:
    values = one.values if mark == RESTRICTED else {key: one.values[key]} if key in one.values else {}
    unit.records.save(one.table, one.uid, values, state=State.ARCHIVED, now=now)
    unit.records.bury(one.table, one.uid, replica=mark, now=now)


def _emptied(unit: Unit, who: Person) -> list[int]:
    """What else the hub knows of the records: columns the config no longer has, lost values, and the values of the history."""
    numbers: list[int] = []
    for table, uids in who.records.items():
        for uid in uids:
            kept = unit.records.get(table, uid)
            those = (record.c.table == table, record.c.uid == uid)
            values = dict(kept.values) if kept else {}
            unit.connection.execute(update(record).where(*those).values(values=values, hints=[]))
    for block in blocks(who.uids):
        for stored in (ledger, insertion):
            unit.connection.execute(delete(stored).where(stored.c.uid.in_(block)))
        numbers += unit.connection.execute(select(history.c.id).where(history.c.uid.in_(block))).scalars()
        unit.connection.execute(
            update(history).where(history.c.uid.in_(block)).values(before=None, after=None)
        )
    return numbers
