"""One policy for calls to a service: what is retried, how often, and when nobody calls at all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import tenacity

from .errors import AnswerLost, Throttled, Unavailable

T = TypeVar("T")

ATTEMPTS = 4
WAIT_FIRST_S, WAIT_MAX_S = 0.2, 3.0


class Gate:
    """Stands before all calls of one base or one Google account.

    A 429 closes it for everybody until the lock-out ends: a retry inside the lock-out would only prolong it. Failures
    are retried when repeating does no harm; a write whose answer is lost surfaces as `AnswerLost`.
    """

    def __init__(
        self, service: str, *, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self.service = service
        self._clock, self._sleep = clock, sleep
        self._closed_until: datetime | None = None
        self.calls = 0
        """Requests made so far, repetitions among them."""

    def close_for(self, seconds: float) -> Throttled:
        """Shut the gate; returns the error to raise."""
        self._closed_until = self._clock() + timedelta(seconds=seconds)
        return Throttled(self.service, self._closed_until)

    def call(self, function: Callable[[], T], *, idempotent: bool) -> T:
        """Run `function`, which raises the errors of `sync/errors.py`. Retries only what is safe to repeat."""
        if self._closed_until and self._clock() < self._closed_until:
            raise Throttled(self.service, self._closed_until)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: idempotent and _passes(error)),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(WAIT_FIRST_S, WAIT_MAX_S),
            sleep=self._sleep,
            reraise=True,
        )

        def counted() -> T:
            self.calls += 1
            return function()

        return retrying(counted)


def _passes(error: BaseException) -> bool:
    return isinstance(error, Unavailable | AnswerLost) and not isinstance(error, Throttled)
