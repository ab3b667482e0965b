"""Runs the pure steps over a block of rows: loads what they need, once for the block."""

from collections.abc import Mapping, Sequence, Set

from validators.schema import FieldKey, TableConfig, TableKey
from validators.values import refers
from vault.vault import Sealed

from .check import Surroundings, check
from .connection import Uid
from .decode import Links, Reader, decode
from .engine import Engine, Replica
from .frozen import is_frozen
from .links import LinkReader
from .merge import Merged, Policy, merge
from .secrets import tokens_in, vault_field
from .stages import Checked, Decoded, Known, Protected
from .store.hub import Unit
from .store.records import Record


def decode_rows(
    engine: Engine,
    table: TableKey,
    known: Sequence[Known],
    links: Links,
    *,
    fields: Set[FieldKey],
    missing: Set[FieldKey] = frozenset(),
) -> list[Decoded]:
    """Cells to canonical values. `missing` are columns that cannot be found at the moment."""
    sealed = _sealed(engine, table, known)
    held = [held.token for row in known for held in row.state.held.values() if held.token]
    held += [token for token, one in sealed.items() if is_frozen(one)]
    opened = engine.vault.open_for_check(held) if held else {}
    reader = Reader(
        schema=engine.schema,
        look_up=sealed.get,
        opened=opened.get,
        links=links,
        today=engine.today(),
        fields=fields,
        missing=missing,
    )
    return [decode(row, table, reader) for row in known]


def links_of(engine: Engine, unit: Unit, replica: Replica, table: TableKey, known: Sequence[Known]) -> Links:
    """Resolves the link cells of these rows as the replica shows them."""
    own = {row.row.row_id: row.uid for row in known if row.row.row_id}

    def find(target: TableKey, names: set[str]) -> Mapping[str, Uid]:
        if replica.connection.link_form == "key":
            return unit.records.by_key(target, names)
        found = unit.seen.name(replica.name, target, names)
        return {**found, **{name: own[name] for name in names if name in own}} if target == table else found

    links = LinkReader(engine.schema, replica.connection.link_form, find)
    links.prepare(table, [row.row for row in known])
    return links


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


def check_rows(engine: Engine, unit: Unit, table: TableKey, decoded: Sequence[Decoded]) -> list[Checked]:
    """Rules, uniqueness and what is missing, on plaintext, in memory only."""
    around = _surroundings(engine, unit, table, decoded)
    return [check(row, around) for row in decoded]


def _surroundings(engine: Engine, unit: Unit, table: TableKey, decoded: Sequence[Decoded]) -> Surroundings:
    """Load what judging these rows needs."""
    config = engine.schema.tables[table]
    targets: dict[TableKey, set[Uid]] = {}
    tokens: set[str] = set()
    for row in decoded:
        values = {**(row.known.record.values if row.known.record else {}), **row.typed}
        for key, field_config in config.links.items():
            targets.setdefault(field_config.to or "", set()).update(refers(field_config, values.get(key)))
        for key in engine.rules.sensitive_reads(table) - row.typed.keys():
            tokens |= {str(token) for token in (row.tokens.get(key), values.get(key)) if token}
    linked: dict[Uid, Record] = {}
    for target, uids in targets.items():
        linked |= unit.records.get_many(target, uids)

    held_by = _holders(unit, table, config, decoded)

    def holders(key: FieldKey, text: str) -> set[Uid]:
        if config.fields[key].sensitive:
            return {sealed.subject for sealed in engine.vault.matches(vault_field(table, key), text)}
        return held_by.get((key, text), set())

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
        siblings=frozenset(row.known.uid for row in decoded),
        holders=holders,
        key_of=key_of,
        next_number=lambda: unit.records.next_number(f"auto:{table}"),
        key_taken=lambda key: bool(unit.records.by_key(table, [key])),
    )


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
        {row.known.uid: row.known.state.base for row in rows},
        {row.known.uid: row.known.record.values if row.known.record else {} for row in rows},
        {row.known.uid: {key: value for key, value in row.seen.items() if value is not None} for row in rows},
        fields=fields,
        frozen={row.known.uid: row.frozen for row in rows},
        policy=policy,
    )
