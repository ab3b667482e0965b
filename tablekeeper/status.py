"""How an archive stands, in figures. The same for the command, 系统状态 and the desk; `diagnosis.py` says what they mean."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from jobs.files import Files
from jobs.outbox import MailState
from jobs.restore_marker import read_marker
from sync.engine import FrozenPart
from sync.errors import LeaseTaken
from sync.freezing import frozen_parts
from sync.lease import lease
from sync.polling import month
from sync.setting_up import left_behind
from sync.store.hub import Hub, Unit
from sync.store.records import State
from sync.store.tables import outbox
from tablekeeper.archive import Archive
from tablekeeper.exposure import Counted, last_counted
from tablekeeper.keeping_notes import BACKUP, CHECKS, LEAK_SCAN
from tablekeeper.reload import RefusedConfig, refused_config
from vault import envelopes
from vault.alarms import open_alarms
from vault.report import RESTORE_DRILL
from vault.windows import Windows

NOTED_EVERY = timedelta(seconds=30)
"""An idle cycle costs no write: when the last one was is known to within this time."""

MAILS_SINCE = timedelta(days=7)
"""What became of older mails is history."""
MAILS = {
    MailState.STORED: "waiting",
    MailState.SENDING: "waiting",
    MailState.ENDING: "unknown",
    MailState.UNCERTAIN: "unknown",
    MailState.REFUSED: "refused",
}


EXPOSED_SINCE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Calls:
    """Of a replica's service in this month."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Plaintext:
    """Cells with sensitive values that are not masked."""

    standing: int = 0
    """Now, as far as the daemon has seen."""
    found: int = 0
    """In the last 30 days, most of them masked within seconds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Counts by table name, and times; nothing personal."""

    records: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    deletions: int = 0
    tokens: int = 0
    recovery: bool = True
    """Whether somebody can open the vault when its root key is lost."""
    mails: dict[str, int] = field(default_factory=dict)
    """Recent mails that wait, whose fate is unknown, or that the server refused."""
    unwritten: dict[str, int] = field(default_factory=dict)
    """Rows per replica that do not show yet what the hub has."""
    running: bool = False
    """Whether somebody holds the lease: the daemon, or a command that works on the tables."""
    restored: bool = False
    """Whether it came out of a backup and nobody has let it serve yet."""
    last_cycle: dict[str, datetime | None] = field(default_factory=dict)
    """When each replica was last worked with, to within half a minute."""
    unserved: dict[str, str] = field(default_factory=dict)
    """Replicas that are left alone, with the variable that would name their place."""
    oldest_conflict: datetime | None = None
    oldest_deletion: datetime | None = None
    alarms: int = 0
    """Of the vault: what nobody has looked into yet."""
    alarm_kinds: tuple[str, ...] = ()
    """What was passed: a budget, tries, a legal threshold."""
    oldest_alarm: datetime | None = None
    config_refused: RefusedConfig | None = None
    """The config's file holds one that the daemon cannot work with; the last good one is at work."""
    frozen: dict[str, tuple[FrozenPart, ...]] = field(default_factory=dict)
    """By replica: tables and columns that are neither read nor written, when it was last read."""
    left: dict[str, list[str]] = field(default_factory=dict)
    """By replica: columns and tables that it no longer holds and that a person should delete, as the last setup found them."""
    cycle_s: float | None = None
    """How long a recent cycle of the daemon took; None when it never noted one."""
    calls: dict[str, Calls] = field(default_factory=dict)
    """Of the replicas that have a budget (`calls_per_month`)."""
    mails_sent: int = 0
    """In the last seven days."""
    backup: str | None = None
    """When the daemon last made one; None when that is not known."""
    restore_drill: str | None = None
    """When one last passed, and what it compared."""
    leak_scan: str | None = None
    """When identifiers were last looked for where none belong, and where they were found."""
    plaintext: Plaintext = field(default_factory=Plaintext)
    exposure: Counted | None = None
    """People of this year against the legal thresholds, as last counted."""

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return asdict(self)


class CycleNotes:
    """When each replica was last worked with, kept in the hub so that other processes can tell."""

    def __init__(self, hub: Hub) -> None:
        self._kept = hub.bindings("daemon")

    def note(self, replicas: Iterable[str], now: datetime, *, took_s: float | None = None) -> None:
        """A cycle has just worked with these replicas."""
        for name in replicas:
            last = self.last(name)
            if last is None or now - last >= NOTED_EVERY:
                self._kept.set(f"last_cycle:{name}", now.isoformat())
                if took_s is not None:
                    self._kept.set("cycle_s", str(round(took_s, 3)))

    def last(self, replica: str) -> datetime | None:
        """When this replica was last worked with."""
        text = self._kept.get(f"last_cycle:{replica}")
        return datetime.fromisoformat(text) if text else None

    def cycle_s(self) -> float | None:
        """How long one of the latest cycles took."""
        text = self._kept.get("cycle_s")
        return float(text) if text else None


def standing(archive: Archive) -> Standing:
    """Count what the hub and the vault hold."""
    replicas = [replica.name for replica in archive.engine.replicas]
    notes = CycleNotes(archive.hub)
    with archive.hub.reading() as unit:
        records = {table: unit.records.count(table) for table in archive.config.tables}
        lists, conflicts = unit.lists.counts(), unit.lists.conflicts()
        undecided = [one.since for one in unit.lists.deletions() if one.decision is None]
        held, mails, sent = _held(archive, unit), _mails(archive, unit), _sent(archive, unit)
        unwritten = _unwritten(archive, unit)
    names = {table: config.name for table, config in archive.config.tables.items()}
    alarms, known = open_alarms(archive.vault), archive.hub.bindings(CHECKS)
    return Standing(
        records={names[table]: _standing_records(counts) for table, counts in records.items()},
        held={name: held.get(table, 0) for table, name in names.items()},
        waiting={names[table]: counts.get(State.WAITING, 0) for table, counts in records.items()},
        conflicts=lists["conflicts"],
        deletions=lists["deletions"],
        tokens=sum(archive.vault.counts()["tokens"].values()),
        recovery=bool(envelopes.recipients(archive.vault)),
        mails=mails,
        unwritten=unwritten,
        running=is_leased(archive.environment.home) or archive.vault.store.is_leased(),
        restored=read_marker(archive.environment.home) is not None,
        last_cycle={name: notes.last(name) for name in replicas},
        unserved=archive.environment.unserved(archive.config.sync),
        oldest_conflict=conflicts[0].at if conflicts else None,
        oldest_deletion=min(undecided, default=None),
        alarms=len(alarms),
        alarm_kinds=tuple(sorted({one.kind for one in alarms})),
        oldest_alarm=alarms[0].at if alarms else None,
        config_refused=refused_config(archive.hub),
        frozen={name: parts for name in replicas if (parts := frozen_parts(archive.hub, name))},
        left={name: found for name in replicas if (found := left_behind(archive.hub, name))},
        cycle_s=notes.cycle_s(),
        calls=_calls(archive),
        mails_sent=sent,
        backup=known.get(BACKUP),
        restore_drill=known.get(RESTORE_DRILL),
        leak_scan=known.get(LEAK_SCAN),
        plaintext=_plaintext(archive),
        exposure=last_counted(archive.hub),
    )


def is_leased(home: Path) -> bool:
    """Whether another process works on the archive's tables at this moment."""
    try:
        with lease(home):
            return False
    except LeaseTaken:
        return True


def _standing_records(counts: dict[State, int]) -> int:
    return sum(count for state, count in counts.items() if state is not State.ARCHIVED)


def _held(archive: Archive, unit: Unit) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in Files(unit, archive.config).held():
        counts[row.table] = counts.get(row.table, 0) + 1
    return counts


def _mails(archive: Archive, unit: Unit) -> dict[str, int]:
    recent = outbox.c.at >= archive.engine.clock() - MAILS_SINCE
    query = select(outbox.c.state, func.count()).where(recent).group_by(outbox.c.state)
    counts = dict.fromkeys(MAILS.values(), 0)
    for state, count in unit.connection.execute(query):
        if state in MAILS:
            counts[MAILS[state]] += count
    return counts


def _sent(archive: Archive, unit: Unit) -> int:
    recent = (outbox.c.state == MailState.SENT, outbox.c.at >= archive.engine.clock() - MAILS_SINCE)
    return unit.connection.execute(select(func.count()).select_from(outbox).where(*recent)).scalar_one()


def _calls(archive: Archive) -> dict[str, Calls]:
    found = {}
    for replica in archive.engine.config.replicas:
        if replica.calls_per_month is not None:
            now = archive.engine.clock()
            made = month(archive.hub, replica.name, replica.calls_per_month, now)
            found[replica.name] = Calls(made.used, made.limit)
    return found


def _plaintext(archive: Archive) -> Plaintext:
    standing, found = Windows(archive.vault).counts(since=archive.engine.clock() - EXPOSED_SINCE)
    return Plaintext(standing, found)


def _unwritten(archive: Archive, unit: Unit) -> dict[str, int]:
    return {
        replica.name: sum(
            len(unit.agreement.behind(replica.name, table))
            for table in archive.config.tables
            if replica.holds(table)
        )
        for replica in archive.engine.replicas
    }


def figures(archive: Archive, replica: str) -> dict[str, str]:
    """The lines of 系统状态 beside its stamp, on one replica."""
    now = standing(archive)
    frozen = "\n".join(f"{one.table}\uff1a{one.what}" for one in now.frozen.get(replica, ()))
    return {
        "暂停同步的部分": frozen or "无",
        "记录总数": str(sum(now.records.values())),
        "未生效的行": str(sum(now.held.values())),
        "等待中的行": str(sum(now.waiting.values())),
        "未解决的冲突": str(now.conflicts),
        "待确认的删除": str(now.deletions),
    }
