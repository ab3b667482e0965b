"""Whom a row's sensitive values belong to, the person whom its subject path leads to, and which tokens are its own."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from validators.schema import FieldKey, TableConfig
from vault.vault import Sealed

from .connection import Uid
from .merge import Row
from .stages import Known, Typed


def subject_of(known: Known, typed: Mapping[FieldKey, Typed], path: str | None, *, bad: bool) -> Uid:
    """By the cells as read, else as agreed; without a link, or with a bad one, the row itself until the link arrives.

    A link that nobody touched here says nothing where the archive has another one by now.
    """
    if path is None or path == "self" or bad:
        linked = None
    elif path in typed and not (known.record and typed[path] == known.state.base.get(path)):
        linked = typed[path]
    else:
        linked = known.record.values.get(path) if known.record else None
    return linked if isinstance(linked, str) else known.uid


def own_tokens(key: FieldKey, known: Known) -> list[str]:
    """The tokens that a sensitive cell may rightly show: what it showed last, and what the hub has."""
    shown, agreed = known.state.base.get(key), known.record.values.get(key) if known.record else None
    return [str(token) for token in (shown, agreed) if token is not None]


class Mover(Protocol):
    """What following a link needs of the vault; every call is durable when it returns."""

    def look_up(self, tokens: Iterable[str]) -> dict[str, Sealed]: ...

    def move(self, tokens: Iterable[str], subject: str) -> dict[str, Sealed]: ...


def adopted(records: Mapping[Uid, Row], config: TableConfig, vault: Mover) -> dict[Uid, Row]:
    """Records as merged, with what was sealed for someone else sealed for the person to whom their link leads now.

    The archive's link and the archive's values decide. What stands in the cells of one replica may be long replaced elsewhere,
    and the link beside it not be taken: sealed anew, it would look like an edit.
    """
    sealed_here = {
        uid: {key: str(row[key]) for key in config.sensitive.keys() & row.keys()}
        for uid, row in records.items()
    }
    known = vault.look_up({token for tokens in sealed_here.values() for token in tokens.values()})
    found = dict(records)
    for uid, tokens in sealed_here.items():
        subject = _person(uid, records[uid], config.subject)
        foreign = {
            key: token
            for key, token in tokens.items()
            if token in known and known[token].subject != subject and known[token].state != "erased"
        }
        if foreign:
            moved = vault.move(foreign.values(), subject)
            found[uid] = {**records[uid], **{key: moved[token].token for key, token in foreign.items()}}
    return found


def _person(uid: Uid, values: Row, path: str | None) -> Uid:
    """Whose a record is; without a link, its own."""
    linked = None if path is None or path == "self" else values.get(path)
    return linked if isinstance(linked, str) else uid
