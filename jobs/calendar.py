"""Which days people work, by the national calendar with its exchanged days (调休) and the company's own. Pure.

Law's clocks do not come here: they count calendar days, and only the sending of a mail moves.
"""

from datetime import date, timedelta

import chinese_calendar

from jobs.config import CalendarConfig

ONE_DAY = timedelta(days=1)
SATURDAY = 5
CLOSED_DAYS_MAX = 60
"""No run of days off is longer; a calendar that says so is wrong, and a search must end."""

PUBLISHED_BY_MONTH = 12
"""The State Council publishes the next year's holidays in November."""
COUNTED_DAYS_MAX = 400
"""Further away, five of seven days count: no stage is that fine."""


class Calendar:
    """Working days. A year that the national calendar does not know counts Monday to Friday."""

    def __init__(self, config: CalendarConfig) -> None:
        self._config = config

    def is_working(self, day: date) -> bool:
        """Whether people work on this day; the company's own days come first."""
        if day in self._config.open:
            return True
        if day in self._config.closed:
            return False
        national = _national(day)
        return day.weekday() < SATURDAY if national is None else national

    def sending_day(self, day: date) -> date:
        """The day on which what falls on `day` is told: that day itself, or the working day before."""
        for _ in range(CLOSED_DAYS_MAX):
            if self.is_working(day):
                return day
            day -= ONE_DAY
        raise ClosedTooLong(CLOSED_DAYS_MAX)

    def days_off_after(self, day: date) -> int:
        """How many days off follow `day` at once: what falls on them is told by then."""
        for days in range(CLOSED_DAYS_MAX):
            if self.is_working(day + (days + 1) * ONE_DAY):
                return days
        raise ClosedTooLong(CLOSED_DAYS_MAX)

    def next_working(self, day: date) -> date:
        """`day` itself when people work on it, or the first working day after it."""
        for _ in range(CLOSED_DAYS_MAX):
            if self.is_working(day):
                return day
            day += ONE_DAY
        raise ClosedTooLong(CLOSED_DAYS_MAX)

    def working_days(self, first: date, last: date) -> int:
        """How many working days `last` lies after `first`; negative when it lies before."""
        if last < first:
            return -self.working_days(last, first)
        days = min((last - first).days, COUNTED_DAYS_MAX)
        counted = sum(self.is_working(first + (place + 1) * ONE_DAY) for place in range(days))
        return counted + ((last - first).days - days) * 5 // 7

    def plus_working(self, day: date, count: int) -> date:
        """The day `count` working days after `day`; before it when negative."""
        step = ONE_DAY if count > 0 else -ONE_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def knows(self, year: int) -> bool:
        """Whether the holidays of a year are known: of the national calendar, or entered, New Year's Day among them."""
        new_year = date(year, 1, 1)
        return _national(new_year) is not None or new_year in self._config.closed

    def unknown_year(self, today: date) -> int | None:
        """The first year that is to be entered now; from December on that may be the next one."""
        years = (today.year, today.year + 1) if today.month == PUBLISHED_BY_MONTH else (today.year,)
        return next((year for year in years if not self.knows(year)), None)


class ClosedTooLong(ValueError):
    """The calendar names a longer run of days off than there is."""

    def __init__(self, days_max: int) -> None:
        super().__init__(f"more than {days_max} days off in a row: see calendar.closed")


def _national(day: date) -> bool | None:
    """Whether the national calendar has the day as a working day; None when it does not know the year."""
    try:
        return bool(chinese_calendar.is_workday(day))  # type: ignore[no-untyped-call]
    except NotImplementedError:
        return None
