"""Invariants 3 and 6: a delete that nobody contradicted holds everywhere, and what nobody deleted stands somewhere."""

from collections.abc import Iterator, Mapping

from tests.simulation import archive
from tests.simulation.hub_files import HubFiles
from tests.simulation.notebook import Deleted, Notebook, Typed
from tests.simulation.reading import Row

Rows = Mapping[tuple[str, str, str], Row]


def wrongly_gone_or_back(notebook: Notebook, hub: HubFiles, rows: Rows) -> Iterator[str]:
    """Rows that are gone though nobody deleted them where that counts, and rows that are back though somebody did."""
    standing = {(table, origin) for _, table, origin in rows}
    meant = {(one.table, one.origin) for one in notebook.deleted if _counts(one, notebook)}
    for table, origin in sorted(notebook.made.keys() - standing - meant):
        # A row that had not spread yet is gone with the only tab it stood in.
        if (table, origin) not in notebook.lost_with_tab or _spread(table, origin, hub):
            yield f"6 {table}/{origin} is gone, and nobody deleted it"
    for one in notebook.deleted:
        row = (one.table, one.origin)
        if row not in standing or not notebook.rights[one.replica].may_delete(one.table):
            continue
        if (
            row not in notebook.refused
            and (*row, one.number) not in notebook.forgotten
            and not _contradicted(one, notebook)
            and not _referred(one.origin, rows)
        ):
            yield f"3 {one.table}/{one.origin} was deleted at {one.replica} and is back"


def _counts(one: Deleted, notebook: Notebook) -> bool:
    """Whether the deletion is for that replica to decide; a row that was typed there and went nowhere is."""
    made_there = notebook.made.get((one.table, one.origin)) == one.replica
    return made_there or notebook.rights[one.replica].may_delete(one.table)


def _spread(table: str, origin: str, hub: HubFiles) -> bool:
    """Whether the hub has a record of this row that was live once."""
    uids = [uid for (of, uid), name in hub.origins.items() if (of, name) == (table, origin)]
    return any(hub.states[table, uid] in ("live", "archived") for uid in uids)


def _contradicted(one: Deleted, notebook: Notebook) -> bool:
    """Whether somebody changed in the row what the one who deleted it had not seen, nor took along with it.

    The same value typed at both replicas counts: the daemon may have heard of one of them only.
    """
    mine = {(typed.cell, typed.value) for typed in notebook.typed if typed.replica == one.replica}
    row = (one.table, one.origin)
    typed = any(
        other.cell[:2] == row
        and (
            other.number >= one.number
            or not _was_seen(other, one, notebook)
            or (other.replica != one.replica and (other.cell, other.value) in mine)
        )
        for other in (*notebook.typed, *notebook.former)
    )
    return typed or any(
        change.cell[:2] == row
        and (change.number >= one.number or one.shown.get(change.cell[2]) == change.old)
        for change in notebook.changes
    )


def _was_seen(typed: Typed, one: Deleted, notebook: Notebook) -> bool:
    """Whether somebody who had seen this value changed or destroyed it before the row was deleted."""
    last = notebook.seen_over.get((typed.cell, typed.value), -1)
    return typed.number < last <= one.number or any(
        (change.cell, change.old) == (typed.cell, typed.value) and typed.number < change.number <= one.number
        for change in notebook.changes
    )


def _referred(origin: str, rows: Rows) -> bool:
    return any(
        origin in row.get(key, "").split("|")
        for (_, table, _), row in rows.items()
        for key, config in archive.fields(table).items()
        if config["type"] == "link"
    )
