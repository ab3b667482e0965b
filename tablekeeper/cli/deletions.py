"""The command deletions: too many rows vanished at once, and a person says whether that was meant."""

from typing import Annotated, Any

import typer

from sync.connection import Uid
from sync.store.hub import Unit
from sync.store.lists import WaitingDeletion
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import Failed, Misused
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption, add_row, table
from tablekeeper.showing import Showing

deletions = typer.Typer(
    help="Deletions that wait for a person because too much went at once.", invoke_without_command=True
)
app.add_typer(deletions, name="deletions")

Uids = Annotated[
    list[str] | None, typer.Argument(metavar="[UID]...", help="记录编号, as `deletions` shows it.")
]
All = Annotated[bool, typer.Option("--all", help="Every deletion that waits.")]


@deletions.callback()
def list_deletions(context: typer.Context, json: JsonOption = False) -> None:
    """Deletions that wait for a person because too much went at once."""
    if context.invoked_subcommand:
        return
    with opened() as archive, archive.hub.reading() as unit:
        showing = Showing(archive, unit)
        found = [_deletion(archive, showing, one) for one in unit.lists.deletions()]
    if json:
        print_json({"deletions": found})
    else:
        _print(found)


@deletions.command()
def approve(uids: Uids = None, everything: All = False, json: JsonOption = False) -> None:
    """They were meant: the next cycle archives the records everywhere."""
    _decide(uids or [], "approved", everything=everything, json=json)


@deletions.command()
def refuse(uids: Uids = None, everything: All = False, json: JsonOption = False) -> None:
    """They were not meant: the next cycle puts the rows back."""
    _decide(uids or [], "refused", everything=everything, json=json)


def _decide(uids: list[Uid], decision: str, *, everything: bool, json: bool) -> None:
    if bool(uids) == everything:
        raise Misused("say which deletions", advice="name their UIDs, or --all")
    with opened() as archive, archive.hub.unit() as unit:
        chosen = _waiting(unit) if everything else uids
        if strange := sorted(set(chosen) - set(_waiting(unit))):
            raise Failed(f"no deletion waits for {', '.join(strange)}", advice="tablekeeper deletions")
        decided = unit.lists.decide(chosen, decision)
    if json:
        print_json({"decision": decision, "rows": decided})
    else:
        done = (
            "archives everywhere those that nobody has put back"
            if decision == "approved"
            else "puts them back"
        )
        out.print(f"{decided} deletion(s) {decision}; the next cycle {done}")


def _waiting(unit: Unit) -> list[Uid]:
    return [one.uid for one in unit.lists.deletions()]


def _deletion(archive: Archive, showing: Showing, one: WaitingDeletion) -> dict[str, Any]:
    return {
        "table": showing.table(one.table),
        "key": showing.key(one.table, one.uid),
        "uid": one.uid,
        "replica": one.replica,
        "since": one.since,
        "time": showing.moment(one.since),
        "decision": one.decision,
        "link": archive.link(one.table, one.uid),
    }


def _print(found: list[dict[str, Any]]) -> None:
    made = table("表", "编号", "UID", "deleted in", "since", "decision")
    made.columns[2].no_wrap = True  # To be copied from here.
    for one in found:
        cells = (
            one["table"],
            one["key"],
            one["uid"],
            one["replica"],
            one["time"],
            one["decision"] or "waits",
        )
        add_row(made, cells)
    if not found:
        out.print("no deletion waits")
        return
    out.print(made)
    out.print("tablekeeper deletions approve | refuse UID... | --all", style="bold")
