"""The first half of the demo: make tables and vault, take the workbook in, start the daemon, wait until both sides stand."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.admit import AdmitReport, NewRow, admit
from sync.connection import SystemColumn
from sync.uid import new_uid
from tablekeeper.archive import Archive
from tablekeeper.cli.opening import create_vault
from tablekeeper.config import Config
from tablekeeper.demo.cast import STATUS
from tablekeeper.demo.office import Office, wait_for
from tablekeeper.demo.play import ERROR, NOTE
from tablekeeper.demo.sample import SEED, sample_rows
from tablekeeper.demo.show import Show
from tablekeeper.demo.stage import Stage
from tablekeeper.demo.traffic import calm
from tablekeeper.importing.existing import Archive as Existing
from tablekeeper.importing.read import read_workbook
from tablekeeper.importing.split import split
from tablekeeper.importing.workbook import Workbook

EXAMPLES = 3
FILL_S_MAX = 180.0
WAITING = "等待"


@dataclass(frozen=True, slots=True)
class Filled:
    """What was taken in. `secrets` are the sensitive cells as they stood in the workbook."""

    report: AdmitReport
    secrets: frozenset[str] = field(repr=False)


def workbook_of(config: Config, file: Path | None) -> Workbook:
    """The workbook to take in: the file, or the shipped sample. Raises ImportProblem."""
    today = datetime.now(ZoneInfo(config.archive.timezone)).date()
    return read_workbook(file, config) if file else sample_rows(SEED, today=today, schema=config)


def set_up(stage: Stage, show: Show) -> None:
    """Vault, Airtable tables, Sheets tabs."""
    total = 3 + len(stage.departments)
    with show.step("建立保险库、Airtable 各表和表格各页", total=total) as advance:
        create_vault(stage.config, stage.environment)
        advance(1)
        with stage.archive() as archive:
            for replica in archive.engine.replicas:
                replica.connection.setup()
                advance(1)


def take_in(stage: Stage, show: Show, workbook: Workbook) -> Filled:
    """Through the real import: plaintext into the vault first, then the rows into Airtable."""
    with stage.archive() as archive:
        rows = _rows(archive, workbook)
        with show.step("导入台账:明文先进保险库,再写 Airtable", total=len(rows)) as advance:
            report = admit(archive.engine, rows, progress=advance)
    return Filled(report, frozenset(_secrets(stage.config, rows)))


def _rows(archive: Archive, workbook: Workbook) -> Sequence[NewRow]:
    engine = archive.engine
    with archive.hub.unit() as unit:
        found = split(
            workbook,
            archive.config,
            Existing(unit.records, archive.vault),
            new_uid=lambda: new_uid(engine.clock(), secrets.randbits),
            today=engine.today(),
        )
    return found.rows


def _secrets(config: Config, rows: Sequence[NewRow]) -> set[str]:
    return {
        str(row.cells[key])
        for row in rows
        for key in config.tables[row.table].sensitive
        if row.cells.get(key) is not None
    }


def fill_sheets(stage: Stage, show: Show, office: Office, report: AdmitReport) -> None:
    """Start the daemon and wait until it has brought every valid record to Sheets. Raises NotSeen, StageFailed."""
    tabs = [table.name for table in stage.config.tables.values()]
    sure, perhaps = sum(report.live.values()), sum(report.waiting.values())
    shown = 0

    def stand() -> bool:
        nonlocal shown
        now = sum(office.sheets.counts(tabs, SystemColumn.UID).values())
        advance(now - shown)
        shown = now
        return now >= sure

    with show.step("启动守护进程:把有效的行带到表格", total=sure + perhaps) as advance:
        stage.daemon.start()
        wait_for("有效的行都到了表格", stand, seconds=FILL_S_MAX)
        calm(stage)
        stand()


def tell_what_was_found(stage: Stage, show: Show, office: Office) -> None:
    """Counts by table as staff see them in Airtable, and a few rows that wait to be mended."""
    rows = {table.name: office.airtable.rows(table.name).values() for table in stage.config.tables.values()}
    columns = {
        "记录": {name: len(found) for name, found in rows.items()},
        "有错待更正": {name: sum(row.get(STATUS) == ERROR for row in found) for name, found in rows.items()},
        "等待他行": {name: sum(row.get(STATUS) == WAITING for row in found) for name, found in rows.items()},
    }
    show.counts("台账里有", columns)
    examples: dict[str, str] = {}
    for table in stage.config.tables.values():
        for row in rows[table.name]:
            line = str(row.get(NOTE, "")).partition("\n")[0]
            if row.get(STATUS) == ERROR and line not in examples.values() and len(examples) < EXAMPLES:
                examples[f"{table.name} {row.get(table.fields[table.key].name, '')}"] = line
    show.examples("有错的行留在 Airtable,敏感内容已加密,并写明怎么改,例如:", examples.items())
