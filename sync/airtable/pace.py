"""Keeps our own calls below Airtable's five a second for one base: a 429 shuts the base to everybody for 30 seconds."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=1.2)
"""Longer than the service's second, because requests do not arrive as evenly as they are sent."""


class Pace:
    """Lets at most `calls_max` calls pass in any `WINDOW` (0: any number); bursts below that do not wait."""

    def __init__(
        self, *, calls_max: int, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._clock, self._sleep, self._calls_max = clock, sleep, calls_max
        self._recent: deque[datetime] = deque(maxlen=calls_max)

    def wait(self) -> None:
        """Return when the next call may go."""
        if self._calls_max and len(self._recent) == self._calls_max:
            early_s = (self._recent[0] + WINDOW - self._clock()).total_seconds()
            if early_s > 0:
                self._sleep(early_s)
        self._recent.append(self._clock())
