"""Date patterns such as `YYYY-MM-DD HH:mm`, as DATETIME_FORMAT and DATETIME_PARSE take them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from emulators.airtable.formulas.values import FormulaError
from emulators.clock import timestamp

PART = re.compile(
    r"\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|Do|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|ZZ|Z|Q|X|x|LL|L|l|.",
    re.DOTALL,
)

WRITERS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda moment: f"{moment.year:04d}",
    "YY": lambda moment: f"{moment.year % 100:02d}",
    "MMMM": lambda moment: f"{moment:%B}",
    "MMM": lambda moment: f"{moment:%b}",
    "MM": lambda moment: f"{moment.month:02d}",
    "M": lambda moment: str(moment.month),
    "DD": lambda moment: f"{moment.day:02d}",
    "Do": lambda moment: f"{moment.day}{_ordinal(moment.day)}",
    "D": lambda moment: str(moment.day),
    "dddd": lambda moment: f"{moment:%A}",
    "ddd": lambda moment: f"{moment:%a}",
    "HH": lambda moment: f"{moment.hour:02d}",
    "H": lambda moment: str(moment.hour),
    "hh": lambda moment: f"{moment.hour % 12 or 12:02d}",
    "h": lambda moment: str(moment.hour % 12 or 12),
    "mm": lambda moment: f"{moment.minute:02d}",
    "m": lambda moment: str(moment.minute),
    "ss": lambda moment: f"{moment.second:02d}",
    "s": lambda moment: str(moment.second),
    "SSS": lambda moment: f"{moment.microsecond // 1000:03d}",
    "A": lambda moment: f"{moment:%p}",
    "a": lambda moment: f"{moment:%p}".lower(),
    "ZZ": lambda moment: f"{moment:%z}",
    "Z": lambda moment: f"{moment:%z}"[:3] + ":" + f"{moment:%z}"[3:],
    "Q": lambda moment: str((moment.month + 2) // 3),
    "X": lambda moment: str(int(moment.timestamp())),
    "x": lambda moment: str(int(moment.timestamp() * 1000)),
    "LL": lambda moment: f"{moment:%B} {moment.day}, {moment.year}",
    "L": lambda moment: f"{moment:%m/%d/%Y}",
    "l": lambda moment: f"{moment.month}/{moment.day}/{moment.year}",
}
READERS = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m", "DD": "%d", "D": "%d",
    "dddd": "%A", "ddd": "%a", "HH": "%H", "H": "%H", "hh": "%I", "h": "%I", "mm": "%M", "m": "%M",
    "ss": "%S", "s": "%S", "A": "%p", "a": "%p", "Z": "%z", "ZZ": "%z", "L": "%m/%d/%Y", "l": "%m/%d/%Y",
}  # fmt: skip


def format_moment(moment: datetime, pattern: str) -> str:
    """The moment as text; without a pattern, in ISO form."""
    if not pattern:
        return timestamp(moment, milliseconds=True)
    return PART.sub(lambda found: _written(moment, found), pattern)


def parse_pattern(text: str, pattern: str) -> datetime:
    """The moment a text means; raises `FormulaError`."""
    shape = PART.sub(_readable, pattern)
    try:
        moment = datetime.strptime(text.strip(), shape)
    except ValueError as error:
        raise FormulaError("not a date") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _written(moment: datetime, found: re.Match[str]) -> str:
    if found.group(1) is not None:
        return found.group(1)
    writer = WRITERS.get(found.group())
    return writer(moment) if writer else found.group()


def _readable(found: re.Match[str]) -> str:
    part = found.group(1) if found.group(1) is not None else found.group()
    return READERS.get(part, part.replace("%", "%%"))


def _ordinal(day: int) -> str:
    return "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
