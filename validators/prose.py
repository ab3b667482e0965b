"""Finds identity numbers, phones and bank cards that do not belong in prose such as 备注."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A sensitive number in a text: `text[start:end]`."""

    start: int
    end: int
    kind: Literal["idno", "phone", "account"]


def find_sensitive(text: str) -> list[Span]:
    """The sensitive numbers in `text`, in order, none overlapping."""
    raise NotImplementedError
