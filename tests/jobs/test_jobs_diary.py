"""Every kind of reminder of the shipped archive: each day on which it is told, whom it is told, what ends it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from jobs.items import Items
from jobs.noted import note
from jobs.words import CHINESE
from tests.jobs.jobs_default import CONFIG, Shipped
from tests.jobs.jobs_lives import (
    COMPLIANCE,
    KEEPERS,
    LIVES,
    LONG_AGO,
    MANAGER,
    Life,
    Told,
    enter,
    last_due,
    on,
    told,
)

FOUND = {
    "life_event": (on(9, 28, 0), on(9, 30, 7), on(10, 13, 7, MANAGER)),
    "held_rows": (on(9, 18, 0), on(9, 21, 2), on(9, 24, 5, MANAGER)),
    "conflicts": (on(9, 30, 0), on(10, 9, 2), on(10, 13, 5, MANAGER)),
    "deletions": (on(9, 24, 0, KEEPERS), on(9, 28, 1, KEEPERS)),
    "security_audit": (on(9, 16, 0), on(9, 30, 14, COMPLIANCE)),
    "archive_candidate": (on(9, 16, 0), on(9, 30, 14)),
    "destroy_candidate": (on(9, 16, 0, COMPLIANCE), on(9, 30, 14, COMPLIANCE)),
}
"""What the daemon finds, by reminder: the days on which it is told. The life of each has a test of its own."""


def assert_told(settled: Shipped, reminder: str, uid: str, diary: tuple[Told, ...]) -> None:
    """On each of its days as it stands there, and until the evening before as it stood."""
    before: list[tuple[int, tuple[str, ...]]] = []
    for day, stage, escalated in diary:
        assert told(settled, reminder, uid, day - timedelta(days=1)) == before, f"the day before {day}"
        before = [(stage, escalated)]
        assert told(settled, reminder, uid, day) == before, day


def test_each_shipped_reminder_has_its_diary_here() -> None:
    """A new one needs one, too."""
    assert {*FOUND, *(life.reminder for life in LIVES)} == {each.id for each in CONFIG.reminders}


@pytest.mark.parametrize("life", LIVES, ids=[life.reminder for life in LIVES])
def test_each_kind_is_told_on_its_days_to_whom_it_concerns_until_it_is_done(
    settled: Shipped, life: Life
) -> None:
    """From the day before its first one to what ends it."""
    settled.secrets.update(life.secrets)
    for change in (*life.before, (life.table, "x", life.row)):
        enter(settled, *change)
    assert_told(settled, life.reminder, "x", life.told)
    due = last_due(settled, life.reminder, life.told)
    assert (due.recipient or due.department) == life.whose
    if life.over_on:
        assert told(settled, life.reminder, "x", life.over_on - timedelta(days=1))
        assert not told(settled, life.reminder, "x", life.over_on)
    if life.done:
        enter(settled, *life.done)
        assert not told(settled, life.reminder, "x", life.told[-1][0])


def test_a_change_in_life_is_told_until_a_review(settled: Shipped) -> None:
    """The customer moved on a Monday."""
    change = {"table": "customers", "uid": "c", "actor": None, "replica": "sheets", "field": "home_address"}
    with settled.office.hub.unit() as unit:
        at = datetime(2026, 9, 28, 2, tzinfo=UTC)
        unit.lists.add_history([{**change, "at": at, "before": "TOKEN00003", "after": "TOKEN00004"}])
    assert_told(settled, "life_event", "c", FOUND["life_event"])
    assert last_due(settled, "life_event", FOUND["life_event"], "c").recipient == "wang"
    enter(settled, "customers", "c", {"reviewed_on": date(2026, 9, 28)})
    assert not told(settled, "life_event", "c", date(2026, 10, 13))


def test_a_held_row_is_told_in_working_days_until_it_is_mended(settled: Shipped) -> None:
    """Since the Friday on which it was first seen to be held; the Sunday after it is a working day."""
    friday = FOUND["held_rows"][0][0]
    settled.office.hold("customers", "c", "mobile")
    found = settled.due("held_rows", friday)
    with settled.office.hub.unit() as unit:
        Items(unit.connection).keep(found, {}, today=friday, now=LONG_AGO)
    for day, stage, escalated in FOUND["held_rows"]:
        assert told(settled, "held_rows", "c", day) == [(stage, escalated)]
    assert told(settled, "held_rows", "c", date(2026, 9, 20)) == [(0, ())]
    assert told(settled, "held_rows", "c", date(2026, 9, 23)) == [(2, ())]
    due = last_due(settled, "held_rows", FOUND["held_rows"], "c")
    assert (due.recipient, CHINESE.titled(due.title)) == ("wang", "更正未生效的内容\uff1a手机号码")
    settled.office.hold("customers", "c")
    assert not settled.due("held_rows", friday)


def test_a_conflict_is_told_in_working_days_until_it_is_resolved(settled: Shipped) -> None:
    """Found on the last day before the holidays."""
    with settled.office.hub.unit() as unit:
        place = {"replica": "sheets", "table": "customers", "uid": "c", "reason": "hub"}
        at = datetime(2026, 9, 30, 2, tzinfo=UTC)
        unit.lists.note_conflict(**place, now=at, key="occupation", kept="教师", other="护士")
    for day, stage, escalated in FOUND["conflicts"]:
        assert told(settled, "conflicts", "c", day) == [(stage, escalated)]
    assert told(settled, "conflicts", "c", date(2026, 10, 8)) == [(0, ())]
    assert told(settled, "conflicts", "c", date(2026, 10, 12)) == [(2, ())]
    assert last_due(settled, "conflicts", FOUND["conflicts"], "c").recipient == "wang"


def test_a_deletion_that_waits_is_told_to_the_keepers_at_once(settled: Shipped) -> None:
    """A day later the long weekend is over."""
    with settled.office.hub.unit() as unit:
        unit.lists.await_approval("sheets", "customers", ["c"], datetime(2026, 9, 24, 2, tzinfo=UTC))
    for day, stage, escalated in FOUND["deletions"]:
        assert told(settled, "deletions", "c", day) == [(stage, escalated)]
    assert last_due(settled, "deletions", FOUND["deletions"], "c").recipient == "wang"


@pytest.mark.parametrize(
    ("reminder", "found_as", "whose"),
    [
        ("security_audit", "review", "信息技术部"),
        ("archive_candidate", "archivable", KEEPERS),
        ("destroy_candidate", "destroyable", KEEPERS),
    ],
)
def test_what_a_job_found_is_told_to_its_department_until_the_next_look(
    settled: Shipped, reminder: str, found_as: str, whose: str
) -> None:
    """About no record; the first day stays when it is found again."""
    diary, hub = FOUND[reminder], settled.office.hub
    note(hub, found_as, {"backup": 2}, diary[0][0])
    assert_told(settled, reminder, "", diary)
    note(hub, found_as, {"backup": 3, "keys": 1}, diary[-1][0])
    older, newer = sorted(settled.due(reminder, diary[-1][0]), key=lambda due: due.anchor)
    assert (older.department, older.recipient, older.anchor) == (whose, None, diary[0][0])
    assert (older.title.count, newer.anchor) == (3, diary[-1][0])
    note(hub, found_as, {}, diary[-1][0])
    assert not settled.due(reminder, diary[-1][0])
