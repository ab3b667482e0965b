"""Which digests go out at an hour of a day."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from jobs.calendar import Calendar
from jobs.config import CalendarConfig, DigestConfig
from jobs.schedule import due_digests
from tests.jobs.jobs_office import MONDAY

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEKLY = DigestConfig(id="w", to="managers", every="week")
DAILY = DigestConfig(id="d", to="owners")
MONTHLY = DigestConfig(id="m", to="owners", every="month")


def sent(digest: DigestConfig, day: date, last: date | None, hour: int = 9) -> bool:
    now = datetime(day.year, day.month, day.day, hour, 30, tzinfo=SHANGHAI)
    found = due_digests([digest], now, {digest.id: last} if last else {}, Calendar(CalendarConfig()))
    return bool(found)


@pytest.mark.parametrize(
    ("digest", "day", "last", "due"),
    [
        (DAILY, MONDAY, date(2026, 11, 20), True),
        (DAILY, MONDAY, MONDAY, False),
        (DAILY, date(2026, 11, 22), date(2026, 11, 20), False),  # a Sunday
        (DAILY.model_copy(update={"on_days_off": True}), date(2026, 11, 22), date(2026, 11, 21), True),
        (WEEKLY, MONDAY, date(2026, 11, 16), True),
        (WEEKLY, date(2026, 11, 24), MONDAY, False),
        (WEEKLY, date(2026, 10, 8), date(2026, 9, 28), True),  # Monday lay in the national holiday
        (WEEKLY, date(2026, 11, 25), date(2026, 11, 16), True),  # the daemon was down on Monday
        (MONTHLY, date(2026, 11, 2), date(2026, 10, 9), True),  # the first was a Sunday
        (MONTHLY, MONDAY, date(2026, 11, 2), False),
        (DAILY, MONDAY, None, False),  # started an hour after its time
    ],
)
def test_digests_go_out_on_working_days_once(
    digest: DigestConfig, day: date, last: date | None, due: bool
) -> None:
    """Monday's on the first working day; what was missed once."""
    assert sent(digest, day, last) is due


def test_nothing_goes_out_before_its_hour() -> None:
    """Nor on the first day, unless the daemon was there in time."""
    assert not sent(DAILY, MONDAY, date(2026, 11, 20), hour=7)
    assert sent(DAILY, MONDAY, None, hour=8)
