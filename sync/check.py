"""Judges decoded rows: rules, uniqueness, what is missing; and fills in what the daemon itself adds.

Works on plaintext, in memory only. Reads the hub and the vault's index, writes nothing but counters of numbers given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
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
from .waiting import Standing, Waits, linked_by

PlainRow = dict[FieldKey, Value | None]


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
    find: Callable[[Uid], Record | None]
    """Any record, for what lies behind those."""
    key_of: Callable[[Uid], str]
    next_number: Callable[[], int]
    key_taken: Callable[[str], bool]
    barred: Callable[[PlainRow], Issue | None] = lambda row: None
    """Why a row that is no record yet may not become one where it was typed."""
    claimed: dict[tuple[FieldKey, Plaintext[str]], Uid] = field(default_factory=dict)
    """Unique values met earlier in this block: two new rows with one number must not both pass."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """A row and what is wrong with it by itself, whatever it links to."""

    decoded: Decoded
    row: PlainRow = field(repr=False)
    fill: PlainRow = field(repr=False)
    issues: list[Issue]
    held: dict[FieldKey, Issue]
    bar: Issue | None

    def drop(self, held: Iterable[FieldKey]) -> None:
        """What is held is not in the record: that has its last good value."""
        record = self.decoded.known.record
        self.row.update({key: record.values.get(key) if record else None for key in held})


def check(rows: Sequence[Decoded], around: Surroundings) -> list[Checked]:
    """Judge the rows of a block: each by itself, then which of them wait for another."""
    judged = [_judge(row, around) for row in rows]
    standings = {one.decoded.known.uid: _standing(one, around) for one in judged}
    waits = Waits(around.schema, around.find, standings)
    return [_conclude(one, waits, around) for one in judged]


def _judge(decoded: Decoded, around: Surroundings) -> _Judged:
    row = _plain_row(decoded, around)
    fill = _numbers_and_defaults(decoded, row, around)
    row |= fill
    linked = _linked(around.schema.tables[around.table].links, row, around)
    issues = [
        *(rejection.issue for rejection in decoded.bad.values()),
        *around.parser.missing(around.table, {**row, **decoded.bad}),
        *around.rules.check(around.table, row, linked=linked, today=around.today),
        *_repeated(decoded, row, around),
        *_lost_links(decoded, around),
        *_prose(decoded, around),
    ]
    bar = None if _is_record(decoded) else around.barred(row)
    issues = _without_echoes([*issues, *([bar] if bar else [])])
    judged = _Judged(decoded, row, fill, issues, _held(decoded, issues), bar)
    judged.drop(judged.held)
    return judged


def _conclude(judged: _Judged, waits: Waits, around: Surroundings) -> Checked:
    decoded, row, bar = judged.decoded, judged.row, judged.bar
    early = _early_links(judged, waits, around)
    judged.drop(early)
    issues, held = (*judged.issues, *early.values()), judged.held | early
    links = around.schema.tables[around.table].links
    fill = judged.fill | around.rules.compute(
        around.table, row, linked=_linked(links, row, around), today=around.today
    )
    state, waits_for = _state(judged, waits, around)
    hints = (*_hints(row, around), *([bar] if bar else [])) if held else issues
    return Checked(decoded, issues, held, fill, state, waits_for, hints)


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


def _set_links(decoded: Decoded, around: Surroundings) -> Iterable[tuple[FieldKey, FieldConfig, set[Uid]]]:
    """Links that somebody set here to other records than those agreed on, and these records."""
    record = decoded.known.record
    agreed = [decoded.known.state.base, *([record.values] if record else [])]
    for key, config in around.schema.tables[around.table].links.items():
        value = exposed(decoded.typed.get(key))
        if not any(value == values.get(key) for values in agreed):
            yield key, config, set(refers(config, value))


def _lost_links(decoded: Decoded, around: Surroundings) -> Iterable[Issue]:
    """Links that were set to a record which is in the archive no more: deleted before the row was taken in."""
    for key, config, uids in _set_links(decoded, around):
        targets = (around.linked.get(uid) for uid in uids)
        if any(target is not None and target.state is State.ARCHIVED for target in targets):
            yield unknown_link(key, config, around.schema)


def _early_links(judged: _Judged, waits: Waits, around: Surroundings) -> dict[FieldKey, Issue]:
    """Links of a record that were set to one which is not live yet: no other replica could show them.

    A row that is no record yet waits as a whole: see `_state`.
    """
    if not _is_record(judged.decoded):
        return {}
    awaited = (
        (key, config, waits.first(uids))
        for key, config, uids in _set_links(judged.decoded, around)
        if key not in judged.held
    )
    return {key: waiting_link(key, config, target.key) for key, config, target in awaited if target}


def _standing(judged: _Judged, around: Surroundings) -> Standing:
    """What a row is to those that link to it."""
    key = str(judged.row.get(around.schema.tables[around.table].key) or "")
    if _is_record(judged.decoded):
        return Standing(key, frozenset())
    return Standing(
        key, None if _is_unfit(judged, around) else linked_by(around.schema, around.table, judged.row)
    )


def _is_unfit(judged: _Judged, around: Surroundings) -> bool:
    """Whether a row cannot become a record before somebody mends it."""
    config = around.schema.tables[around.table]
    needed = [key for key, one in config.fields.items() if one.required or key == config.key]
    identity = [key for key, one in config.fields.items() if one.identity]
    return (
        judged.bar is not None
        or any(judged.row.get(key) is None or key in judged.held for key in needed)
        or any(key in judged.held for key in identity)
    )


def _state(judged: _Judged, waits: Waits, around: Surroundings) -> tuple[State, str]:
    if _is_record(judged.decoded):
        return State.LIVE, ""
    if waits.together[judged.decoded.known.uid].needs is None:
        return State.HELD, ""
    for key, config in around.schema.tables[around.table].links.items():
        if target := waits.first(refers(config, judged.row.get(key))):
            return State.WAITING, f"{config.name} {target.key}".strip()
    return State.ARRIVING, ""


def _is_record(decoded: Decoded) -> bool:
    """Whether the row is a record of the archive already, and not only on its way in."""
    record = decoded.known.record
    return record is not None and record.state in (State.LIVE, State.ARCHIVED)
