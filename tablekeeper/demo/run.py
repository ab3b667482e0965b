"""The order of the demo: set up, fill, a morning at the office, the mail, the account at the end."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from jobs.calendar import Calendar
from jobs.outbox import Outbox
from jobs.send_digests import send_digests
from tablekeeper.archive import Archive
from tablekeeper.config import load
from tablekeeper.demo.cast import gather
from tablekeeper.demo.checks import Account, settle_accounts
from tablekeeper.demo.desk import OpenDesk, first_steps, opened_desk
from tablekeeper.demo.filling import Filled, fill_sheets, set_up, take_in, tell_what_was_found, workbook_of
from tablekeeper.demo.office import NotSeen, Office, open_office
from tablekeeper.demo.play import Play
from tablekeeper.demo.scenes import Scene, morning
from tablekeeper.demo.show import Played, Show
from tablekeeper.demo.stage import HASTE, Stage, staged
from tablekeeper.demo.traffic import calm
from tablekeeper.importing.workbook import Workbook
from tablekeeper.logs import start_logging
from tablekeeper.mailing import digest_archive

SEED = 8
OWN_LOG = "demo.log"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the demo ended."""

    account: Account
    scenes: dict[str, float]
    steps: dict[str, float]
    seconds: float
    address: str = ""
    """Where everything can be seen and tried, while it is left running."""
    desk: OpenDesk | None = None

    @property
    def good(self) -> bool:
        """Whether everything holds that has to."""
        return all(check.good for check in self.account.checks())

    def as_json(self) -> dict[str, object]:
        """The one object of `--json`."""
        failed = [f"{check.name}: {check.found}" for check in self.account.checks() if not check.good]
        return {
            **self.account.as_json(),
            "scenes": self.scenes,
            "steps": self.steps,
            "failed": failed,
            "seconds": round(self.seconds, 1),
            **({"address": self.address} if self.address else {}),
            **({"desk": self.desk.as_json()} if self.desk else {}),
        }


def run(
    show: Show,
    config_file: Path,
    *,
    workbook_file: Path | None,
    keep: Path | None,
    stay: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """Play it all. `stay` is called at the end while everything is still running, for somebody to try; it says when to end.

    Raises ImportProblem, ConfigProblems, StageFailed, NotSeen where there is nothing left to play with.
    """
    began = time.monotonic()
    workbook = workbook_of(load(config_file), workbook_file)
    show.title("客户保险档案:办公室的一个上午", _premise(workbook_file))
    with staged(config_file, keep) as stage, _logging_to(stage.home / OWN_LOG):
        office = open_office(stage.services, stage.departments)
        filled = _fill(stage, show, office, workbook)
        with opened_desk(stage, show) if stay else nullcontext() as desk:
            if stay:
                show.can_be_watched(stage.page_url)
            outcome = _play_and_settle(stage, show, office, filled, began)
            if stay:
                outcome = replace(outcome, address=stage.page_url, desk=desk)
                stage.tell_visitors(first_steps(desk))
                stay(outcome)
        stage.daemon.stop()
    return outcome


def _play_and_settle(stage: Stage, show: Show, office: Office, filled: Filled, began: float) -> Outcome:
    played = _play_morning(stage, show, office)
    failures = [title for title, one in played.items() if not one.good]
    account = _settle(stage, show, office, filled, failures)
    seconds = {title: one.seconds for title, one in played.items()}
    outcome = Outcome(account, seconds, show.steps, time.monotonic() - began)
    show.closing(account.checks(), outcome.seconds)
    return outcome


@contextmanager
def _logging_to(file: Path) -> Iterator[None]:
    """Keep this process's own log out of the picture."""
    with file.open("w", encoding="utf-8") as log:
        start_logging(log)
        try:
            yield
        finally:
            start_logging()


def _premise(workbook_file: Path | None) -> str:
    return (
        "Airtable、Google Sheets 和邮箱都在本机仿真,不连外网,不限调用次数。\n"
        f"台账:{workbook_file or '内置样本,200 位虚构客户'}\n"
        f"等待时间缩短:每 {HASTE['interval_s']:g} 秒看一轮,停手 {HASTE['settle_s']:g} 秒即处理"
        f"(半个号码 {HASTE['settle_partial_s']:g} 秒),删除 {HASTE['delete_grace_s']:g} 秒后生效。\n"
        "其余与真实运行相同。"
    )


def _fill(stage: Stage, show: Show, office: Office, workbook: Workbook) -> Filled:
    show.act("建档")
    set_up(stage, show)
    filled = take_in(stage, show, workbook)
    fill_sheets(stage, show, office, filled.report)
    tell_what_was_found(stage, show, office)
    return filled


def _play_morning(stage: Stage, show: Show, office: Office) -> dict[str, Played]:
    """All scenes, one after the other; one that fails does not stop the others."""
    show.act("上午九点:同事们照常用自己的表格,守护进程在旁边")
    cast = gather(office.airtable, random.Random(SEED))
    played: dict[str, Played] = {}
    for number, scene in enumerate(morning(office), start=1):
        with show.playing(number, scene.title):
            played[scene.title] = _act_out(scene, Play(office, stage, cast, scene.shown))
        show.scene(number, scene.title, played[scene.title])
    return played


def _act_out(scene: Scene, play: Play) -> Played:
    began = time.monotonic()
    try:
        remark, good = scene.play(play), True
    except NotSeen as missed:
        remark, good = f"没有看到:{missed}", False
    return Played(scene.shown, play.moments, remark, round(time.monotonic() - began, 1), good)


def _settle(stage: Stage, show: Show, office: Office, filled: Filled, failures: list[str]) -> Account:
    with show.step("大家停手,等守护进程无事可写"):
        calm(stage)
    with stage.archive() as archive:
        show.act("第二天早上:主管的邮件")
        _send_mails(stage, show, archive)
        show.act("清账")
        with show.step("两边逐格对照,到处查找明文"):
            account = settle_accounts(stage, office, archive, filled.secrets, failures)
        show.counts(
            "档案里有", {"记录": account.records, "有错待更正": account.held, "等待他行": account.waiting}
        )
    return account


def _send_mails(stage: Stage, show: Show, archive: Archive) -> None:
    """The digests of the next working day, through SMTP; one of them is shown."""
    day = next_working_day(archive.engine.today(), Calendar(stage.config.calendar))
    with show.step(f"{day:%Y-%m-%d} 08:30 的邮件经 SMTP 发出"):
        send_digests(
            digest_archive(archive),
            today=day,
            outbox=Outbox(archive.hub, archive.engine.clock),
            mailer=archive.mailer(),
            on_any_day=True,
        )
    mails = stage.mails()
    if mails:
        show.mail(max(mails, key=lambda mail: len(str(mail["text"]))))


def next_working_day(today: date, calendar: Calendar) -> date:
    """The first working day after `today`."""
    return today + timedelta(days=calendar.days_off_after(today) + 1)
