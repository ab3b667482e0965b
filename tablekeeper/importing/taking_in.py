"""What a file would add, and what became of it: the same for the command and the page. Reads; `sync.admit` writes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sync.admit import AdmitReport, NewRow
from sync.uid import new_uid
from tablekeeper.archive import utc_now
from tablekeeper.config import Config
from tablekeeper.importing.existing import Existing
from tablekeeper.importing.report import ImportReport, preview
from tablekeeper.importing.split import split
from tablekeeper.importing.workbook import Workbook


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file would add, and how that was judged."""

    rows: Sequence[NewRow]
    report: ImportReport


def judged(workbook: Workbook, config: Config, existing: Existing) -> Reading:
    """The rows that a workbook would add, judged as the engine would."""
    today = utc_now().astimezone(ZoneInfo(config.archive.timezone)).date()
    found = split(
        workbook, config, existing, new_uid=lambda: new_uid(utc_now(), secrets.randbits), today=today
    )
    return Reading(found.rows, preview(workbook, found, config, existing, today=today))


def taken_in(before: ImportReport, report: AdmitReport) -> list[dict[str, Any]]:
    """What became of the rows, by table."""
    return [
        {
            "table": count.name,
            "new": report.live.get(count.table, 0),
            "held": report.held.get(count.table, 0),
            "waiting": report.waiting.get(count.table, 0),
            "present": count.present,
        }
        for count in before.tables
    ]
