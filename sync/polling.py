"""When each replica is looked at: as often as staff notice, and never more often than its service allows.

Google counts the reads of an account in every minute, whichever spreadsheet they are for; some Airtable plans count the
calls of a month. A fifth of either is kept in reserve for what has to be written and read again.
"""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from validators.references import Problem

from .config import ReplicaConfig, SyncConfig
from .connection import Connection
from .store.hub import Hub

RESERVE = 0.2
BUSY_FOR = timedelta(minutes=10)
"""After a change, a replica with a monthly budget is looked at as often as others for this long."""
TOLERANCE = 0.1
"""A cycle that comes this part of an interval early is on time."""
DAY_S, MONTH_DAYS = 86_400, 31


@dataclass(frozen=True, slots=True)
class Month:
    """A monthly budget of calls, and what of it was used by `now`."""

    limit: int
    used: int
    now: datetime

    @property
    def ahead(self) -> float:
        """Calls that could have been made by now, spread evenly, and were not; negative when too many were."""
        return self.limit * (1 - RESERVE) * self._elapsed - self.used

    @property
    def spread_s(self) -> float:
        """Seconds between calls that use up what is left evenly; infinite when nothing is."""
        left = self.limit * (1 - RESERVE) - self.used
        return (1 - self._elapsed) * self._length_s / left if left > 0 else float("inf")

    @property
    def _length_s(self) -> float:
        return calendar.monthrange(self.now.year, self.now.month)[1] * DAY_S

    @property
    def _elapsed(self) -> float:
        start = self.now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return (self.now - start).total_seconds() / self._length_s


def pause_s(config: SyncConfig, sharing: int, month: Month | None, *, busy: bool) -> float:
    """Seconds between two looks at a replica that shares its account's reads with `sharing` in all (0: not limited).

    Staff who are at work are served at once from what idle hours have saved; never later than `max_lag_s`.
    """
    reads = config.google_reads_per_minute * (1 - RESERVE)
    pause = max(config.interval_s, 60 * sharing / reads) if reads else config.interval_s
    if month is None or (busy and month.ahead > 0):
        return pause
    return max(pause, min(month.spread_s, config.max_lag_s - config.interval_s))


def problems(config: SyncConfig) -> Iterator[Problem]:
    """Budgets that do not suffice to look at a replica once in `max_lag_s`."""
    for place, replica in enumerate(config.replicas):
        if replica.calls_per_month is None:
            continue
        every_s = MONTH_DAYS * DAY_S / (replica.calls_per_month * (1 - RESERVE))
        if every_s > config.max_lag_s:
            needed = round(MONTH_DAYS * DAY_S / config.max_lag_s / (1 - RESERVE))
            yield Problem(
                f"sync.replicas.{place}.calls_per_month",
                f"{replica.calls_per_month:,} calls a month, a fifth of them in reserve, are one look every "
                f"{every_s:,.0f} s, and max_lag_s is {config.max_lag_s:,.0f}: take a plan with {needed:,} calls, "
                f"or raise max_lag_s",
            )


@dataclass(slots=True)
class Polling:
    """Which replicas are due. The calls of a month are counted in the hub, so that a restart does not forget them."""

    config: SyncConfig
    replicas: Mapping[str, tuple[ReplicaConfig, Connection]]
    hub: Hub
    _last: dict[str, datetime] = field(default_factory=dict)
    _changed: dict[str, datetime] = field(default_factory=dict)
    _counted: dict[str, int] = field(default_factory=dict)

    def due(self, now: datetime, settling: frozenset[str]) -> frozenset[str]:
        """The replicas to look at now; those in `settling` have rows in hand that somebody waits for."""
        early_s = self.config.interval_s * TOLERANCE
        return settling | {name for name in self.replicas if self.waits_s(name, now) <= early_s}

    def looked(self, names: frozenset[str], changed: frozenset[str], now: datetime) -> None:
        """Replicas that were looked at, and those of them where something had changed."""
        self._last |= dict.fromkeys(names, now)
        if changed:
            # Whoever edits one side waits for the other.
            self._changed |= dict.fromkeys(self.replicas, now)
        self._count(now)

    def waits_s(self, name: str, now: datetime) -> float:
        """Seconds until a replica is due."""
        last = self._last.get(name)
        if last is None:
            return 0
        return self.pause_s(name, now) - (now - last).total_seconds()

    def pause_s(self, name: str, now: datetime) -> float:
        """Seconds between two looks at a replica."""
        changed = self._changed.get(name)
        busy = changed is not None and now - changed < BUSY_FOR
        return pause_s(self.config, self._sharing(name), self.month(name, now), busy=busy)

    def month(self, name: str, now: datetime) -> Month | None:
        """The monthly budget of a replica, where it has one."""
        limit = self.replicas[name][0].calls_per_month
        if limit is None:
            return None
        return month(self.hub, name, limit, now)

    def _sharing(self, name: str) -> int:
        if self.replicas[name][0].service != "sheets":
            return 0
        return sum(config.service == "sheets" for config, _ in self.replicas.values())

    def _count(self, now: datetime) -> None:
        for name, (config, connection) in self.replicas.items():
            made = connection.calls - self._counted.get(name, 0)
            count_calls(self.hub, config, made, now)
            self._counted[name] = connection.calls


def month(hub: Hub, name: str, limit: int, now: datetime) -> Month:
    """The calls that a replica's monthly budget allows, and those that were made this month, by whichever process."""
    with hub.reading() as unit:
        return Month(limit, unit.counters.number(_counter(name, now)), now)


def count_calls(hub: Hub, config: ReplicaConfig, made: int, now: datetime) -> None:
    """Calls that were made at a replica, by whichever process, where a month's are limited."""
    if config.calls_per_month is not None and made:
        with hub.unit() as unit:
            unit.counters.raise_by(_counter(config.name, now), made)


def is_spent(hub: Hub, config: ReplicaConfig, now: datetime) -> bool:
    """Whether all but the reserve of a replica's monthly budget is used up: the rest is for what staff typed."""
    if config.calls_per_month is None:
        return False
    return month(hub, config.name, config.calls_per_month, now).spread_s == float("inf")


def _counter(name: str, now: datetime) -> str:
    return f"calls:{name}:{now:%Y-%m}"
