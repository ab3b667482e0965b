"""Number formats: from a number and a pattern to the text that the cell shows."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from emulators.google.serials import moment_of

_DAY_FIRST = {"en_GB", "fr_FR", "de_DE", "es_ES", "it_IT", "pt_BR"}
_YEAR_FIRST = {"zh_CN", "ja_JP", "ko_KR", "zh_TW"}
_CURRENCIES = {"zh_CN": "¥", "ja_JP": "¥", "en_GB": "£", "fr_FR": "€", "de_DE": "€"}
_DATE_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[(?:h+|m+|s+)\]|y+|m+|d+|h+|s+|\.0+|am/pm|a/p|\[[^\]]*\]|.', re.IGNORECASE | re.DOTALL
)
_NUMBER_TOKEN = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|[#0?.,]*[#0?][#0?.,]*(?:[eE][+-]?0+)?|.', re.DOTALL
)


def date_order(locale: str) -> str:
    """`ymd`, `dmy` or `mdy`: how a locale writes and reads dates with slashes."""
    if locale in _YEAR_FIRST:
        return "ymd"
    return "dmy" if locale in _DAY_FIRST else "mdy"


def default_pattern(kind: str, locale: str) -> str:
    """The pattern of a format type that was given none."""
    day = {"ymd": "yyyy/m/d", "dmy": "dd/mm/yyyy", "mdy": "m/d/yyyy"}[date_order(locale)]
    return {
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": _CURRENCIES.get(locale, "$") + "#,##0.00",
        "DATE": day,
        "TIME": "h:mm:ss",
        "DATE_TIME": day + " h:mm:ss",
        "SCIENTIFIC": "0.00E+00",
        "TEXT": "@",
    }.get(kind, "")


def shown_number(value: float, number_format: Mapping[str, str], locale: str) -> str:
    """What a cell with that number and number format shows."""
    return by_pattern(value, pattern_of(number_format, locale)) if number_format else general(value)


def pattern_of(number_format: Mapping[str, str], locale: str) -> str:
    """The pattern a number format stands for; empty for one that shows numbers as they are."""
    pattern = number_format.get("pattern") or default_pattern(number_format.get("type", ""), locale)
    return "" if pattern in ("General", "@") else pattern


def by_pattern(value: float, pattern: str) -> str:
    """A number under a pattern of `pattern_of`."""
    return _render(value, pattern) if pattern else general(value)


def is_date_format(number_format: Mapping[str, str]) -> bool:
    """Whether the format shows a number as a date or time."""
    kind = number_format.get("type", "")
    return kind in ("DATE", "TIME", "DATE_TIME") or is_date_pattern(number_format.get("pattern", ""))


@lru_cache(maxsize=256)
def is_date_pattern(pattern: str) -> bool:
    """Whether a pattern shows dates or times rather than digits."""
    bare = re.sub(
        r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]|E[+-]0+|General', "", pattern, flags=re.IGNORECASE
    )
    return bool(re.search(r"[ymdhs]", bare, re.IGNORECASE))


WHOLE_MAX = 10**15
"""From here on whole numbers are shown with an exponent."""


def general(value: float) -> str:
    """A number without a format: at most ten significant digits of a fraction, whole numbers in full up to 15 digits."""
    return whole(value) if isinstance(value, int) else fraction(value)


def whole(value: int) -> str:
    """`general` of an integer."""
    return str(value) if -WHOLE_MAX < value < WHOLE_MAX else _scientific(value)


def fraction(value: float) -> str:
    """`general` of a float."""
    if 1e-4 <= value < 9_999_999_999 or -9_999_999_999 < value <= -1e-4 or not value:
        # Where Python writes ten digits without an exponent.
        return f"{value:.10g}"
    if value.is_integer() and abs(value) < WHOLE_MAX:
        return str(int(value))
    if abs(value) >= WHOLE_MAX or abs(value) < 1e-9:
        return _scientific(value)
    text = f"{Decimal(f'{value:.10g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.5E}".partition("E")
    return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{int(exponent[1:]):02d}"


@lru_cache(maxsize=256)
def _sections(pattern: str) -> tuple[str, ...]:
    parts = re.findall(r'(?:"[^"]*"|\\.|[^;"\\])*(?:;|$)', pattern)
    return tuple(part.removesuffix(";") for part in parts[: pattern.count(";") + 1]) or (pattern,)


@lru_cache(maxsize=65536)
def _render(value: float, pattern: str) -> str:
    sections = _sections(pattern)
    section, number = sections[0], value
    if value < 0 and len(sections) > 1 and sections[1]:
        section, number = sections[1], -value
    elif value == 0 and len(sections) > 2 and sections[2]:
        section = sections[2]
    if is_date_pattern(section):
        return shown_date(number, section)
    text = _digits(abs(number), section)
    return "-" + text if number < 0 and text.strip("0.,%") else text


def shown_text(text: str, number_format: Mapping[str, str]) -> str:
    """Text under a pattern with a fourth section, else unchanged."""
    pattern = number_format.get("pattern", "")
    sections = _sections(pattern)
    if len(sections) < 4:
        return text
    return re.sub(r'"([^"]*)"|(@)', lambda match: text if match[2] else match[1], sections[3])


def _digits(value: float, section: str) -> str:
    tokens = _NUMBER_TOKEN.findall(section)
    percent = sum(token == "%" for token in tokens)
    exact = Decimal(repr(value)) * (Decimal(100) ** percent)
    return "".join(_number_piece(token, exact) for token in tokens)


def _number_piece(token: str, value: Decimal) -> str:
    if token.startswith('"'):
        return token[1:-1]
    if token.startswith("\\"):
        return token[1:]
    if token.startswith("_"):
        return " "
    if token.startswith("["):
        return token[2:].split("-")[0].rstrip("]") if token.startswith("[$") else ""
    if token.startswith("*"):
        return ""
    if token == "@":
        return general(float(value))
    return _placed(token, value) if re.search(r"[#0?]", token) else token


def _placed(token: str, value: Decimal) -> str:
    """Digits put into placeholders such as `#,##0.00` or `0.00E+00`."""
    mantissa, mark, exponent = re.match(r"([#0?.,]*)([eE][+-]?)?(0*)", token).groups("")  # type: ignore[union-attr]
    if mark:
        return _with_exponent(mantissa, exponent, value)
    whole, _, fraction = mantissa.partition(".")
    scale = len(whole) - len(whole.rstrip(","))
    value = value / (Decimal(1000) ** scale)
    rounded = value.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    return _grouped(rounded, whole.rstrip(","), fraction)


def _grouped(value: Decimal, whole: str, fraction: str) -> str:
    integer, _, decimals = f"{value:f}".partition(".")
    required = sum(mark == "0" for mark in whole)
    integer = integer.lstrip("0").rjust(required, "0")
    if "," in whole:
        integer = re.sub(r"(?<=\d)(?=(\d{3})+$)", ",", integer)
    needed = sum(mark == "0" for mark in fraction)
    decimals = decimals[:needed] + decimals[needed:].rstrip("0")
    return f"{integer}.{decimals}" if decimals else integer


def _with_exponent(mantissa: str, exponent: str, value: Decimal) -> str:
    power = value.adjusted() if value else 0
    digits = _placed(mantissa, value.scaleb(-power))
    return f"{digits}E{'-' if power < 0 else '+'}{str(abs(power)).rjust(len(exponent), '0')}"


def shown_date(serial: float, pattern: str) -> str:
    """A serial number under a date pattern; `m` after an hour or before a second means minutes."""
    try:
        moment = moment_of(serial)
    except OverflowError:
        return general(serial)
    tokens = _DATE_TOKEN.findall(pattern)
    half_day = any(token.lower() in ("am/pm", "a/p") for token in tokens)
    return "".join(_date_piece(tokens, index, moment, serial, half_day) for index in range(len(tokens)))


def _date_piece(tokens: list[str], index: int, moment: datetime, serial: float, half_day: bool) -> str:
    token = tokens[index]
    low = token.lower()
    if token.startswith(('"', "\\")):
        return token[1:-1] if token.startswith('"') else token[1:]
    if low[0] == "m" and _means_minutes(tokens, index):
        return str(moment.minute).rjust(len(low), "0")
    if low.startswith("["):
        return _elapsed(low, serial)
    return _calendar_piece(low, moment, half_day, token)


def _elapsed(low: str, serial: float) -> str:
    unit = {"h": 24, "m": 1440, "s": 86400}.get(low[1:2])
    return str(int(serial * unit + 1e-9)).rjust(len(low) - 2, "0") if unit else ""


def _calendar_piece(low: str, moment: datetime, half_day: bool, token: str) -> str:
    width = len(low)
    if low[0] == "y":
        return f"{moment.year:04d}" if width > 2 else f"{moment.year % 100:02d}"
    if low[0] == "m":
        names = {3: moment.strftime("%b"), 4: moment.strftime("%B"), 5: moment.strftime("%B")[0]}
        return names.get(width) or str(moment.month).rjust(width, "0")
    if low[0] == "d":
        return {3: moment.strftime("%a"), 4: moment.strftime("%A")}.get(width) or str(moment.day).rjust(
            width, "0"
        )
    if low in ("am/pm", "a/p"):
        half = "AM" if moment.hour < 12 else "PM"
        return half if low == "am/pm" else half[0]
    if low[0] == "h":
        return str((moment.hour + 11) % 12 + 1 if half_day else moment.hour).rjust(width, "0")
    if low[0] == "s":
        return str(moment.second).rjust(width, "0")
    return "." + f"{moment.microsecond:06d}"[: width - 1] if low.startswith(".0") else token


def _means_minutes(tokens: list[str], index: int) -> bool:
    def letter(steps: range) -> str:
        marks = (tokens[place].lower().strip("[")[:1] for place in steps)
        return next((mark for mark in marks if mark and mark in "ymdhs"), "")

    return letter(range(index - 1, -1, -1)) == "h" or letter(range(index + 1, len(tokens))) == "s"
