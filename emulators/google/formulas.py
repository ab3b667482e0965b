"""Computes formulas on demand. One evaluator serves one answer: what it found stays valid while nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random

from emulators.google.a1 import Box
from emulators.google.cells import Formula, number
from emulators.google.document import Document
from emulators.google.errors import ApiError
from emulators.google.formula_functions import DATE_FORMATS, FUNCTIONS
from emulators.google.formula_syntax import (
    Call,
    Cells,
    FormulaSyntaxError,
    Literal,
    Named,
    Node,
    parse_formula,
)
from emulators.google.formula_text import Reference
from emulators.google.formula_values import SHOWN, FormulaError, Range, Result, Scalar, scalar
from emulators.google.grid import Sheet

DEPTH_MAX = 150
_KINDS = {shown: kind for kind, shown in SHOWN.items()}
Known = Scalar | FormulaError


@dataclass(frozen=True, slots=True)
class Here:
    """What a function may ask about: where it stands, the time, chance, and the evaluator for lazy arguments."""

    evaluator: Evaluator
    sheet: Sheet
    row: int
    column: int

    @property
    def now(self) -> datetime:
        """Wall-clock time in the spreadsheet's zone."""
        return self.evaluator.now()

    @property
    def random(self) -> Random:
        """The source of chance."""
        return self.evaluator.random

    def compute(self, node: Node | None) -> Result:
        """The value of an argument."""
        return self.evaluator.compute(node, self)


class Evaluator:
    """Values of cells of one document, formulas computed once."""

    def __init__(self, document: Document, now: Callable[[], datetime], random: Random) -> None:
        self.document = document
        self.now = now
        self.random = random
        self._known: dict[tuple[int, int, int], Known] = {}
        self._open: set[tuple[int, int, int]] = set()

    def value(self, sheet: Sheet, row: int, column: int) -> Known:
        """The effective value of a cell; an error is returned, not raised."""
        stored = sheet.value(row, column)
        if not isinstance(stored, Formula):
            return stored
        key = (sheet.sheet_id, row, column)
        if key not in self._known:
            self._known[key] = self._formula(stored, key, Here(self, sheet, row, column))
        return self._known[key]

    def _formula(self, formula: Formula, key: tuple[int, int, int], here: Here) -> Known:
        if key in self._open or len(self._open) > DEPTH_MAX:
            return FormulaError(
                "REF",
                "Circular dependency detected. To resolve with iterative calculation, see File > Settings.",
            )
        self._open.add(key)
        try:
            result = scalar(self.compute(parse_formula(formula.text), here))
            return 0 if result is None else number(result) if isinstance(result, float) else result
        except FormulaSyntaxError:
            return FormulaError("ERROR", "Formula parse error.")
        except FormulaError as error:
            return error
        except (OverflowError, ValueError):
            return FormulaError("NUM", "The result is not a number that can be shown.")
        finally:
            self._open.discard(key)

    def compute(self, node: Node | None, here: Here) -> Result:
        """The value of a tree; raises FormulaError."""
        if node is None:
            return None
        if isinstance(node, Literal):
            return self._literal(node)
        if isinstance(node, Cells):
            return self.range(node.reference, here.sheet)
        if isinstance(node, Named):
            return self._named(node.name)
        return self._call(node, here)

    def _literal(self, node: Literal) -> Scalar:
        if node.error:
            raise FormulaError(_KINDS.get(str(node.value), "REF"), "Reference does not exist.")
        return node.value

    def _call(self, node: Call, here: Here) -> Result:
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise FormulaError("NAME", f"Unknown function: '{node.name}'.")
        if not function.least <= len(node.arguments) <= function.most:
            raise FormulaError("N_A", f"Wrong number of arguments to {node.name}.")
        if function.lazy:
            return function.run(here, *node.arguments)
        return function.run(here, *(self.compute(argument, here) for argument in node.arguments))

    def _named(self, name: str) -> Result:
        for entry in self.document.names.values():
            if entry["name"].casefold() == name.casefold():
                sheet, box = self.document.area(entry["range"])
                return self._range(sheet, box)
        raise FormulaError("NAME", f"Unknown range name: '{name.upper()}'.")

    def range(self, reference: Reference, own: Sheet) -> Range:
        """The cells of a reference."""
        sheet = own if reference.sheet is None else self.document.titled(reference.sheet)
        if sheet is None:
            raise FormulaError("REF", "Unresolved sheet name '" + (reference.sheet or "") + "'.")
        end = reference.end or reference.start
        rows = sorted(row for row in (reference.start.row, end.row) if row is not None)
        columns = sorted(column for column in (reference.start.column, end.column) if column is not None)
        box = Box(*_low(rows, columns), *_high(rows, columns, sheet, open_end=reference.end is not None))
        if box.top >= sheet.row_count or box.left >= sheet.column_count:
            raise FormulaError("REF", "Reference does not exist.")
        return self._range(sheet, box.clipped(sheet.box))

    def _range(self, sheet: Sheet, box: Box) -> Range:
        def at(row: int, column: int) -> Scalar:
            found = self.value(sheet, row, column)
            if isinstance(found, FormulaError):
                raise found
            return found

        def used() -> Iterator[tuple[int, int]]:
            for row, cells in sheet.used_rows(box):
                for column in range(box.left, min(box.right, len(cells.values))):
                    if cells.values[column] is not None:
                        yield row, column

        return Range(box, used, at)

    def date_format(self, sheet: Sheet, formula: Formula) -> dict[str, str]:
        """The format a formula's result takes on by itself: that of a date function, or of the cell it begins with."""
        try:
            return self._format_of(parse_formula(formula.text), sheet)
        except (FormulaSyntaxError, FormulaError, ApiError):
            return {}

    def _format_of(self, node: Node | None, sheet: Sheet) -> dict[str, str]:
        if isinstance(node, Cells):
            found = self.range(node.reference, sheet)
            owner = sheet if node.reference.sheet is None else self.document.titled(node.reference.sheet)
            style = owner.row(found.box.top).style(found.box.left) if owner else None
            return dict(style.number_format) if style else {}
        if isinstance(node, Call) and node.name in DATE_FORMATS:
            return DATE_FORMATS[node.name]
        if isinstance(node, Call) and node.name in ("+", "-"):
            return self._sum_format(node, sheet)
        return {}

    def _sum_format(self, node: Call, sheet: Sheet) -> dict[str, str]:
        first, second = (self._format_of(argument, sheet) for argument in node.arguments)
        both_dates = node.name == "-" and first and second
        return {} if both_dates else first or second


def _low(rows: list[int], columns: list[int]) -> tuple[int, int]:
    return rows[0] if rows else 0, columns[0] if columns else 0


def _high(rows: list[int], columns: list[int], sheet: Sheet, *, open_end: bool) -> tuple[int, int]:
    bottom = sheet.row_count if not rows or (open_end and len(rows) < 2) else rows[-1] + 1
    right = sheet.column_count if not columns or (open_end and len(columns) < 2) else columns[-1] + 1
    return bottom, right
