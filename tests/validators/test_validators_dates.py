"""Dates and instants: many spellings, one day, and nothing guessed."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.dates import parse_date, parse_datetime
from validators.issues import Rejection
from validators.raw import Raw

DAY = date(2024, 3, 1)


@pytest.mark.parametrize(
    "written",
    [
        "2024-3-1",
        "2024.3.1",
        "2024/03/01",
        "2024年3月1日",
        " 2024 年 3 月 1 号 ",
        "20240301",
        "\uff12024\uff0e3\uff0e1",
        "2024-03-01 00:00:00",
        "2024-03-01T00:00:00",
        "2024-02-29T16:30:00.000Z",
        45352,
        45352.75,
        Decimal(45352),
        20240301,
        DAY,
        datetime(2024, 3, 1),
        datetime(2024, 2, 29, 16, tzinfo=UTC),
    ],
)
def test_a_day_has_one_form_however_it_is_written(written: Raw) -> None:
    assert parse_date(written) == DAY


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2024-02-30", "date_impossible"),
        ("2023年2月29日", "date_impossible"),
        ("2024-13-01", "date_impossible"),
        ("3/1/2024", "date_ambiguous"),
        ("24-3-1", "date_shape"),
        ("2024-03", "date_day_missing"),
        ("2024年3月", "date_day_missing"),
        ("2024-3/1", "date_shape"),
        ("0024-03-01", "date_year"),
        ("45352", "date_shape"),
        ("长期", "date_shape"),
        (True, "date_shape"),
        (["2024-03-01"], "date_shape"),
        (-1, "date_shape"),
        (float("nan"), "date_shape"),
        (Decimal("NaN"), "date_shape"),
        (10**30, "date_shape"),
        ("9999-12-31T23:00:00Z", "date_shape"),
    ],
)
def test_an_ambiguous_or_impossible_date_is_rejected(written: Raw, code: str) -> None:
    found = parse_date(written)
    assert isinstance(found, Rejection)
    assert found.issue.code == code


@pytest.mark.parametrize(
    "written",
    [
        "2024-03-01 14:30",
        "2024/3/1 14:30:00",
        "2024/3/1\u300014\uff1a30",
        "2024年3月1日 14时30分",
        "2024-03-01T06:30:00.000Z",
        "2024-03-01T01:30:00-05:00",
        datetime(2024, 3, 1, 14, 30),
        datetime(2024, 3, 1, 6, 30, tzinfo=UTC),
        datetime(2024, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=2))),
        45352 + 14.5 / 24,
    ],
)
def test_wall_time_without_a_zone_is_that_of_shanghai(written: Raw) -> None:
    assert parse_datetime(written) == datetime(2024, 3, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2024-03-01 25:00", "2024-03-01 14", "2024-03-01 14:61", "14:30"])
def test_a_time_that_no_clock_shows_is_rejected(written: str) -> None:
    assert isinstance(parse_datetime(written), Rejection)


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)))
def test_every_day_survives_its_own_text_and_its_serial_number(day: date) -> None:
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.year}年{day.month}月{day.day}日") == day
    assert parse_date((day - date(1899, 12, 30)).days) == day


@given(
    st.datetimes(datetime(1902, 1, 1), datetime(9999, 12, 30)).map(
        lambda moment: moment.replace(microsecond=0)
    )
)
def test_every_instant_survives_its_own_text_and_its_serial_number(moment: datetime) -> None:
    found = parse_datetime(moment.replace(tzinfo=UTC).isoformat())
    assert found == moment.replace(tzinfo=UTC)
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)
    assert parse_datetime(serial) == parse_datetime(moment)


@given(st.one_of(st.text(max_size=30), st.floats(), st.decimals(), st.integers(), st.datetimes(), st.dates()))
def test_nothing_in_a_cell_breaks_the_parsers(raw: Raw) -> None:
    assert isinstance(parse_date(raw), date | Rejection)
    assert isinstance(parse_datetime(raw), datetime | Rejection)
