"""How long ago each replica was last worked with, told also while a cycle hangs or a service was never reached."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

log = structlog.get_logger("daemon")


class Lag:
    """Since when every replica of a daemon was not worked with: since the daemon started, where it never was."""

    def __init__(self, replicas: Iterable[str], *, limit_s: float, clock: Callable[[], datetime]) -> None:
        self._limit, self._clock = timedelta(seconds=limit_s), clock
        self._last = dict.fromkeys(replicas, clock())
        self._told: dict[str, datetime] = {}

    def worked_with(self, names: Iterable[str], now: datetime) -> None:
        """A cycle got through with these."""
        self._last |= dict.fromkeys(names, now)

    def seconds(self) -> dict[str, float]:
        """By replica."""
        now = self._clock()
        return {name: round((now - last).total_seconds(), 1) for name, last in self._last.items()}

    def tell(self) -> None:
        """Log who is past the limit; of one that stays there, a line each time that the limit passes once more."""
        now = self._clock()
        for name, last in self._last.items():
            if now - max(last, self._told.get(name, last)) <= self._limit:
                continue
            self._told[name] = now
            lag_s = round((now - last).total_seconds(), 1)
            log.warning("replica_lags", replica=name, lag_s=lag_s, limit_s=self._limit.total_seconds())
