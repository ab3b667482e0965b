"""The clock everything in a world lives by: real time with an offset, or a manual one that moves only when told."""

from datetime import UTC, datetime, timedelta

MANUAL_START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""Where a manual clock starts unless told otherwise: a Monday, nine in the morning in Shanghai."""


class Clock:
    """Answers the present moment (aware, UTC) when called; `advance` moves it forward in either mode."""

    def __init__(self, *, manual: bool = False, start: datetime | None = None) -> None:
        self.manual = manual
        self._fixed = start or MANUAL_START
        self._offset = timedelta()

    def __call__(self) -> datetime:
        return self._fixed if self.manual else datetime.now(UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`; raises `ValueError` for a negative step, since time only runs one way."""
        if seconds < 0:
            raise ValueError("the clock cannot go back")
        step = timedelta(seconds=seconds)
        if self.manual:
            self._fixed += step
        else:
            self._offset += step

    def dump(self) -> dict[str, str | float]:
        """What a restart needs: the moment of a manual clock, the offset of a real one."""
        return {"now": self._fixed.isoformat(), "offset_s": self._offset.total_seconds()}

    def load(self, state: dict[str, str | float]) -> None:
        """Take up a dumped clock; a manual one never starts before where it was left."""
        self._fixed = max(self._fixed, datetime.fromisoformat(str(state["now"])))
        self._offset = timedelta(seconds=float(state["offset_s"]))


def timestamp(moment: datetime, *, milliseconds: bool = False) -> str:
    """ISO 8601 as both services write it: `2026-03-02T01:00:00.000Z`, by default cut to the second."""
    fraction = f"{moment.microsecond // 1000:03d}" if milliseconds else "000"
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{fraction}Z"
