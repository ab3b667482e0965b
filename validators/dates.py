"""Dates and instants as staff, workbooks and services write them. Wall time is that of Asia/Shanghai."""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from .issues import Rejection
from .raw import Raw
from .rejections import reject
from .text import normalise_identifier, normalise_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
SERIAL_ZERO = datetime(1899, 12, 30)
SERIAL_MAX = 2958465
"""9999-12-31, the last day that spreadsheets know."""
YEAR_MIN = 1900

_MEND = "按2024-03-01的格式填写"
_WRITTEN_MAX = 99991231
_DAY = re.compile(
    r"(\d{4})(?:([-./])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})[日号]?|(\d{2})(\d{2}))", re.ASCII
)
_CLOCK = re.compile(
    r"(\d{1,2})[:时](\d{1,2})(?:[:分](?:(\d{1,2})(?:\.\d+)?秒?)?)?(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)


def parse_date(raw: Raw) -> date | Rejection:
    """A calendar day. An instant gives its day in Shanghai; an ambiguous or impossible date is rejected."""
    moment = _moment(raw)
    return moment if isinstance(moment, Rejection) else moment.date()


def parse_datetime(raw: Raw) -> datetime | Rejection:
    """An instant in UTC, to the second: serial numbers cannot carry more, and all services must agree."""
    moment = _moment(raw)
    return moment if isinstance(moment, Rejection) else moment.astimezone(UTC)


def _moment(raw: Raw) -> datetime | Rejection:
    match raw:
        case datetime():
            moment: datetime | Rejection = _local(raw)
        case date():
            moment = datetime.combine(raw, time(), SHANGHAI)
        case int() | float() | Decimal() if not isinstance(raw, bool):
            moment = _of_number(raw)
        case str():
            moment = _of_text(raw)
        case _:
            moment = _misshapen()
    if isinstance(moment, datetime) and moment.year < YEAR_MIN:
        return reject("date_year", "年份不成立", _MEND)
    return moment


def _local(moment: datetime) -> datetime | Rejection:
    try:
        local = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)
        return (local + timedelta(microseconds=500_000)).replace(microsecond=0)
    except OverflowError:
        return _misshapen()


def _of_number(number: int | float | Decimal) -> datetime | Rejection:
    """A spreadsheet serial, or a day typed as 20240301 into a cell that took it for a number."""
    # A Decimal NaN refuses to be compared.
    if (isinstance(number, Decimal) and number.is_nan()) or not 0 < number <= _WRITTEN_MAX:
        return _misshapen()
    if number < SERIAL_MAX + 1:
        return _local(SERIAL_ZERO + timedelta(days=float(number)))
    return _of_text(str(int(number)))


def _of_text(raw: str) -> datetime | Rejection:
    text = normalise_text(raw)
    # Date and clock are separated by a blank or a T; everything else inside is closed up.
    parts = re.split(r"(?<=[\d日号])[T\s]+(?=\d{1,2}[:\uff1a时])", text, maxsplit=1)
    day = _day(normalise_identifier(parts[0]).rstrip("."))
    if isinstance(day, Rejection) or len(parts) == 1:
        return day if isinstance(day, Rejection) else datetime.combine(day, time(), SHANGHAI)
    return _at_clock(day, normalise_identifier(parts[1]))


def _day(text: str) -> date | Rejection:
    found = _DAY.fullmatch(text)
    if found is None:
        return _misshapen(text)
    year, month, day = (int(part) for part in found.groups() if part and part.isdigit())
    try:
        return date(year, month, day)
    except ValueError:
        return reject("date_impossible", "日期不存在", "在本格改为正确的日期,如2024-03-01")


def _at_clock(day: date, text: str) -> datetime | Rejection:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return _misshapen()
    hour, minute, second, zone = found.groups()
    # `fromisoformat` reads every zone that the pattern lets through.
    written = f"{day.isoformat()}T{int(hour):02}:{int(minute):02}:{int(second or 0):02}{zone or ''}"
    try:
        return _local(datetime.fromisoformat(written))
    except ValueError:
        return reject("date_impossible", "时间不存在", "按2024-03-01 14:30的格式填写")


def _misshapen(text: str = "") -> Rejection:
    if re.fullmatch(r"\d{4}([-./]\d{1,2}|年\d{1,2}月?)", text):
        return reject("date_day_missing", "缺少日", _MEND)
    if re.fullmatch(r"\d{1,2}[-./]\d{1,2}[-./]\d{2}(\d{2})?", text):
        return reject("date_ambiguous", "年月日的先后不明确", _MEND)
    return reject("date_shape", "不是有效的日期", _MEND)
