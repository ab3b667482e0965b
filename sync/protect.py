"""Sensitive values become tokens, valid or not. Plaintext ends here: what leaves this step may be stored and logged."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from validators.issues import Issue
from validators.prose import Span, find_sensitive
from validators.raw import Raw
from validators.schema import FieldConfig, FieldKey, Level, SchemaConfig, TableKey
from validators.values import Value
from vault.errors import SubjectErased
from vault.masks import INVALID_MASK, MasksConfig, cell_text, mask
from vault.plaintext import Plaintext
from vault.vault import Sealed, Secret

from .connection import Uid
from .secrets import readable, sealable, vault_field
from .stages import Checked, Decoded, Protected
from .store.seen import Held
from .subject import subject_of

ERASED = ("此人的资料已依法删除,不再保存", "不要再录入此人的号码")
PROSE_MASKS = {"idno": "idno", "phone": "phone", "account": "account"}


class Sealer(Protocol):
    """What protecting needs of the vault; every call is durable when it returns."""

    def seal(self, secrets: Sequence[Secret]) -> list[Sealed]: ...

    def copy(self, token: str, subject: str) -> Sealed: ...

    def look_up(self, tokens: Iterable[str]) -> dict[str, Sealed]: ...

    def restore(self, tokens: Iterable[str]) -> dict[str, Sealed]: ...


@dataclass(slots=True)
class _Draft:
    """One row on its way out of plaintext."""

    checked: Checked
    subject: str
    tokens: dict[FieldKey, str] = field(default_factory=dict)
    held: dict[FieldKey, Held] = field(default_factory=dict)
    prose: dict[FieldKey, str] = field(default_factory=dict)
    withdrawn: dict[FieldKey, Value] = field(default_factory=dict)
    rewrite: set[FieldKey] = field(default_factory=set)


_Use = Callable[[Sealed], None]


def protect(
    rows: Sequence[Checked], table: TableKey, *, schema: SchemaConfig, masks: MasksConfig, vault: Sealer
) -> list[Protected]:
    """Seal everything sensitive in a block of rows, in one durable transaction, before any cell is overwritten."""
    drafts = [_Draft(row, whose(row, table, schema)) for row in rows]
    secrets: list[tuple[Secret, _Use]] = []
    for draft in drafts:
        secrets += _secrets(draft, table, schema, masks)
    try:
        results = vault.seal([secret for secret, _ in secrets])
    except SubjectErased as error:
        # Nothing is kept of an erased person: what was typed is cleared, and the others go on.
        rows = [
            _refuse(row, schema, table) if whose(row, table, schema) in error.subjects else row
            for row in rows
        ]
        return protect(rows, table, schema=schema, masks=masks, vault=vault)
    for sealed, (_, use) in zip(results, secrets, strict=True):
        use(sealed)
    _take_along(drafts, vault)
    return [_protected(draft, table, schema) for draft in drafts]


def _refuse(row: Checked, schema: SchemaConfig, table: TableKey) -> Checked:
    """The row of an erased person without anything that would have to be sealed."""
    decoded, fields = row.decoded, schema.tables[table].fields
    typed = {key for key, value in decoded.typed.items() if value is not None}
    secret = {key for key in typed | decoded.bad.keys() if fields[key].sensitive}
    secret |= {
        key for key, config in fields.items() if config.free_text and _has_numbers(_written(decoded, key))
    }
    return replace(
        row,
        held={key: issue for key, issue in row.held.items() if key not in secret},
        issues=tuple(issue for issue in row.issues if not set(issue.fields) & secret),
        decoded=replace(
            decoded,
            typed={**decoded.typed, **dict.fromkeys(secret)},
            bad={key: one for key, one in decoded.bad.items() if key not in secret},
            bad_text={},
            copied={},
            withdrawn={key: value for key, value in decoded.withdrawn.items() if not _has_numbers(value)},
            restore={
                **decoded.restore,
                **{key: Issue("erased", Level.HINT, (key,), *ERASED) for key in secret},
            },
            rewrite=decoded.rewrite | secret,
        ),
    )


def whose(row: Checked, table: TableKey, schema: SchemaConfig) -> Uid:
    """Whom the row's sensitive values are sealed for."""
    path = schema.tables[table].subject
    return subject_of(row.decoded.known, row.decoded.typed, path, bad=path in row.held)


def _secrets(
    draft: _Draft, table: TableKey, schema: SchemaConfig, masks: MasksConfig
) -> Iterable[tuple[Secret, _Use]]:
    decoded = draft.checked.decoded
    for key, config in schema.tables[table].fields.items():
        value = decoded.typed.get(key)
        if config.sensitive and key in draft.checked.held:
            text = decoded.bad_text.get(key) if value is None else sealable(value)
            if text is not None:
                yield _invalid(draft, table, key, text)
        elif config.sensitive and isinstance(value, Plaintext):
            yield _valid(draft, table, key, config, value, masks)
        elif config.free_text:
            yield from _prose(draft, table, key, _written(decoded, key), masks, draft.prose)
            yield from _prose(draft, table, key, decoded.withdrawn.get(key), masks, draft.withdrawn)


def _valid(
    draft: _Draft,
    table: TableKey,
    key: FieldKey,
    config: FieldConfig,
    value: Plaintext[Value],
    masks: MasksConfig,
) -> tuple[Secret, _Use]:
    assert config.sensitive is not None
    secret = Secret(
        field=vault_field(table, key),
        subject=draft.subject,
        value=sealable(value),
        mask=mask(config.sensitive.mask, readable(value.expose()), masks=masks),
        searchable=config.sensitive.search,
    )
    return secret, lambda sealed: draft.tokens.__setitem__(key, sealed.token)


def _invalid(draft: _Draft, table: TableKey, key: FieldKey, text: Plaintext[str]) -> tuple[Secret, _Use]:
    issue = draft.checked.held[key]
    secret = Secret(vault_field(table, key), draft.subject, text, INVALID_MASK, valid=False)
    return secret, lambda sealed: draft.held.__setitem__(key, Held(issue, sealed.token))


def _written(decoded: Decoded, key: FieldKey) -> object:
    """What stands in a cell of free text, valid or not."""
    return decoded.known.row.cells.get(key) if key in decoded.bad else decoded.typed.get(key)


def _has_numbers(text: object) -> bool:
    return isinstance(text, str) and bool(find_sensitive(text))


def _prose(
    draft: _Draft,
    table: TableKey,
    key: FieldKey,
    text: object,
    masks: MasksConfig,
    into: dict[FieldKey, Any],
) -> Iterable[tuple[Secret, _Use]]:
    """Numbers inside prose belong to third parties: each is sealed under the row itself and shown masked in place."""
    if not isinstance(text, str):
        return
    spans = find_sensitive(text)
    found: dict[Span, Sealed] = {}

    def use(span: Span) -> _Use:
        def keep(sealed: Sealed) -> None:
            found[span] = sealed
            if len(found) == len(spans):
                into[key] = _replace(text, found)
                draft.rewrite.add(key)

        return keep

    for span in spans:
        number = text[span.start : span.end]
        shown = mask(PROSE_MASKS[span.kind], number, masks=masks)
        yield (
            Secret(vault_field(table, key), draft.checked.decoded.known.uid, Plaintext(number), shown),
            use(span),
        )


def _replace(text: str, found: Mapping[Span, Sealed]) -> str:
    for span in sorted(found, key=lambda span: span.start, reverse=True):
        text = text[: span.start] + cell_text(found[span].mask, found[span].token) + text[span.end :]
    return text


def _take_along(drafts: Sequence[_Draft], vault: Sealer) -> None:
    """Values that were sealed before. For whom they are sealed follows the record: see `adopted`; a copied row's are its own."""
    # Only a stand-in that was brought back revives its value. One that has stood in its cell all along is merely stale.
    returned = {
        token
        for draft in drafts
        for key, token in draft.checked.decoded.tokens.items()
        if draft.checked.decoded.known.state.base.get(key) != token
    }
    known = vault.look_up(returned) if returned else {}
    cleared = [token for token, sealed in known.items() if sealed.state == "cleared"]
    if cleared:
        vault.restore(cleared)
    for draft in drafts:
        draft.tokens |= draft.checked.decoded.tokens
        for key, token in draft.checked.decoded.copied.items():
            draft.tokens[key] = vault.copy(token, draft.subject).token


def _protected(draft: _Draft, table: TableKey, schema: SchemaConfig) -> Protected:
    checked, decoded = draft.checked, draft.checked.decoded
    fields = schema.tables[table].fields
    # A value that is sensitive is left out: what stands for it is its token.
    plain = {key: value for key, value in decoded.typed.items() if not isinstance(value, Plaintext)}
    shown: dict[FieldKey, Value | None] = {**plain, **draft.prose, **draft.tokens}
    held = dict(draft.held)
    for key, issue in checked.held.items():
        held.setdefault(key, _waiting(draft, key, issue, sensitive=bool(fields[key].sensitive)))
    base = decoded.known.state.base
    # Staff do not set computed fields: whatever they show, the row counts as showing what was agreed.
    seen = {key: base.get(key) if fields[key].computed else value for key, value in shown.items()}
    withdrawn = {**decoded.withdrawn, **draft.withdrawn}
    # The number in it is sealed by now: it may be just what the row is to show, and was not written yet.
    agreed = decoded.known.record.values if decoded.known.record else {}
    same = {key for key, value in withdrawn.items() if value == agreed.get(key)}
    return Protected(
        known=decoded.known,
        seen={key: value for key, value in seen.items() if key not in held},
        shown=shown,
        held=held,
        rewrite=frozenset(decoded.rewrite | draft.rewrite),
        frozen=decoded.frozen | held.keys(),
        fill=checked.fill,
        issues=checked.issues,
        restored=tuple(issue for key, issue in decoded.restore.items() if key not in same),
        state=checked.state,
        waits_for=checked.waits_for,
        hints=checked.hints,
        withdrawn={key: value for key, value in withdrawn.items() if key not in same},
        mended={
            key: one for key, one in decoded.known.state.held.items() if one.mended and key in decoded.rewrite
        },
    )


def _waiting(draft: _Draft, key: FieldKey, issue: Issue, *, sensitive: bool) -> Held:
    """A held value that was not sealed just now: a sensitive one that was sealed before, or a plain one."""
    known = draft.checked.decoded.known
    before, row = known.state.held.get(key), known.row
    if sensitive:
        return before or Held(issue)
    if key in draft.prose:
        return Held(issue, text=draft.prose[key])
    if key not in row.cells:
        return Held(issue, text=before.text if before else None)
    return Held(issue, text=_kept(row.cells.get(key)))


def _kept(raw: Raw) -> Raw:
    """What may be remembered of a plain cell, as JSON has it: nothing in which a person's number stands."""
    if raw is None or find_sensitive(str(raw)):
        return None
    return raw if isinstance(raw, bool | int | float | list) else str(raw)
