"""USER_ENTERED: what the spreadsheet makes of typed text. A cell formatted as text keeps it as it is."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from emulators.google.cells import Formula, Value, number, text_value
from emulators.google.number_formats import date_order
from emulators.google.serials import serial_of

NumberFormat = Mapping[str, str]
_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<open>\(?)\s*(?P<currency>[$€£¥¥]?)\s*(?P<sign2>[-+]?)(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)"
    r"(?P<exponent>[eE][-+]?\d+)?\s*(?P<percent>%?)(?P<close>\)?)$"
)
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: index for index, name in enumerate(_MONTH_NAMES, 1)}
_FORMULA_MARKS = frozenset("=+")
_NUMBER_MARKS = frozenset("0123456789-+.($€£¥¥")
_BOOLEAN_MARKS = frozenset("tTfF")
_TELLING_MARKS = _FORMULA_MARKS | _NUMBER_MARKS | frozenset("' \t\ntTfFjJmMaAsSoOnNdD")
"""With any other mark text is text: most cells need no closer look."""
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?$")
_YEAR_FIRST = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})$")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?$")
_THREE_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})$")
_TWO_PARTS = re.compile(r"(\d{1,2})([-/])(\d{1,2})$")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?$")
_DAY_FIRST = re.compile(r"(\d{1,2})[-\s]([A-Za-z]{3,9})\.?(?:[-\s](\d{4}))?$")


def parse_entered(
    text: str, *, locale: str, current: NumberFormat, year: int
) -> tuple[Value, NumberFormat | None]:
    """The stored value of typed text, and the number format it brings along (None: none).

    `current` is the cell's number format; `year` completes dates such as `1/2`.
    """
    if text[:1] not in _TELLING_MARKS:
        return text_value(text), None
    if text[:1] == "'":
        return text_value(text[1:]), None
    if current and current.get("type") == "TEXT":
        return text_value(text), None
    if text[:1] in _FORMULA_MARKS and len(text) > 1 and not _NUMBER.match(text.strip()):
        text_value(text)
        return Formula("=" + text[1:]), None
    return parse_plain(text.strip(), locale=locale, year=year) or (text_value(text), None)


def parse_plain(text: str, *, locale: str, year: int) -> tuple[Value, NumberFormat | None] | None:
    """A boolean, number, date or time written as text; None for anything else."""
    first = text[:1]
    if first in _NUMBER_MARKS:
        return _number(text) or _moment(text, date_order(locale), year)
    if first in _BOOLEAN_MARKS and text.upper() in ("TRUE", "FALSE"):
        return text.upper() == "TRUE", None
    return _moment(text, date_order(locale), year) if text[:3].lower() in _MONTHS else None


def _number(text: str) -> tuple[Value, NumberFormat | None] | None:
    match = _NUMBER.match(text)
    if not match or bool(match["open"]) != bool(match["close"]) or (match["sign"] and match["sign2"]):
        return None
    value = float(match["digits"].replace(",", "") + (match["exponent"] or ""))
    if "-" in match["sign"] + match["sign2"] or match["open"]:
        value = -value
    if match["percent"]:
        value = round(value / 100, 15)
    return number(value), _number_format(match)


def _number_format(match: re.Match[str]) -> NumberFormat | None:
    decimals = ".00" if "." in match["digits"] else ""
    if match["percent"]:
        return {"type": "PERCENT", "pattern": f"0{decimals}%"}
    if match["currency"]:
        return {"type": "CURRENCY", "pattern": f"{match['currency']}#,##0{decimals}"}
    if match["exponent"]:
        return {"type": "SCIENTIFIC", "pattern": "0.00E+00"}
    return {"type": "NUMBER", "pattern": f"#,##0{decimals}"} if "," in match["digits"] else None


def _moment(text: str, order: str, year: int) -> tuple[Value, NumberFormat | None] | None:
    day = _date(text, order, year)
    if day:
        return number(serial_of(day[0])), {"type": "DATE", "pattern": day[1]}
    time = _time(text)
    if time:
        return number(time[0]), {"type": "TIME", "pattern": time[1]}
    return _date_and_time(text, order, year)


def _date_and_time(text: str, order: str, year: int) -> tuple[Value, NumberFormat | None] | None:
    match = re.match(r"(.+?)[T\s]+(\d{1,2}:.*)$", text)
    day = match and _date(match[1], order, year)
    time = match and _time(match[2])
    if not day or not time:
        return None
    return number(serial_of(day[0]) + time[0]), {"type": "DATE_TIME", "pattern": f"{day[1]} {time[1]}"}


def _time(text: str) -> tuple[float, str] | None:
    match = _TIME.match(text)
    if not match or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return None
    hour = int(match[1])
    if match[5]:
        hour = hour % 12 + (12 if match[5] in "Pp" else 0)
    seconds = int(match[3] or 0) + float(match[4] or 0)
    pattern = "h:mm" + (":ss" if match[3] else "") + (" am/pm" if match[5] else "")
    return (hour * 3600 + int(match[2]) * 60 + seconds) / 86400, pattern


@lru_cache(maxsize=4096)
def _date(text: str, order: str, year: int) -> tuple[datetime, str] | None:
    match = _YEAR_FIRST.match(text)
    if match:
        return _day(
            match[1],
            match[3],
            match[4],
            f"yyyy{match[2]}mm{match[2]}dd" if match[2] == "-" else f"yyyy{match[2]}m{match[2]}d",
        )
    match = _CHINESE.match(text)
    if match:
        return _day(match[1], match[2], match[3], 'yyyy"年"m"月"d"日"')
    match = _THREE_PARTS.match(text)
    if match and order != "ymd" and (match[2] != "." or order == "dmy"):
        return _slashed(match, order)
    match = _TWO_PARTS.match(text)
    if match:
        month, day = (match[3], match[1]) if order == "dmy" else (match[1], match[3])
        pattern = f"d{match[2]}m" if order == "dmy" else f"m{match[2]}d"
        return _day(year, month, day, pattern)
    return _named_month(text, year)


def _slashed(match: re.Match[str], order: str) -> tuple[datetime, str] | None:
    month, day = (match[3], match[1]) if order == "dmy" else (match[1], match[3])
    short = int(match[4])
    full = short if len(match[4]) == 4 else short + (2000 if short < 50 else 1900)
    parts = ("d", "m") if order == "dmy" else ("m", "d")
    return _day(full, month, day, match[2].join((*parts, "yyyy" if len(match[4]) == 4 else "yy")))


def _named_month(text: str, year: int) -> tuple[datetime, str] | None:
    match = _MONTH_FIRST.match(text)
    if match and match[1][:3].lower() in _MONTHS:
        return _day(
            match[3] or year, _MONTHS[match[1][:3].lower()], match[2], "mmm d" + (" yyyy" if match[3] else "")
        )
    match = _DAY_FIRST.match(text)
    if match and match[2][:3].lower() in _MONTHS:
        return _day(
            match[3] or year, _MONTHS[match[2][:3].lower()], match[1], "d-mmm" + ("-yyyy" if match[3] else "")
        )
    return None


def _day(year: int | str, month: int | str, day: int | str, pattern: str) -> tuple[datetime, str] | None:
    try:
        return datetime(int(year), int(month), int(day)), pattern
    except ValueError:
        return None
