"""Loads what decoding and checking a block of rows needs, once for the block, and runs the two steps."""

from collections.abc import Mapping, Sequence

from validators.schema import FieldKey, TableKey
from validators.values import refers
from vault.vault import Sealed

from .check import Surroundings, check
from .connection import Listing, Uid
from .decode import Reader, decode
from .engine import Engine, Replica
from .links import LinkReader
from .secrets import tokens_in, vault_field
from .stages import Checked, Decoded, Known
from .store.hub import Unit
from .store.records import Record


def decode_rows(
    engine: Engine, unit: Unit, replica: Replica, listing: Listing, known: Sequence[Known]
) -> list[Decoded]:
    """Cells to canonical values."""
    table = listing.table
    own = {row.row.row_id: row.uid for row in known if row.row.row_id}

    def find(target: TableKey, names: set[str]) -> Mapping[str, Uid]:
        if replica.connection.link_form == "key":
            return unit.records.by_key(target, names)
        found = unit.seen.name(replica.name, target, names)
        return {**found, **{name: own[name] for name in names if name in own}} if target == table else found

    links = LinkReader(engine.schema, replica.connection.link_form, find)
    links.prepare(table, [row.row for row in known])
    sealed = _sealed(engine, table, known)
    held = [held.token for row in known for held in row.state.held.values() if held.token]
    opened = engine.vault.open_for_check(held) if held else {}
    reader = Reader(
        schema=engine.schema,
        look_up=sealed.get,
        opened=opened.get,
        links=links,
        today=engine.today(),
        fields=replica.fields(table),
        missing=listing.missing,
    )
    return [decode(row, table, reader) for row in known]


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

    def holders(key: FieldKey, text: str) -> set[Uid]:
        if config.fields[key].sensitive:
            return {sealed.subject for sealed in engine.vault.matches(vault_field(table, key), text)}
        return unit.records.holders(table, key, [text]).get(text, set())

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
        holders=holders,
        key_of=key_of,
        next_number=lambda: unit.records.next_number(f"auto:{table}"),
        key_taken=lambda key: bool(unit.records.by_key(table, [key])),
    )
