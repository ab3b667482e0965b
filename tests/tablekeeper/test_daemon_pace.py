"""When the daemon looks again: staff do not wait an interval for what is in hand, and a service that is down is left alone."""

from datetime import UTC, datetime, timedelta

from structlog.testing import capture_logs

from sync.config import SyncConfig
from sync.engine import CycleReport
from tablekeeper.daemon import PROMPT_S, next_cycle_s
from tablekeeper.lag import Lag

CONFIG = SyncConfig(interval_s=5, settle_s=5)


def test_idle_cycle_waits_for_the_interval() -> None:
    assert next_cycle_s(CycleReport(), CONFIG) is None


def test_what_was_written_is_followed_up_at_once() -> None:
    assert next_cycle_s(CycleReport(written={"sheets": 1}, settling=1), CONFIG) == PROMPT_S


def test_row_in_hand_is_looked_at_when_it_has_settled() -> None:
    soon = next_cycle_s(CycleReport(settling=1), CONFIG)
    assert soon is not None and CONFIG.settle_s < soon < CONFIG.settle_s + 1


def test_long_settling_does_not_slow_the_cycles_down() -> None:
    assert next_cycle_s(CycleReport(settling=1), SyncConfig(interval_s=5, settle_s=60)) is None


def test_service_that_is_down_is_not_hurried() -> None:
    assert next_cycle_s(CycleReport(written={"sheets": 1}, down={"airtable": "Throttled"}), CONFIG) is None


class Hands:
    """A clock that stands until it is moved."""

    now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def test_replica_that_was_never_reached_lags_from_the_start() -> None:
    clock = Hands()
    lag = Lag(["sheets", "airtable"], limit_s=60, clock=clock)
    clock.now += timedelta(seconds=61)
    lag.worked_with(["sheets"], clock.now)
    with capture_logs() as lines:
        lag.tell()
    assert [(line["event"], line["replica"], line["lag_s"]) for line in lines] == [
        ("replica_lags", "airtable", 61)
    ]
    assert lag.seconds() == {"sheets": 0, "airtable": 61}


def test_lag_is_told_again_only_when_the_limit_passes_once_more() -> None:
    clock = Hands()
    lag = Lag(["airtable"], limit_s=60, clock=clock)
    with capture_logs() as lines:
        for _ in range(180):
            clock.now += timedelta(seconds=1)
            lag.tell()
    assert [line["lag_s"] for line in lines] == [61, 122]


def test_lag_that_comes_back_is_told_at_once() -> None:
    clock = Hands()
    lag = Lag(["airtable"], limit_s=60, clock=clock)
    with capture_logs() as lines:
        for pause_s in (61, 61):
            clock.now += timedelta(seconds=pause_s)
            lag.tell()
            lag.worked_with(["airtable"], clock.now)
    assert [line["lag_s"] for line in lines] == [61, 61]
