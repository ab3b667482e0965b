"""When the daemon looks again: staff do not wait an interval for what is in hand, and a service that is down is left alone."""

from sync.config import SyncConfig
from sync.engine import CycleReport
from tablekeeper.daemon import PROMPT_S, next_cycle_s

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
