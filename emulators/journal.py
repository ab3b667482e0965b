"""The list of API calls a world has seen, so that a test can say who asked for what, and how often."""

from collections import deque
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

ENTRIES_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One API call. `status` is 0 where the service never saw it; `fault` names the injected fault, if any."""

    n: int
    service: str
    method: str
    path: str
    status: int
    caller: str
    fault: str


class Journal:
    """The newest calls, numbered from 1 without gaps; the oldest are dropped past `ENTRIES_MAX`."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=ENTRIES_MAX)
        self._count = 0

    def note(self, *, service: str, method: str, path: str, status: int, caller: str, fault: str) -> None:
        """Add one call."""
        self._count += 1
        self._entries.append(Entry(self._count, service, method, path, status, caller, fault))

    def since(self, n: int) -> list[dict[str, Any]]:
        """The calls after number `n`, oldest first."""
        dropped = self._count - len(self._entries)
        return [asdict(entry) for entry in islice(self._entries, max(n - dropped, 0), None)]
