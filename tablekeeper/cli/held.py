"""The command held: what waits to be mended where it was typed, and giving it up. Names fields and reasons, never a value."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Annotated

import typer

from jobs.files import Files
from sync.connection import Uid
from sync.discard import discard_held
from sync.engine import Replica
from sync.store.hub import Unit
from sync.store.seen import SeenState
from sync.words import ERROR
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import Failed, Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption
from tablekeeper.showing import Showing
from validators.issues import Issue
from validators.schema import FieldKey, TableKey


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


held = typer.Typer(
    help="Rows in which something waits to be mended, with the reason and the link.",
    invoke_without_command=True,
)
app.add_typer(held, name="held")


@held.callback()
def list_held(context: typer.Context, json: JsonOption = False) -> None:
    """Rows in which something waits to be mended, with the reason and the link."""
    if context.invoked_subcommand:
        return
    with opened() as archive, archive.hub.reading() as unit:
        found = list(held_fields(archive, unit))
    rows = len({(one.table, one.uid) for one in found})
    if json:
        print_json({"rows": rows, "held": [asdict(one) for one in found]})
    else:
        _print(found, rows)


@held.command()
def resolve(
    uid: Annotated[str, typer.Argument(metavar="UID", help="The record's 记录编号.")],
    field: Annotated[str, typer.Argument(metavar="FIELD", help="Header or key of the field.")],
    discard: Annotated[
        bool, typer.Option("--discard", help="The typed value is wrong: show again what the archive has.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Give up a held value: its cell shows again what the archive has. The right value is typed into the row or at the desk."""
    if not discard:
        raise Misused(
            "say what is to become of the held value",
            advice="type the right one into the row or at the desk, or give it up with --discard",
        )
    with opened() as archive:
        table, key = _place(archive, uid, field)
        replicas = discard_held(archive.engine, table, uid, key)
        with archive.hub.reading() as unit:
            showing = Showing(archive, unit)
            named = {"table": showing.table(table), "key": showing.key(table, uid)}
    if json:
        print_json({**named, "uid": uid, "field": field, "discarded_in": replicas})
    else:
        out.print(
            f"{named['table']} {named['key']} {field}: given up in {', '.join(replicas)}; "
            "the next cycle shows what the archive has"
        )


def _place(archive: Archive, uid: Uid, field: str) -> tuple[TableKey, FieldKey]:
    with archive.hub.reading() as unit:
        table = next((one for one in archive.config.tables if unit.records.get(one, uid)), None)
    if table is None:
        raise Failed(f"the archive has no record {uid}", advice="tablekeeper held --json names each uid")
    fields = archive.config.tables[table].fields
    key = next((one for one, config in fields.items() if field in (one, config.name)), None)
    if key is None:
        raise Misused(f"{archive.config.tables[table].name} has no field {field}", advice="tablekeeper held")
    return table, key


def held_fields(archive: Archive, unit: Unit) -> Iterator[HeldField]:
    """Every held field, and every one that a new row must have and lacks, by table, age of the row, and replica."""
    showing = Showing(archive, unit)
    for row in Files(unit, archive.config).held():
        lacking = list(_lacking(archive, unit, row.table, row.uid))
        for replica in archive.engine.replicas:
            if state := unit.seen.get_many(replica.name, row.table, [row.uid]).get(row.uid):
                waiting = [(key, one.issue) for key, one in state.held.items() if not one.mended]
                if state.status == ERROR:
                    waiting += [(key, issue) for key, issue in lacking if key not in state.held]
                yield from (_field(showing, replica, row.table, state, *one) for one in waiting)


def _lacking(archive: Archive, unit: Unit, table: TableKey, uid: Uid) -> Iterator[tuple[FieldKey, Issue]]:
    """What a record must have and does not."""
    record = unit.records.get(table, uid)
    for issue in archive.engine.parser.missing(table, record.values) if record else ():
        if issue.holds:
            yield issue.fields[0], issue


def _field(
    showing: Showing, replica: Replica, table: TableKey, state: SeenState, key: FieldKey, issue: Issue
) -> HeldField:
    return HeldField(
        table=showing.table(table),
        key=showing.key(table, state.uid),
        uid=state.uid,
        replica=replica.name,
        field=showing.field(table, key),
        message=issue.message,
        mend=issue.mend,
        link=replica.connection.url(table, state.row_id, state.position),
    )


def _print(found: list[HeldField], rows: int) -> None:
    for (table, key, uid, replica, link), row in groupby(
        found, lambda one: (one.table, one.key, one.uid, one.replica, one.link)
    ):
        out.print(f"{table} {key} · {replica} · {uid}", style="bold")
        # A rule holds several fields for one reason, which is told once.
        reasons: dict[tuple[str, str], list[str]] = {}
        for one in row:
            reasons.setdefault((one.message, one.mend), []).append(one.field)
        for (message, mend), fields in reasons.items():
            out.print(f"  {'、'.join(fields)}:{message} → {mend}")
        if link:
            out.print(f"  {link}", soft_wrap=True)
    if rows:
        out.print("tablekeeper held resolve UID FIELD --discard, where what was typed is to be given up")
    out.print(f"{rows} row(s) wait to be mended" if rows else "nothing waits to be mended", style="bold")
