"""One record as the page shows it: masks, links, what is held, what conflicts, what can be restored. Reads, and opens nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.connection import Uid
from sync.correct import Sight
from sync.restore import cleared
from sync.secrets import vault_field
from sync.store.hub import Unit
from sync.store.lists import LedgerEntry
from sync.store.records import Record, State
from sync.store.seen import SeenState
from tablekeeper.archive import Archive
from tablekeeper.desk.held import Waiting, row_url, waiting_values
from tablekeeper.showing import Showing
from tablekeeper.typed import words
from validators.schema import FieldConfig, FieldKey, TableConfig, TableKey
from validators.values import Json, refers
from vault.access import Access
from vault.vault import Sealed

STATES = {
    State.LIVE: "",
    State.ARRIVING: "正在录入",
    State.HELD: "待更正",
    State.WAITING: "等待",
    State.ARCHIVED: "已删除",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A record that this one refers to."""

    uid: Uid
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A plain field: words, or links to other records."""

    key: FieldKey
    name: str
    text: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret:
    """A sensitive field: what its cell shows. `token` is None while it is blank."""

    key: FieldKey
    name: str
    mask: str
    token: str | None
    subject: str

    @property
    def sight(self) -> Sight:
        """What a correction of this field was looking at."""
        return Sight(self.token)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A conflict with both values in words; sensitive ones as masks."""

    number: int
    key: FieldKey
    name: str
    kept: str
    other: str
    replica: str
    time: str


@dataclass(frozen=True, slots=True)
class Emptied:
    """A field that was cleared and can have its value back."""

    key: FieldKey
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the page of a record shows before anybody asks for more."""

    table: TableKey
    table_name: str
    uid: Uid
    number: str
    label: str
    state: str
    archived: bool
    vanishing: bool
    secrets: tuple[Secret, ...]
    entries: tuple[Entry, ...]
    waiting: tuple[Waiting, ...]
    disagreements: tuple[Disagreement, ...]
    emptied: tuple[Emptied, ...]
    places: tuple[tuple[str, str], ...]
    """Replica and address of the record's row there."""

    def secret(self, key: FieldKey) -> Secret | None:
        """The sensitive field of this key."""
        return next((one for one in self.secrets if one.key == key), None)


def load_sheet(archive: Archive, uid: Uid, access: Access | None = None) -> Sheet | None:
    """The record, whatever its state, with the masks of the reader's role; None when there is none."""
    with archive.hub.reading() as unit:
        record = unit.records.find(uid)
        return _sheet(archive, unit, record, access) if record else None


def _sheet(archive: Archive, unit: Unit, record: Record, access: Access | None) -> Sheet:
    config = archive.config.tables[record.table]
    states = dict(_states(archive, unit, record))
    sealed = _sealed(archive, config, record, access)
    names = _names(unit, config, record)
    return Sheet(
        table=record.table,
        table_name=config.name,
        uid=record.uid,
        number=record.key or record.uid,
        label=label_of(config, record),
        state=STATES[record.state],
        archived=record.state is State.ARCHIVED,
        vanishing=record.state is not State.ARCHIVED and any(state.gone_since for state in states.values()),
        secrets=tuple(_secret(key, field, record, sealed) for key, field in config.sensitive.items()),
        entries=tuple(_entries(config, record, names)),
        waiting=tuple(waiting_values(archive, unit, record, states)),
        disagreements=tuple(_disagreements(archive, unit, record)),
        emptied=tuple(_emptied(archive, unit, record)),
        places=tuple(_places(archive, record, states)),
    )


def label_of(config: TableConfig, record: Record) -> str:
    """What people call the record beside its number; empty where that is sensitive."""
    named = config.label is not None and not config.fields[config.label].sensitive
    return str(record.values.get(config.label, "")) if named and config.label else ""


def _states(archive: Archive, unit: Unit, record: Record) -> Iterator[tuple[str, SeenState]]:
    for replica in archive.engine.replicas:
        if replica.holds(record.table):
            state = unit.seen.get_many(replica.name, record.table, [record.uid]).get(record.uid)
            if state is not None:
                yield replica.name, state


def _sealed(
    archive: Archive, config: TableConfig, record: Record, access: Access | None
) -> Mapping[str, Sealed]:
    tokens = {key: str(record.values[key]) for key in config.sensitive if key in record.values}
    sealed = archive.vault.look_up(tokens.values()) if tokens else {}
    # Asked only where the role has masks of its own: it opens values, and stands in the audit chain.
    own = [
        token for key, token in tokens.items() if access and access.mask_for(vault_field(record.table, key))
    ]
    masks = access.masks(own, archive.config.masks) if access and own else {}
    return {token: one._replace(mask=masks.get(token, one.mask)) for token, one in sealed.items()}


def _secret(key: FieldKey, field: FieldConfig, record: Record, sealed: Mapping[str, Sealed]) -> Secret:
    token = record.values.get(key)
    known = sealed.get(str(token)) if token is not None else None
    return Secret(
        key,
        field.name,
        known.mask if known else "",
        str(token) if token is not None else None,
        known.subject if known else record.uid,
    )


def _names(unit: Unit, config: TableConfig, record: Record) -> Mapping[Uid, str]:
    """What staff call the records that this one links to."""
    wanted: dict[TableKey, set[Uid]] = {}
    for key, field in config.links.items():
        wanted.setdefault(field.to or "", set()).update(refers(field, record.values.get(key)))
    return {
        uid: found.key or uid
        for table, uids in wanted.items()
        if uids
        for uid, found in unit.records.get_many(table, uids).items()
    }


def _entries(config: TableConfig, record: Record, names: Mapping[Uid, str]) -> Iterator[Entry]:
    for key, field in config.fields.items():
        value = record.values.get(key)
        if value is None or field.sensitive:
            continue
        links = tuple(Link(uid, names.get(uid, uid)) for uid in sorted(refers(field, value)))
        yield Entry(key, field.name, "" if links else words(value), links)


def _disagreements(archive: Archive, unit: Unit, record: Record) -> Iterator[Disagreement]:
    showing = Showing(archive, unit)
    for one in unit.lists.conflicts(record.uid):
        yield disagreement(showing, one)


def disagreement(showing: Showing, one: LedgerEntry) -> Disagreement:
    """An entry of the ledger in words."""
    return Disagreement(
        number=one.id,
        key=one.field,
        name=showing.field(one.table, one.field),
        kept=showing.value(one.table, one.field, one.kept),
        other=showing.value(one.table, one.field, one.other),
        replica=one.replica,
        time=showing.moment(one.at),
    )


def _emptied(archive: Archive, unit: Unit, record: Record) -> Iterator[Emptied]:
    fields = archive.config.tables[record.table].fields
    found: dict[FieldKey, Json] = {key: json for key, json in cleared(unit, record).items() if key in fields}
    sensitive = [str(json) for key, json in found.items() if fields[key].sensitive]
    sealed = archive.vault.look_up(sensitive) if sensitive else {}
    showing = Showing(archive, unit)
    for key, json in found.items():
        stand_in = sealed.get(str(json))
        if fields[key].sensitive and (stand_in is None or stand_in.state not in ("live", "cleared")):
            continue
        yield Emptied(
            key,
            fields[key].name,
            stand_in.mask if stand_in else showing.value(record.table, key, json),
        )


def _places(archive: Archive, record: Record, states: Mapping[str, SeenState]) -> Iterator[tuple[str, str]]:
    for replica in archive.engine.replicas:
        state = states.get(replica.name)
        if state and not state.gone_since and (url := row_url(replica, record.table, state)):
            yield replica.name, url
