"""One diagnosis: the most pressing thing, since when, what is exposed, what comes next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sync.engine import FrozenPart
from tablekeeper.diagnosis import Diagnosis, diagnose
from tablekeeper.status import Calls, Standing

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
JUST_NOW = NOW - timedelta(seconds=20)
SOUND = Standing(
    running=True,
    last_cycle={"airtable": JUST_NOW, "sheets": JUST_NOW},
    mails={"waiting": 0, "unknown": 0, "refused": 0},
)


def diagnosed(standing: Standing) -> Diagnosis:
    return diagnose(NOW, standing, max_lag_s=60)


def test_a_sound_archive_needs_nothing() -> None:
    found = diagnosed(SOUND)
    assert (found.ok, found.next, found.exposed, found.lost) == (True, None, "", "")


def test_an_archive_on_which_nobody_ever_worked_is_not_masked_at_all() -> None:
    found = diagnosed(Standing(last_cycle={"airtable": None, "sheets": None}))
    assert (found.ok, found.since) == (False, None)
    assert "tablekeeper setup" in (found.next or "")
    assert found.exposed


def test_a_daemon_that_stopped_leaves_plaintext_since_its_first_replica_was_left() -> None:
    earlier = NOW - timedelta(hours=2)
    found = diagnosed(replace(SOUND, running=False, last_cycle={"airtable": earlier, "sheets": JUST_NOW}))
    assert (found.since, found.next) == (earlier, "tablekeeper run")
    assert found.exposed


def test_a_restored_archive_waits_for_a_person_and_for_no_daemon() -> None:
    """`run` would only say so, too."""
    found = diagnosed(replace(SOUND, running=False, restored=True))
    assert (found.kind, found.next) == ("restored", "tablekeeper resume")
    assert found.exposed


def test_one_replica_that_lags_is_named() -> None:
    earlier = NOW - timedelta(minutes=5)
    found = diagnosed(replace(SOUND, last_cycle={"airtable": JUST_NOW, "sheets": earlier}))
    assert found.what == "the daemon runs, but has not got through a cycle with sheets"
    assert (found.since, found.next) == (earlier, "tablekeeper check")


def test_the_time_that_notes_may_be_old_is_no_lag() -> None:
    """Idle cycles note themselves every half minute only, so a minute's limit is passed after a minute and a half."""
    late = NOW - timedelta(seconds=85)
    assert diagnosed(replace(SOUND, last_cycle={"airtable": late, "sheets": late})).ok


@pytest.mark.parametrize(
    ("standing", "words"),
    [
        (replace(SOUND, unwritten={"airtable": 0, "sheets": 3}), "rows are not written yet: 3 in sheets"),
        (replace(SOUND, deletions=21), "21 deletion(s) wait for a person: too many at once"),
        (
            replace(SOUND, mails={"waiting": 2, "unknown": 0, "refused": 0}),
            "2 mail(s) wait for the mail server",
        ),
        (replace(SOUND, conflicts=1), "1 value(s) were not taken"),
    ],
)
def test_what_waits_is_said_and_is_not_in_order(standing: Standing, words: str) -> None:
    found = diagnosed(standing)
    assert words in found.what
    assert not found.ok
    assert found.next


def test_a_month_s_calls_that_are_used_up_are_not_in_order() -> None:
    assert diagnosed(replace(SOUND, calls={"airtable": Calls(99_999, 100_000)})).ok
    found = diagnosed(replace(SOUND, calls={"airtable": Calls(100_001, 100_000)}))
    assert (found.ok, found.kind) == (False, "calls")
    assert "airtable (100,001 of 100,000)" in found.what


def test_a_mail_of_unknown_fate_may_be_lost() -> None:
    assert (
        "1 of unknown fate"
        in diagnosed(replace(SOUND, mails={"waiting": 0, "unknown": 1, "refused": 0})).lost
    )


def test_held_rows_are_the_daily_work_of_staff_and_in_order() -> None:
    found = diagnosed(replace(SOUND, held={"客户": 2}, waiting={"保单": 4}))
    assert (found.ok, found.next) == (True, "tablekeeper held")


def test_what_exposes_plaintext_comes_before_what_waits() -> None:
    worst = replace(SOUND, running=False, deletions=30, conflicts=2, held={"客户": 2})
    assert diagnosed(worst).what == "the daemon is not running"
    assert "deletion" in diagnosed(replace(worst, running=True)).what


def test_a_table_without_its_uids_is_named_with_what_is_exposed_there() -> None:
    torn = FrozenPart("客户", "排序打乱了行", JUST_NOW, unmasked=False)
    lost = FrozenPart("保单", "找不到本表", NOW, unmasked=True)
    found = diagnosed(replace(SOUND, frozen={"sheets": (torn, lost)}))
    assert (found.ok, found.since) == (False, JUST_NOW)
    assert found.what == "left alone until somebody mends it: 客户 of sheets, 保单 of sheets"
    assert found.exposed == "what staff type into 保单 of sheets is not masked"
