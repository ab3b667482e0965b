"""The daemon: APScheduler triggers cycles, digests and the heartbeat; a signal lets the write in hand finish."""

import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from sync.config import SyncConfig
from sync.cycle import run_cycle
from sync.engine import CycleReport, Engine, FrozenPart
from sync.errors import ServiceError
from sync.polling import Polling
from tablekeeper.archive import Archive
from tablekeeper.case_ends import end_cases
from tablekeeper.exposure import exposure, note_exposure
from tablekeeper.keeping import Keeping
from tablekeeper.lag import Lag
from tablekeeper.logs import where
from tablekeeper.metrics import Metrics, serve
from tablekeeper.posting import Posting
from tablekeeper.purging import purge_cleared
from tablekeeper.reload import ConfigWatch
from tablekeeper.status import CycleNotes, figures
from tablekeeper.tending import Tending
from vault.errors import VaultError
from vault.journal import Journal

log = structlog.get_logger("daemon")


PROMPT_S = 0.3
"""What was written on one side brings work on the other: staff should not wait a whole interval for it."""
MARGIN_S = 0.1
JOURNAL_S = 60
EXPOSURE_EVERY_H, EXPOSURE_AFTER_MIN = 6, 15
POSTING_EVERY_S = 60.0
PURGE_EVERY_H, PURGE_AFTER_MIN = 24, 10
CASES_EVERY_H = 24
KEEPING, KEEPING_EVERY_S = "keeping", 60.0
LAG, LAG_EVERY_S = "lag", 5.0


def polling_of(engine: Engine) -> Polling:
    """When the replicas of an engine are to be looked at."""
    replicas = {replica.name: (replica.config, replica.connection) for replica in engine.replicas}
    return Polling(engine.config, replicas, engine.hub)


def next_cycle_s(report: CycleReport, config: SyncConfig) -> float | None:
    """When to look again before the interval is over: at once after writing, or when a row in hand has stood still."""
    if report.down:
        return None
    if report.written:
        return min(PROMPT_S, config.interval_s)
    settled_s = config.settle_s + MARGIN_S
    return settled_s if report.settling and config.settle_s <= config.interval_s else None


def _all_frozen(engine: Engine) -> frozenset[FrozenPart]:
    return frozenset(part for parts in engine.frozen.values() for part in parts)


class Daemon:
    """Runs one archive until told to stop. One job at a time: cycle, digest and heartbeat share hub and connections; backups and drills run beside them."""

    def __init__(
        self, archive: Archive, watch: ConfigWatch | None = None, ended: threading.Event | None = None
    ) -> None:
        """`watch` tells when another config should be worked with. A signal sets `ended`, also between two configs."""
        self.archive = archive
        self._ended = ended or threading.Event()
        self.replaced = False
        """Whether the daemon ended for another config to take its place."""
        self._watch = watch
        self._keeping = Keeping(archive, watch.file) if watch else None
        self._stop = threading.Event()
        self._planned: BackgroundScheduler | None = None
        engine = archive.engine
        self._polling = polling_of(engine)
        self._lag = Lag(self._polling.replicas, limit_s=engine.config.max_lag_s, clock=engine.clock)
        self._metrics = Metrics(engine, self._polling, self._lag)
        self._notes = CycleNotes(archive.hub)
        place = archive.config.backup.vault_journal
        self._journal = Journal(archive.vault, place) if place else None
        self._tending = Tending(archive)
        self._frozen: frozenset[FrozenPart] = frozenset()
        self._posting = Posting(archive)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT. Raises LeaseTaken when another daemon has the archive."""
        with self.archive.lease():
            self._catch_signals()
            if self._ended.is_set():
                return
            self._planned = scheduler = self._scheduler()
            # Before the first cycle, which would write again what a restored backup brought back.
            self._job("cases", self.cases)()
            scheduler.start()
            log.info(
                "daemon_started",
                replicas=[replica.name for replica in self.archive.engine.replicas],
                unserved=list(self.archive.environment.unserved(self.archive.config.sync)),
            )
            port = self.archive.config.metrics.port
            stop_serving = serve(self._metrics, port) if port is not None else None
            self._stop.wait()
            scheduler.shutdown(wait=True)
            if stop_serving:
                stop_serving()
            log.info("daemon_stopped")

    def stop(self) -> None:
        """Leave as soon as the job in hand is done."""
        self._stop.set()

    def _catch_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._ended.set()
        self.stop()

    def _scheduler(self) -> BackgroundScheduler:
        config, zone = self.archive.config, ZoneInfo(self.archive.config.archive.timezone)
        scheduler = BackgroundScheduler(
            timezone=zone,
            executors={name: ThreadPoolExecutor(1) for name in ("default", KEEPING, LAG)},
            # Missed runs collapse into one, however late it is.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        now = datetime.now(zone)
        scheduler.add_job(
            self._job("cycle", self._cycle_and_next),
            IntervalTrigger(seconds=config.sync.interval_s, timezone=zone),
            next_run_time=now,
            id="cycle",
        )
        scheduler.add_job(
            self._job("heartbeat", self.heartbeat),
            IntervalTrigger(seconds=config.sync.status_every_s, timezone=zone),
            next_run_time=now,
        )
        scheduler.add_job(
            self._job(LAG, self._lag.tell),
            IntervalTrigger(seconds=min(LAG_EVERY_S, config.sync.max_lag_s), timezone=zone),
            # Beside the cycles: one that hangs is what it has to tell of.
            executor=LAG,
        )
        if self._journal is not None:
            scheduler.add_job(
                self._job("journal", self.journal),
                IntervalTrigger(seconds=JOURNAL_S, timezone=zone),
                next_run_time=now,
            )
        scheduler.add_job(
            self._job("posting", self._posting.look),
            IntervalTrigger(seconds=POSTING_EVERY_S, timezone=zone),
        )
        scheduler.add_job(
            self._job("exposure", self.exposure),
            IntervalTrigger(hours=EXPOSURE_EVERY_H, timezone=zone),
            # Soon, so that the desk has figures; but not before the first cycles.
            next_run_time=now + timedelta(minutes=EXPOSURE_AFTER_MIN),
        )
        scheduler.add_job(
            self._job("purge", self.purge),
            IntervalTrigger(hours=PURGE_EVERY_H, timezone=zone),
            # Soon, for one that is restarted often; but not before the first cycles.
            next_run_time=now + timedelta(minutes=PURGE_AFTER_MIN),
        )
        scheduler.add_job(
            self._job("cases", self.cases),
            IntervalTrigger(hours=CASES_EVERY_H, timezone=zone),
        )
        if self._keeping is not None:
            scheduler.add_job(
                self._job(KEEPING, self._keeping.look),
                IntervalTrigger(seconds=KEEPING_EVERY_S, timezone=zone),
                # A drill may take minutes, and staff must not wait for it.
                executor=KEEPING,
            )
        return scheduler

    def _job(self, name: str, work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            if self._stop.is_set():
                return
            try:
                work()
            # The one edge of the daemon: whatever happened, the next run tries again.
            except Exception as error:
                log.error("job_failed", job=name, kind=type(error).__name__, where=where(error))

        return run

    def _cycle_and_next(self) -> None:
        """A cycle, and the next one sooner where somebody waits for it."""
        if self._watch is not None and self._watch.ready():
            log.info("config_changed")
            self._hand_over()
            return
        if self._watch is not None and self._watch.is_set_up_anew():
            log.info("tables_set_up")
            self._hand_over()
            return
        report = self.cycle()
        if (frozen := _all_frozen(self.archive.engine)) != self._frozen:
            # Staff should not wait half an hour to read that a table stands still, or that it goes on.
            self._frozen = frozen
            self._job("heartbeat", self.heartbeat)()
        if not report.busy or report.pulled:
            self._job("todo", self._tending.look)()
        soon_s = next_cycle_s(report, self.archive.config.sync)
        if soon_s is not None and self._planned is not None and not self._stop.is_set():
            when = self.archive.engine.clock() + timedelta(seconds=soon_s)
            self._planned.modify_job("cycle", next_run_time=when)

    def _hand_over(self) -> None:
        self.replaced = True
        self.stop()

    def cycle(self) -> CycleReport:
        """One cycle, and its line in the log."""
        engine = self.archive.engine
        started = engine.clock()
        self._metrics.begin()
        look_at = self._polling.due(started, engine.settling.replicas())
        report = run_cycle(engine, look_at=look_at)
        now = engine.clock()
        self._polling.looked(look_at, frozenset(report.pulled), started)
        up = sorted(look_at - report.down.keys())
        self._lag.worked_with(up, now)
        self._notes.note(up, now, took_s=(now - started).total_seconds())
        self._metrics.end(report, look_at)
        event = log.info if report.busy or report.down else log.debug
        seconds = round((now - started).total_seconds(), 3)
        event("cycle", seconds=seconds, lag_s=self._lag.seconds(), **report.figures())
        return report

    def journal(self) -> None:
        """Append the vault's changes to its journal in a second place."""
        assert self._journal is not None, "only planned when the config names one"
        try:
            self._journal.write()
        except VaultError as error:
            log.error("journal_failed", kind=type(error).__name__, message=str(error))

    def exposure(self) -> None:
        """Count the people whose plain fields stand abroad; an alarm where the law asks for more."""
        note_exposure(self.archive, exposure(self.archive))

    def purge(self) -> None:
        """Destroy the values that were cleared long ago, but for those that a law or the hub still wants."""
        if gone := purge_cleared(self.archive):
            log.info("purged", values=gone)

    def cases(self) -> None:
        """Take what stayed of restricted persons for a case out of the tables when the case is closed."""
        end_cases(self.archive)

    def heartbeat(self) -> None:
        """Stamp 系统状态 on every replica."""
        for replica in self.archive.engine.replicas:
            try:
                replica.connection.stamp(figures(self.archive, replica.name))
            except ServiceError as error:
                log.warning(
                    "heartbeat_failed", replica=replica.name, kind=type(error).__name__, message=error.message
                )
