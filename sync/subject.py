"""Whom a row's sensitive values belong to, the person whom its subject path leads to, and which tokens are its own."""

from collections.abc import Mapping

from validators.schema import FieldKey

from .connection import Uid
from .stages import Known, Typed


def subject_of(known: Known, typed: Mapping[FieldKey, Typed], path: str | None, *, bad: bool) -> Uid:
    """By the cells as read, else as agreed; without a link, or with a bad one, the row itself until the link arrives."""
    if path is None or path == "self" or bad:
        linked = None
    elif path in typed:
        linked = typed[path]
    else:
        linked = known.record.values.get(path) if known.record else None
    return linked if isinstance(linked, str) else known.uid


def own_tokens(key: FieldKey, known: Known) -> list[str]:
    """The tokens that a sensitive cell may rightly show: what it showed last, and what the hub has."""
    shown, agreed = known.state.base.get(key), known.record.values.get(key) if known.record else None
    return [str(token) for token in (shown, agreed) if token is not None]
