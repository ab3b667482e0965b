"""The mails of a running archive: digests at their hours, urgent ones at once, what waits again, and a sign of life."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import requests
import structlog

from jobs.calendar import Calendar
from jobs.config import DigestConfig
from jobs.outbox import Outbox
from jobs.schedule import clock, due_digests
from jobs.send_digests import DigestReport, send_digests
from jobs.urgent import store_urgent
from tablekeeper.archive import Archive
from tablekeeper.mailing import digest_archive
from tablekeeper.status import standing

log = structlog.get_logger("posting")

DAY = timedelta(days=1)
ALIVE, ALIVE_TIMEOUT_S = "alive", 10.0
RESTS = timedelta(minutes=5)
"""Between two attempts to send what a mail server did not take."""
Call = Callable[[str], None]


def call(url: str) -> None:
    """Tell a service outside that all is well. Raises requests.RequestException."""
    requests.get(url, timeout=ALIVE_TIMEOUT_S).raise_for_status()


class Posting:
    """Looks every minute at what is to be mailed. What was done on which day is kept in the hub, over restarts."""

    def __init__(self, archive: Archive, call: Call = call) -> None:
        self._archive, self._call = archive, call
        self._kept = archive.hub.bindings("posting")
        self._tried: datetime | None = None

    def look(self) -> None:
        """Send what is due now. Does nothing while no mail server is named: `check` says so."""
        now = self._archive.engine.clock().astimezone(ZoneInfo(self._archive.config.archive.timezone))
        if self._archive.environment.smtp_url is not None:
            self._digests(now)
            self._urgent(now)
        self._sign_of_life(now)

    def _digests(self, now: datetime) -> None:
        config = self._archive.config
        last = {each.id: day for each in config.digests if (day := self._day(f"digest:{each.id}"))}
        due = due_digests(config.digests, now, last, Calendar(config.calendar))
        if due:
            self._send(due, now.date())
        # What was never sent and is not due begins with its next turn.
        for each in (each for each in config.digests if each.id not in last and now.time() >= clock(each.at)):
            self._kept.set(f"digest:{each.id}", now.date().isoformat())

    def _send(self, due: Sequence[DigestConfig], today: date) -> None:
        """Those of one moment together, so that a reader of several gets one mail."""
        report = send_digests(
            digest_archive(self._archive),
            today=today,
            outbox=self._outbox(),
            mailer=self._archive.mailer(),
            only=[each.id for each in due],
            on_any_day=True,
        )
        self._archive.vault.close_cycle()
        for each in due:
            self._kept.set(f"digest:{each.id}", today.isoformat())
        self._warn_of(report.calendar_unknown)
        _log(report, due)

    def _warn_of(self, year: int | None) -> None:
        """Once for a year: operations read it in their mail every day."""
        if year is not None and self._kept.get(f"calendar:{year}") is None:
            log.warning("calendar_unknown", year=year)
            self._kept.set(f"calendar:{year}", "warned")

    def _urgent(self, now: datetime) -> None:
        """Store what is urgent, and try again what waits."""
        outbox = self._outbox()
        new = store_urgent(digest_archive(self._archive), outbox, now)
        rested = self._tried is None or now - self._tried >= RESTS
        if new or (rested and outbox.waiting()):
            self._tried = now
            delivery = outbox.deliver(self._archive.mailer())
            log.info(
                "delivery",
                sent=len(delivery.sent),
                waiting=len(delivery.stored),
                refused=len(delivery.refused),
                uncertain=len(delivery.uncertain),
            )

    def _sign_of_life(self, now: datetime) -> None:
        """Once in the evening of a good day; a day without it raises the alarm outside."""
        mail = self._archive.config.mail
        if mail.alive_url is None or now.time() < clock(mail.alive_at) or self._day(ALIVE) == now.date():
            return
        if not self._is_good(now):
            return
        try:
            self._call(mail.alive_url)
        except requests.RequestException as error:
            log.warning("alive_failed", kind=type(error).__name__)
            return
        self._kept.set(ALIVE, now.date().isoformat())

    def _is_good(self, now: datetime) -> bool:
        """Whether every side was worked with lately and no mail of the day was left lying."""
        state = standing(self._archive)
        limit_s = self._archive.config.sync.max_lag_s
        fresh = (
            last is not None and (now - last).total_seconds() <= limit_s for last in state.last_cycle.values()
        )
        return all(fresh) and not self._outbox().is_failing(now - DAY)

    def _outbox(self) -> Outbox:
        return Outbox(self._archive.hub, self._archive.engine.clock)

    def _day(self, name: str) -> date | None:
        text = self._kept.get(name)
        return date.fromisoformat(text) if text else None


def _log(report: DigestReport, due: Sequence[DigestConfig]) -> None:
    log.info(
        "digest",
        digest=[each.id for each in due],
        working_day=report.working,
        stored=len(report.stored),
        skipped=len(report.skipped),
        sent=len(report.delivery.sent),
        unaddressed=sum(report.unaddressed.values()),
        failures=len(report.failures),
    )
