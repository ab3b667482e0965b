"""Sessions on a clock of their own: they end with the working day, when nobody acts, and when the user may no longer act."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from tablekeeper.desk.sessions import PURPOSE_KEPT, SESSIONS_MAX, Sessions
from tablekeeper.desk.standing import VERDICTS
from tablekeeper.diagnosis import Kind
from vault.users import User

CLERK = User("li.na", "客服专员", "客服", "wang.fang", date(2027, 1, 1), disabled=False)


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock)


def test_session_ends_when_nobody_acts(sessions: Sessions, clock: Clock) -> None:
    key = sessions.begin(CLERK)
    clock.now += timedelta(minutes=15) - timedelta(seconds=1)
    assert sessions.of(key)
    clock.now += timedelta(seconds=1)
    assert sessions.of(key) is None


def test_session_ends_with_the_working_day_however_busy(sessions: Sessions, clock: Clock) -> None:
    key = sessions.begin(CLERK)
    end = clock.now + timedelta(hours=10)
    while clock.now < end:
        session = sessions.of(key)
        assert session
        sessions.use(session)
        clock.now += timedelta(minutes=10)
    assert sessions.of(key) is None


def test_signing_in_twice_gives_two_keys_and_ending_one_leaves_the_other(sessions: Sessions) -> None:
    first, second = sessions.begin(CLERK), sessions.begin(CLERK)
    sessions.end(first)
    assert (sessions.of(first), sessions.of(second) is None) == (None, False)


def test_who_may_no_longer_act_is_out_at_once(sessions: Sessions) -> None:
    key = sessions.begin(CLERK)
    sessions.end_all_of({"li.na"})
    assert sessions.of(key) is None


def test_a_flood_of_sign_ins_puts_out_who_has_not_acted_for_longest(sessions: Sessions, clock: Clock) -> None:
    oldest = sessions.begin(CLERK)
    clock.now += timedelta(seconds=1)
    keys = [sessions.begin(CLERK) for _ in range(SESSIONS_MAX)]
    assert sessions.of(oldest) is None
    assert all(map(sessions.of, keys))


def test_purpose_stands_for_one_person_and_a_while(sessions: Sessions, clock: Clock) -> None:
    session = sessions.of(sessions.begin(CLERK))
    assert session
    session.name_purpose("R1", "理赔", clock.now)
    assert session.purpose_for("R1", clock.now) == "理赔"
    assert session.purpose_for("R2", clock.now) is None
    assert session.purpose_for("R1", clock.now + PURPOSE_KEPT) is None


def test_every_diagnosis_has_words_for_staff() -> None:
    assert VERDICTS.keys() == set(get_args(Kind))
