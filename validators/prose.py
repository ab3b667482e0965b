"""Finds identity numbers, mobiles and bank cards that do not belong in prose such as 备注."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stdnum import luhn

from .identity import is_citizen_number

Kind = Literal["idno", "phone", "account"]


@dataclass(frozen=True, slots=True)
class Span:
    """A sensitive number in a text: `text[start:end]`."""

    start: int
    end: int
    kind: Kind


_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""One character for one, so that positions stay those of the text as it was written."""

# A number glued to letters or digits is part of another one, such as a policy number. Blanks and dashes may group it.
_BEFORE, _AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_GAP = r"[\s\-]?"
_BREAKS = re.compile(r"[\s\-]")


def _grouped(pattern: str) -> re.Pattern[str]:
    return re.compile(_BEFORE + pattern.replace("_", _GAP) + _AFTER, re.ASCII)


# The first digits of cards in use: UnionPay 60 and 62, Visa 4, MasterCard 5, and old cards of Chinese banks 9.
# One pattern per length, the longest first: a card and a number after it, set off by a blank, are not one card.
_CARDS = tuple(_grouped(rf"(?:60|62|[459][0-9])(?:_[0-9]){{{length - 2}}}") for length in (19, 18, 17, 16))

_KINDS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("idno", _grouped(r"[1-9](?:_[0-9]){16}_[0-9Xx]"), lambda number: is_citizen_number(number.upper())),
    *(("account", pattern, luhn.is_valid) for pattern in _CARDS),
    ("phone", _grouped(r"(?:(?:\+86|0086|86)_)?1_[3-9](?:_[0-9]){9}"), lambda _: True),
)


def find_sensitive(text: str) -> list[Span]:
    """The sensitive numbers in `text`, in order, none overlapping. What one kind takes, a later kind does not see."""
    rest = text.translate(_HALF_WIDTH)
    spans: list[Span] = []
    for kind, pattern, is_valid in _KINDS:
        for found in pattern.finditer(rest):
            if is_valid(_BREAKS.sub("", found[0])):
                spans.append(Span(found.start(), found.end(), kind))
                rest = rest[: found.start()] + "。" * len(found[0]) + rest[found.end() :]
    return sorted(spans, key=lambda span: span.start)
