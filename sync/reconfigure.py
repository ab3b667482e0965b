"""A changed configuration is taken over: the hub's values are sealed, opened, read anew or renamed before the next cycle.

Nothing is deleted. Cells follow in the cycles that come after; a row whose cells may not be as they should is looked at again.
"""

from collections.abc import Iterable, Mapping, Set
from datetime import date
from typing import Any

import orjson
import structlog
from sqlalchemy import select

from validators.fields import parse
from validators.issues import Rejection
from validators.schema import FieldKey, FieldType, SchemaConfig, TableKey
from validators.values import Json, dump_value, load_value
from vault.declassifying import approvers, record_done
from vault.masks import mask
from vault.vault import Secret, Vault

from .connection import Uid
from .engine import Engine
from .errors import SyncError
from .history_chain import chain_history, rewrite_on_chain
from .queue import ENGINE
from .rewriting import Known, Rewriting, compact
from .secrets import from_text, readable, sealable, vault_field
from .setting_up import given_up
from .shape import FieldChange, Shape, field_changes, holding_changes, load_shape, renamed_options, unapproved
from .store.hub import Hub, Unit
from .store.tables import SCOPE, record

log = structlog.get_logger("sync")

SHAPE = "shape"
SOURCE = "config"


class ChangeRefused(SyncError):
    """The configuration makes sensitive fields plain, and nobody has approved that. Nothing was changed."""


def remembered(hub: Hub) -> Shape | None:
    """The shape that the hub is in; None where no cycle has run yet."""
    text = hub.bindings(ENGINE).get(SHAPE)
    return load_shape(text) if text else None


def is_in_shape(engine: Engine) -> bool:
    """Whether the hub is in the shape of the engine's configuration, so that there is nothing to take over."""
    return engine.hub.bindings(ENGINE).get(SHAPE) == Shape(engine.schema, engine.config.replicas).dump()


def reconfigure(engine: Engine) -> bool:
    """Take over the engine's configuration, if it is another one than the hub's; whether it was. Raises ChangeRefused."""
    if engine.configured:
        return False
    old = None
    new = Shape(engine.schema, engine.config.replicas)
    noted = engine.hub.bindings(ENGINE)
    text = new.dump()
    if noted.get(SHAPE) != text:
        old = remembered(engine.hub)
        if old is not None:
            _take_over(engine, old, new)
        noted.set(SHAPE, text)
    engine.configured = True
    return old is not None


def refusals(old: Shape, new: SchemaConfig, vault: Vault | None) -> list[str]:
    """Why a configuration may not be taken over. Without a vault nobody is known to have approved anything."""

    def known(table: TableKey, key: FieldKey) -> Set[str]:
        return approvers(vault, vault_field(table, key)) if vault else frozenset()

    return [
        f"tables.{change.table}.fields.{change.key}: its values are sensitive until now; to keep them in the clear, two "
        f"users of the vault have to say so, each by `tablekeeper vault declassify {change.table}.{change.key} --reason …`, "
        "and the field names them: plain: {approved_by: [one, another], reason: …}"
        for change in unapproved(field_changes(old.schema, new), known)
    ]


def _take_over(engine: Engine, old: Shape, new: Shape) -> None:
    if refused := refusals(old, new.schema, engine.vault):
        raise ChangeRefused("; ".join(refused))
    chain_history(engine.hub, engine.vault, ENGINE)
    changes = list(field_changes(old.schema, new.schema))
    purged: set[int] = set()
    for change in changes:
        purged |= _take_over_field(engine, change)
    with engine.hub.unit() as unit:
        # Every row may be behind now, whatever the counters of changes say.
        unit.counters.raise_by(SCOPE, 1)
        _rename_options(engine, unit, old.schema)
        _take_over_holdings(unit, old, new)
        for table in {change.table for change in changes} | _rules_changed(old.schema, new.schema):
            _judge_again(engine, unit, table)
    _note_given_up(engine.hub, old, new)
    if purged:
        rewrite_on_chain(engine.hub, engine.vault, purged, reason="a field became sensitive")
    if any(change.sealed for change in changes):
        compact(engine.hub)
    log.info("config_taken_over", fields=len(changes), purged=len(purged))


def _take_over_field(engine: Engine, change: FieldChange) -> set[int]:
    """Bring one field's values into the new form; the rows of the history that were purged."""
    if not (change.sealed or change.opened or change.retyped or change.relinked):
        return set()
    with engine.hub.unit() as unit:
        rewriting = Rewriting(unit.connection, change.table, change.key)
        if change.sealed:
            return rewriting.seal(_seal(engine, unit, change, rewriting.values() | rewriting.agreed()))
        if change.opened:
            rewriting.replace(_open(engine, change, rewriting.values() | rewriting.agreed()))
        else:
            known = rewriting.values()
            fitting = {} if change.relinked else _read_anew(engine, change, known)
            rewriting.note_lost(known - fitting.keys(), now=engine.clock(), source=SOURCE)
            rewriting.replace(fitting)
    return set()


def _seal(engine: Engine, unit: Unit, change: FieldChange, known: Iterable[Known]) -> dict[Known, Json]:
    """Every plain value in the vault, under its person; its token."""
    sensitive = change.new.sensitive
    assert sensitive is not None
    found = list(known)
    subjects = _subjects(engine, unit, change.table)
    secrets = []
    for uid, json in found:
        value = load_value(change.old, _json(json))
        shown = mask(sensitive.mask, readable(value), masks=engine.masks)
        secrets.append(
            Secret(
                vault_field(change.table, change.key),
                subjects.get(uid, uid),
                sealable(value),
                shown,
                searchable=sensitive.search,
            )
        )
    tokens = engine.vault.seal(secrets)
    return {place: sealed.token for place, sealed in zip(found, tokens, strict=True)}


def _subjects(engine: Engine, unit: Unit, table: TableKey) -> Mapping[Uid, str]:
    path = engine.schema.tables[table].subject
    if path is None or path == "self":
        return {}
    query = select(record.c.uid, record.c["values"]).where(record.c.table == table)
    return {uid: str(values[path]) for uid, values in unit.connection.execute(query) if path in values}


def _open(engine: Engine, change: FieldChange, known: Iterable[Known]) -> dict[Known, Json]:
    """What the tokens stand for, on record with the names of those who approved it."""
    found = {place: str(_json(place[1])) for place in known}
    texts = engine.vault.open_for_check(found.values())
    plain = change.new.plain
    assert plain is not None, "refused before"
    record_done(
        engine.vault,
        vault_field(change.table, change.key),
        by=plain.approved_by,
        reason=plain.reason,
        count=len(texts),
    )
    return {
        place: dump_value(from_text(change.old, texts[token]))
        for place, token in found.items()
        if token in texts
    }


def _read_anew(engine: Engine, change: FieldChange, known: Iterable[Known]) -> dict[Known, Json]:
    """The values that are values of the new type too."""
    fitting: dict[Known, Json] = {}
    for place in known:
        value = reread_value(change, _json(place[1]), engine.schema, engine.today())
        if value is not None:
            fitting[place] = value
    return fitting


def reread_value(change: FieldChange, json: Json, schema: SchemaConfig, today: date) -> Json | None:
    """A stored value as the changed field understands it; None where it does not."""
    old = load_value(change.old, json)
    raw: Any = sorted(old) if isinstance(old, frozenset) else old if old is True else readable(old)
    if change.new.type not in (FieldType.MULTISELECT, FieldType.BOOL) and not isinstance(raw, str):
        raw = readable(old)
    value = parse(change.new, raw, schema=schema, today=today)
    return None if value is None or isinstance(value, Rejection) else dump_value(value)


def _json(text: str) -> Json:
    return orjson.loads(text)  # type: ignore[no-any-return]


def _rename_options(engine: Engine, unit: Unit, old: SchemaConfig) -> None:
    """Options that became other spellings: the hub takes the new name, and the tables follow."""
    renamed = renamed_options(old, engine.schema)
    for table, config in engine.schema.tables.items():
        for key, field in config.of_type(FieldType.SELECT, FieldType.MULTISELECT):
            names = renamed.get(field.options or "")
            if names and not field.sensitive:
                Rewriting(unit.connection, table, key).rename(names, unit.counters.next_number)


def _take_over_holdings(unit: Unit, old: Shape, new: Shape) -> None:
    for change in holding_changes(old, new):
        unit.agreement.look_again_at_all(change.replica, change.table)
        if change.filtered:
            unit.agreement.stay(change.replica, change.table)
        for key in change.removed + change.added:
            # A column that comes back is blank at first: that must not look like cells emptied.
            Rewriting(unit.connection, change.table, key).forget_base(change.replica)
    for name in {one.name for one in old.replicas} - {one.name for one in new.replicas}:
        # A table that nobody looked at for a while says nothing of what was deleted meanwhile.
        unit.agreement.forget_replica(name)


def _note_given_up(hub: Hub, old: Shape, new: Shape) -> None:
    """Which columns nobody reads any more: setup may empty those that it cannot delete."""
    for change in holding_changes(old, new):
        noted = hub.bindings(change.replica)
        for key in change.removed:
            noted.set(given_up(change.table, key), "1")
        for key in change.added:
            noted.drop(given_up(change.table, key))


def _rules_changed(old: SchemaConfig, new: SchemaConfig) -> set[TableKey]:
    return {
        table
        for table in new.tables
        if table in old.tables
        and (
            old.rules_of(table) != new.rules_of(table) or old.tables[table].fields != new.tables[table].fields
        )
    }


def _judge_again(engine: Engine, unit: Unit, table: TableKey) -> None:
    """Other rules, other findings: every row is looked at once, where all of it can be seen."""
    for replica in engine.replicas:
        if replica.holds(table):
            uids = unit.connection.execute(
                select(record.c.uid).where(record.c.table == table, record.c.state != "archived")
            ).scalars()
            unit.lists.ask_recheck(replica.name, table, unit.seen.get_many(replica.name, table, uids), SOURCE)
            return
