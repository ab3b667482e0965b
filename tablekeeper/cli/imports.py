"""The command import: a legacy workbook moves in. It is always shown first what would come of it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sync.admit import AdmitReport, NewRow, admit
from sync.errors import LeaseTaken, ServiceError
from tablekeeper.archive import Archive
from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import app, console, out, print_json
from tablekeeper.cli.opening import opened, settings
from tablekeeper.cli.output import JsonOption, add_row, listed, table
from tablekeeper.cli.work import DryRun, sync_until_calm
from tablekeeper.config import Config
from tablekeeper.importing.existing import Archive as InArchive
from tablekeeper.importing.existing import Empty
from tablekeeper.importing.read import read_workbook
from tablekeeper.importing.report import ImportReport, rendered
from tablekeeper.importing.taking_in import judged, taken_in
from tablekeeper.importing.workbook import ImportProblem, Workbook
from vault.opening import exists


@app.command(name="import")
def import_workbook(
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", help="The workbook.")],
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before taking the rows in.")] = False,
    json: JsonOption = False,
) -> None:
    """Move a legacy workbook in: plaintext into the vault first, then the rows; what is wrong waits to be mended."""
    config, environment = settings()
    workbook = _read(file, config)
    if dry_run and not exists(environment.stores(config.store).vault):
        # Before the archive is set up, a file can be looked at all the same.
        _tell_preview(judged(workbook, config, Empty()).report, json=json)
        return
    with opened(calling=True) as archive:
        with archive.hub.reading() as unit:
            reading = judged(workbook, config, InArchive(unit.records, archive.vault))
        if dry_run or not reading.rows:
            _tell_preview(reading.report, json=json, dry_run=dry_run)
            return
        if not json:
            out.print(rendered(reading.report))
            _confirm(reading.report, yes=yes)
        _require_tables(archive)
        with _lease_if_free(archive) as alone:
            report = _admit(archive, reading.rows)
            total = sync_until_calm(archive) if alone else None
        _tell(reading.report, report, total, json=json)


def _read(file: Path, config: Config) -> Workbook:
    try:
        return read_workbook(file, config)
    except ImportProblem as problem:
        raise Misused(problem.message, advice=problem.advice) from None


def _confirm(report: ImportReport, *, yes: bool) -> None:
    """Ask a person who sits there; a script has said what it wants."""
    if not yes and sys.stdin.isatty():
        typer.confirm(f"导入以上 {report.adds} 行?", abort=True, err=True)


def _require_tables(archive: Archive) -> None:
    """Everything the rows go to stands, before the first value is sealed. Raises Misused, ServiceError."""
    for replica in archive.engine.replicas:
        changes = replica.connection.setup(dry_run=True)
        if missing := dict.fromkeys(change.table for change in changes if not change.why and change.table):
            what = f"{replica.name} is not set up: {listed([*missing])}"
            raise Misused(what, advice="run `tablekeeper setup`, then import again; nothing was taken in")


@contextmanager
def _lease_if_free(archive: Archive) -> Iterator[bool]:
    """Keep the daemon out while we work, or work beside it: taking rows in is one transaction per block."""
    with ExitStack() as cleanup:
        try:
            cleanup.enter_context(archive.lease())
        except LeaseTaken:
            yield False
        else:
            yield True


def _admit(archive: Archive, rows: Sequence[NewRow]) -> AdmitReport:
    columns = (TextColumn("导入"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(rows))
        try:
            return admit(archive.engine, rows, progress=lambda done: progress.advance(task, done))
        except ServiceError as error:
            kept = "what was read so far is safe in vault and hub; run `tablekeeper sync`, then import again"
            error.advice = f"{error.advice}; {kept}" if error.advice else kept
            raise


def _tell_preview(report: ImportReport, *, json: bool, dry_run: bool = True) -> None:
    if json:
        print_json({"dry_run": dry_run, **report.as_json()})
    else:
        out.print(rendered(report))


def _tell(before: ImportReport, report: AdmitReport, total: dict[str, Any] | None, *, json: bool) -> None:
    counts = taken_in(before, report)
    if json:
        more = {"taken_in": counts, "daemon_running": total is None, "sync": total}
        print_json({"dry_run": False, **before.as_json(), **more})
        return
    made = table("表", "新增", "待更正", "等待", "已在档", title="已导入")
    for one in counts:
        add_row(made, one.values())
    out.print(made)
    if report.held or report.waiting:
        out.print("待更正的内容已存入,在表格中改正后自动生效:tablekeeper held 列出各行")
    if total is None:
        out.print("守护进程正在运行,由它把各行写到其余表格")
