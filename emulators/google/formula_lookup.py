"""Functions that count, sum or look up by a criterion."""

import fnmatch
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from emulators.google.entered import parse_plain
from emulators.google.formula_values import (
    FormulaError,
    Range,
    Result,
    Scalar,
    compare,
    scalar,
    to_bool,
    to_number,
    value_error,
)

ANY = 255
_CRITERION = re.compile(r"(<=|>=|<>|=|<|>)?(.*)$", re.DOTALL)
_TESTS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
}


def _criterion(value: Result) -> Callable[[Scalar], bool]:
    """The test that a criterion such as `>5`, `<>done` or `A*` stands for."""
    wanted = scalar(value)
    operator, rest = "=", wanted
    if isinstance(wanted, str):
        match = _CRITERION.match(wanted)
        assert match
        operator, text = match[1] or "=", match[2]
        parsed = parse_plain(text, locale="en_US", year=2000)
        rest = parsed[0] if parsed else text  # type: ignore[assignment]
        if isinstance(rest, str) and operator in ("=", "<>") and re.search(r"[*?]", rest):
            return _wildcard(rest, same=operator == "=")
    if operator in ("=", "<>"):
        return lambda cell: _TESTS[operator](compare(cell, rest))
    return lambda cell: type(cell) is not str and cell is not None and _TESTS[operator](compare(cell, rest))


def _wildcard(pattern: str, *, same: bool) -> Callable[[Scalar], bool]:
    expression = re.compile(fnmatch.translate(pattern), re.IGNORECASE)
    return lambda cell: (isinstance(cell, str) and bool(expression.match(cell))) == same


def _range(value: Result) -> Range:
    if not isinstance(value, Range):
        raise value_error("Argument must be a range.")
    return value


def _matching(pairs: tuple[Result, ...]) -> Iterator[tuple[int, int]]:
    """Places, relative to the first range, where every criterion holds."""
    ranges = [_range(pair) for pair in pairs[::2]]
    tests = [_criterion(pair) for pair in pairs[1::2]]
    first = ranges[0]
    for row, column in first.used():
        place = row - first.box.top, column - first.box.left
        if all(test(_at(area, place)) for area, test in zip(ranges, tests, strict=True)):
            yield place


def _at(area: Range, place: tuple[int, int]) -> Scalar:
    return area.at(area.box.top + place[0], area.box.left + place[1])


def _sum_at(area: Range, places: Iterator[tuple[int, int]]) -> float:
    found = (_at(area, place) for place in places)
    return math.fsum(
        value for value in found if isinstance(value, int | float) and not isinstance(value, bool)
    )


def _sum_if(_: Any, area: Result, criterion: Result, summed: Result = None) -> float:
    return _sum_at(_range(area if summed is None else summed), _matching((area, criterion)))


def _not_found(name: str) -> FormulaError:
    return FormulaError("N_A", f"Did not find a value in {name} evaluation.")


def _position(name: str, key: Result, values: list[Scalar], *, sorted_values: bool) -> int:
    found = -1
    for index, value in enumerate(values):
        if value is None:
            continue
        order = compare(value, key)
        if order == 0 and not sorted_values:
            return index
        if sorted_values and order <= 0:
            found = index
    if found < 0:
        raise _not_found(name)
    return found


def _vlookup(_: Any, key: Result, area: Result, index: Result, is_sorted: Result = True) -> Scalar:
    rows = _range(area).rows()
    row = _position("VLOOKUP", key, [cells[0] for cells in rows], sorted_values=to_bool(is_sorted))
    column = int(to_number(index)) - 1
    if not 0 <= column < len(rows[row]):
        raise FormulaError("REF", "VLOOKUP evaluates to an out of bounds range.")
    return rows[row][column]


def _match(_: Any, key: Result, area: Result, kind: Result = 1) -> int:
    values = [value for cells in _range(area).rows() for value in cells]
    return _position("MATCH", key, values, sorted_values=to_number(kind) != 0) + 1


def _index(_: Any, area: Result, row: Result = 1, column: Result = 1) -> Scalar:
    cells = _range(area)
    place = max(int(to_number(row)), 1) - 1, max(int(to_number(column)), 1) - 1
    if place[0] >= cells.box.height or place[1] >= cells.box.width:
        raise FormulaError("REF", "Function INDEX parameter is out of range.")
    return _at(cells, place)


LOOKUP_FUNCTIONS: dict[str, tuple[Callable[..., Result], int, int]] = {
    "COUNTIF": (lambda _, area, criterion: sum(1 for _ in _matching((area, criterion))), 2, 2),
    "COUNTIFS": (lambda _, *pairs: sum(1 for _ in _matching(pairs)), 2, ANY),
    "INDEX": (_index, 1, 3),
    "MATCH": (_match, 2, 3),
    "SUMIF": (_sum_if, 2, 3),
    "SUMIFS": (lambda _, area, *pairs: _sum_at(_range(area), _matching(pairs)), 3, ANY),
    "VLOOKUP": (_vlookup, 3, 4),
}
