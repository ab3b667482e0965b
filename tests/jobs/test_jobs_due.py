"""Which reminders are due on a day, stage by stage."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.calendar import Calendar
from jobs.config import CalendarConfig
from jobs.due import Due, Failure, Scene, Today, due_of, newest_stage
from jobs.reminder_config import Priority, ReminderConfig
from jobs.reminders import ReminderBook, ReminderProblems, problems
from jobs.titles import Title
from tests.jobs.jobs_office import MONDAY, POLICY_END, REVIEW, SCHEMA, jobs_config

CALENDAR = Calendar(CalendarConfig())
RECORDS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("customers", "c1"): {"full_name": "张伟", "agent_no": "agent", "status": "在保客户"},
    ("customers", "c2"): {"full_name": "李娜"},
}


def look_up(table: str, uid: str) -> Mapping[str, Any] | None:
    return RECORDS.get((table, uid))


def judge(reminder: dict[str, Any], row: Mapping[str, Any], today: date = MONDAY) -> Due | Failure | None:
    """What one reminder says of one row."""
    book = ReminderBook(SCHEMA, jobs_config(reminders=[reminder]))
    [compiled] = book.of_table[reminder["table"]]
    return due_of(compiled, "uid", row, Scene(SCHEMA, Today.of(today, CALENDAR), look_up))


def ending(day: date, **values: Any) -> dict[str, Any]:
    return {"policy_no": "P20230001", "customer_no": "c1", "status": "有效", "expiry_date": day, **values}


@pytest.mark.parametrize(
    ("end", "stage"),
    [
        (date(2027, 1, 23), None),  # in 61 days
        (date(2027, 1, 22), -60),
        (date(2026, 12, 24), -60),  # in 31 days
        (date(2026, 12, 23), -30),
        (date(2026, 12, 8), -15),
        (date(2026, 11, 30), -7),
        (date(2026, 11, 23), -7),
        (date(2026, 10, 1), -7),
    ],
)
def test_the_newest_stage_that_has_come_counts(end: date, stage: int | None) -> None:
    """Only one item, though several stages have passed; overdue ones stay until their condition is false."""
    due = judge(POLICY_END, ending(end))
    assert (due.stage if isinstance(due, Due) else due) == stage


def test_a_due_item_says_what_when_and_whose() -> None:
    """The owner of the customer's file looks after it, since the policy names nobody."""
    assert judge(POLICY_END, ending(date(2026, 11, 30))) == Due(
        reminder="policy_end",
        kind="续保",
        table="policies",
        uid="uid",
        anchor=date(2026, 11, 30),
        stage=-7,
        due_on=MONDAY,
        days_left=7,
        priority=Priority.HIGH,
        recipient="agent",
        path="customer_no.agent_no",
        title=Title("联系客户续保"),
        law=None,
    )


def test_the_person_a_reminder_names_comes_before_the_tables_owner() -> None:
    """`to` leads to the policy's own agent."""
    due = judge(POLICY_END, ending(date(2026, 11, 30), service_agent_no="other"))
    assert isinstance(due, Due)
    assert due.recipient == "other"


def test_a_record_that_nobody_looks_after_is_due_all_the_same() -> None:
    """Its customer has no agent."""
    due = judge(POLICY_END, ending(date(2026, 11, 30), customer_no="c2"))
    assert isinstance(due, Due)
    assert due.recipient is None


def test_nothing_is_due_once_the_condition_is_false() -> None:
    """Nobody has to tick it off."""
    assert judge(POLICY_END, ending(date(2026, 11, 30), status="终止")) is None


def test_nothing_is_due_without_its_day() -> None:
    """A policy for life has no end."""
    assert judge(POLICY_END, {"policy_no": "P20230001", "status": "有效"}) is None


def test_what_falls_on_a_weekend_is_told_on_friday() -> None:
    """The seventh day before is Sunday 22 November; the day that counts stays where it is."""
    end = date(2026, 11, 29)
    thursday = judge(POLICY_END, ending(end), date(2026, 11, 19))
    friday = judge(POLICY_END, ending(end), date(2026, 11, 20))
    assert isinstance(thursday, Due)
    assert isinstance(friday, Due)
    assert thursday.stage == -15
    assert (friday.stage, friday.due_on, friday.anchor, friday.days_left) == (-7, date(2026, 11, 20), end, 9)


def test_what_falls_on_an_exchanged_saturday_is_told_that_day() -> None:
    """14 February 2026: people are at work, so Friday is too early."""
    end = date(2026, 2, 21)
    friday = judge(POLICY_END, ending(end), date(2026, 2, 13))
    saturday = judge(POLICY_END, ending(end), date(2026, 2, 14))
    assert isinstance(friday, Due)
    assert isinstance(saturday, Due)
    assert (friday.stage, saturday.stage) == (-15, -7)


def test_an_end_that_never_comes_is_never_due() -> None:
    """Staff write the last day of the calendar for a contract without end, and no later day exists to count to."""
    assert judge({**POLICY_END, "at": [-30, 30]}, ending(date.max)) is None


def test_an_instant_counts_as_its_day_in_china() -> None:
    """22:30 of the day before in Greenwich is half past six in the morning."""
    reminder = {**POLICY_END, "anchor": "signed_at", "at": [0]}
    due = judge(reminder, ending(date.max, signed_at=datetime(2026, 11, 22, 22, 30, tzinfo=UTC)))
    assert isinstance(due, Due)
    assert due.anchor == MONDAY


def test_an_anchor_may_be_computed() -> None:
    """Three days after the decision, say."""
    reminder = {**POLICY_END, "anchor": "add_days(decided_on, 3)", "at": [0], "law": "保险法24"}
    due = judge(reminder, ending(date.max, decided_on=date(2026, 11, 20)))
    assert isinstance(due, Due)
    assert (due.anchor, due.law) == (MONDAY, "保险法24")


@pytest.mark.parametrize(
    ("anchor", "due"),
    [
        ("coalesce(decided_on, expiry_date)", True),
        ("filled(decided_on) ? decided_on : expiry_date", True),
        ("add_days(decided_on, 3)", False),
        ("status == '有效' ? expiry_date : decided_on", False),
    ],
)
def test_a_computed_anchor_needs_what_it_names(anchor: str, due: bool) -> None:
    """Unless it asks whether that is there, as computed fields do; the decision has no date here."""
    found = judge({**POLICY_END, "anchor": anchor}, ending(date(2026, 11, 30)))
    assert isinstance(found, Due) is due
    assert not isinstance(found, Failure)


@pytest.mark.parametrize(
    ("when", "values", "due"),
    [
        ("blank(decided_on)", {}, True),
        ("blank(decided_on)", {"decided_on": MONDAY}, False),
        ("premium > 100.0", {}, False),  # A blank is no amount: the condition cannot be told.
        ("premium > 100.0", {"premium": Decimal("100.01")}, True),
        ("customer_no.status == '在保客户'", {}, True),
        ("customer_no.next_review_on < today", {}, False),
        ("customer_no == insured_no", {"insured_no": "c1"}, True),
        ("customer_no == insured_no", {"insured_no": "c2"}, False),
        ("customer_no == insured_no && customer_no.status == '在保客户'", {"insured_no": "c1"}, True),
    ],
)
def test_conditions_read_blanks_amounts_and_linked_records(
    when: str, values: dict[str, Any], due: bool
) -> None:
    """As rules do, but any field may be blank."""
    found = judge({**POLICY_END, "when": when}, ending(date(2026, 11, 30), **values))
    assert isinstance(found, Due) is due
    assert not isinstance(found, Failure)


@pytest.mark.parametrize("when", ["premium", "premium / 0.0 + status", "status.startsWith(premium)"])
def test_a_condition_that_fails_is_reported_and_names_no_value(when: str) -> None:
    """Nothing it names is blank, so somebody has to look at the expression."""
    found = judge({**POLICY_END, "when": when}, ending(date(2026, 11, 30), premium=Decimal("4711.00")))
    assert isinstance(found, Failure)
    assert "4711" not in repr(found)


@given(
    days=st.integers(-400, 400),
    at=st.sets(st.integers(-90, 90), min_size=1),
    days_counted=st.sampled_from(["calendar", "working"]),
)
def test_stages_only_ever_advance(days: int, at: set[int], days_counted: str) -> None:
    """From one day to the next, an item never goes back to an earlier stage or vanishes."""
    anchor = date.fromordinal(MONDAY.toordinal() + days)
    reminder = ReminderConfig.model_validate({**REVIEW, "at": sorted(at), "days": days_counted})
    before = newest_stage(reminder, anchor, Today(MONDAY, 0, CALENDAR))
    after = newest_stage(reminder, anchor, Today(date(2026, 11, 24), 0, CALENDAR))
    assert before is None or (after is not None and after >= before)


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"table": "polices"}, "reminders.0.table", "no table polices"),
        ({"anchor": "next_review"}, "reminders.0.anchor", "no field next_review"),
        ({"anchor": "add_days(next_review_on"}, "reminders.0.anchor", "not a CEL expression"),
        ({"when": "overdue(next_review_on)"}, "reminders.0.when", "unknown function overdue"),
        ({"when": "mobile != ''"}, "reminders.0.when", "mobile is sensitive"),
        ({"when": "filled(agent_no.phone)"}, "reminders.0.when", "no field phone"),
        ({"to": "status"}, "reminders.0.to", "ends in staff"),
        ({"law": "保险法99"}, "reminders.0.law", "under `laws`"),
        (
            {"escalate": [{"after": 1, "to": "无此部"}]},
            "reminders.0.escalate.0.to",
            "manager or a department",
        ),
        ({"has": {"table": "policies", "by": "policy_no"}}, "reminders.0.has.by", "leads to customers"),
        ({"lacks": {"table": "contracts", "by": "c"}}, "reminders.0.lacks.table", "no table contracts"),
        ({"opens": ["status"]}, "reminders.0.opens", "not sensitive"),
        ({"anchor": "changed", "fields": ["phone"]}, "reminders.0.fields", "no field phone"),
        ({"when": "event_on < today"}, "reminders.0.when", "only with `anchor: changed`"),
    ],
)
def test_a_reminder_that_names_what_is_not_there_is_refused(
    change: dict[str, Any], path: str, words: str
) -> None:
    """At its path in the settings, in words."""
    config = jobs_config(reminders=[{**REVIEW, **change}])
    [problem] = problems(SCHEMA, config)
    assert problem.path == path
    assert words in problem.message
    with pytest.raises(ReminderProblems):
        ReminderBook(SCHEMA, config)
