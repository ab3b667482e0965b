"""Deleting rows and learning in the same call what stood there; rows that somebody worked in meanwhile are put back.

Decides nothing: what may go is the writer's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.connection import SeenRow

from .cells import entered
from .client import SheetsClient
from .grid import Json, a1, area, copy, delete_rows, insert, runs
from .scratch import TOP, Scratch, rows_at
from .swap import FIELDS, rows_in
from .tabs import Tab


@dataclass(frozen=True, slots=True)
class Removed:
    """Rows that are gone, as they stood then, by position; `kept` is the scratch row that holds all of one."""

    tab: Tab
    rows: Mapping[int, SeenRow]
    kept: Mapping[int, int]


def remove(client: SheetsClient, scratch: Scratch, tab: Tab, positions: Sequence[int]) -> Removed:
    """Delete the rows at ascending positions in one batch, which copies them to the scratch tab first."""
    gid, width = scratch.ready(width_of(tab)), width_of(tab)
    kept = dict(zip(positions, range(TOP, TOP + len(positions)), strict=True))
    stretches = list(runs(positions))
    copies = [
        copy(area(tab.gid, (start, end), (0, width)), rows_at(gid, kept[start], end - start, width))
        for start, end in stretches
    ]
    deletions = [delete_rows(tab.gid, *stretch) for stretch in reversed(stretches)]
    shown = a1(scratch.title, (TOP, TOP + len(positions)), width)
    scratch.soil(TOP + len(positions))
    answer = client.update(
        [*scratch.leading(), *scratch.sign(gid, tab), *copies, *deletions], ranges=[shown], fields=FIELDS
    )
    found = rows_in(answer, gid)
    rows = {
        position: tab.row(position, [entered(cell) for cell in found.get(row, ())])
        for position, row in kept.items()
    }
    return Removed(tab, rows, kept)


def put_back(client: SheetsClient, scratch: Scratch, removed: Removed, positions: Sequence[int]) -> None:
    """Insert the rows that stood at these ascending positions where they would stand had they stayed."""
    gid, tab, width = scratch.ready(width_of(removed.tab)), removed.tab, width_of(removed.tab)
    gone = removed.kept.keys() - set(positions)
    requests: list[Json] = []
    for position in positions:
        at = position - sum(one < position for one in gone)
        source = rows_at(gid, removed.kept[position], 1, width)
        requests += [
            insert(tab.gid, "ROWS", at, 1, like_before=at > 1),
            copy(source, area(tab.gid, (at, at + 1), (0, width))),
        ]
    if requests:
        client.update(requests)


def width_of(tab: Tab) -> int:
    """Columns that hold anything: the staff's own stand beside ours."""
    return max(tab.width, len(tab.headers))
