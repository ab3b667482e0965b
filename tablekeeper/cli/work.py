"""Commands that work on the tables: setup, sync, run."""

import time
from collections.abc import Iterable, Mapping, Sequence
from threading import Event
from typing import Annotated, Any

import typer
from rich.table import Table

from sync.connection import Change
from sync.cycle import run_cycle
from sync.engine import CycleReport
from sync.errors import AnswerLost, BudgetSpent, Throttled, Unavailable
from sync.reconfigure import ChangeRefused, is_in_shape, reconfigure
from sync.setting_up import rehearsed, set_up, unrehearsed
from sync.store.hub import Hub
from tablekeeper.archive import Archive, open_archive
from tablekeeper.case_ends import end_cases
from tablekeeper.cli.explain import Away, Failed, Misused, Waits
from tablekeeper.cli.main import app, options, out, print_json
from tablekeeper.cli.opening import connections, make_vault, opened, settings
from tablekeeper.cli.output import JsonOption
from tablekeeper.config import Config
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.daemon import Daemon
from tablekeeper.dry import rehearse, rehearsing
from tablekeeper.environment import Environment
from tablekeeper.extending import extend
from tablekeeper.reload import ConfigWatch, keep_config, kept_config
from tablekeeper.status import CycleNotes
from tablekeeper.tending import Tending

AWAY = {kind.__name__ for kind in (Unavailable, Throttled, AnswerLost, BudgetSpent)}
CYCLES_MAX = 200
PAUSE_S = 0.5

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@app.command()
def setup(dry_run: DryRun = False, json: JsonOption = False) -> None:
    """Create or extend the Airtable tables and Sheets tabs; running it again changes nothing."""
    config, environment = settings()
    made = not dry_run and make_vault(config, environment)
    if dry_run:
        with connections(config, environment, looking=True) as found:
            changes = {one.name: list(one.setup(dry_run=True)) for one in found}
    else:
        with open_archive(config, environment) as archive:
            changes = {one.name: list(set_up(one.connection, archive.hub)) for one in archive.engine.replicas}
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
        out.print("vault created")
    for name, found in changes.items():
        done = [change for change in found if not change.why]
        out.print(f"{name}: {len(done)} change(s){' would be made' if dry_run else ' made'}", style="bold")
        for change in found:
            what = f"  {change.table}  {change.what}"
            if change.why:
                out.print(f"{what}: left alone → {change.why}", style="yellow")
            else:
                out.print(what)


@app.command()
def sync(dry_run: DryRun = False, json: JsonOption = False) -> None:
    """Run cycles until nothing is left to do; waits for rows that are still being typed."""
    if dry_run:
        _rehearse(json)
        return
    with opened(calling=True) as archive, archive.lease():
        _require_rehearsal(archive)
        total = sync_until_calm(archive)
    if json:
        print_json(total)
    else:
        _print_total(archive, total)
    _end(total["problems"], total["down"])
    if total["failed"]:
        raise Failed(f"{total['failed']} row(s) could not be judged; docs/LOGS.md: row_failed")
    if total["refused"]:
        rows = ", ".join(f"{count} in {name}" for name, count in total["refused"].items())
        raise Failed(
            f"Rows that a service does not take: {rows}; `tablekeeper check` may say why (docs/LOGS.md: row_refused)."
        )
    if total["torn"]:
        torn = ", ".join(total["torn"])
        raise Waits(
            f"A sort has torn the ids from their rows in {torn}: undo it there (docs/LOGS.md: table_torn)."
        )
    if total["waiting_deletions"]:
        raise Waits("Deletions wait for a person: `tablekeeper deletions` lists them.")


def _require_rehearsal(archive: Archive) -> None:
    """Tables that held rows before are looked at first: a person should know what the first cycle will write."""
    found = [
        f"{replica.name}: {table}"
        for replica in archive.engine.replicas
        for table in unrehearsed(archive.hub, replica.name)
    ]
    if found:
        raise Waits(
            f"These tables held rows already: {', '.join(found)}. Run `tablekeeper sync --dry-run` first; it shows "
            "what would be written and writes nothing."
        )


def _end(problems: Sequence[str], down: Mapping[str, str]) -> None:
    """How a command ends that could not work with everything: a service is away, or a person has to mend something."""
    if not problems:
        return
    kind = Away if AWAY & set(down.values()) else Misused if down else Failed
    raise kind("\n".join(problems))


def sync_until_calm(archive: Archive) -> dict[str, Any]:
    """Cycles until one finds nothing to do, and what is due stands in its table; their counts added up."""
    reports: list[CycleReport] = []
    tending = Tending(archive)
    # First, because a restored backup may have brought back what must not be written to the tables again.
    end_cases(archive)
    for _ in range(CYCLES_MAX):
        report = run_cycle(archive.engine)
        reports.append(report)
        if (not report.busy and not _tended(tending)) or _stands_still(reports):
            break
        if report.settling:
            time.sleep(PAUSE_S)
    last = reports[-1]
    up = [replica.name for replica in archive.engine.replicas if replica.name not in last.down]
    CycleNotes(archive.hub).note(up, archive.engine.clock())
    return {
        "cycles": len(reports),
        "pulled": _added(report.pulled for report in reports),
        "written": _added(report.written for report in reports),
        "conflicts": sum(report.conflicts for report in reports),
        "archived": sum(report.archived for report in reports),
        "put_back": sum(report.put_back for report in reports),
        "failed": last.failed,
        "refused": last.refused,
        "waiting_deletions": last.waiting_deletions,
        "torn": last.torn,
        "down": last.down,
        "problems": last.problems,
    }


def _stands_still(reports: Sequence[CycleReport]) -> bool:
    """Whether the last cycle found just what the one before it did, and could write none of it: no other one will."""
    last = reports[-1]
    stuck = bool(last.refused) and not (last.written or last.settling)
    return stuck and len(reports) > 1 and last.figures() == reports[-2].figures()


def _tended(tending: Tending) -> bool:
    """Whether rows of the to-do table were changed, which the next cycle writes."""
    looked = tending.look()
    return looked is not None and looked.rows > 0


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total


def _print_total(archive: Archive, total: dict[str, object]) -> None:
    table = Table(title=archive.config.archive.name, show_header=False)
    counts = {name: value for name, value in total.items() if name not in ("problems", "down")}
    for name, value in counts.items():
        table.add_row(name.replace("_", " "), str(value) if value not in ({}, []) else "-")
    out.print(table)


def _rehearse(json: bool) -> None:
    config, environment = settings()
    with rehearsing(config, environment) as (archive, rehearsals):
        report = rehearse(archive, rehearsals)
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
    else:
        _print_writes(found)
    _end(report.problems, report.down)
    _note_rehearsal(config, environment)


def _note_rehearsal(config: Config, environment: Environment) -> None:
    """Somebody has looked: the tables that were taken over may be worked with."""
    hub = Hub(environment.stores(config.store).hub, config)
    try:
        for replica in config.sync.replicas:
            rehearsed(hub, replica.name)
    finally:
        hub.close()


def _print_writes(found: Mapping[str, Mapping[str, Mapping[str, int]]]) -> None:
    table = Table(title="would be written", title_style="bold")
    for heading in ("replica", "table", "create", "change", "remove"):
        table.add_column(heading, justify="left" if heading in ("replica", "table") else "right")
    for name, tables in found.items():
        for title, counts in tables.items():
            table.add_row(name, title, str(counts["create"]), str(counts["change"]), str(counts["remove"]))
    out.print(table if found and any(found.values()) else "nothing would be written")


@app.command()
def run() -> None:
    """The daemon: cycles, digests and the heartbeat, until SIGTERM."""
    replaced, ended = True, Event()
    while replaced and not ended.is_set():
        config, environment, refused = _take_over_config()
        with open_archive(config, environment, calling=True) as archive:
            if not refused:
                keep_config(options.config, environment.home)
            watch = ConfigWatch(options.config, archive.hub, archive.vault, refused=refused)
            daemon = Daemon(archive, watch, ended)
            daemon.run()
            replaced = daemon.replaced


def _take_over_config() -> tuple[Config, Environment, Sequence[str]]:
    """Hub and tables into the shape of the config. Where the file's cannot be used, the last good one goes on, and why not the
    file's: a daemon that does not start masks nothing."""
    try:
        config, environment = settings()
        _bring_into_shape(config, environment)
    except (ConfigProblems, ChangeRefused) as refused:
        return *_kept_config(refused), str(refused).splitlines()
    return config, environment, ()


def _bring_into_shape(config: Config, environment: Environment) -> None:
    with open_archive(config, environment, calling=True) as archive:
        _require_rehearsal(archive)
        changed = reconfigure(archive.engine)
    if changed:
        # Opened again: connections remember what they read when they were opened.
        with open_archive(config, environment, calling=True) as archive:
            extend(archive)


def _kept_config(refused: ConfigProblems | ChangeRefused) -> tuple[Config, Environment]:
    """What the daemon worked with last. Raises `refused` where there is none, and where another command has taken over a later
    one: going back would take from the hub what that one brought."""
    environment = Environment.read()
    kept = kept_config(environment.home) if options.config.is_file() else None
    if kept is None:
        raise refused
    with open_archive(kept, environment, calling=True) as archive:
        if not is_in_shape(archive.engine):
            raise refused
    return kept, environment
