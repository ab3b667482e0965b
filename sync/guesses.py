"""What a cell answers must not confirm guesses: values typed again and again into it wait until the next day.

Three things tell something of a value that nobody may see: an equal one keeps its token, a repeated one is named as such, and
rules compare it with plain fields. Each is counted by `vault.guesses`; past the limit the cell is held, whatever it holds. Guesses
may also stand in many new rows: those that look alike are counted by `vault.alike`.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from validators.issues import Issue, Rejection
from validators.schema import FieldKey, Level, TableConfig, TableKey
from vault.alike import Alike, First
from vault.guesses import Cell, Guesses, Try
from vault.masks import mask, split_cell
from vault.plaintext import Plaintext

from .engine import Engine
from .secrets import exposed, readable, sealable, vault_field
from .stages import Checked, Decoded, Typed

CODE = "guesses"
_MESSAGE = ("今天输入的次数太多,暂不采用", "明天自动处理;急用请联系主管")
_SAME, _RULE = "·same", "·rule"
"""Counted apart from what is typed into the cell: how often a value was named as another's, and rules spoke of it."""
_NAMING = frozenset({"not_unique", "shared"})


@dataclass(slots=True)
class _Draft:
    """What one row may tell: tries to be counted, and cells to be held if their budget is spent already."""

    row: Decoded
    tries: dict[FieldKey, Try] = field(default_factory=dict)
    firsts: dict[FieldKey, First] = field(default_factory=dict)
    looks: dict[FieldKey, list[Cell]] = field(default_factory=dict)


def hold_guesses(engine: Engine, place: str, table: TableKey, rows: Sequence[Decoded]) -> list[Decoded]:
    """Count what was typed again, before it is judged, and hold it where there was too much of that. Durable."""
    drafts = [_drafted(engine, table, row) for row in rows]
    if not any(draft.tries or draft.looks or draft.firsts for draft in drafts):
        return list(rows)
    guesses = Guesses(engine.vault)
    over = guesses.note(place, [one for draft in drafts for one in draft.tries.values()])
    looks = {cell for draft in drafts for cells in draft.looks.values() for cell in cells}
    over |= guesses.spent(place, looks)
    alike = _alike(engine, place, drafts)
    return [
        _held(draft, over, held, engine.schema.tables[table])
        for draft, held in zip(drafts, alike, strict=True)
    ]


def _alike(engine: Engine, place: str, drafts: Sequence[_Draft]) -> list[set[FieldKey]]:
    """Of each row the fields whose first value is one too many of its like."""
    ones = [(n, *one) for n, draft in enumerate(drafts) for one in draft.firsts.items()]
    over = Alike(engine.vault).note(place, [first for *_, first in ones])
    found = [set[FieldKey]() for _ in drafts]
    for (n, key, _), much in zip(ones, over, strict=True):
        if much:
            found[n].add(key)
    return found


def note_findings(engine: Engine, place: str, table: TableKey, rows: Sequence[Checked]) -> None:
    """Count what the findings of these rows tell of sensitive values. Durable."""
    config = engine.schema.tables[table]
    tries = [one for row in rows for one in _told(row, table, config)]
    Guesses(engine.vault).note(place, tries)


def _drafted(engine: Engine, table: TableKey, row: Decoded) -> _Draft:
    config, draft = engine.schema.tables[table], _Draft(row)
    for key in config.sensitive:
        value, cell = row.typed.get(key), (row.known.uid, vault_field(table, key))
        if value is None:
            continue
        rare = config.fields[key].unique or config.fields[key].shared_max
        if not is_typed(row, key):
            draft.looks[key] = [cell]  # A held value that is judged again: it counted when it was typed.
            held = row.known.state.held.get(key)
            if rare and held and held.issue.code == CODE:
                draft.firsts[key] = _first(engine, table, key, value)
        elif _stood_before(row, key):
            draft.tries[key] = Try(*cell, sealable(value))
        elif rare:
            draft.looks[key] = [(row.known.uid, vault_field(table, key) + _SAME)]
            draft.firsts[key] = _first(engine, table, key, value)
    for key in _changed(row, config):
        cells = [
            (row.known.uid, vault_field(table, other) + _RULE) for other in _partners(engine, table, key)
        ]
        if cells:
            draft.looks[key] = cells
    return draft


def _first(engine: Engine, table: TableKey, key: FieldKey, value: Typed) -> First:
    sensitive, plain = engine.schema.tables[table].fields[key].sensitive, exposed(value)
    assert sensitive is not None and plain is not None, "a value of a sensitive field was typed"
    return First(vault_field(table, key), mask(sensitive.mask, readable(plain), masks=engine.masks))


def _held(draft: _Draft, over: frozenset[Cell], alike: Set[FieldKey], config: TableConfig) -> Decoded:
    row = draft.row
    keys = alike | {key for key, one in draft.tries.items() if one.cell in over}
    keys |= {key for key, cells in draft.looks.items() if not over.isdisjoint(cells)}
    if not keys:
        return row
    bad = {key: Rejection(Issue(CODE, Level.ERROR, (key,), *_MESSAGE)) for key in keys}
    texts = {key: sealable(value) for key in keys & config.sensitive.keys() if (value := row.typed[key])}
    return replace(
        row,
        typed={key: value for key, value in row.typed.items() if key not in keys},
        bad={**row.bad, **bad},
        bad_text={**row.bad_text, **texts},
    )


def _told(row: Checked, table: TableKey, config: TableConfig) -> Iterator[Try]:
    decoded = row.decoded
    changed = _changed(decoded, config)
    for issue in row.issues:
        for key in config.sensitive.keys() & set(issue.fields):
            value = decoded.typed.get(key)
            if issue.code in _NAMING and value is not None and is_typed(decoded, key):
                yield Try(decoded.known.uid, vault_field(table, key) + _SAME, sealable(value), always=True)
            elif issue.holds and value is None and changed.keys() & set(issue.fields):
                typed = ",".join(sorted(map(repr, changed.items())))
                yield Try(decoded.known.uid, vault_field(table, key) + _RULE, Plaintext(typed))


def is_typed(row: Decoded, key: FieldKey) -> bool:
    """Whether the cell shows the value itself, and no stand-in for it."""
    raw = row.known.row.cells.get(key)
    return raw is not None and not (isinstance(raw, str) and split_cell(raw))


def _stood_before(row: Decoded, key: FieldKey) -> bool:
    known = row.known
    agreed = known.record.values.get(key) if known.record else None
    return bool(agreed or known.state.base.get(key) or key in known.state.held)


def _changed(row: Decoded, config: TableConfig) -> Mapping[FieldKey, object]:
    """Plain fields of a known record that show something else than was agreed."""
    if row.known.record is None:
        return {}
    base = row.known.state.base
    return {
        key: value
        for key, value in row.typed.items()
        if value is not None and key not in config.sensitive and value != base.get(key)
    }


def _partners(engine: Engine, table: TableKey, key: FieldKey) -> frozenset[FieldKey]:
    """The sensitive fields that a rule compares with this one."""
    return engine.rules.read_beside(table, key) & engine.schema.tables[table].sensitive.keys()
