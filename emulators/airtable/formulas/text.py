"""Text functions. Positions count from 1."""

import re
from collections.abc import Callable
from urllib.parse import quote

from emulators.airtable.formulas.values import FormulaError, Value, parse_number, to_number, to_text


def _find(wanted: Value, where: Value, start: Value = None) -> int:
    begin = max(int(to_number(start)) - 1, 0) if start is not None else 0
    return to_text(where).find(to_text(wanted), begin) + 1


def _search(wanted: Value, where: Value, start: Value = None) -> int | None:
    return _find(to_text(wanted).lower(), to_text(where).lower(), start) or None


def _mid(text: Value, start: Value, count: Value) -> str:
    begin = max(int(to_number(start)) - 1, 0)
    return to_text(text)[begin : begin + max(int(to_number(count)), 0)]


def _right(text: Value, count: Value = 1) -> str:
    length = int(to_number(count))
    return to_text(text)[-length:] if length > 0 else ""


def _replace(text: Value, start: Value, count: Value, replacement: Value) -> str:
    whole, begin = to_text(text), max(int(to_number(start)) - 1, 0)
    return whole[:begin] + to_text(replacement) + whole[begin + int(to_number(count)) :]


def _substitute(text: Value, old: Value, new: Value, index: Value = None) -> str:
    whole, wanted = to_text(text), to_text(old)
    if not wanted or index is None:
        return whole.replace(wanted, to_text(new)) if wanted else whole
    parts, position = whole.split(wanted), int(to_number(index))
    if not 1 <= position < len(parts):
        return whole
    return wanted.join(parts[:position]) + to_text(new) + wanted.join(parts[position:])


def _extract(text: Value, pattern: Value) -> str:
    found = re.search(to_text(pattern), to_text(text))
    if not found:
        raise FormulaError("no match")
    return found.group(1 if found.re.groups else 0)


def _regex_replace(text: Value, pattern: Value, replacement: Value) -> str:
    groups = re.sub(r"\$(\d+)", r"\\\1", to_text(replacement))
    return re.sub(to_text(pattern), groups, to_text(text))


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "CONCATENATE": lambda *texts: "".join(map(to_text, texts)),
    "ENCODE_URL_COMPONENT": lambda text: quote(to_text(text), safe="-_.!~*'()"),
    "EXACT": lambda left, right: to_text(left) == to_text(right),
    "FIND": _find,
    "LEFT": lambda text, count=1: to_text(text)[: max(int(to_number(count)), 0)],
    "LEN": lambda text: len(to_text(text)),
    "LOWER": lambda text: to_text(text).lower(),
    "MID": _mid,
    "REGEX_EXTRACT": _extract,
    "REGEX_MATCH": lambda text, pattern: bool(re.search(to_text(pattern), to_text(text))),
    "REGEX_REPLACE": _regex_replace,
    "REPLACE": _replace,
    "REPT": lambda text, count: to_text(text) * int(to_number(count)),
    "RIGHT": _right,
    "SEARCH": _search,
    "SUBSTITUTE": _substitute,
    "T": lambda value: value if isinstance(value, str) else None,
    "TRIM": lambda text: to_text(text).strip(),
    "UPPER": lambda text: to_text(text).upper(),
    "VALUE": parse_number,
}
