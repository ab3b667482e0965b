"""Judges decoded rows: rules, uniqueness, what is missing; and fills in what the daemon itself adds.

Works on plaintext, in memory only. Reads the hub and the vault's index, writes nothing but counters of numbers given.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from validators.issues import Issue
from validators.prose import find_sensitive
from validators.rows import RowParser
from validators.rules import RuleBook
from validators.schema import FieldConfig, FieldKey, FieldType, Level, SchemaConfig, TableKey
from validators.values import Value, refers
from vault.plaintext import Plaintext

from .connection import Uid
from .findings import unknown_link, waiting_link
from .secrets import exposed, from_text, sealable
from .stages import Checked, Decoded, Typed
from .store.records import Record, State

PlainRow = dict[FieldKey, Value | None]
UNFINISHED = (State.HELD, State.WAITING)


@dataclass(slots=True)
class Surroundings:
    """What judging a block of rows needs beside the rows themselves, loaded once for the block."""

    schema: SchemaConfig
    rules: RuleBook
    parser: RowParser
    table: TableKey
    today: date
    opened: Mapping[str, Plaintext[str]]
    """Plaintext by token, of the sensitive fields that rules read."""
    linked: Mapping[Uid, Record]
    holders: Callable[[FieldKey, Plaintext[str]], set[Uid]]
    """Who else holds a value of a unique field; for sensitive fields, the subjects."""
    siblings: frozenset[Uid]
    """Rows of the same block: they are judged together, so nobody has to wait for them."""
    key_of: Callable[[Uid], str]
    next_number: Callable[[], int]
    key_taken: Callable[[str], bool]
    barred: Callable[[PlainRow], Issue | None] = lambda row: None
    """Why a row that is no record yet may not become one where it was typed."""
    claimed: dict[tuple[FieldKey, Plaintext[str]], Uid] = field(default_factory=dict)
    """Unique values met earlier in this block: two new rows with one number must not both pass."""


def check(decoded: Decoded, around: Surroundings) -> Checked:
    """Judge one row."""
    row = _plain_row(decoded, around)
    fill = _numbers_and_defaults(decoded, row, around)
    row |= fill
    config = around.schema.tables[around.table]
    linked = _linked(config.links, row, around)
    missing = around.parser.missing(around.table, {**row, **decoded.bad})
    issues = [
        *(rejection.issue for rejection in decoded.bad.values()),
        *missing,
        *around.rules.check(around.table, row, linked=linked, today=around.today),
        *_repeated(decoded, row, around),
        *_lost_links(decoded, around),
        *_prose(decoded, around),
    ]
    bar = None if _is_record(decoded) else around.barred(row)
    issues = _without_echoes([*issues, *([bar] if bar else [])])
    held = _held(decoded, issues)
    early = _early_links(decoded, held.keys(), around)
    issues, held = [*issues, *early.values()], held | early
    for key in held:
        row[key] = decoded.known.record.values.get(key) if decoded.known.record else None
    fill |= around.rules.compute(
        around.table, row, linked=_linked(config.links, row, around), today=around.today
    )
    state, waits_for = (State.HELD, "") if bar else _state(decoded, held, row, around)
    hints = (*_hints(row, around), *([bar] if bar else [])) if held else tuple(issues)
    return Checked(decoded, tuple(issues), held, fill, state, waits_for, hints)


def _hints(row: PlainRow, around: Surroundings) -> tuple[Issue, ...]:
    """What there is to say of the record itself, without the values that are held here: the same in every replica."""
    links = around.schema.tables[around.table].links
    linked = _linked(links, row, around)
    missing = [issue for issue in around.parser.missing(around.table, row) if not issue.holds]
    return (*missing, *around.rules.check(around.table, row, linked=linked, today=around.today))


def _plain_row(decoded: Decoded, around: Surroundings) -> PlainRow:
    """The record as it would be with what was typed, sensitive fields opened where rules read them."""
    record, base = decoded.known.record, decoded.known.state.base
    row: PlainRow = dict(record.values) if record else {}
    # What is as it was last agreed is not news: the hub may have moved on since.
    shown: Mapping[FieldKey, Typed] = {**decoded.typed, **decoded.tokens, **decoded.copied}
    row |= {key: exposed(value) for key, value in shown.items() if record is None or value != base.get(key)}
    for key in decoded.bad:
        row[key] = None
    for key, config in around.schema.tables[around.table].sensitive.items():
        token = row.get(key)
        if key not in decoded.typed and isinstance(token, str) and token in around.opened:
            row[key] = from_text(config, around.opened[token])
    return row


def _numbers_and_defaults(decoded: Decoded, row: PlainRow, around: Surroundings) -> PlainRow:
    """What a new record gets where staff left a blank."""
    config = around.schema.tables[around.table]
    if decoded.known.record is not None and decoded.known.record.values.get(config.key):
        return {}
    fill: PlainRow = {}
    for key, field_config in config.fields.items():
        if row.get(key) is not None or key in decoded.bad:
            continue
        if field_config.auto:
            fill[key] = _number(field_config.auto, around)
        elif field_config.default is not None:
            fill[key] = around.today if field_config.default == "today" else field_config.default
    return {
        key: value for key, value in fill.items() if value is not False and not config.fields[key].sensitive
    }


def _number(pattern: str, around: Surroundings) -> str:
    while True:
        number = pattern.format(seq=around.next_number())
        if not around.key_taken(number):
            return number


def _linked(
    links: Mapping[FieldKey, FieldConfig], row: PlainRow, around: Surroundings
) -> dict[FieldKey, Mapping[FieldKey, Value | None] | None]:
    found: dict[FieldKey, Mapping[FieldKey, Value | None] | None] = {}
    for key, config in links.items():
        if config.type is FieldType.LINK:
            uid = row.get(key)
            record = around.linked.get(str(uid)) if uid else None
            found[key] = {**record.values, "uid": record.uid} if record else None
    return found


def _repeated(decoded: Decoded, row: PlainRow, around: Surroundings) -> Iterable[Issue]:
    """Values that somebody else already has."""
    for key, config in around.schema.tables[around.table].fields.items():
        value = decoded.typed.get(key)
        if value is None or not (config.unique or config.shared_max):
            continue
        text = sealable(value)
        others = around.holders(key, text) - {decoded.known.uid}
        if config.unique:
            if not others:  # What another record has is not for the first of a block to claim.
                others = {around.claimed.setdefault((key, text), decoded.known.uid)} - {decoded.known.uid}
            if others:
                yield _already(key, config, around.key_of(min(others)))
        elif config.shared_max and len(others) >= config.shared_max:
            message = f"已用于另外{len(others)}名客户"
            yield Issue("shared", Level.HINT, (key,), message, "请核对是否本人号码")


def _already(key: FieldKey, config: FieldConfig, other: str) -> Issue:
    owner = f"({other})" if other else ""
    return Issue(
        "not_unique", Level.ERROR, (key,), f"已有相同的记录{owner}", f"核对{config.name},或删除重复的行"
    )


def _prose(decoded: Decoded, around: Surroundings) -> Iterable[Issue]:
    for key, config in around.schema.tables[around.table].fields.items():
        text = decoded.typed.get(key)
        if config.free_text and isinstance(text, str) and find_sensitive(text):
            yield Issue("prose", Level.HINT, (key,), "其中的号码已自动加密", "号码请填在专门的栏里")


def _without_echoes(issues: Sequence[Issue]) -> list[Issue]:
    """One finding per field and code: a rule that fails because a cell is bad says nothing new."""
    return list({(issue.code, issue.fields): issue for issue in issues}.values())


def _held(decoded: Decoded, issues: Iterable[Issue]) -> dict[FieldKey, Issue]:
    """Fields that wait: only what was changed here. What merely came from elsewhere flows on."""
    base = decoded.known.state.base
    changed = {key for key, value in decoded.typed.items() if value is not None and value != base.get(key)}
    # A sensitive field that was typed anew is plaintext while its base is a token: it counts as changed.
    changed |= decoded.bad.keys()
    held: dict[FieldKey, Issue] = {}
    for issue in issues:
        if issue.holds:
            held |= {key: issue for key in issue.fields if key in changed and key not in held}
    return held


def _lost_links(decoded: Decoded, around: Surroundings) -> Iterable[Issue]:
    """Links that were set to a record which is in the archive no more: deleted before the row was taken in."""
    record = decoded.known.record
    agreed = [decoded.known.state.base, *([record.values] if record else [])]
    for key, config in around.schema.tables[around.table].links.items():
        value = exposed(decoded.typed.get(key))
        if any(value == values.get(key) for values in agreed):
            continue
        targets = (around.linked.get(uid) for uid in refers(config, value))
        if any(target is not None and target.state is State.ARCHIVED for target in targets):
            yield unknown_link(key, config, around.schema)


def _early_links(decoded: Decoded, held: Set[FieldKey], around: Surroundings) -> dict[FieldKey, Issue]:
    """Links of a record that were set to one which is not live yet: no other replica could show them.

    A row that is no record yet waits as a whole: see `_state`.
    """
    if not _is_record(decoded):
        return {}
    base, early = decoded.known.state.base, {}
    for key, config in around.schema.tables[around.table].links.items():
        value = decoded.typed.get(key)
        if key not in held and value != base.get(key):
            for target in _unfinished(config, exposed(value), around):
                early[key] = waiting_link(key, config, target.key if target else "")
                break
    return early


def _unfinished(config: FieldConfig, value: Value | None, around: Surroundings) -> Iterator[Record | None]:
    """The records that a link leads to and that are not live yet; None for one nobody knows."""
    for uid in sorted(refers(config, value)):
        target = around.linked.get(uid)
        if uid not in around.siblings and (target is None or target.state in UNFINISHED):
            yield target


def _state(
    decoded: Decoded, held: Mapping[FieldKey, Issue], row: PlainRow, around: Surroundings
) -> tuple[State, str]:
    config = around.schema.tables[around.table]
    if _is_record(decoded):
        return State.LIVE, ""
    needed = [
        key for key, field_config in config.fields.items() if field_config.required or key == config.key
    ]
    identity = [key for key, field_config in config.fields.items() if field_config.identity]
    if any(row.get(key) is None or key in held for key in needed) or any(key in held for key in identity):
        return State.HELD, ""
    for key, field_config in config.links.items():
        for target in _unfinished(field_config, row.get(key), around):
            return State.WAITING, f"{field_config.name} {target.key if target else ''}".strip()
    return State.ARRIVING, ""


def _is_record(decoded: Decoded) -> bool:
    """Whether the row is a record of the archive already, and not only on its way in."""
    record = decoded.known.record
    return record is not None and record.state in (State.LIVE, State.ARCHIVED)
