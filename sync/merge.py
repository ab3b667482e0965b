"""The decision table of the engine: three-way merge of one replica with the hub, field by field. Pure.

Knows neither clock nor service. A held field is named in `frozen` rather than dropped from its row: a dropped one would
turn into a delete on the other side.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from validators.schema import FieldKey
from validators.values import Value

from .connection import Uid

Row = Mapping[FieldKey, Value]
"""A record's present values; a blank field is absent. Sensitive fields hold tokens."""
Snapshot = Mapping[Uid, Row]
Frozen = Mapping[Uid, Set[FieldKey]]
"""Fields that wait where they stand: held, hidden by a formula, or in a column that cannot be found."""
Policy = Mapping[FieldKey, Literal["hub", "replica", "hold"]]
"""Who wins a conflict over a field; absent means the hub, for first come stays."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Hub and replica both changed a field since they last agreed; `taken` says whose value stands now."""

    uid: Uid
    key: FieldKey
    hub: Value | None = field(repr=False)
    seen: Value | None = field(repr=False)
    taken: Literal["hub", "replica", "hold"]


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge decided, for the rows it was given.

    A uid absent from `hub` is to be archived; one absent from `wanted` is to be removed from the replica.
    """

    hub: Snapshot
    wanted: Snapshot
    base: Snapshot
    """What hub and replica have settled on before anything is written. A replica's value that lost a conflict counts as
    settled: it is in the ledger, and only the hub has moved since."""
    conflicts: tuple[Conflict, ...] = ()
    revived: tuple[Uid, ...] = ()
    """Records whose deletion on one side met an edit on the other."""


@dataclass(frozen=True, slots=True)
class _Field:
    hub: Value | None
    wanted: Value | None
    base: Value | None
    taken: Literal["hub", "replica", "hold"] | None = None


def merge(
    base: Snapshot, hub: Snapshot, seen: Snapshot, *, fields: Set[FieldKey], frozen: Frozen, policy: Policy
) -> Merged:
    """Merge what a replica showed with the hub.

    `fields` are those the replica holds; the hub's other fields pass through. A uid missing from `seen` was deleted there
    (the caller has waited out the grace), one missing from `hub` was deleted or archived, one missing from `base` is new.
    """
    new_hub: dict[Uid, Row] = {}
    wanted: dict[Uid, Row] = {}
    agreed: dict[Uid, Row] = {}
    conflicts: list[Conflict] = []
    revived: list[Uid] = []
    for uid in sorted(base.keys() | hub.keys() | seen.keys()):
        b, h, s = base.get(uid, {}), hub.get(uid), seen.get(uid)
        if s is None and h is None:
            continue  # Gone from both sides.
        if s is None and uid in base and not _differs(b, h, fields):
            continue  # Deleted in the replica, untouched in the hub: archive it.
        if h is None and uid in base and not _differs(b, s, fields, frozen.get(uid, frozenset())):
            continue  # Archived in the hub, untouched in the replica: remove it there.
        if uid in base and (s is None or h is None):
            revived.append(uid)  # Deleted on one side, edited on the other: an edit beats a delete.
        if s is None:
            # Absent from the replica though the hub wants it: write it whole. Nothing is agreed on.
            assert h is not None
            new_hub[uid], wanted[uid], agreed[uid] = h, _only(h, fields), {}
            continue
        merged = _merge_row(
            b if h is not None else {}, h or {}, s, fields, frozen.get(uid, frozenset()), policy
        )
        conflicts += [
            Conflict(uid, key, (h or {}).get(key), s.get(key), cell.taken)
            for key, cell in merged.items()
            if cell.taken
        ]
        others = {key: value for key, value in (h or {}).items() if key not in fields}
        new_hub[uid] = {**others, **_present({key: cell.hub for key, cell in merged.items()})}
        wanted[uid] = _present({key: cell.wanted for key, cell in merged.items()})
        agreed[uid] = _present({key: cell.base for key, cell in merged.items()})
    return Merged(new_hub, wanted, agreed, tuple(conflicts), tuple(revived))


def _merge_row(
    base: Row, hub: Row, seen: Row, fields: Set[FieldKey], frozen: Set[FieldKey], policy: Policy
) -> dict[FieldKey, _Field]:
    return {
        key: _Field(hub.get(key), base.get(key), base.get(key))
        if key in frozen
        else _merge_field(base.get(key), hub.get(key), seen.get(key), policy.get(key, "hub"))
        for key in fields
    }


def _merge_field(
    base: Value | None, hub: Value | None, seen: Value | None, winner: Literal["hub", "replica", "hold"]
) -> _Field:
    if seen == hub:
        return _Field(hub, hub, hub)  # Agreed, perhaps because both made the same change: no conflict.
    if seen == base:
        return _Field(hub, hub, base)  # Only the hub moved: the replica follows.
    if hub == base:
        return _Field(seen, seen, seen)  # Only the replica moved: the hub follows.
    if winner == "replica":
        return _Field(seen, seen, seen, winner)  # Both moved, and this replica is the one to trust.
    if winner == "hold":
        return _Field(hub, seen, base, winner)  # Both moved, and a person decides: neither side is written.
    return _Field(hub, hub, seen, winner)  # Both moved: first come stays, the other value goes to the ledger.


def _differs(one: Row, other: Row | None, fields: Set[FieldKey], but: Set[FieldKey] = frozenset()) -> bool:
    other = other or {}
    return any(one.get(key) != other.get(key) for key in fields - but)


def _only(row: Row, fields: Set[FieldKey]) -> Row:
    return {key: value for key, value in row.items() if key in fields}


def _present(row: Mapping[FieldKey, Value | None]) -> Row:
    return {key: value for key, value in row.items() if value is not None}
