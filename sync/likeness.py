"""How much a row shows of what is known of a record: whether it is the one that lost its uid."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from validators.issues import Rejection
from validators.raw import Raw
from validators.rows import Parsed
from validators.schema import SELECTS, FieldKey, FieldType, TableConfig, TableKey
from validators.values import refers
from vault.masks import tokens_within
from vault.plaintext import Plaintext

from .connection import SeenRow, Uid
from .engine import Engine, Replica
from .judge import links_of
from .secrets import sealable, tokens_in
from .stages import Known
from .store.hub import Unit
from .store.seen import Mark, SeenState

TELLING_MIN = 2
"""Values by which a row is recognised that stands elsewhere, or lost its number: one alone may be anybody's."""
CHOSEN = SELECTS | {FieldType.BOOL}
"""What many rows share."""

Shown = Parsed | Plaintext[str]
"""What a cell shows, as it is compared."""


class Likeness(NamedTuple):
    """How much a row is like another; the greater, the more."""

    named: bool
    """Whether it goes by the same name and number, as far as the other had them."""
    same: int
    """How many values it shows of the other's."""
    stays: bool
    """Whether it stands where the other stood."""


def comparable(engine: Engine, table: TableKey, row: SeenRow) -> Mapping[FieldKey, Shown]:
    """What a row shows, but for links, which show what their records are called now. Secrets as they would be sealed, valid
    or not: where no write reached the row, they stand there as they were typed."""
    config = engine.schema.tables[table]
    cells = {key: row.cells.get(key) for key in config.fields.keys() - config.links.keys()}
    parsed: Mapping[FieldKey, Shown] = engine.parser.parse(table, cells, today=engine.today())
    secrets = {key: _sealable(parsed[key], cells[key]) for key in config.sensitive.keys() & cells.keys()}
    return {**parsed, **secrets}


def _sealable(value: Shown, raw: Raw) -> Shown:
    if raw is None or value is None:
        return None
    return Plaintext(str(raw)) if isinstance(value, Rejection) else sealable(value)


def open_secrets(
    engine: Engine, table: TableKey, states: Sequence[SeenState]
) -> dict[Uid, Mapping[FieldKey, Plaintext[str]]]:
    """The secrets that rows showed."""
    sensitive = engine.schema.tables[table].sensitive.keys()
    tokens = {state.uid: _tokens(state, sensitive) for state in states}
    opened = engine.vault.open_for_check({token for held in tokens.values() for token in held.values()})
    return {
        uid: {key: opened[token] for key, token in held.items() if token in opened}
        for uid, held in tokens.items()
    }


def _tokens(state: SeenState, sensitive: Set[FieldKey]) -> dict[FieldKey, str]:
    shown = {**state.base, **{key: held.token for key, held in state.held.items() if not held.mended}}
    return {key: str(shown[key]) for key in sensitive if shown.get(key) is not None}


def likeness(
    config: TableConfig,
    position: int,
    shown: Mapping[FieldKey, Shown],
    state: SeenState,
    secrets: Mapping[FieldKey, Plaintext[str]],
) -> Likeness | None:
    """How a row is like another; None: it is not the same.

    It is if it shows more than half. Elsewhere somebody may have typed much the same for another person: there its name and
    number must stand as they did, or what nobody else may have, and options are no proof. At its place less than half will
    do, where that is proof and it is named as it was, or nothing that nobody else may have became another.
    """
    # A number in prose was sealed, and may stand there still.
    plain = {
        key: value
        for key, value in state.base.items()
        if key not in config.sensitive and not tokens_within(str(value))
    }
    stood: Mapping[FieldKey, Shown] = {**plain, **secrets}
    told = stood.keys() & shown.keys()
    same = {key for key in told if shown[key] == stood[key]}
    stays = position == state.position
    named = {config.key, config.label} & told <= same
    proven = len([key for key in same if config.fields[key].type not in CHOSEN]) >= TELLING_MIN
    own = {key for key in told if config.fields[key].unique}
    mostly = len(same) * 2 > len(told)
    here = stays and (mostly or (proven and (named or own <= same)))
    elsewhere = mostly and proven and (named or bool(own & same))
    return Likeness(named, len(same), stays) if here or elsewhere else None


def is_same(engine: Engine, table: TableKey, row: SeenRow, mark: Mark, state: SeenState) -> bool:
    """Whether a row that bears a record's number shows all that it showed, or one of its stand-ins, which nobody can make up; or
    stands where it stood, goes by its name, and nothing was sealed in it that another could be given."""
    if mark.fingerprint == engine.fingerprint(replace(row, uid=mark.uid)):
        return True
    fields, sensitive = engine.schema.tables[table].fields.keys(), engine.schema.tables[table].sensitive
    stand_ins = tokens_in(row.cells.get(key) for key in sensitive)
    if stand_ins & {str(state.base[key]) for key in sensitive if key in state.base}:
        return True
    # A row has no fingerprint until it was written.
    return _shows_sealed(engine, table, row, state) and (
        _shows(engine, table, row, state, fields) or _is_named_in_place(engine, table, row, state)
    )


def _is_named_in_place(engine: Engine, table: TableKey, row: SeenRow, state: SeenState) -> bool:
    """Whether a row that stands where this one stood goes by its name and number, whatever was typed into it beside."""
    like = likeness(engine.schema.tables[table], row.position, comparable(engine, table, row), state, {})
    return like is not None and like.stays and like.named


def is_same_in_place(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, row: SeenRow, state: SeenState
) -> bool:
    """Whether a row that stands where this one stood shows all else that was agreed on, links too, and more of it than options.

    Of two things that tell it one may be gone: what was sealed, in a row that shows its number; or the number, in one that
    shows what was sealed. What was typed into it beside is no matter.
    """
    config, sensitive = engine.schema.tables[table], engine.schema.tables[table].sensitive.keys()
    bare = config.key not in {*row.cells, *row.formulas}
    agreed = state.base.keys() - sensitive - ({config.key} if bare else set())
    return (
        row.position == state.position
        and len([key for key in agreed if config.fields[key].type not in CHOSEN]) >= TELLING_MIN
        and _shows(engine, table, row, state, agreed)
        and _links_stand(engine, unit, replica, table, row, state)
        and (not bare or _shows_sealed(engine, table, row, state))
    )


def _shows(engine: Engine, table: TableKey, row: SeenRow, state: SeenState, keys: Set[FieldKey]) -> bool:
    """Whether a row shows what was agreed on in these fields, links and what was sealed apart, and all that waits in it."""
    shown, sensitive = comparable(engine, table, row), engine.schema.tables[table].sensitive.keys()
    sealed = {key for key, value in state.base.items() if tokens_within(str(value))}
    plain = (shown.keys() & keys) - sensitive - sealed - state.held.keys()
    waits = {key: one.text for key, one in state.held.items() if not one.token}
    return all(shown[key] == state.base.get(key) for key in plain) and all(
        row.cells.get(key) == text for key, text in waits.items()
    )


def _shows_sealed(engine: Engine, table: TableKey, row: SeenRow, state: SeenState) -> bool:
    """Whether a row shows the stand-ins that it showed, and no others."""
    sensitive = engine.schema.tables[table].sensitive.keys()
    secrets = _tokens(state, sensitive)
    return all(_is_agreed(row.cells.get(key), secrets.get(key)) for key in sensitive)


def _links_stand(
    engine: Engine, unit: Unit, replica: Replica, table: TableKey, row: SeenRow, state: SeenState
) -> bool:
    config = engine.schema.tables[table]
    links = links_of(engine, unit, replica, table, [Known(state.uid, row, state, None)])
    return all(
        links.resolve(config.links[key], row.cells.get(key)) == (refers(config.links[key], value), [])
        for key, value in state.base.items()
        if key in config.links
    )


def _is_agreed(cell: Raw, token: str | None) -> bool:
    """Whether a sensitive cell shows this stand-in, or nothing where there is none."""
    return tokens_in([cell]) == {token} if token else cell in (None, "")
