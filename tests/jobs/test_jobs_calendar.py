"""Working days: the national calendar, exchanged days, the company's own days, years not yet published."""

from datetime import date

import pytest
from pydantic import ValidationError

from jobs.calendar import Calendar
from jobs.config import CalendarConfig

NATIONAL = Calendar(CalendarConfig())


def test_an_exchanged_saturday_is_a_working_day() -> None:
    """14 February 2026 is a Saturday on which people make up for the Spring Festival."""
    assert NATIONAL.is_working(date(2026, 2, 14))


def test_a_weekday_within_a_holiday_is_a_day_off() -> None:
    """1 October 2026 is a Thursday."""
    assert not NATIONAL.is_working(date(2026, 10, 1))


def test_what_falls_on_a_holiday_is_told_before_it() -> None:
    """The National Day holiday of 2026 lasts from Thursday 1 to Wednesday 7 October."""
    assert NATIONAL.sending_day(date(2026, 10, 5)) == date(2026, 9, 30)
    assert NATIONAL.days_off_after(date(2026, 9, 30)) == 7


def test_what_falls_on_a_working_day_is_told_that_day() -> None:
    """Also when that day is an exchanged Saturday."""
    assert NATIONAL.sending_day(date(2026, 2, 14)) == date(2026, 2, 14)


def test_a_year_that_is_not_published_counts_monday_to_friday() -> None:
    """Nobody knows yet which days of 2040 are exchanged."""
    assert not NATIONAL.knows(2040)
    assert NATIONAL.is_working(date(2040, 10, 1))
    assert not NATIONAL.is_working(date(2040, 10, 6))


def test_a_year_that_was_entered_is_known() -> None:
    """Spans are written as such; New Year's Day says that the year is there in full."""
    entered = Calendar(
        CalendarConfig.model_validate(
            {"closed": ["2040-01-01", "2040-10-01/2040-10-07"], "open": ["2040-09-30"]}
        )
    )
    assert entered.knows(2040)
    assert not entered.knows(2041)
    assert not any(entered.is_working(date(2040, 10, day)) for day in range(1, 8))
    assert entered.is_working(date(2040, 9, 30))


def test_from_december_on_the_next_year_is_asked_for() -> None:
    """It was published in November."""
    last = max(year for year in range(2020, 2040) if NATIONAL.knows(year))
    assert NATIONAL.unknown_year(date(last, 11, 30)) is None
    assert NATIONAL.unknown_year(date(last, 12, 1)) == last + 1
    assert NATIONAL.unknown_year(date(last + 1, 3, 1)) == last + 1


@pytest.mark.parametrize("span", ["2040-10-07/2040-10-01", "2040-01-01/2040-12-31", "2040-10-01/soon"])
def test_a_span_that_is_none_is_refused(span: str) -> None:
    """Backwards, a whole year, or no day at all."""
    with pytest.raises(ValidationError):
        CalendarConfig.model_validate({"closed": [span]})


def test_the_companys_own_days_come_before_the_national_ones() -> None:
    """A founding day off, and a Sunday at work."""
    own = Calendar(
        CalendarConfig(closed=frozenset({date(2026, 11, 23)}), open=frozenset({date(2026, 11, 22)}))
    )
    assert not own.is_working(date(2026, 11, 23))
    assert own.is_working(date(2026, 11, 22))
