"""The desk beside the demo: `tablekeeper desk` in a process of its own, and somebody who may sign in."""

import json
import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from select import select

from tablekeeper.archive import Archive
from tablekeeper.demo.show import Show
from tablekeeper.demo.stage import COMMAND, CONFIG_FILE, STOP_S_MAX, Stage, StageFailed
from vault.user_keys import new_key
from vault.users import Users

START_S_MAX = 120.0
LOG_FILE = "desk.log"
ROLES = ("客服", "稽核", "管理层")
"""Who looks in: somebody on the phone, somebody who may see everything, somebody who approves."""
APPROVER = "demo"


@dataclass(frozen=True, slots=True)
class Guest:
    """A user of the desk, for the time of the demo. The key is theirs to type, so it is shown."""

    name: str
    role: str
    key: str = field(repr=False)

    def as_json(self) -> dict[str, str]:
        """For `--json`."""
        return {"name": self.name, "role": self.role, "key": self.key}


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk that answers, and who may sign in there."""

    url: str
    guests: tuple[Guest, ...]

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {"url": self.url, "people": [guest.as_json() for guest in self.guests]}


@dataclass(slots=True)
class DeskProcess:
    """`tablekeeper desk` on the port of `archive.desk_url`, with its log in the archive's home."""

    config_file: Path
    log: Path
    variables: dict[str, str] = field(repr=False)
    _running: subprocess.Popen[str] | None = None

    @staticmethod
    def is_there() -> bool:
        """Whether this installation has a desk."""
        return find_spec("tablekeeper.desk") is not None

    def start(self) -> str:
        """Start it; its address once it answers. Raises StageFailed."""
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [*COMMAND, "--config", str(self.config_file), "desk", "--json"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=os.environ | self.variables,
            )
        assert self._running.stdout is not None
        ready, _, _ = select([self._running.stdout], [], [], START_S_MAX)
        # It ends with the line of the closing brace; an end of the program ends the lines, too.
        told = list(takewhile(lambda line: line.rstrip() != "}", self._running.stdout if ready else ()))
        if not told or self._running.poll() is not None:
            raise StageFailed(f"the desk did not start; its log is {self.log}")
        return str(json.loads("".join([*told, "}"]))["url"])

    def close(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._running is None:
            return
        ending, self._running = self._running, None
        ending.terminate()
        try:
            ending.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            ending.kill()
        assert ending.stdout is not None
        ending.stdout.close()


TRY_NAME, TRY_NUMBER = "张三", "11010119900307109X"


def first_steps(desk: OpenDesk | None) -> list[str]:
    """What a visitor may try, in the order in which it makes sense."""
    steps = [
        f"在上面的 Airtable 点「新增行」\uff0c填客户姓名\uff08如 {TRY_NAME}\uff09和身份证号码\uff08如 {TRY_NUMBER}\uff09。",
        "几秒后号码变成掩码\uff0c同一行出现在下面的 Google 表格里。号码少填一位再试\uff0c看「校验说明」怎么说。",
    ]
    if desk is not None:
        people = "、".join(f"{guest.name}\uff08密码 {guest.key}\uff09" for guest in desk.guests)
        steps.append(
            f"点任意一行的「查看」或顶上的「查看页」\uff0c登录后可显示、核对、更正号码。可用\uff1a{people}。"
        )
    return [*steps, "「邮箱」里是主管第二天早上收到的邮件\uff0c其中的链接都能点开。"]


@contextmanager
def opened_desk(stage: Stage, show: Show) -> Iterator[OpenDesk | None]:
    """The desk beside the play, led to from the services' page, for the time of the block. Raises StageFailed."""
    if not DeskProcess.is_there():
        yield None
        return
    desk = DeskProcess(stage.home / CONFIG_FILE, stage.home / LOG_FILE, stage.variables)
    try:
        with show.step("启动「查看」页"):
            with stage.archive() as archive:
                guests = invite(archive)
            url = desk.start()
            stage.lead_to("查看页", url)
        yield OpenDesk(url, guests)
    finally:
        desk.close()


def invite(archive: Archive) -> tuple[Guest, ...]:
    """Add a user for each of a few roles; those that the archive's own configuration has."""
    roles = [role for role in ROLES if role in archive.config.vault.roles]
    guests = tuple(Guest(f"演示{role}", role, new_key(secrets.token_bytes)) for role in roles)
    users = Users(archive.vault)
    for guest in guests:
        users.add(
            guest.name,
            title=guest.name,
            role=guest.role,
            approved_by=APPROVER,
            key=guest.key,
            actor=APPROVER,
        )
    return guests
