"""Who looks after a file and who reads the mail about it."""

from datetime import date

import pytest

from jobs.config import PeopleConfig
from jobs.letters import unread
from jobs.people import People, Person, read_people
from tests.jobs.jobs_office import jobs_config
from validators.values import Value

TODAY = date(2026, 11, 23)


def person(
    uid: str,
    manager: str | None = None,
    backup: str | None = None,
    *,
    active: bool = True,
    away: bool = False,
) -> Person:
    return Person(uid, uid, f"{uid}@insurer.example", manager, backup, active, away)


def test_the_files_of_one_who_left_are_the_managers() -> None:
    """And the manager's manager's, when both have left."""
    people = People(
        [person("agent", "head", active=False), person("head", "chief", active=False), person("chief")]
    )
    assert people.in_charge("agent") == person("chief")


@pytest.mark.parametrize(("left_on", "works"), [(None, True), ("2026-11-24", True), ("2026-11-23", False)])
def test_who_left_gets_no_mail_though_nobody_has_unticked_them(left_on: str | None, works: bool) -> None:
    """From the day they left on."""
    row: dict[str, Value] = {
        "name": "agent",
        "active": True,
        **({"left_on": date.fromisoformat(left_on)} if left_on else {}),
    }
    people = read_people([("agent", row)], PeopleConfig(left_on="left_on"), today=TODAY)
    assert (people.in_charge("agent") is not None) is works


def test_files_of_nobody_have_nobody_in_charge() -> None:
    """No owner, an owner who is not in the staff table, and one who left with no manager above."""
    people = People([person("gone", active=False)])
    assert people.in_charge(None) is None
    assert people.in_charge("stranger") is None
    assert people.in_charge("gone") is None


def test_one_without_a_manager_is_their_own() -> None:
    """So nobody's files go unread."""
    people = People([person("solo")])
    assert people.manager_of(person("solo")) == person("solo")


def test_the_mail_of_one_who_is_away_goes_to_who_stands_in() -> None:
    """And on, while that one is away too."""
    people = People([person("a", backup="b", away=True), person("b", backup="c", away=True), person("c")])
    assert people.reader(person("a", backup="b", away=True)) == person("c")


def test_the_mail_of_one_who_is_away_waits_when_nobody_stands_in() -> None:
    """Two who stand in for each other and are both away."""
    first = person("a", backup="b", away=True)
    people = People([first, person("b", backup="a", away=True)])
    assert people.reader(first) == first


def test_managers_who_report_to_each_other_do_not_hang() -> None:
    """A circle in the staff table is staff's to mend, not ours to follow."""
    people = People([person("a", "b", active=False), person("b", "a", active=False)])
    assert people.in_charge("a") is None


def test_managers_are_those_whom_somebody_reports_to() -> None:
    """Neither people without a team nor those who have left."""
    people = People(
        [person("a", "head"), person("head", "gone"), person("gone", active=False), person("solo")]
    )
    assert people.managers() == [person("head", "gone")]


@pytest.mark.parametrize(
    ("first", "last", "away"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), True),
        (date(2026, 11, 1), date(2026, 11, 22), False),
        (date(2026, 11, 24), date(2026, 11, 30), False),
        (date(2026, 11, 20), None, True),
        (None, date(2026, 12, 1), False),
    ],
)
def test_away_is_from_the_first_to_the_last_day(first: date | None, last: date | None, away: bool) -> None:
    """Both days count."""
    row: dict[str, Value | None] = {"name": "王芳", "active": True, "away_from": first, "away_to": last}
    values: dict[str, Value] = {key: value for key, value in row.items() if value is not None}
    found = read_people([("w", values)], PeopleConfig(), today=TODAY).in_charge("w")
    assert found is not None
    assert found.away is away


def test_departments_at_which_nobody_reads_are_known_beforehand() -> None:
    """A mailbox will do, and so will a deputy; the departments of a table's own matter only without a mailbox for all."""
    there = Person(
        "he", "何静", "he@insurer.example", None, None, active=True, away=False, department="合规部"
    )
    mute = Person("li", "李明", None, None, None, active=True, away=False, department="理赔部")
    config = jobs_config(
        digests=[{"id": "weekly", "to": "合规部"}, {"id": "daily", "to": "信息部"}],
        people={"responsible": {"claims": "理赔部"}},
        mail={"mailboxes": {"信息部": "it@insurer.example"}},
    )
    assert unread(People([there, mute]), config) == ["理赔部"]
    boxed = config.model_copy(
        update={"mail": config.mail.model_copy(update={"no_owner": "all@insurer.example"})}
    )
    assert unread(People([there, mute]), boxed) == []
    assert unread(People([mute]), boxed) == ["合规部"]
