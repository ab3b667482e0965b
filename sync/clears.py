"""Emptied cells that nobody can have meant: they are put back. Pure."""

from collections.abc import Sequence, Set
from dataclasses import replace

from validators.issues import Issue
from validators.schema import FieldKey, Level

from .stages import Decoded


def put_back_clears(rows: Sequence[Decoded], *, clears_max: int, sensitive: Set[FieldKey]) -> list[Decoded]:
    """Undo the emptied cells of a block when there are too many of them to be meant: a paste, or a column made anew."""
    if sum(len(_cleared(row)) for row in rows) <= clears_max:
        return list(rows)
    return [_uncleared(row, _cleared(row), sensitive) for row in rows]


def _cleared(row: Decoded) -> frozenset[FieldKey]:
    return frozenset(key for key in row.known.state.base if key in row.typed and row.typed[key] is None)


def _uncleared(row: Decoded, keys: frozenset[FieldKey], sensitive: Set[FieldKey]) -> Decoded:
    base = row.known.state.base
    issue = Issue("mass_clear", Level.HINT, tuple(sorted(keys)), "一次清空的格子太多", "确需清空请分批进行")
    typed = {key: value for key, value in row.typed.items() if key not in keys & sensitive}
    return replace(
        row,
        typed={**typed, **{key: base[key] for key in keys - sensitive}},
        tokens={**row.tokens, **{key: str(base[key]) for key in keys & sensitive}},
        restore={**row.restore, **dict.fromkeys(keys, issue)},
        rewrite=row.rewrite | keys,
    )
