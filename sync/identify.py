"""Which record a row is. On Airtable the record id decides, on Sheets the hidden column 记录编号.

A copied row, a row without uid, a uid that nobody gave, and a sort that tore the uids from their rows are all told apart
here, before anything is read from the cells. Decides only; uids are written by the plan.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import partial

from .connection import Listing, RowId, SeenRow, Uid
from .settle import name_of
from .store.seen import Mark
from .uid import is_uid


@dataclass(frozen=True, slots=True)
class Identified:
    """The rows of a listing, by what is to be done with them."""

    changed: tuple[tuple[Uid, SeenRow], ...] = ()
    """Rows with a uid that differ from what was last processed."""
    unnumbered: tuple[SeenRow, ...] = ()
    """Rows that need a uid: new ones, and copies (their `uid` is empty here whatever the cell shows)."""
    stray: tuple[SeenRow, ...] = ()
    """Rows whose uid cell has to be blanked first: a copy on Sheets, or text that is no uid."""
    present: frozenset[Uid] = frozenset()
    moved: Mapping[Uid, int] = field(default_factory=dict)
    renamed: Mapping[Uid, RowId] = field(default_factory=dict)
    """Records that were put back under another id of the service."""
    gone: frozenset[Uid] = frozenset()
    """Known rows that a complete listing lacks, or that the service reports as deleted."""


def identify(
    listing: Listing,
    *,
    known: Mapping[Uid, Mark],
    fingerprint: Callable[[SeenRow], bytes],
    forced: frozenset[str],
    barred: Callable[[Iterable[Uid]], set[Uid]] = lambda uids: set(),
    named: Callable[[SeenRow], bool] = lambda row: True,
) -> Identified:
    """Sort the rows of a listing. `forced` names rows to take though unchanged.

    `barred` are records that this replica may not show: a row that claims to be one is none. `named` tells whether a row
    shows the business key of the record whose uid it bears; it is asked of rows that bear the same, or that of a
    record which is gone.
    """
    by_row_id = {state.row_id: uid for uid, state in known.items() if state.row_id}
    unclaimed = {row.uid for row in listing.rows if is_uid(row.uid) and row.uid not in known}
    foreign = barred(unclaimed) if unclaimed else set()
    owners, unnumbered, stray = _owners(listing, by_row_id, known, foreign, fingerprint, named)
    changed = [
        (uid, row)
        for uid, row in owners.items()
        if row.partial
        or uid not in known
        or uid in forced
        or name_of(row) in forced
        or known[uid].gone
        or known[uid].fingerprint != fingerprint(row)
    ]
    return Identified(
        changed=tuple(changed),
        unnumbered=tuple(unnumbered),
        stray=tuple(stray),
        present=frozenset(owners),
        moved={
            uid: row.position
            for uid, row in owners.items()
            if uid in known and known[uid].position != row.position and not row.partial
        },
        renamed={
            uid: row.row_id
            for uid, row in owners.items()
            if uid in known and known[uid].row_id not in ("", row.row_id)
        },
        gone=_gone(listing, known, owners, by_row_id),
    )


def _stands(listing: Listing, mark: Mark) -> bool:
    """Whether the row is still where it was, unlisted because unchanged."""
    return listing.standing is not None and not mark.gone and mark.position in listing.standing


def _owners(
    listing: Listing,
    by_row_id: Mapping[RowId, Uid],
    known: Mapping[Uid, Mark],
    foreign: set[Uid],
    fingerprint: Callable[[SeenRow], bytes],
    named: Callable[[SeenRow], bool],
) -> tuple[dict[Uid, SeenRow], list[SeenRow], list[SeenRow]]:
    """Rows by uid; rows without one; rows whose uid cell is wrong."""
    standing = {row.row_id for row in listing.rows}

    def is_back(row: SeenRow) -> bool:
        """Whether a record was put back since the backup that this hub was restored from, or duplicated and deleted at once:
        the one that bore its uid is gone, and it shows that one's key. A copy for somebody else is given another."""
        return _has_left(known[row.uid], standing, listing) and named(row)

    claims: dict[Uid, list[SeenRow]] = defaultdict(list)
    unnumbered: list[SeenRow] = []
    stray: list[SeenRow] = []
    for row in listing.rows:
        if row.row_id and row.row_id in by_row_id:
            claims[by_row_id[row.row_id]].append(
                row
            )  # Airtable: the record id decides, whatever the cell says.
        elif row.row_id and row.uid in known and known[row.uid].row_id and not is_back(row):
            # Airtable's "duplicate record" copies the uid; the copy is a new record.
            unnumbered.append(replace(row, uid=""))
        elif row.uid in known or (is_uid(row.uid) and row.uid not in foreign):
            # A uid of ours that even the hub does not know is kept, for it may be from a backup.
            claims[row.uid].append(row)
        elif row.uid and not row.row_id:
            stray.append(row)  # Typed over, or torn: it must not stand where a uid belongs.
        else:
            unnumbered.append(replace(row, uid="") if row.uid else row)
    owners: dict[Uid, SeenRow] = {}
    for uid, claimants in claims.items():
        if uid in known and _stands(listing, known[uid]):
            stray += claimants  # Copies: the original has not moved.
            continue
        owner = claimants[0]
        if len(claimants) > 1:
            lost = partial(_lost_above, uid, claims=claims, known=known, listing=listing)
            owner = _original(claimants, known.get(uid), fingerprint, named, lost)
        owners[uid] = owner
        stray += [row for row in claimants if row is not owner]
    return owners, unnumbered, stray


def _has_left(mark: Mark, standing: Set[RowId], listing: Listing) -> bool:
    """Whether the record of the service that bore this uid is known to stand there no more."""
    told = mark.gone or mark.row_id in listing.destroyed or listing.complete
    return told and mark.row_id not in standing


def _original(
    claimants: list[SeenRow],
    state: Mark | None,
    fingerprint: Callable[[SeenRow], bytes],
    named: Callable[[SeenRow], bool],
    lost_above: Callable[[SeenRow], int],
) -> SeenRow:
    """Of several rows with one uid: the unchanged one, else the one that shows the record's key; of several the one that
    stands where it stood, after it moved up for every row that it lost above it. A copy is given another key, or none."""
    if state is None:
        return claimants[0]
    unchanged = [row for row in claimants if fingerprint(row) == state.fingerprint]
    likely = unchanged or [row for row in claimants if named(row)] or claimants
    if len(likely) == 1:
        return likely[0]
    return min(
        likely,
        key=lambda row: (
            row.position != state.position - lost_above(row),
            row.position != state.position,
            row.position,
        ),
    )


def _lost_above(
    uid: Uid,
    row: SeenRow,
    *,
    claims: Mapping[Uid, Sequence[SeenRow]],
    known: Mapping[Uid, Mark],
    listing: Listing,
) -> int:
    """How many rows stood above this one, if it is the one that bore `uid`, and do so no more: deleted, or moved away."""

    def stays(mark: Mark) -> bool:
        places = (one.position for one in claims.get(mark.uid, ()))
        return _stands(listing, mark) or any(place <= max(mark.position, row.position) for place in places)

    above = (mark for mark in known.values() if mark.placed and mark.position < known[uid].position)
    return sum(not mark.gone and not stays(mark) for mark in above)


def _gone(
    listing: Listing,
    known: Mapping[Uid, Mark],
    owners: Mapping[Uid, SeenRow],
    by_row_id: Mapping[RowId, Uid],
) -> frozenset[Uid]:
    destroyed = {by_row_id[row_id] for row_id in listing.destroyed if row_id in by_row_id}
    absent = (
        {uid for uid, mark in known.items() if mark.placed and not _stands(listing, mark)} - set(owners)
        if listing.complete
        else set()
    )
    return frozenset((destroyed - set(owners)) | absent)
