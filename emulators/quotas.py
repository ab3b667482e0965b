"""The services' rate limits: Airtable's per base and per token owner with its lock-out and monthly budget, and
Google's reads and writes per minute. Counting only; the answers are the services' own."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

AIRTABLE_PER_BASE = 5
AIRTABLE_PER_OWNER = 50
AIRTABLE_LOCKOUT = timedelta(seconds=30)
GOOGLE_PER_USER = 60
GOOGLE_PER_PROJECT = 300
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

Verdict = Literal["", "rate", "budget"]


@dataclass(slots=True)
class Window:
    """At most `limit` requests within any `span`."""

    limit: int
    span: timedelta
    moments: deque[datetime] = field(default_factory=deque)

    def full(self, now: datetime) -> bool:
        """Whether one more request now would pass the limit."""
        while self.moments and now - self.moments[0] >= self.span:
            self.moments.popleft()
        return len(self.moments) >= self.limit


class AirtableQuota:
    """5 requests a second per base, 50 per token owner; whoever passes that is locked out for 30 s."""

    def __init__(self) -> None:
        self.monthly_budget: int | None = None
        self._windows: dict[str, Window] = {}
        self._locked_until: dict[str, datetime] = {}
        self._spent: dict[str, int] = defaultdict(int)

    def verdict(self, now: datetime, *, base: str, owner: str, billed: bool, extend: bool) -> Verdict:
        """Count one request, or say which limit refuses it. `base` is empty for calls that concern none; only a
        `billed` one counts against the month."""
        doors = [(f"owner {owner}", AIRTABLE_PER_OWNER)]
        if base:
            doors.append((f"base {base}", AIRTABLE_PER_BASE))
        # Every door is asked, since each keeps its own lock-out.
        refused = [self._refuses(name, limit, now, extend) for name, limit in doors]
        if any(refused):
            return "rate"
        if billed and self._budget_is_spent(now):
            return "budget"
        for name, _ in doors:
            self._windows[name].moments.append(now)
        return ""

    def _refuses(self, name: str, limit: int, now: datetime, extend: bool) -> bool:
        locked = now < self._locked_until.get(name, now)
        window = self._windows.setdefault(name, Window(limit, SECOND))
        full = window.full(now)
        if (locked and extend) or (full and not locked):
            self._locked_until[name] = now + AIRTABLE_LOCKOUT
        return locked or full

    def _budget_is_spent(self, now: datetime) -> bool:
        if self.monthly_budget is None:
            return False
        month = f"{now:%Y-%m}"
        self._spent[month] += 1
        return self._spent[month] > self.monthly_budget


class GoogleQuota:
    """60 reads and 60 writes a minute per user and 300 each per project, refilled with each full minute."""

    def __init__(self) -> None:
        self._minute = ""
        self._used: dict[str, int] = defaultdict(int)

    def allows(self, now: datetime, *, kind: str, user: str) -> bool:
        """Count one request of that kind, unless it would pass a limit."""
        minute = f"{now:%Y-%m-%dT%H:%M}"
        if minute != self._minute:
            self._minute, self._used = minute, defaultdict(int)
        user_key, project_key = f"{kind} {user}", kind
        if self._used[user_key] >= GOOGLE_PER_USER or self._used[project_key] >= GOOGLE_PER_PROJECT:
            return False
        self._used[user_key] += 1
        self._used[project_key] += 1
        return True


class Quotas:
    """All limits with one switch."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self.airtable = AirtableQuota()
        self.google = GoogleQuota()

    def reset(self) -> None:
        """Forget what was counted; the switch and the monthly budget stay."""
        budget = self.airtable.monthly_budget
        self.airtable, self.google = AirtableQuota(), GoogleQuota()
        self.airtable.monthly_budget = budget
