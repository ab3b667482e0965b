"""Functions of text."""

import re
from collections.abc import Callable
from typing import Any

from emulators.google.entered import parse_plain
from emulators.google.formula_values import (
    FormulaError,
    Range,
    Result,
    Scalar,
    scalar,
    to_bool,
    to_number,
    to_text,
    value_error,
)
from emulators.google.number_formats import shown_number

ANY = 255


def flat(arguments: tuple[Result, ...]) -> list[Scalar]:
    """All values of arguments and ranges, in order."""
    found: list[Scalar] = []
    for argument in arguments:
        found += argument.values() if isinstance(argument, Range) else [argument]
    return found


def _text(_: Any, value: Result, pattern: Result) -> str:
    found = scalar(value)
    if isinstance(found, str):
        parsed = parse_plain(found, locale="en_US", year=2000)
        found = parsed[0] if parsed and isinstance(parsed[0], int | float) else found
    if isinstance(found, str | bool):
        return to_text(found)
    return shown_number(found or 0, {"pattern": to_text(pattern)}, "en_US")


def _find(_: Any, wanted: Result, text: Result, start: Result = 1) -> int:
    index = to_text(text).find(to_text(wanted), int(to_number(start)) - 1)
    if index < 0:
        raise value_error(f"In FIND evaluation, cannot find '{to_text(wanted)}' within '{to_text(text)}'.")
    return index + 1


def _search(_: Any, wanted: Result, text: Result, start: Result = 1) -> int:
    return _find(_, to_text(wanted).casefold(), to_text(text).casefold(), start)


def _middle(_: Any, text: Result, start: Result, length: Result) -> str:
    begin = max(int(to_number(start)), 1) - 1
    return to_text(text)[begin : begin + max(int(to_number(length)), 0)]


def _right(_: Any, text: Result, length: Result = 1) -> str:
    count = int(to_number(length))
    return to_text(text)[-count:] if count > 0 else ""


def _substitute(_: Any, text: Result, old: Result, new: Result, which: Result = None) -> str:
    parts = to_text(text).split(to_text(old)) if to_text(old) else [to_text(text)]
    if which is None:
        return to_text(new).join(parts)
    place = int(to_number(which))
    if not 1 <= place < len(parts):
        return to_text(text)
    return to_text(new).join([to_text(old).join(parts[:place]), to_text(old).join(parts[place:])])


def _join_present(_: Any, delimiter: Result, skip_empty: Result, *values: Result) -> str:
    texts = [to_text(value) for value in flat(values)]
    return to_text(delimiter).join(text for text in texts if text or not to_bool(skip_empty))


def _value(_: Any, text: Result) -> float:
    return to_number(text)


def _code(_: Any, text: Result) -> int:
    if not to_text(text):
        raise value_error("Function CODE parameter 1 value should be non-empty.")
    return ord(to_text(text)[0])


def _pattern(text: Result) -> re.Pattern[str]:
    try:
        return re.compile(to_text(text))
    except re.error:
        raise FormulaError("REF", "The regular expression is not valid.") from None


def _extract(_: Any, text: Result, pattern: Result) -> str:
    match = _pattern(pattern).search(to_text(text))
    if not match:
        raise FormulaError("N_A", "Function REGEXEXTRACT did not find a match.")
    return match[1] if match.groups() else match[0]


def _regex_replace(_: Any, text: Result, pattern: Result, new: Result) -> str:
    return _pattern(pattern).sub(re.sub(r"\$(\d)", r"\\\1", to_text(new)), to_text(text))


TEXT_FUNCTIONS: dict[str, tuple[Callable[..., Result], int, int]] = {
    "CHAR": (lambda _, code: chr(int(to_number(code))), 1, 1),
    "CODE": (_code, 1, 1),
    "CONCAT": (lambda _, left, right: to_text(left) + to_text(right), 2, 2),
    "CONCATENATE": (lambda _, *values: "".join(map(to_text, flat(values))), 1, ANY),
    "EXACT": (lambda _, left, right: to_text(left) == to_text(right), 2, 2),
    "FIND": (_find, 2, 3),
    "HYPERLINK": (lambda _, url, label=None: to_text(url) if label is None else scalar(label), 1, 2),
    "JOIN": (lambda _, delimiter, *values: to_text(delimiter).join(map(to_text, flat(values))), 2, ANY),
    "LEFT": (lambda _, text, length=1: to_text(text)[: max(int(to_number(length)), 0)], 1, 2),
    "LEN": (lambda _, text: len(to_text(text)), 1, 1),
    "LOWER": (lambda _, text: to_text(text).lower(), 1, 1),
    "MID": (_middle, 3, 3),
    "PROPER": (lambda _, text: to_text(text).title(), 1, 1),
    "REGEXEXTRACT": (_extract, 2, 2),
    "REGEXMATCH": (lambda _, text, pattern: bool(_pattern(pattern).search(to_text(text))), 2, 2),
    "REGEXREPLACE": (_regex_replace, 3, 3),
    "REPT": (lambda _, text, times: to_text(text) * int(to_number(times)), 2, 2),
    "RIGHT": (_right, 1, 2),
    "SEARCH": (_search, 2, 3),
    "SUBSTITUTE": (_substitute, 3, 4),
    "T": (lambda _, value: scalar(value) if isinstance(scalar(value), str) else "", 1, 1),
    "TEXT": (_text, 2, 2),
    "TEXTJOIN": (_join_present, 3, ANY),
    "TRIM": (lambda _, text: " ".join(to_text(text).split()), 1, 1),
    "UNICHAR": (lambda _, code: chr(int(to_number(code))), 1, 1),
    "UPPER": (lambda _, text: to_text(text).upper(), 1, 1),
    "VALUE": (_value, 1, 1),
}
