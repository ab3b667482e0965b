"""Watches the config's file: a good change is taken over, a bad one leaves the last good config at work and raises an alarm."""

import hashlib
from pathlib import Path

import structlog

from sync.reconfigure import refusals, remembered
from sync.store.hub import Hub
from tablekeeper.config import Config, load
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.environment import Environment, needed

log = structlog.get_logger("daemon")


class ConfigWatch:
    """What the file held when the config at work was read, and whether it may be read again."""

    def __init__(self, file: Path, hub: Hub) -> None:
        self.file, self._hub = file, hub
        self._known = self._digest()

    def ready(self) -> bool:
        """Whether the file holds another config than the one at work, and one that can be worked with."""
        found = self._digest()
        if found == self._known:
            return False
        self._known = found
        problems = self._problems()
        if problems:
            log.error("config_refused", problems=problems)
        return not problems

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
        return refusals(old, config) if old else []

    def _digest(self) -> bytes:
        try:
            return hashlib.sha256(self.file.read_bytes()).digest()
        except OSError:
            return b""  # An editor may be about to put it back; when it stays away, loading it says so.
