"""Whoever tries one person's number through is stopped, whatever else stands in the file; honest files of any length are not."""

import random
from datetime import date, timedelta

import pytest

from tests.vault.conftest import ManualClock
from vault.alarms import open_alarms
from vault.asked import Asked, Question
from vault.vault import Vault

PLACE, FIELD, TARGET = "desk li.na", "customers.id_number", "19900307"


def days(count: int) -> list[Question]:
    """Numbers of people of all ages."""
    rng = random.Random(7)
    return [
        Question(FIELD, f"{date(1940, 1, 1) + timedelta(days=rng.randrange(26_000)):%Y%m%d}")
        for _ in range(count)
    ]


def test_the_candidates_of_one_person_are_too_many_in_whatever_crowd_they_stand(vault: Vault) -> None:
    candidates = [Question(FIELD, TARGET)] * 21
    assert Asked(vault).note(PLACE, [*days(5_000), *candidates])
    (alarm,) = open_alarms(vault)
    assert (alarm.kind, alarm.actor) == ("guesses", PLACE)


def test_one_question_at_a_time_is_counted_as_well(vault: Vault) -> None:
    answers = [Asked(vault).note(PLACE, [Question(FIELD, TARGET)]) for _ in range(22)]
    assert answers == [False] * 20 + [True] * 2


@pytest.mark.parametrize("people", [3_000, 30_000])
def test_a_file_of_honest_work_is_never_too_much(vault: Vault, people: int) -> None:
    assert not Asked(vault).note(PLACE, days(people))
    assert open_alarms(vault) == []


def test_a_day_a_person_and_a_field_count_by_themselves(vault: Vault, clock: ManualClock) -> None:
    some = [Question(FIELD, TARGET)] * 15
    assert not Asked(vault).note(PLACE, some)
    assert not Asked(vault).note("desk zhao.lei", some)
    assert not Asked(vault).note(PLACE, [Question("customers.mobile", TARGET)] * 15)
    assert Asked(vault).note(PLACE, some)
    clock.advance(days=1)
    assert not Asked(vault).note(PLACE, some)
