"""Commands that work on the tables: setup, sync, run."""

import time
from collections.abc import Iterable, Sequence
from typing import Annotated

import orjson
import typer
from rich.table import Table

from sync.connection import Change
from sync.cycle import run_cycle
from sync.engine import CycleReport
from sync.lease import lease
from tablekeeper.archive import Archive
from tablekeeper.cli.main import Failed, Waits, app, console
from tablekeeper.cli.opening import make_vault, opened, settings
from tablekeeper.daemon import Daemon
from tablekeeper.dry import rehearsing

CYCLES_MAX = 200
PAUSE_S = 0.5

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


@app.command()
def setup(dry_run: DryRun = False, json: JsonOption = False) -> None:
    """Create or extend the Airtable tables and Sheets tabs; running it again changes nothing."""
    config, environment = settings()
    made = not dry_run and make_vault(config, environment)
    with opened() as archive:
        changes = {
            replica.name: list(replica.connection.setup(dry_run=dry_run))
            for replica in archive.engine.replicas
        }
    if json:
        print_json(
            {"vault_created": made, "changes": {name: _as_json(found) for name, found in changes.items()}}
        )
    else:
        _print_changes(changes, made=made, dry_run=dry_run)
    if any(change.why for found in changes.values() for change in found):
        raise Waits("Some things were left to a person: see above.")


def _as_json(changes: Sequence[Change]) -> list[dict[str, str | None]]:
    return [{"table": change.table, "what": change.what, "why": change.why} for change in changes]


def _print_changes(changes: dict[str, list[Change]], *, made: bool, dry_run: bool) -> None:
    if made:
        console.print("vault created")
    for name, found in changes.items():
        done = [change for change in found if not change.why]
        console.print(
            f"{name}: {len(done)} change(s){' would be made' if dry_run else ' made'}", style="bold"
        )
        for change in found:
            mark = (
                f"  [yellow]left alone[/]: {change.what} → {change.why}" if change.why else f"  {change.what}"
            )
            console.print(f"  {change.table}{mark}")


@app.command()
def sync(dry_run: DryRun = False, json: JsonOption = False) -> None:
    """Run cycles until nothing is left to do; waits for rows that are still being typed."""
    if dry_run:
        _rehearse(json)
        return
    with opened() as archive, lease(archive.environment.home):
        total = sync_until_calm(archive)
    if json:
        print_json(total)
    else:
        _print_total(archive, total)
    _end(total)


def _end(total: dict[str, object]) -> None:
    if total["problems"]:
        raise Failed()
    if total["waiting_deletions"]:
        raise Waits("Deletions wait for a person: `tablekeeper deletions` lists them.")


def sync_until_calm(archive: Archive) -> dict[str, object]:
    """Cycles until one finds nothing to do; their counts added up."""
    reports: list[CycleReport] = []
    for _ in range(CYCLES_MAX):
        report = run_cycle(archive.engine)
        reports.append(report)
        if not report.busy:
            break
        if report.settling:
            time.sleep(PAUSE_S)
    last = reports[-1]
    return {
        "cycles": len(reports),
        "pulled": _added(report.pulled for report in reports),
        "written": _added(report.written for report in reports),
        "conflicts": sum(report.conflicts for report in reports),
        "archived": sum(report.archived for report in reports),
        "put_back": sum(report.put_back for report in reports),
        "waiting_deletions": last.waiting_deletions,
        "torn": last.torn,
        "problems": last.problems,
    }


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total


def _print_total(archive: Archive, total: dict[str, object]) -> None:
    table = Table(title=archive.config.archive.name, show_header=False)
    for name, value in total.items():
        table.add_row(name.replace("_", " "), str(value) if value not in ({}, []) else "-")
    console.print(table)


def _rehearse(json: bool) -> None:
    config, environment = settings()
    with rehearsing(config, environment) as (archive, rehearsals):
        report = run_cycle(archive.engine, full=True)
        found = {rehearsal.name: rehearsal.counts(config) for rehearsal in rehearsals}
    if json:
        print_json(
            {
                "would_write": found,
                "held": report.held,
                "conflicts": report.conflicts,
                "problems": report.problems,
            }
        )
        return
    table = Table(title="would be written", title_style="bold")
    for heading in ("replica", "table", "create", "change", "remove"):
        table.add_column(heading, justify="left" if heading in ("replica", "table") else "right")
    for name, tables in found.items():
        for title, counts in tables.items():
            table.add_row(name, title, str(counts["create"]), str(counts["change"]), str(counts["remove"]))
    console.print(table if found and any(found.values()) else "nothing would be written")
    if report.problems:
        raise Failed()


@app.command()
def run() -> None:
    """The daemon: cycles, digests and the heartbeat, until SIGTERM."""
    with opened() as archive:
        Daemon(archive).run()
