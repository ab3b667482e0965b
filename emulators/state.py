"""Keeps a world in a folder, so that it survives a restart. A kill loses at most the last moment; nothing is half-written."""

import os
import threading
import time
from pathlib import Path

import orjson

from emulators.world import World

STATE_FILE = "world.json"
KEY_FILE = "service-account.json"
PAUSE_S = 0.3
"""How often the keeper looks for changes."""
SHARE = 10
"""Saving takes at most a tenth of the time, however large the world has grown."""


class StateKeeper:
    """Writes the world to its folder soon after it changed, and once more when closed."""

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._file = folder / STATE_FILE
        self._saved = world.changes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="state-keeper", daemon=True)

    def start(self) -> None:
        """Take up what the folder holds, and begin to watch."""
        if self._file.exists():
            self._world.load(orjson.loads(self._file.read_bytes()))
        self._save()
        self._thread.start()

    def close(self) -> None:
        """Save what is left and end."""
        self._stop.set()
        self._thread.join()
        self._save()

    def _watch(self) -> None:
        pause_s = PAUSE_S
        while not self._stop.wait(pause_s):
            began = time.monotonic()
            if self._world.changes != self._saved:
                self._save()
            pause_s = max(PAUSE_S, SHARE * (time.monotonic() - began))

    def _save(self) -> None:
        with self._world.lock:
            self._saved = self._world.changes
            content = orjson.dumps(self._world.dump())
        write_private(self._file, content)


def write_private(file: Path, content: bytes) -> None:
    """Replace a file atomically and durably; only its owner may read it."""
    draft = file.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(file)
