"""The desk beside the demo: `tablekeeper desk` in a process of its own, and somebody who may sign in."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from select import select

from tablekeeper.demo.show import Show
from tablekeeper.demo.stage import COMMAND, CONFIG_FILE, STOP_S_MAX, Stage, StageFailed

START_S_MAX = 30.0
LOG_FILE = "desk.log"


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
        line = self._running.stdout.readline() if ready else ""
        if not line:
            raise StageFailed(f"the desk did not start; its log is {self.log}")
        return str(json.loads(line)["url"])

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


@contextmanager
def opened_desk(stage: Stage, show: Show) -> Iterator[None]:
    """The desk beside the play, led to from the services' page, for the time of the block. Raises StageFailed."""
    if not DeskProcess.is_there():
        yield
        return
    desk = DeskProcess(stage.home / CONFIG_FILE, stage.home / LOG_FILE, stage.variables)
    try:
        with show.step("启动「查看」页"):
            stage.lead_to("查看页", desk.start())
        yield
    finally:
        desk.close()
