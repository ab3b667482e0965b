"""The command held: what waits to be mended where it was typed. Names fields and reasons, never a value."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby

from jobs.files import Files
from sync.connection import Uid
from sync.engine import Replica
from sync.store.hub import Unit
from sync.store.seen import SeenState
from tablekeeper.archive import Archive
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption
from tablekeeper.showing import Showing
from validators.schema import TableKey


@dataclass(frozen=True, slots=True)
class HeldField:
    """One field of one row that waits."""

    table: str
    key: str
    uid: Uid
    replica: str
    field: str
    message: str
    mend: str
    link: str | None


@app.command()
def held(json: JsonOption = False) -> None:
    """Rows in which something waits to be mended, with the reason and the link."""
    with opened() as archive, archive.hub.reading() as unit:
        found = list(held_fields(archive, unit))
    rows = len({(one.table, one.uid) for one in found})
    if json:
        print_json({"rows": rows, "held": [asdict(one) for one in found]})
    else:
        _print(found, rows)


def held_fields(archive: Archive, unit: Unit) -> Iterator[HeldField]:
    """Every held field, by table, age of the row, and replica."""
    showing = Showing(archive, unit)
    for row in Files(unit, archive.config).held():
        for replica in archive.engine.replicas:
            if state := unit.seen.get_many(replica.name, row.table, [row.uid]).get(row.uid):
                yield from _of_row(showing, replica, row.table, state)


def _of_row(showing: Showing, replica: Replica, table: TableKey, state: SeenState) -> Iterator[HeldField]:
    for key, waiting in state.held.items():
        yield HeldField(
            table=showing.table(table),
            key=showing.key(table, state.uid),
            uid=state.uid,
            replica=replica.name,
            field=showing.field(table, key),
            message=waiting.issue.message,
            mend=waiting.issue.mend,
            link=replica.connection.url(table, state.row_id, state.position),
        )


def _print(found: list[HeldField], rows: int) -> None:
    for (table, key, replica, link), row in groupby(
        found, lambda one: (one.table, one.key, one.replica, one.link)
    ):
        out.print(f"{table} {key} · {replica}", style="bold")
        # A rule holds several fields for one reason, which is told once.
        reasons: dict[tuple[str, str], list[str]] = {}
        for one in row:
            reasons.setdefault((one.message, one.mend), []).append(one.field)
        for (message, mend), fields in reasons.items():
            out.print(f"  {'、'.join(fields)}:{message} → {mend}")
        if link:
            out.print(f"  {link}", soft_wrap=True)
    out.print(f"{rows} row(s) wait to be mended" if rows else "nothing waits to be mended", style="bold")
