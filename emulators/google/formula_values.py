"""What formulas compute with: plain values, errors and ranges, and how one kind becomes another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from emulators.google.a1 import Box
from emulators.google.entered import parse_plain
from emulators.google.number_formats import general


@dataclass(eq=False)
class FormulaError(Exception):
    """An error as a value: `kind` is the API's type, `message` the text staff see."""

    kind: str
    message: str

    @property
    def shown(self) -> str:
        """What the cell shows."""
        return SHOWN[self.kind]


SHOWN = {
    "ERROR": "#ERROR!",
    "NULL_VALUE": "#NULL!",
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "NAME": "#NAME?",
    "NUM": "#NUM!",
    "N_A": "#N/A",
}
Scalar = None | str | bool | int | float


@dataclass(frozen=True, slots=True)
class Range:
    """Cells that a formula refers to; computed only when asked for."""

    box: Box
    used: Callable[[], Iterator[tuple[int, int]]]
    at: Callable[[int, int], Scalar]
    """The value of a cell by its place in the grid; raises FormulaError."""

    def values(self) -> Iterator[Scalar]:
        """The values of the cells that hold anything, row by row."""
        for row, column in self.used():
            yield self.at(row, column)

    def rows(self) -> list[list[Scalar]]:
        """All values, blanks too, down to the last used row."""
        last = max((row for row, _ in self.used()), default=self.box.top - 1)
        return [
            [self.at(row, column) for column in range(self.box.left, self.box.right)]
            for row in range(self.box.top, last + 1)
        ]


Result = Scalar | Range


def value_error(message: str) -> FormulaError:
    """`#VALUE!`."""
    return FormulaError("VALUE", message)


def scalar(value: Result) -> Scalar:
    """A single value; of a range, its first cell."""
    if isinstance(value, Range):
        return value.at(value.box.top, value.box.left) if not value.box.empty else None
    return value


def to_number(value: Result) -> float:
    """A number out of a value: text that reads as a number or date counts, blank is 0."""
    found = scalar(value)
    if found is None:
        return 0
    if isinstance(found, bool | int | float):
        return float(found) if not isinstance(found, int) else int(found)
    parsed = parse_plain(found.strip(), locale="en_US", year=2000) if found else None
    if parsed is None or isinstance(parsed[0], bool | str) or parsed[0] is None:
        raise value_error(
            f"Function parameter expects number values. But '{found}' is a text and cannot be coerced to a number."
        )
    return parsed[0]  # type: ignore[return-value]


def to_text(value: Result) -> str:
    """Text out of a value."""
    found = scalar(value)
    if found is None:
        return ""
    if isinstance(found, bool):
        return "TRUE" if found else "FALSE"
    if isinstance(found, str):
        return found
    return general(found)


def to_bool(value: Result) -> bool:
    """A boolean out of a value."""
    found = scalar(value)
    if isinstance(found, str):
        if found.upper() in ("TRUE", "FALSE"):
            return found.upper() == "TRUE"
        if found:
            raise value_error(
                f"Function parameter expects boolean values. But '{found}' is a text and cannot be coerced to a boolean."
            )
    return bool(found)


def compare(left: Result, right: Result) -> int:
    """-1, 0 or 1; numbers before text before booleans, text whatever its case, blank equal to 0 and to empty text."""
    first, second = _comparable(scalar(left), scalar(right)), _comparable(scalar(right), scalar(left))
    return (first > second) - (first < second)


def _comparable(value: Scalar, other: Scalar) -> tuple[int, float | str]:
    if value is None:
        value = "" if isinstance(other, str) else False if isinstance(other, bool) else 0
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)
