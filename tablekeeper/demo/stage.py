"""Where the demo plays: emulated services, an archive of its own, and the daemon as a program of its own. One private folder."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

from emulators.server import running
from emulators.state import STATE_FILE
from sync.config import SyncConfig
from tablekeeper.archive import Archive, open_archive
from tablekeeper.config import Config, load
from tablekeeper.environment import PREFIX, Environment, places_in

HASTE: dict[str, float] = {
    "interval_s": 0.3,
    "google_reads_per_minute": 0,
    "settle_s": 1,
    "settle_partial_s": 4,
    "delete_grace_s": 2,
}
"""The engine's patience, cut to what a spectator has."""
START_S_MAX = 120.0
STOP_S_MAX = 30.0
LOG_FILE, CONFIG_FILE, SERVICES = "daemon.log", "config.yaml", "services"
COMMAND = (sys.executable, "-c", "from tablekeeper.cli import main; main()")


class StageFailed(Exception):
    """Something that is no part of the play did not work, such as a daemon that does not start."""


@dataclass(slots=True)
class Daemon:
    """`tablekeeper run`, in its own process, with its log in the archive's home."""

    config_file: Path
    log: Path
    variables: dict[str, str] = field(repr=False)
    _running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it says so. Raises StageFailed."""
        assert self._running is None, "one at a time"
        known = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                [*COMMAND, "--config", str(self.config_file), "run"],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=os.environ | self.variables,
            )
        limit = time.monotonic() + START_S_MAX
        while b'"daemon_started"' not in self.log.read_bytes()[known:]:
            if self._running.poll() is not None or time.monotonic() > limit:
                raise StageFailed(f"the daemon did not start; its log is {self.log}")
            time.sleep(0.05)

    def stop(self) -> int:
        """SIGTERM, as an operator does; its exit code. Raises StageFailed when it does not leave."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: nothing in hand is finished."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Leave nothing running, whatever happened."""
        if self._running is not None:
            self.kill()

    def _end(self, number: signal.Signals) -> int:
        assert self._running is not None, "it was started"
        ending, self._running = self._running, None
        ending.send_signal(number)
        try:
            return ending.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            ending.kill()
            raise StageFailed(f"the daemon did not leave within {STOP_S_MAX:.0f} s") from None


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything the play needs. `services` is what `python -m emulators` prints when it is ready."""

    folder: Path
    config: Config
    environment: Environment
    services: dict[str, Any] = field(repr=False)
    daemon: Daemon
    departments: dict[str, str]
    """Departments with a spreadsheet of their own, and its id."""
    variables: dict[str, str] = field(repr=False)
    """What the archive's programs need in their environment."""

    @property
    def page_url(self) -> str:
        """Where a browser sees the services: the tables of both, and the mailbox. It begins with the customers."""
        first = next(iter(self.config.tables.values())).name
        return f"{self.services['airtable']['endpoint_url']}/#both/{first}"

    @property
    def home(self) -> Path:
        """Folder of hub, vault and log."""
        return self.environment.home

    @property
    def state_file(self) -> Path:
        """Where the emulated services keep what they store."""
        return self.folder / SERVICES / STATE_FILE

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """The archive, opened as a command opens it."""
        with open_archive(self.config, self.environment) as archive:
            yield archive

    def requests_since(self, number: int) -> list[dict[str, Any]]:
        """The API calls that the services have seen after call `number`."""
        return list(self._control("requests", since=str(number)))

    def last_request(self) -> int:
        """The number of the newest API call."""
        seen = self.requests_since(0)
        return int(seen[-1]["n"]) if seen else 0

    def stored(self, *, history: bool) -> Any:
        """What the services store now; with the change history that they keep by themselves, or without."""
        return self._control("state", history="1" if history else "0")

    def order_fault(self, kind: str, match: str) -> None:
        """The next call of the daemon that matches (`service METHOD /path`) meets this fault."""
        order = {"match": match, "caller": "daemon", "kind": kind, "count": 1}
        requests.post(f"{self.services['control_url']}/faults", json=[order], timeout=60).raise_for_status()

    def lead_to(self, title: str, url: str) -> None:
        """Have the services' page lead to something else, too."""
        links = [{"title": title, "url": url}]
        requests.post(f"{self.services['control_url']}/links", json=links, timeout=60).raise_for_status()

    def tell_visitors(self, steps: Sequence[str]) -> None:
        """Have the services' page say what may be tried first."""
        url = f"{self.services['control_url']}/steps"
        requests.post(url, json=list(steps), timeout=60).raise_for_status()

    def mails(self) -> list[dict[str, Any]]:
        """The mails received, newest last."""
        return list(_get(self.services["mailbox_url"]))

    def _control(self, action: str, **query: str) -> Any:
        return _get(f"{self.services['control_url']}/{action}", query)


def _get(url: str, query: dict[str, str] | None = None) -> Any:
    answer = requests.get(url, params=query, timeout=60)
    answer.raise_for_status()
    return answer.json()


@contextmanager
def staged(config_file: Path, keep: Path | None) -> Iterator[Stage]:
    """The stage, for the time of the block. `keep` is a folder to play in and to leave behind; else nothing remains."""
    with ExitStack() as cleanup:
        folder = keep or Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="tablekeeper-demo-")))
        home = folder / "home"
        home.mkdir(mode=0o700, parents=True)
        # The services' limits are off: at five calls a second the archive alone would take minutes to fill.
        services = cleanup.enter_context(running(quotas=False, state=folder / SERVICES))
        departments = _departments(services.description["control_url"], load(config_file).sync)
        hasty = home / CONFIG_FILE
        hasty.write_text(_in_haste(config_file), encoding="utf-8")
        variables = services.env | {
            **{department.variable: department.place for department in departments},
            "TABLEKEEPER_HOME": str(home),
            "TABLEKEEPER_PASSPHRASE": secrets.token_urlsafe(24),
        }
        daemon = Daemon(hasty, home / LOG_FILE, variables)
        cleanup.callback(daemon.close)
        yield Stage(
            folder,
            load(hasty),
            _environment(variables),
            services.description,
            daemon,
            {one.name: one.place for one in departments},
            variables,
        )


@dataclass(frozen=True, slots=True)
class _Department:
    name: str
    variable: str
    place: str


def _departments(control_url: str, config: SyncConfig) -> list[_Department]:
    """A new spreadsheet for each department that the settings name by a variable."""
    found = [
        _Department(replica.name, replica.place_env, f"demo-department-{number}")
        for number, replica in enumerate(config.replicas)
        if replica.place_env and replica.service == "sheets"
    ]
    sheets = [{"id": one.place, "title": one.name, "private": False} for one in found]
    requests.post(f"{control_url}/seed", json={"spreadsheets": sheets}, timeout=60).raise_for_status()
    return found


def _in_haste(config_file: Path) -> str:
    """The archive's settings with less patience. Raises ConfigProblems where they cannot be used."""
    replicas = [
        {**replica.model_dump(mode="json", exclude_none=True), "calls_per_s": 0}
        for replica in load(config_file).sync.replicas
    ]
    settings = yaml.safe_load(config_file.read_text(encoding="utf-8"))
    settings["sync"] = {**settings.get("sync", {}), **HASTE, "replicas": replicas}
    # The usual port may be taken, by a desk that works.
    settings["archive"] = {**settings.get("archive", {}), "desk_url": f"http://127.0.0.1:{free_port()}"}
    return str(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False))


def free_port() -> int:
    """A port of this machine that nobody listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _environment(variables: dict[str, str]) -> Environment:
    """The variables as settings, whatever else this process finds in its environment."""
    return Environment.model_validate(
        {name.removeprefix(PREFIX).lower(): text for name, text in variables.items()}
        | {"places": places_in(variables)}
    )
