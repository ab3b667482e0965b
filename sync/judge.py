"""Runs the pure steps over a block of rows: loads what they need, once for the block."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace

import structlog

from validators.issues import Issue
from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, TableConfig, TableKey
from validators.values import refers
from vault.plaintext import Plaintext
from vault.vault import Sealed

from .check import PlainRow, Surroundings, check
from .connection import Uid
from .decode import decode
from .departments import NO_CREATION, keepers, out_of_scope
from .engine import Engine, Replica
from .filters import belongs
from .findings import TOKEN_UNKNOWN
from .frozen import taken_out
from .links import LinkReader
from .merge import Merged, Policy, Row, merge
from .reader import Links, Reader
from .secrets import exposed, tokens_in, vault_field
from .stages import Checked, Decoded, Known, Protected
from .store.former_keys import by_former_key
from .store.hub import Unit
from .store.records import Record

log = structlog.get_logger("sync")

NO_OPTIONS: Mapping[FieldKey, frozenset[str]] = {}


def decode_rows(
    engine: Engine,
    table: TableKey,
    known: Sequence[Known],
    links: Links,
    *,
    fields: Set[FieldKey],
    missing: Set[FieldKey] = frozenset(),
    lost_options: Mapping[FieldKey, frozenset[str]] = NO_OPTIONS,
    replica: Replica | None = None,
) -> list[Decoded]:
    """Cells to canonical values. `missing` are columns that cannot be found at the moment; a file is no replica."""
    sealed = _sealed(engine, table, known)
    held = [held.token for row in known for held in row.state.held.values() if held.token]
    waiting = taken_out(engine.schema.tables[table], known, sealed)
    held += [*waiting, *_unfinished(table, engine.schema.tables[table], known, sealed)]
    opened = engine.vault.open_for_check(held) if held else {}
    reader = Reader(
        schema=engine.schema,
        look_up=sealed.get,
        opened=opened.get,
        links=links,
        today=engine.today(),
        fields=fields,
        taken_out=waiting,
        missing=missing,
        lost_options=lost_options,
        read_only=replica.read_only(table) if replica else frozenset(),
        kept_by=lambda key: keepers(engine.config.replicas, table, key),
    )
    decoded = [_decoded(row, table, reader) for row in known]
    if unknown := sum(one.code == TOKEN_UNKNOWN for row in decoded for one in row.restore.values()):
        log.warning("tokens_unknown", replica=replica.name if replica else None, table=table, tokens=unknown)
    return decoded


def _decoded(row: Known, table: TableKey, reader: Reader) -> Decoded:
    """One row. A cell that shows what we sent there shows what is agreed on, though the answer was lost."""
    first = decode(row, table, reader)
    shown = {**first.typed, **first.tokens, **first.withdrawn}
    ours = {key: value for key, value in row.sent.items() if key in shown and shown[key] == value}
    if not ours:
        return first
    base = {key: value for key, value in {**row.state.base, **ours}.items() if value is not None}
    return decode(replace(row, state=row.state.evolve(base=base)), table, reader)


def links_of(engine: Engine, unit: Unit, replica: Replica, table: TableKey, known: Sequence[Known]) -> Links:
    """Resolves the link cells of these rows as the replica shows them."""
    own = {row.row.row_id: row.uid for row in known if row.row.row_id}
    shown = _linked_to(engine.schema.tables[table].links, known)

    def find(target: TableKey, names: set[str]) -> Mapping[str, Uid]:
        if replica.link_form(target) == "key":
            return _visible(replica, unit, target, _named(unit, target, names), shown)
        found = unit.seen.name(replica.name, target, names)
        return {**found, **{name: own[name] for name in names if name in own}} if target == table else found

    links = LinkReader(engine.schema, replica.link_form, find)
    links.prepare(table, [replace(row.row, cells=_shown(row)) for row in known])
    return links


def _shown(known: Known) -> Mapping[FieldKey, Raw]:
    """The cells of a row, and those that a partial one does not mention, because nobody touched them, but where something waits."""
    row = known.row
    if not row.partial:
        return row.cells
    return {**{key: known.waiting(key) for key in known.state.held}, **row.cells}


def _named(unit: Unit, target: TableKey, names: Set[str]) -> dict[str, Uid]:
    """Who goes by these business keys; where nobody does, who went by them."""
    now = unit.records.by_key(target, names)
    return {**by_former_key(unit.connection, target, names - now.keys()), **now}


def _linked_to(links: Mapping[FieldKey, FieldConfig], known: Sequence[Known]) -> set[Uid]:
    """The records that the links of these rows lead to as agreed."""
    agreed = [row.state.base for row in known] + [row.record.values for row in known if row.record]
    return {
        uid for values in agreed for key, config in links.items() for uid in refers(config, values.get(key))
    }


def _visible(
    replica: Replica, unit: Unit, target: TableKey, found: Mapping[str, Uid], shown: Set[Uid]
) -> Mapping[str, Uid]:
    """Those that may be named here: a department links to nothing that it does not see."""
    if replica.config.shows_rows(target):
        return found
    here = unit.seen.locate(replica.name, target, found.values()).keys() | shown
    return {name: uid for name, uid in found.items() if uid in here}


def _sealed(engine: Engine, table: TableKey, known: Sequence[Known]) -> dict[str, Sealed]:
    tokens: set[str] = set()
    sensitive = engine.schema.tables[table].sensitive
    for row in known:
        tokens |= tokens_in(row.row.cells.get(key) for key in sensitive)
        tokens |= {str(row.state.base[key]) for key in sensitive if key in row.state.base}
        tokens |= {
            str(row.record.values[key]) for key in sensitive if row.record and key in row.record.values
        }
    return engine.vault.look_up(tokens) if tokens else {}


def _unfinished(
    table: TableKey, config: TableConfig, known: Sequence[Known], sealed: Mapping[str, Sealed]
) -> set[str]:
    """Tokens in the cells that stand for values of the cell's own field which wait to be corrected, whoever's they are."""
    return {
        token
        for row in known
        for key in config.sensitive
        for token in tokens_in([row.row.cells.get(key)])
        if token in sealed and sealed[token].waits and sealed[token].field == vault_field(table, key)
    }


def check_rows(
    engine: Engine, unit: Unit, table: TableKey, decoded: Sequence[Decoded], replica: Replica | None = None
) -> list[Checked]:
    """Rules, uniqueness and what is missing, on plaintext, in memory only. A file is no replica, and may hold any row."""
    around = _surroundings(engine, unit, table, decoded)
    if replica is not None:
        around.barred = _bar(engine, replica, table, around)
    return check(decoded, around)


def _surroundings(engine: Engine, unit: Unit, table: TableKey, decoded: Sequence[Decoded]) -> Surroundings:
    """Load what judging these rows needs."""
    config = engine.schema.tables[table]
    targets: dict[TableKey, set[Uid]] = {}
    tokens: set[str] = set()
    for row in decoded:
        # What is judged is the record where the cell is no news: one whose link a service took out still leads there.
        agreed = row.known.record.values if row.known.record else {}
        for key, field_config in config.links.items():
            for value in (agreed.get(key), exposed(row.typed.get(key))):
                targets.setdefault(field_config.to or "", set()).update(refers(field_config, value))
        for key in engine.rules.sensitive_reads(table) - row.typed.keys():
            tokens |= {str(token) for token in (row.tokens.get(key), agreed.get(key)) if token}
    linked: dict[Uid, Record] = {}
    for target, uids in targets.items():
        linked |= unit.records.get_many(target, uids)

    held_by = _holders(unit, table, config, decoded)

    def holders(key: FieldKey, text: Plaintext[str]) -> set[Uid]:
        if config.fields[key].sensitive:
            return {sealed.subject for sealed in engine.vault.matches(vault_field(table, key), text)}
        return held_by.get((key, text.expose()), set())

    def key_of(uid: Uid) -> str:
        record = unit.records.get(table, uid)
        return record.key if record else ""

    return Surroundings(
        schema=engine.schema,
        rules=engine.rules,
        parser=engine.parser,
        table=table,
        today=engine.today(),
        opened=engine.vault.open_for_check(tokens) if tokens else {},
        linked=linked,
        find=lambda uid: linked.get(uid) or unit.records.find(uid),
        holders=holders,
        key_of=key_of,
        next_number=lambda: unit.counters.next_number(f"auto:{table}"),
        key_taken=lambda key: bool(unit.records.by_key(table, [key])),
    )


def _bar(
    engine: Engine, replica: Replica, table: TableKey, around: Surroundings
) -> Callable[[PlainRow], Issue | None]:
    """Why a new row may not become a record from here."""
    condition = engine.filters.of(replica.name, table)
    may_create = replica.config.may_create(table)

    def lookup(_: TableKey, uid: Uid) -> Row | None:
        return around.linked[uid].values if uid in around.linked else None

    def why(row: PlainRow) -> Issue | None:
        if not may_create:
            return NO_CREATION
        values = {key: value for key, value in row.items() if value is not None}
        if condition is None or belongs(condition, values, today=engine.today(), lookup=lookup):
            return None
        return out_of_scope(condition)

    return why


def _holders(
    unit: Unit, table: TableKey, config: TableConfig, decoded: Sequence[Decoded]
) -> dict[tuple[FieldKey, str], set[Uid]]:
    """Who holds the values that were typed into unique plain fields."""
    found: dict[tuple[FieldKey, str], set[Uid]] = {}
    for key, field_config in config.fields.items():
        if field_config.unique and not field_config.sensitive:
            typed = [str(row.typed[key]) for row in decoded if row.typed.get(key) is not None]
            holders = unit.records.holders(table, key, typed)
            found |= {(key, text): uids for text, uids in holders.items()}
    return found


def merge_rows(rows: Sequence[Protected], *, fields: Set[FieldKey], policy: Policy) -> Merged:
    """Three-way merge of what rows show with the hub."""
    return merge(
        {row.known.uid: _base(row) for row in rows},
        {row.known.uid: row.known.record.values if row.known.record else {} for row in rows},
        {row.known.uid: {key: value for key, value in row.seen.items() if value is not None} for row in rows},
        fields=fields,
        frozen={row.known.uid: row.frozen for row in rows},
        policy=policy,
    )


def _base(row: Protected) -> Row:
    """What replica and hub last agreed on; the last good value, typed anew over one that waited, is an edit like any other."""
    base, held = row.known.state.base, row.known.state.held
    typed = {key for key, one in held.items() if not one.mended and row.seen.get(key) == base.get(key)}
    return {key: value for key, value in base.items() if key not in typed}
