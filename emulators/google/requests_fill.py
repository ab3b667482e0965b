"""batchUpdate request that continues a pattern of cells: autoFill."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from emulators.google.a1 import Box
from emulators.google.cells import Style, Value, number
from emulators.google.context import Context
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet
from emulators.google.requests_paste import carried_value

_NUMBERED = re.compile(r"(.*?)(\d{1,15})", re.DOTALL)


def auto_fill(context: Context, body: Json) -> None:
    """autoFill: numbers that step evenly and numbered texts go on, formulas move along, anything else is repeated.

    `useAlternateSeries` turns that round: it counts up from a single number, and repeats a series as it is.
    """
    sheet, source, rows, length = _asked(context, body)
    if not length or source.empty:
        return
    goal = _goal(sheet, source, length, rows=rows)
    sheet = context.document.edit(sheet.sheet_id)
    context.touch(sheet, goal, "autoFill")
    for line in range(source.left, source.right) if rows else range(source.top, source.bottom):
        _fill_line(sheet, source, line, length, rows=rows, alternate=bool(body.get("useAlternateSeries")))


def _asked(context: Context, body: Json) -> tuple[Sheet, Box, bool, int]:
    """Sheet, source, whether it is filled along rows, and how far: negative is up or left."""
    given = body.get("sourceAndDestination")
    if given is not None:
        sheet, source = context.document.area(given.get("source"))
        return sheet, source, given.get("dimension") != "COLUMNS", int(given.get("fillLength") or 0)
    if body.get("range") is None:
        raise invalid("Either range or sourceAndDestination must be set.")
    sheet, box = context.document.area(body["range"])
    used = [index for index, row in sheet.used_rows(box) if any(row.values[box.left : box.right])]
    bottom = used[-1] + 1 if used else box.top
    return sheet, Box(box.top, box.left, bottom, box.right), True, box.bottom - bottom


def _goal(sheet: Sheet, source: Box, length: int, *, rows: bool) -> Box:
    low, high = min(length, 0), max(length, 0)
    if rows:
        ends = (source.top, source.bottom) if low == high else (source.top + low, source.bottom + high)
        goal = Box(ends[0], source.left, ends[1], source.right)
    else:
        goal = Box(source.top, source.left + low, source.bottom, source.right + high)
    if not sheet.box.contains(goal):
        raise invalid("The destination range is beyond the grid.")
    return goal


def _fill_line(sheet: Sheet, source: Box, line: int, length: int, *, rows: bool, alternate: bool) -> None:
    start, end = (source.top, source.bottom) if rows else (source.left, source.right)
    cells = [(place, line) if rows else (line, place) for place in range(start, end)]
    values = [sheet.value(*cell) for cell in cells]
    styles: list[Style | None] = [sheet.row(row).style(column) for row, column in cells]
    series = _series(values, alternate=alternate)
    for place in range(end, end + length) if length > 0 else range(start + length, start):
        away = (place - start) % len(cells)
        distance = place - start - away
        copied = carried_value(values[away], distance if rows else 0, 0 if rows else distance)
        row, column = (place, line) if rows else (line, place)
        value = series.at(place - start) if series else copied
        sheet.write(row, column, values=[value], styles=[styles[away]])


@dataclass(frozen=True, slots=True)
class Series:
    """Even steps of numbers, or of the number at the end of a text."""

    first: float
    step: float
    prefix: str | None = None

    def at(self, place: int) -> Value:
        """The value at a place, counted from the first."""
        found = number(float(self.first + place * self.step))
        return found if self.prefix is None else f"{self.prefix}{abs(found)}"


def _series(values: Sequence[Value], *, alternate: bool) -> Series | None:
    """The series that the values begin, if they do. A single number is no series, a single numbered text is."""
    if all(type(value) in (int, float) for value in values):
        prefix, numbers, counts_alone = None, [float(str(value)) for value in values], alternate
    else:
        parts = [_NUMBERED.fullmatch(value) if isinstance(value, str) else None for value in values]
        found = [part for part in parts if part]
        if len(found) < len(values) or len({part[1] for part in found}) > 1:
            return None
        prefix, numbers, counts_alone = found[0][1], [float(part[2]) for part in found], not alternate
    if len(numbers) == 1:
        return Series(numbers[0], 1, prefix) if counts_alone else None
    steps = {round(after - before, 9) for before, after in pairwise(numbers)}
    return Series(numbers[0], steps.pop(), prefix) if len(steps) == 1 and not alternate else None
