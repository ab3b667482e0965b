"""How the archive stands, for the page: the figures of `status --json`, the diagnosis in the words of staff, lag over time."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from jobs.outbox import MailState
from sync.store.hub import Unit
from sync.store.tables import outbox
from tablekeeper.archive import Archive
from tablekeeper.diagnosis import Diagnosis, Kind, diagnose
from tablekeeper.exposure import ANY_SENSITIVE, KIND, MANY_SENSITIVE, PEOPLE, Counted
from tablekeeper.showing import Showing
from tablekeeper.status import CycleNotes, Standing, standing
from vault.alarms import BUDGET, GUESSES, SIGN_IN, TRIES

SAMPLE_S = 5.0
SAMPLES_MAX = 180
"""A quarter of an hour."""
FRESH_FOR = timedelta(seconds=4)
"""Counting costs most at a hundred thousand records: pages that look at the same time share an answer."""
HELD_KINDS_MAX = 12
MAILS_SHOWN = 10

_NOW_EXPOSED = "此后录入的内容还没有加密"
VERDICTS: Mapping[Kind, tuple[str, str, str]] = {
    # kind: what is the matter, which plaintext may stand in a table, what to do
    "well": ("运行正常,各表一致", "", ""),
    "held": ("运行正常;有内容等待更正", "", "请业务人员更正,见下表"),
    "never": (
        "守护进程从未在这个档案上运行过",
        "表格中录入的内容都没有加密",
        "请运维执行 tablekeeper check,然后 setup 和 run",
    ),
    "restored": ("档案从备份恢复,等待确认", _NOW_EXPOSED, "请运维执行 tablekeeper resume"),
    "stopped": ("守护进程没有运行", _NOW_EXPOSED, "请运维执行 tablekeeper run"),
    "lags": ("有的表格同步不上", _NOW_EXPOSED, "请运维执行 tablekeeper check"),
    "frozen": (
        "有的表或列暂停了同步",
        "其中录入的号码可能没有加密",
        "按系统状态表的说明恢复;运维可执行 tablekeeper status",
    ),
    "unwritten": (
        "有的行还没有写到表格",
        "这些行中最近录入的敏感内容",
        "请运维执行 tablekeeper check --diff",
    ),
    "calls": ("本月的接口调用次数已用完,服务随时可能拒绝", "", "请运维升级套餐,并修改 calls_per_month"),
    "alarms": ("有未处理的报警", "", "请运维执行 tablekeeper vault alarms"),
    "config": ("config.yaml 改得不对,仍按上一份正确的配置运行", "", "请运维执行 tablekeeper check"),
    "deletions": ("一次删除太多,等待确认", "", "在下面逐条批准或驳回"),
    "mails": ("有邮件没有确定发出", "", "请运维执行 tablekeeper digest preview,并查看邮件服务器的日志"),
    "mails_wait": ("有邮件等待邮件服务器", "", "请运维执行 tablekeeper check"),
    "conflicts": ("有两边填得不一样的内容", "", "打开记录,选择保留哪一个"),
}


ALARMS: Mapping[str, str] = {
    BUDGET: "有人超出每日查看次数",
    TRIES: "有人反复核对同一内容",
    SIGN_IN: "有人多次输错密码",
    GUESSES: "有人在表格中反复试探号码",
    KIND: "本年明文出境人数达到法定门槛",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The diagnosis in the words of staff."""

    ok: bool
    what: str
    since: str
    exposed: str
    lost: str
    next: str


@dataclass(frozen=True, slots=True)
class HeldKind:
    """Held fields of one kind, and a record to begin with."""

    table: str
    field: str
    message: str
    count: int
    uid: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A deletion that waits for a person."""

    uid: str
    table: str
    number: str
    replica: str
    time: str
    decision: str | None


@dataclass(frozen=True, slots=True)
class Mails:
    """Mails of one digest on one day."""

    digest: str
    day: str
    count: int
    state: str


@dataclass(frozen=True, slots=True)
class Exposed:
    """People of this year against a legal threshold, in the words of staff."""

    what: str
    asks: str
    people: int
    limit: int
    reached: bool


EXPOSED: Mapping[str, tuple[str, str]] = {
    # threshold: of what, which the law asks for from there on
    PEOPLE: ("个人信息", "须订立标准合同或通过认证"),
    ANY_SENSITIVE: ("敏感个人信息", "须订立标准合同或通过认证"),
    MANY_SENSITIVE: ("敏感个人信息", "须申报安全评估"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page but the chart."""

    at: datetime
    verdict: Verdict
    figures: Standing
    last_cycle: Mapping[str, str]
    held: tuple[HeldKind, ...]
    asked: tuple[Asked, ...]
    disagreeing: tuple[tuple[str, str, str], ...]
    """Uid, table and number of records with open conflicts."""
    mails: tuple[Mails, ...]
    exposed: tuple[Exposed, ...]
    exposed_at: str


@dataclass(slots=True)
class Watch:
    """Samples of every replica's lag, and the latest report."""

    _archive: Archive
    _samples: deque[tuple[datetime, dict[str, float | None]]] = field(
        default_factory=lambda: deque(maxlen=SAMPLES_MAX)
    )
    _report: Report | None = None

    def sample(self) -> None:
        """Note how far each replica is behind."""
        now, notes = self._archive.engine.clock(), CycleNotes(self._archive.hub)
        lags: dict[str, float | None] = {}
        for replica in self._archive.engine.replicas:
            last = notes.last(replica.name)
            lags[replica.name] = round((now - last).total_seconds(), 1) if last else None
        self._samples.append((now, lags))

    def lags(self) -> Mapping[str, Sequence[tuple[str, float | None]]]:
        """By replica, time of day and lag in seconds."""
        zone = self._archive.engine.zone
        return {
            replica.name: [
                (f"{at.astimezone(zone):%H:%M:%S}", lag.get(replica.name)) for at, lag in self._samples
            ]
            for replica in self._archive.engine.replicas
        }

    def report(self) -> Report:
        """The report, at most a few seconds old."""
        now = self._archive.engine.clock()
        if self._report is None or now - self._report.at > FRESH_FOR:
            self._report = _report(self._archive, now)
        return self._report

    def renew(self) -> None:
        """Something was decided: what was known before does not hold."""
        self._report = None


def _report(archive: Archive, now: datetime) -> Report:
    figures = standing(archive)
    diagnosis = diagnose(now, figures, max_lag_s=archive.engine.config.max_lag_s)
    with archive.hub.reading() as unit:
        showing = Showing(archive, unit)
        return Report(
            at=now,
            verdict=_verdict(diagnosis, figures, showing),
            figures=figures,
            last_cycle={
                name: showing.moment(at) if at else "从未" for name, at in figures.last_cycle.items()
            },
            held=tuple(_held(archive, unit)),
            asked=tuple(
                Asked(
                    one.uid,
                    showing.table(one.table),
                    showing.key(one.table, one.uid),
                    one.replica,
                    showing.moment(one.since),
                    one.decision,
                )
                for one in unit.lists.deletions()
            ),
            disagreeing=tuple(
                dict.fromkeys(
                    (one.uid, showing.table(one.table), showing.key(one.table, one.uid))
                    for one in unit.lists.conflicts()[:50]
                )
            ),
            mails=tuple(_mails(archive, unit)),
            exposed=tuple(_exposed(figures.exposure)),
            exposed_at=showing.moment(figures.exposure.at) if figures.exposure else "",
        )


def _verdict(diagnosis: Diagnosis, figures: Standing, showing: Showing) -> Verdict:
    what, exposed, advice = VERDICTS[diagnosis.kind]
    if diagnosis.kind == "frozen":
        parts = [part for found in figures.frozen.values() for part in found]
        what = ";".join(f"{part.table}:{part.what}" for part in parts)
        exposed = exposed if diagnosis.exposed else ""
    if diagnosis.kind == "alarms":
        what = f"{what}:{'、'.join(ALARMS.get(kind, kind) for kind in figures.alarm_kinds)}"
    return Verdict(
        ok=diagnosis.ok,
        what=what,
        since=showing.moment(diagnosis.since) if diagnosis.since else "",
        exposed=exposed,
        lost="可能有邮件没有送达;记录没有丢失" if diagnosis.lost else "",
        next=advice,
    )


def _held(archive: Archive, unit: Unit) -> Sequence[HeldKind]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for replica in archive.engine.replicas:
        for table, config in archive.config.tables.items():
            for uid, state in unit.seen.with_held(replica.name, table).items():
                for key, held in state.held.items():
                    if not held.mended:
                        kind = config.name, config.fields[key].name, held.issue.message
                        found.setdefault(kind, []).append(uid)
    kinds = [HeldKind(*kind, count=len(uids), uid=uids[0]) for kind, uids in found.items()]
    return sorted(kinds, key=lambda kind: -kind.count)[:HELD_KINDS_MAX]


def _exposed(counted: Counted | None) -> Iterator[Exposed]:
    for one in counted.thresholds if counted else ():
        what, asks = EXPOSED[one.name]
        yield Exposed(what, asks, one.people, one.limit, one.reached)


_MAIL_STATES = {
    MailState.STORED: "等待发送",
    MailState.SENDING: "正在发送",
    MailState.UNCERTAIN: "不确定",
    MailState.REFUSED: "被拒收",
    MailState.REPLACED: "被更新的一封替代",
}


_OFTEN = {"day": "每日", "week": "每周", "month": "每月"}
_READERS = {"owners": "各经办人", "managers": "各主管"}


def _mails(archive: Archive, unit: Unit) -> Sequence[Mails]:
    """The latest digests by day; whom they went to is on no page."""
    names = {one.id: f"{_OFTEN[one.every]}·{_READERS.get(one.to, one.to)}" for one in archive.config.digests}
    day = func.date(outbox.c.at)
    query = (
        select(outbox.c.digest, day, outbox.c.state, func.count())
        .group_by(outbox.c.digest, day, outbox.c.state)
        .order_by(day.desc())
        .limit(MAILS_SHOWN)
    )
    return [
        Mails(names.get(digest, digest), str(on), count, _MAIL_STATES.get(state, "已发送"))
        for digest, on, state, count in unit.connection.execute(query)
    ]
