"""When the open items and their rows are looked at: at the start, once a day, and after a cycle that changed something."""

from datetime import date

import structlog

from jobs.tend import TendReport, follow, newest_revision, tend
from tablekeeper.archive import Archive
from tablekeeper.mailing import digest_archive

log = structlog.get_logger("todo")


class Tending:
    """Looks at the to-do table of one archive as often as it is worth it."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._day: date | None = None
        self._revision = 0

    def look(self) -> TendReport | None:
        """Look at what there is to look at; None when nothing changed since, or nothing is to be reminded of."""
        if not self._archive.config.reminders:
            return None
        with self._archive.hub.reading() as unit:
            newest = newest_revision(unit)
        today = self._archive.engine.today()
        if (newest, today) == (self._revision, self._day):
            return None
        report = self._report(today)
        self._day = today
        with self._archive.hub.reading() as unit:
            self._revision = newest_revision(unit)
        if report.rows or report.closed or report.failures:
            log.info(
                "todo",
                open=report.open,
                closed=report.closed,
                rows=report.rows,
                waiting=report.waiting,
                failures=len(report.failures),
            )
        return report

    def _report(self, today: date) -> TendReport:
        engine, archive = self._archive.engine, digest_archive(self._archive)
        followed = follow(archive, engine, self._revision) if self._day == today else None
        return followed or tend(archive, engine)
