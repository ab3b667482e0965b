"""Watches the config's file: a good change is taken over, a bad one leaves the last good config at work and raises an alarm."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import structlog

from sync.reconfigure import refusals, remembered
from sync.setting_up import times_set_up
from sync.store.hub import Hub
from tablekeeper.config import Config, load
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.environment import Environment, needed
from vault.vault import Vault

log = structlog.get_logger("daemon")


WATCHED, REFUSED = "daemon", "config_refused"
"""Where the hub keeps that the config in the file is not the one at work."""


AT_WORK = "config-at-work.yaml"
"""In the archive's folder: what the daemon works with, for those who look while the file cannot be used."""


def keep_config(file: Path, home: Path) -> None:
    """Keep a copy of the config that the daemon has just taken over."""
    kept = home / f"{AT_WORK}.new"
    kept.touch(mode=0o600)
    kept.write_bytes(file.read_bytes())
    kept.replace(home / AT_WORK)


def kept_config(home: Path) -> Config | None:
    """The config that the daemon took over last; None where it never did, or was of another release."""
    try:
        return load(home / AT_WORK)
    except ConfigProblems:
        return None


@dataclass(frozen=True, slots=True)
class RefusedConfig:
    """Since when the file holds a config that the daemon cannot work with, and why."""

    since: datetime
    problems: tuple[str, ...]


def refused_config(hub: Hub) -> RefusedConfig | None:
    """The alarm over the config's file, as long as it stands."""
    text = hub.bindings(WATCHED).get(REFUSED)
    if text is None:
        return None
    noted = orjson.loads(text)
    return RefusedConfig(datetime.fromisoformat(noted["since"]), tuple(noted["problems"]))


def _now() -> datetime:
    return datetime.now(UTC)


class ConfigWatch:
    """What the file held when the config at work was read, and whether it may be read again."""

    def __init__(
        self,
        file: Path,
        hub: Hub,
        vault: Vault,
        clock: Callable[[], datetime] = _now,
        *,
        refused: Sequence[str] = (),
    ) -> None:
        """The config at work has just been read from `file`: an alarm over an earlier one ends. Unless it was `refused`, and the
        one at work is the one that was kept."""
        self.file, self._hub, self._vault, self._clock = file, hub, vault, clock
        self._known = self._digest()
        self._set_up = times_set_up(hub)
        if refused:
            self._alarm(refused)
        else:
            hub.bindings(WATCHED).drop(REFUSED)

    def ready(self) -> bool:
        """Whether the file holds another config than the one at work, and one that can be worked with."""
        found = self._digest()
        if found == self._known:
            return False
        self._known = found
        problems = self._problems()
        if problems:
            self._alarm(problems)
        return not problems

    def is_set_up_anew(self) -> bool:
        """Whether another process made columns or tables, of which the connections at work do not know."""
        return times_set_up(self._hub) != self._set_up

    def _alarm(self, problems: Sequence[str]) -> None:
        """In the log once; in status, metrics and the mail to operations until the file is right."""
        log.error("config_refused", problems=list(problems))
        noted = {"since": self._clock().isoformat(), "problems": list(problems)}
        self._hub.bindings(WATCHED).set(REFUSED, orjson.dumps(noted).decode())

    def _problems(self) -> list[str]:
        """Why this config cannot be worked with. The last good one stays at work until the file changes again."""
        try:
            config = load(self.file)
            environment = Environment.read()
            environment.require(*needed(environment.served(config.sync)))
        except ConfigProblems as refused:
            return [refused.describe(each) for each in refused.problems]
        return self._unapproved(config)

    def _unapproved(self, config: Config) -> list[str]:
        old = remembered(self._hub)
        return refusals(old, config, self._vault) if old else []

    def _digest(self) -> bytes:
        try:
            return hashlib.sha256(self.file.read_bytes()).digest()
        except OSError:
            return b""  # An editor may be about to put it back; when it stays away, loading it says so.
