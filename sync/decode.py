"""Cells to canonical values. A bad cell is a value, a damaged stand-in is put back, a foreign token is never honoured."""

from dataclasses import dataclass, field, replace

from validators.fields import parse
from validators.issues import Issue, Rejection
from validators.raw import Raw
from validators.schema import LINKS, FieldConfig, FieldKey, FieldType, Level, TableKey
from validators.values import Value
from vault.masks import CellText, cell_text, invalid_text, is_stand_in, split_cell
from vault.plaintext import Plaintext
from vault.vault import Sealed

from .findings import (
    cleared_copy,
    edited,
    formula,
    lost_token,
    not_theirs,
    option_deleted,
    stray,
    unknown_link,
)
from .frozen import was_taken_out
from .reader import Reader
from .secrets import exposed, vault_field
from .stages import Decoded, Known, Typed
from .subject import own_tokens, subject_of


@dataclass(slots=True)
class _Draft:
    table: TableKey
    typed: dict[FieldKey, Typed] = field(default_factory=dict)
    tokens: dict[FieldKey, str] = field(default_factory=dict)
    bad: dict[FieldKey, Rejection] = field(default_factory=dict)
    bad_text: dict[FieldKey, Plaintext[str]] = field(default_factory=dict)
    restore: dict[FieldKey, Issue] = field(default_factory=dict)
    copied: dict[FieldKey, str] = field(default_factory=dict)
    rewrite: set[FieldKey] = field(default_factory=set)
    frozen: set[FieldKey] = field(default_factory=set)
    withdrawn: dict[FieldKey, Value] = field(default_factory=dict)
    taken_out: set[str] = field(default_factory=set)


def decode(known: Known, table: TableKey, reader: Reader) -> Decoded:
    """Read every cell of one row."""
    draft = _Draft(table)
    fields = reader.schema.tables[table].fields
    # Links and the kind of document come first: a token is judged by whose the row is, an identity number by its document.
    for key in sorted(
        reader.fields, key=lambda key: (fields[key].type not in LINKS, fields[key].type is FieldType.IDNO)
    ):
        _decode_cell(key, fields[key], known, reader, draft)
    return Decoded(
        known=known,
        typed=draft.typed,
        tokens=draft.tokens,
        bad=draft.bad,
        bad_text=draft.bad_text,
        restore=draft.restore,
        copied=draft.copied,
        rewrite=frozenset(draft.rewrite),
        frozen=frozenset(draft.frozen),
        withdrawn=draft.withdrawn,
        taken_out=frozenset(draft.taken_out),
    )


def _decode_cell(key: FieldKey, config: FieldConfig, known: Known, reader: Reader, draft: _Draft) -> None:
    row, state = known.row, known.state
    unmentioned = row.partial and key not in row.cells
    raw = known.waiting(key) if unmentioned else row.cells.get(key)
    if key in reader.missing:
        draft.frozen.add(key)
        _unchanged(key, config, known, draft)  # What waits there waits on.
    elif key in row.formulas:
        draft.frozen.add(key)
        if not config.computed:
            draft.restore[key] = formula(key)
    elif unmentioned and config.sensitive and raw is not None:
        token = str(state.held[key].token)
        _decode_held(key, config, invalid_text(token), token, known, reader, draft)
    elif unmentioned and raw is None:
        _unchanged(key, config, known, draft)
        if key in draft.tokens and reader.look_up(draft.tokens[key]) is None:
            draft.restore[key] = lost_token(key)
    elif config.sensitive:
        _decode_sensitive(key, config, raw, known, reader, draft)
    elif _shows_mended(key, known):
        _unchanged(key, config, known, draft)
    elif config.type in LINKS:
        _decode_link(key, config, raw, reader, draft)
    elif not config.free_text and isinstance(raw, str) and is_stand_in(raw):
        # The field was sensitive once, or the cell was copied from one.
        draft.typed[key] = state.base.get(key)
    elif isinstance(raw, str) and raw and raw == state.base.get(key):
        draft.typed[key] = state.base[key]
    else:
        _decode_plain(key, config, raw, reader, draft, known)
        _give_back_options(key, known, reader, draft)
    if key in reader.read_only and known.record is not None and not config.computed:
        _withdraw(key, config, known, reader, draft)
    else:
        _put_back(key, config, known, draft)


def _give_back_options(key: FieldKey, known: Known, reader: Reader, draft: _Draft) -> None:
    """A cell that lacks just what was deleted from its column shows what it showed: nobody emptied it."""
    lost, before = reader.lost_options.get(key, frozenset()), known.state.base.get(key)
    if isinstance(before, frozenset):
        left: Value | None = before - lost or None
    else:
        left = None if before in lost else before
    if left != before and key in draft.typed and draft.typed[key] == left:
        draft.typed[key] = before
        draft.rewrite.add(key)
        draft.restore[key] = option_deleted(key)


def _withdraw(key: FieldKey, config: FieldConfig, known: Known, reader: Reader, draft: _Draft) -> None:
    """An edit of what may be seen here and not changed is undone. What the hub says stands, however it came here."""
    before, agreed = known.state.base.get(key), known.record.values.get(key) if known.record else None
    shown = draft.tokens.get(key, draft.typed.get(key))
    if key in draft.frozen or (key not in draft.bad and shown in (before, agreed)):
        return
    if shown is not None and key not in draft.tokens and not isinstance(shown, Plaintext):
        draft.withdrawn[key] = shown
    for kept in (draft.tokens, draft.bad, draft.bad_text, draft.copied, draft.typed):
        kept.pop(key, None)
    if config.sensitive and before is not None:
        draft.tokens[key] = str(before)
    else:
        draft.typed[key] = before
    draft.restore[key] = not_theirs(key, reader.kept_by(key))
    draft.rewrite.add(key)


def _put_back(key: FieldKey, config: FieldConfig, known: Known, draft: _Draft) -> None:
    """What staff may not empty, and what they may not set, shows again what it showed."""
    before = known.state.base.get(key)
    if before is None or draft.typed.get(key, before) == before:
        return
    if config.computed:
        issue = Issue("computed", Level.HINT, (key,), "由系统计算,不能手工填写", "请修改它所依据的栏")
    elif draft.typed[key] is None and (config.required or (config.auto and known.record is not None)):
        issue = Issue("required_cleared", Level.HINT, (key,), "此栏不能留空", "要更换请直接输入新值")
    else:
        return
    draft.restore[key] = issue
    draft.rewrite.add(key)
    if config.sensitive:
        del draft.typed[key]
        draft.tokens[key] = str(before)
    else:
        draft.typed[key] = before


def _shows_mended(key: FieldKey, known: Known) -> bool:
    """Whether a plain cell still shows what was held there, and was mended elsewhere since."""
    held = known.state.held.get(key)
    return held is not None and held.mended and known.row.cells.get(key) == held.text


def _unchanged(key: FieldKey, config: FieldConfig, known: Known, draft: _Draft) -> None:
    """A cell that a partial row does not mention, or that cannot be found, shows what it showed."""
    value = known.state.base.get(key)
    held = known.state.held.get(key)
    if held is not None and held.mended:
        draft.rewrite.add(key)
    if held is not None and not held.mended:
        draft.bad[key] = Rejection(held.issue)
    elif config.sensitive and value is not None:
        draft.tokens[key] = str(value)
    else:
        draft.typed[key] = value


def _decode_plain(
    key: FieldKey, config: FieldConfig, raw: Raw, reader: Reader, draft: _Draft, known: Known
) -> None:
    document = exposed(draft.typed.get(config.document or ""))
    if document is None and known.record and config.document:
        document = known.record.values.get(config.document)
    result = parse(
        config, raw, schema=reader.schema, today=reader.today, document=str(document) if document else None
    )
    if not isinstance(result, Rejection):
        draft.typed[key] = Plaintext(result) if config.sensitive and result is not None else result
        return
    draft.bad[key] = replace(result, issue=replace(result.issue, fields=(key,)))
    if config.sensitive:
        draft.bad_text[key] = Plaintext(str(raw))
        draft.rewrite.add(key)


def _decode_link(key: FieldKey, config: FieldConfig, raw: Raw, reader: Reader, draft: _Draft) -> None:
    found, lost = reader.links.resolve(config, raw)
    if lost:
        draft.bad[key] = Rejection(unknown_link(key, config, reader.schema))
    elif config.type is FieldType.LINK and len(found) > 1:
        draft.bad[key] = Rejection(Issue("link_single", Level.ERROR, (key,), "只能填一个", "只保留一个"))
    elif not found:
        draft.typed[key] = None
    else:
        draft.typed[key] = next(iter(found)) if config.type is FieldType.LINK else found


def _decode_sensitive(
    key: FieldKey, config: FieldConfig, raw: Raw, known: Known, reader: Reader, draft: _Draft
) -> None:
    cell = split_cell(raw) if isinstance(raw, str) else None
    if cell is None:
        _decode_plain(key, config, raw, reader, draft, known)
        if draft.typed.get(key) is not None:
            draft.rewrite.add(key)  # Plaintext stands in the cell: it goes, valid or not.
        return
    sealed = reader.look_up(cell.token) if cell.token else None
    held, own = known.state.held.get(key), own_tokens(key, known)
    theirs = sealed is not None and _is_theirs(sealed, key, known, reader, draft)
    if held is not None and held.mended and cell.token == held.token:
        _unchanged(key, config, known, draft)
    elif sealed is not None and reader.taken_out.get(sealed.token) == known.uid:
        draft.taken_out.add(sealed.token)
        _decode_held(key, config, raw, sealed.token, known, reader, draft)
    elif sealed is not None and ((held and sealed.token == held.token) or (theirs and sealed.waits)):
        _decode_held(key, config, raw, sealed.token, known, reader, draft)
    elif sealed is not None and (sealed.token in own or (theirs and sealed.valid)):
        draft.tokens[key] = sealed.token
        # Of a value that went along to another person nothing is left here, not even its mask.
        if sealed.state != "moved" and raw != cell_text(sealed.mask, sealed.token):
            draft.rewrite.add(key)
            draft.restore[key] = edited(key)
    elif sealed is None and cell.token in own:
        # The vault was lost and came back without it: nobody but a person has the value.
        draft.tokens[key] = str(cell.token)
        draft.restore[key] = lost_token(key)
    elif sealed is not None and was_taken_out(sealed) and (held is not None or key in known.state.base):
        # It came in before; the write that was to show what became of it has failed.
        draft.rewrite.add(key)
        _unchanged(key, config, known, draft)
    elif known.fresh and key not in known.state.base:
        _decode_stray_in_fresh(key, config, cell, sealed, draft)
    else:
        draft.rewrite.add(key)
        draft.restore[key] = stray(key, cell, sealed)
        if held is not None and held.token and not held.mended:
            # It waits on, nowhere else it stands.
            _decode_held(key, config, raw, held.token, known, reader, draft)
        elif own:
            draft.tokens[key] = own[0]
        else:
            draft.typed[key] = None


def _is_theirs(sealed: Sealed, key: FieldKey, known: Known, reader: Reader, draft: _Draft) -> bool:
    """Whether a token is of the row's own person and field: an undo, or a hub set back behind its vault."""
    own = own_tokens(key, known)
    mine = reader.look_up(own[0]) if own else None
    if sealed.state == "erased" or (mine is None and known.fresh):
        return False
    path = reader.schema.tables[draft.table].subject
    person = mine.subject if mine else subject_of(known, draft.typed, path, bad=path in draft.bad)
    return (sealed.subject, sealed.field) == (person, vault_field(draft.table, key))


def _decode_held(
    key: FieldKey, config: FieldConfig, raw: Raw, token: str, known: Known, reader: Reader, draft: _Draft
) -> None:
    """A held cell is judged again, from the vault: what held it may have been mended elsewhere."""
    text = reader.opened(token)
    if text is None and key in known.state.held:
        draft.bad[key] = Rejection(known.state.held[key].issue)
        return
    _decode_plain(key, config, text.expose() if text else None, reader, draft, known)
    if raw == invalid_text(token) and key in draft.bad:
        draft.rewrite.discard(key)  # Nothing changed: the stand-in is as it should be.


def _decode_stray_in_fresh(
    key: FieldKey, config: FieldConfig, cell: CellText, sealed: Sealed | None, draft: _Draft
) -> None:
    """A row pasted for another person: what may be copied is sealed anew, the rest is cleared with a note."""
    draft.rewrite.add(key)
    if sealed is None or sealed.state == "erased":
        draft.typed[key] = None
        draft.restore[key] = stray(key, cell, sealed)
    elif sealed.valid and config.copy_to_new and sealed.field.endswith(f".{key}"):
        draft.copied[key] = sealed.token
    else:
        draft.typed[key] = None
        draft.restore[key] = cleared_copy(key)
