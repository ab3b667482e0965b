"""How often replicas are looked at."""

from datetime import UTC, datetime, timedelta

import pytest

from sync.config import ReplicaConfig, SyncConfig
from sync.polling import Month, Polling, pause_s, problems
from tests.sync.conftest import Office
from tests.sync.memory import MemoryConnection

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
CONFIG = SyncConfig()


def polling(office: Office, *configs: ReplicaConfig) -> Polling:
    replicas = {one.name: (one, MemoryConnection(one.name, "key")) for one in configs}
    return Polling(SyncConfig(replicas=configs), replicas, office.engine.hub)


def sheet(number: int) -> ReplicaConfig:
    return ReplicaConfig(name=f"sheet{number}", service="sheets")


def base(calls: int | None) -> ReplicaConfig:
    return ReplicaConfig(name="base", service="airtable", calls_per_month=calls)


def test_a_few_spreadsheets_are_looked_at_every_interval() -> None:
    assert pause_s(CONFIG, 4, None, busy=False) == CONFIG.interval_s


def test_many_spreadsheets_of_one_account_share_its_reads() -> None:
    pause = pause_s(CONFIG, 12, None, busy=True)
    assert 12 * 60 / pause <= 60 * 0.8 + 1e-9


def test_a_monthly_budget_lasts_to_the_end_of_the_month() -> None:
    now, used, limit = NOW.replace(day=1), 0, 100_000
    while now.month == NOW.month:
        used += 1
        now += timedelta(seconds=pause_s(CONFIG, 0, Month(limit, used, now), busy=False))
    assert used <= limit * 0.8 + 1


def test_staff_at_work_are_served_from_what_idle_hours_saved() -> None:
    saved, spent = Month(100_000, 0, NOW), Month(100_000, 79_000, NOW)
    assert pause_s(CONFIG, 0, saved, busy=True) == CONFIG.interval_s
    assert pause_s(CONFIG, 0, spent, busy=True) > CONFIG.interval_s


def test_a_budget_that_is_used_up_never_stretches_the_lag_past_its_limit() -> None:
    pause = pause_s(CONFIG, 0, Month(100_000, 100_000, NOW), busy=False)
    assert pause + CONFIG.interval_s <= CONFIG.max_lag_s


@pytest.mark.parametrize(("calls", "suffices"), [(1_000, False), (100_000, True), (None, True)])
def test_a_plan_too_small_for_the_lag_is_refused(calls: int | None, suffices: bool) -> None:
    found = list(problems(SyncConfig(replicas=(base(calls),))))
    assert (not found) is suffices


def test_a_replica_is_due_once_in_an_interval_and_at_once_when_rows_settle(office: Office) -> None:
    polls = polling(office, sheet(1), sheet(2))
    both = frozenset({"sheet1", "sheet2"})
    assert polls.due(NOW, frozenset()) == both
    polls.looked(both, frozenset(), NOW)
    soon = NOW + timedelta(seconds=1)
    assert polls.due(soon, frozenset()) == frozenset()
    assert polls.due(soon, frozenset({"sheet2"})) == {"sheet2"}
    assert polls.due(NOW + timedelta(seconds=CONFIG.interval_s), frozenset()) == both


def test_a_change_anywhere_wakes_a_replica_with_a_budget(office: Office) -> None:
    polls = polling(office, base(100_000), sheet(1))
    polls.looked(frozenset({"base", "sheet1"}), frozenset(), NOW)
    assert polls.pause_s("base", NOW) > CONFIG.interval_s
    polls.looked(frozenset({"sheet1"}), frozenset({"sheet1"}), NOW)
    assert polls.pause_s("base", NOW) == CONFIG.interval_s


def test_calls_of_a_month_are_remembered_over_a_restart(office: Office) -> None:
    polls = polling(office, base(100_000))
    connection = polls.replicas["base"][1]
    assert isinstance(connection, MemoryConnection)
    connection.calls = 70
    polls.looked(frozenset({"base"}), frozenset(), NOW)
    month = polling(office, base(100_000)).month("base", NOW)
    assert month is not None and month.used == 70
