"""The command conflicts: values that were not taken because somebody else was first, and a person's word on them."""

from typing import Annotated, Any

import typer

from sync.resolve import resolve_conflict
from sync.store.lists import LedgerEntry
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import actor, opened
from tablekeeper.cli.output import JsonOption
from tablekeeper.showing import Showing

conflicts = typer.Typer(
    help="Values that were not taken because somebody else had changed the field first.",
    invoke_without_command=True,
)
app.add_typer(conflicts, name="conflicts")


@conflicts.callback()
def list_conflicts(context: typer.Context, json: JsonOption = False) -> None:
    """Values that were not taken because somebody else had changed the field first."""
    if context.invoked_subcommand:
        return
    with opened() as archive, archive.hub.reading() as unit:
        showing = Showing(archive, unit)
        found = [_conflict(archive, showing, entry) for entry in unit.lists.conflicts()]
    if json:
        print_json({"conflicts": found})
    else:
        _print(found)


@conflicts.command()
def resolve(
    number: Annotated[int, typer.Argument(metavar="ID", help="The number that `conflicts` shows.")],
    take: Annotated[
        bool | None, typer.Option("--take/--keep", help="Take the other value, or keep the one that stands.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Decide about one conflict: keep the value that stands, or take the other one."""
    if take is None:
        raise Misused("say which value is right", advice="--keep the one that stands, or --take the other")
    with opened() as archive:
        entry = resolve_conflict(archive.engine, number, take=take, actor=actor())
        with archive.hub.reading() as unit:
            answer = _conflict(archive, Showing(archive, unit), entry)
    if json:
        print_json({"resolved": answer, "taken": take})
    else:
        done = "the next cycle writes it into the tables" if take else "nothing changes in the tables"
        out.print(f"{answer['table']} {answer['key']} {answer['field']}: {answer['stands']}; {done}")


def _conflict(archive: Archive, showing: Showing, entry: LedgerEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "at": entry.at,
        "time": showing.moment(entry.at),
        "table": showing.table(entry.table),
        "key": showing.key(entry.table, entry.uid),
        "uid": entry.uid,
        "field": showing.field(entry.table, entry.field),
        "stands": showing.current(entry.table, entry.uid, entry.field),
        "kept": showing.value(entry.table, entry.field, entry.kept),
        "other": showing.value(entry.table, entry.field, entry.other),
        "replica": entry.replica,
        "link": archive.link(entry.table, entry.uid),
    }


def _print(found: list[dict[str, Any]]) -> None:
    for one in found:
        out.print(f"{one['id']}  {one['table']} {one['key']} {one['field']}", style="bold")
        out.print(
            f"   stands: {one['stands']}   not taken: {one['other']}  ({one['replica']}, {one['time']})"
        )
        if one["link"]:
            out.print(f"   {one['link']}", soft_wrap=True)
    if found:
        out.print("tablekeeper conflicts resolve ID --keep | --take", style="bold")
    else:
        out.print("no conflict is open")
