"""Changes of records: stored together with their history, and the rows that have to be looked at because of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from validators.issues import Issue
from validators.schema import FieldKey, TableKey
from validators.values import dump_value

from .connection import Uid
from .engine import Engine
from .findings import UNKNOWN_LINK
from .merge import Row
from .store.former_keys import note_former_keys
from .store.hub import Unit
from .store.records import Record, State
from .words import WAITING_LINK, tells_of_loss


@dataclass(frozen=True, slots=True)
class Change:
    """A record as it was (None: new) and as it is now."""

    uid: Uid
    before: Record | None
    values: Row = field(repr=False)
    state: State
    hints: tuple[Issue, ...] = ()
    actor: str | None = None
    note: str = field(default="", repr=False)
    """What the row explained where this was typed."""
    authors: Mapping[FieldKey, str | None] = field(default_factory=dict)
    """Who changed which field, where it was not the actor."""

    @property
    def any(self) -> bool:
        """Whether there is anything to store."""
        return self.before is None or (self.values, self.state, self.hints) != (
            self.before.values,
            self.before.state,
            self.before.hints,
        )

    @property
    def old(self) -> Row:
        return self.before.values if self.before else {}

    @property
    def keys(self) -> frozenset[str]:
        """The fields that differ."""
        return frozenset(
            key for key in self.old.keys() | self.values.keys() if self.old.get(key) != self.values.get(key)
        )


def store_changes(
    engine: Engine, unit: Unit, source: str, table: TableKey, changes: Sequence[Change]
) -> None:
    """Save records, append their history, and queue what reads them. `source` is the replica, or what else did it."""
    if not changes:
        return
    unit.records.save_many(
        table,
        {change.uid: (change.values, change.state, change.hints) for change in changes},
        now=engine.clock(),
    )
    unit.lists.add_history([row for change in changes for row in _history(engine, source, table, change)])
    if unit.lists.counts()["conflicts"]:
        fields = engine.schema.tables[table].fields
        for change in changes:
            # The row that lost the conflict shows both values: whoever types there once it does has seen them.
            told = [
                key for key in sorted(change.keys & fields.keys()) if tells_of_loss(change.note, fields[key])
            ]
            unit.lists.resolve(now=engine.clock(), replica=source, table=table, uid=change.uid, keys=told)
    _wake_readers(engine, unit, table, changes)
    _wake_filters(engine, unit, table, changes)
    _rename_links(engine, unit, table, changes)
    if any(change.before is None or engine.schema.tables[table].key in change.keys for change in changes):
        wake_held_links(engine, unit, table, UNKNOWN_LINK)
    if any(change.before is not None and change.before.state is not change.state for change in changes):
        wake_held_links(engine, unit, table, WAITING_LINK)


def wake_waiting(engine: Engine, unit: Unit, uids: Iterable[Uid]) -> None:
    """Records went live: rows that refer to them may go on."""
    for table, other, _ in unit.records.referrers(uids):
        _queue(engine, unit, table, [other])


def _history(engine: Engine, source: str, table: TableKey, change: Change) -> list[dict[str, object]]:
    now = engine.clock()
    return [
        {
            "at": now,
            "table": table,
            "uid": change.uid,
            "field": key,
            "replica": source,
            "actor": change.authors.get(key, change.actor),
            "before": dump_value(change.old[key]) if key in change.old else None,
            "after": dump_value(change.values[key]) if key in change.values else None,
        }
        for key in sorted(change.keys)
    ]


def _wake_readers(engine: Engine, unit: Unit, table: TableKey, changes: Sequence[Change]) -> None:
    """Queue rows that read a changed record through a rule, or wait for it. Nothing can refer to a new record yet."""
    known = {change.uid: change for change in changes if change.before is not None}
    for other, uid, target in unit.records.referrers(known):
        change = known[target]
        reads = engine.rules.linked_reads(other)
        links = engine.schema.tables[other].links
        read = frozenset().union(
            *(reads.get(key, frozenset()) for key, config in links.items() if config.to == table)
        )
        if change.keys & read or (change.before is not None and change.before.state is not change.state):
            _queue(engine, unit, other, [uid])


def _rename_links(engine: Engine, unit: Unit, table: TableKey, changes: Sequence[Change]) -> None:
    """Records go by other names now: where a link is shown by name, its row is read and written again."""
    renamed = {
        str(change.old[engine.schema.tables[table].key]): change.uid
        for change in changes
        if engine.schema.tables[table].key in change.keys & change.old.keys()
    }
    if not renamed:
        return
    note_former_keys(unit.connection, table, renamed)
    rows: dict[TableKey, set[Uid]] = {}
    for other, uid, _ in unit.records.referrers(renamed.values()):
        rows.setdefault(other, set()).add(uid)
    for replica in engine.replicas:
        for other, uids in rows.items():
            if replica.holds(other) and replica.link_form(table) == "key":
                states = unit.seen.get_many(replica.name, other, uids).values()
                unit.seen.save(
                    replica.name, other, [state.evolve(fingerprint=None, rev=None) for state in states]
                )


def _wake_filters(engine: Engine, unit: Unit, table: TableKey, changes: Sequence[Change]) -> None:
    """Rows whose place a filter decides by a changed record that they link to."""
    keys = frozenset().union(*(change.keys for change in changes if change.before is not None))
    for replica, other in engine.filters.reading(table, keys):
        linked = {uid for name, uid, _ in unit.records.referrers(c.uid for c in changes) if name == other}
        unit.agreement.look_again(replica, other, linked)


def wake_held_links(engine: Engine, unit: Unit, table: TableKey, code: str) -> None:
    """A record got its name, or another state: rows that hold a link until then are looked at again."""
    for other, config in engine.schema.tables.items():
        if any(link.to == table for link in config.links.values()):
            for replica in engine.replicas:
                lost = unit.seen.held_by(replica.name, other, code)
                unit.lists.ask_recheck(replica.name, other, lost, "linked")


def _queue(engine: Engine, unit: Unit, table: TableKey, uids: Sequence[Uid]) -> None:
    for replica in engine.replicas:
        if replica.holds(table):
            unit.lists.ask_recheck(replica.name, table, uids, "linked")
