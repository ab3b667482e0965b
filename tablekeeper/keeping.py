"""What keeps the archive safe while the daemon runs: the day's backup, and from time to time a restore drill."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from jobs.archive_candidates import Judge
from jobs.archive_ending import may_end
from jobs.archive_register import Register
from jobs.archiving import Shelf, candidates, carry_out
from jobs.backup import Places, back_up
from jobs.backup_drill import Drilled, drill
from jobs.backup_errors import BackupError
from jobs.backup_file import Progress
from jobs.noted import note as note_found
from jobs.noted import noted
from jobs.reminder_config import ARCHIVABLE, DESTROYABLE
from jobs.review import Finding, Mark, as_html, as_text, counts
from jobs.schedule import clock
from sync.store.hub import Hub
from tablekeeper.archive import Archive
from tablekeeper.config import Config
from tablekeeper.environment import Environment
from tablekeeper.keeping_notes import BACKUP, CHECKS, KEPT, LEAK_SCAN, REVIEW
from tablekeeper.leak_scan import scan
from tablekeeper.reviewing import review
from tablekeeper.stores import Stores
from vault.report import RESTORE_DRILL, note
from vault.vault import Vault

log = structlog.get_logger("keeping")

MOVING = ("approved", "packed", "moved")
FOLLOW_UP = timedelta(days=7)


def places(stores: Stores, home: Path, config_file: Path, vault: Vault) -> Places:
    """The parts of an archive."""
    return Places(home, stores.hub, stores.vault, config_file, vault.keys.vault_id)


def drilled(archive: Archive, config_file: Path, progress: Progress = lambda done, total: None) -> Drilled:
    """A restore drill, noted in vault and hub when it went well. Raises BackupError, VaultError."""
    found = drill(
        _places_of(archive, config_file),
        lambda url: open_copy(archive.config, archive.environment, url),
        now=archive.engine.clock(),
        progress=progress,
    )
    if found.passed:
        note(archive.vault, RESTORE_DRILL)
        today = archive.engine.today()
        archive.hub.bindings(CHECKS).set(RESTORE_DRILL, f"{today} 通过\uff0c逐行核对 {found.rows} 行")
        archive.hub.bindings(KEPT).set(RESTORE_DRILL, today.isoformat())
    return found


def note_backup(hub: Hub, now: datetime) -> None:
    """A backup was made; `now` is local."""
    hub.bindings(CHECKS).set(BACKUP, f"{now:%Y-%m-%d %H:%M}")


def _places_of(archive: Archive, config_file: Path) -> Places:
    environment = archive.environment
    return places(environment.stores(archive.config.store), environment.home, config_file, archive.vault)


def shelf_of(archive: Archive) -> Shelf:
    """What archiving needs of an archive."""
    config = archive.config
    folder = config.archiving.to or archive.environment.home / "archive"
    kinds = {each.id: each.kind for each in config.reminders}
    judge = Judge(config, config.archiving, todo=config.todo.table, kinds=kinds)
    return Shelf(archive.hub, archive.vault, config, judge, folder, config.backup.recipients)


def open_copy(config: Config, environment: Environment, url: str) -> Vault:
    """The vault of a copy, with the root key of the environment; whatever its time is, it is a copy."""
    return Vault.open(url, environment.root_key(), config=config.vault, trust_clock=True)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review, and where it stands."""

    findings: tuple[Finding, ...]
    text: str
    files: tuple[Path, ...]


def reviewed(archive: Archive, folder: Path | None = None) -> Reviewed:
    """Look at everything and write the report as a page and as text. Raises OSError."""
    findings, name, today = tuple(review(archive)), archive.config.archive.name, archive.engine.today()
    folder = folder or archive.environment.home / "reviews"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = folder / f"{today}.html", folder / f"{today}.txt"
    text = as_text(name, today, findings)
    files[0].write_text(as_html(name, today, findings), encoding="utf-8")
    files[1].write_text(text, encoding="utf-8")
    archive.hub.bindings(KEPT).set(REVIEW, today.isoformat())
    note_found(archive.hub, REVIEW, counts(findings), today)
    return Reviewed(findings, text, files)


def note_candidates(archive: Archive, today: date) -> None:
    """Remind whoever approves of files that may be archived, and of those that may be destroyed."""
    shelf = shelf_of(archive)
    free, _ = candidates(shelf, today)
    ended = [one for one in shelf.register.all() if may_end(one, today)]
    for kind, count in ((ARCHIVABLE, len(free)), (DESTROYABLE, len(ended))):
        note_found(archive.hub, kind, {kind: count} if count else {}, today)


def _quarter(day: date) -> tuple[int, int]:
    return day.year, (day.month - 1) // 3


class Keeping:
    """Looks every minute at what is due. What was done on which day is kept in the hub, over restarts."""

    def __init__(self, archive: Archive, config_file: Path) -> None:
        self._archive, self._config_file = archive, config_file
        self._kept = archive.hub.bindings(KEPT)

    def look(self) -> None:
        """Back up once a day after its hour, drill after the days of the config. Nothing while nobody could open a backup."""
        self._let_go()
        self._review()
        self._candidates()
        self._scan()
        config = self._archive.config.backup
        now = self._archive.engine.clock().astimezone(ZoneInfo(self._archive.config.archive.timezone))
        if not config.recipients or now.time() < clock(config.at):
            return
        if self._day(BACKUP) != now.date():
            self._back_up(now)
        last = self._day(RESTORE_DRILL)
        if last is None or now.date() - last >= timedelta(days=config.drill_days):
            self._drill(now)

    def _let_go(self) -> None:
        """Take the files that a person approved a step further."""
        archive, engine = self._archive, self._archive.engine
        if not archive.config.archiving.table or not any(
            one.stage in MOVING for one in Register(archive.hub).all()
        ):
            return
        steps = carry_out(shelf_of(archive), now=engine.clock(), today=engine.today())
        if steps["packed"] or steps["moved"] or steps["archived"]:
            log.info(
                "files_archived",
                packed=steps["packed"],
                moved=steps["moved"],
                archived=steps["archived"],
                kept=steps["kept"],
            )

    def _review(self) -> None:
        """Once a quarter, at the first look of an archive that never had one, and each week while something is to be looked into."""
        today, last = self._archive.engine.today(), self._day(REVIEW)
        if (
            last is not None
            and _quarter(last) == _quarter(today)
            and not self._is_followed_up(today - last, REVIEW)
        ):
            return
        self._kept.set(REVIEW, today.isoformat())
        found = reviewed(self._archive)
        marks = [one.mark for one in found.findings]
        log.info(
            "review",
            file=str(found.files[0]),
            look=marks.count(Mark.LOOK),
            unknown=marks.count(Mark.UNKNOWN),
        )

    def _is_followed_up(self, since: timedelta, *kinds: str) -> bool:
        """Whether what was found last is to be looked at again: it closes when it is not so any more."""
        with self._archive.hub.reading() as unit:
            return since >= FOLLOW_UP and any(noted(unit.connection, kind) for kind in kinds)

    def _candidates(self) -> None:
        """Once a month, and each week while there are any: how many files may be archived, and how many destroyed."""
        archive, today, last = self._archive, self._archive.engine.today(), self._day(ARCHIVABLE)
        if not archive.config.archiving.table:
            return
        this_month = last is not None and (last.year, last.month) == (today.year, today.month)
        if (
            last is not None
            and this_month
            and not self._is_followed_up(today - last, ARCHIVABLE, DESTROYABLE)
        ):
            return
        self._kept.set(ARCHIVABLE, today.isoformat())
        note_candidates(archive, today)

    def _scan(self) -> None:
        """Once a day, whatever it finds: an archive that cannot be read today is read tomorrow."""
        today = self._archive.engine.today()
        if self._day(LEAK_SCAN) != today:
            self._kept.set(LEAK_SCAN, today.isoformat())
            scan(self._archive)

    def _back_up(self, now: datetime) -> None:
        # Noted first: a full disk is told once a day, not every minute.
        self._kept.set(BACKUP, now.date().isoformat())
        archive = self._archive
        try:
            made = back_up(_places_of(archive, self._config_file), archive.config.backup, now=now)
        except (BackupError, OSError) as error:
            log.error("backup_failed", kind=type(error).__name__, message=str(error))
            return
        note_backup(archive.hub, now)
        log.info(
            "backup",
            files=[str(one.file) for one in made],
            bytes=sum(one.size for one in made),
            removed=sum(len(one.removed) for one in made),
        )

    def _drill(self, now: datetime) -> None:
        self._kept.set(RESTORE_DRILL, now.date().isoformat())
        try:
            found = drilled(self._archive, self._config_file)
        except (BackupError, OSError) as error:
            log.error("drill_failed", kind=type(error).__name__, message=str(error))
            return
        if found.passed:
            log.info("drill", rows=found.rows, values=found.values, place=found.place)
        else:
            log.error("drill_failed", kind="Different", message="; ".join(found.told()))

    def _day(self, name: str) -> date | None:
        text = self._kept.get(name)
        return date.fromisoformat(text) if text else None
