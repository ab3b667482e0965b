"""What the daemon said while it ran: log events and their fields, as a log file would hold them."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

NEVER = ("row_failed", "job_failed")
"""Events that tell of a fault of ours, whatever people and services do."""


@dataclass(slots=True)
class Spoken:
    """All log lines of a run."""

    lines: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Collect what is logged in this block."""
        before = structlog.get_config()
        structlog.configure(
            processors=[self._take],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            cache_logger_on_first_use=False,
        )
        try:
            yield
        finally:
            structlog.configure(**before)

    def _take(self, _logger: object, _name: str, event: MutableMapping[str, Any]) -> str:
        self.events.append(str(event["event"]))
        self.lines.append(repr(dict(event)))
        raise structlog.DropEvent

    def complaints(self) -> Iterator[str]:
        """Events that should never occur."""
        for line, event in zip(self.lines, self.events, strict=True):
            if event in NEVER:
                yield f"11 {line}"
