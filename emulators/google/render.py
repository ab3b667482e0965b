"""What a reader sees of stored cells: the three render options of `values`, and CellData of grid data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulators.google import masks
from emulators.google.a1 import Box
from emulators.google.cells import Formula, Row, Style, Value, entered_json
from emulators.google.conditional import effective_format
from emulators.google.defaults import Switches
from emulators.google.document import Document
from emulators.google.errors import Json, invalid
from emulators.google.formula_syntax import Call, FormulaSyntaxError, parse_formula
from emulators.google.formula_values import FormulaError, scalar, to_text
from emulators.google.formulas import Evaluator, Here, Known
from emulators.google.grid import Sheet
from emulators.google.number_formats import (
    by_pattern,
    fraction,
    is_date_format,
    pattern_of,
    shown_number,
    shown_text,
    whole,
)

NumberFormat = Mapping[str, str]
NO_FORMAT: NumberFormat = {}
RENDERINGS = ("FORMATTED_VALUE", "UNFORMATTED_VALUE", "FORMULA")
DATE_RENDERINGS = ("SERIAL_NUMBER", "FORMATTED_STRING")


@dataclass(frozen=True, slots=True)
class Rendering:
    """The options of a `values` read."""

    values: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"

    @classmethod
    def of(cls, values: str | None, dates: str | None) -> Rendering:
        """Checked options; raises the 400 for an unknown one."""
        values, dates = values or "FORMATTED_VALUE", dates or "SERIAL_NUMBER"
        if values not in RENDERINGS or dates not in DATE_RENDERINGS:
            wrong = values if values not in RENDERINGS else dates
            raise invalid(f'Invalid value (render option), "{wrong}"')
        return cls(values, dates)


_FORMATTED = Rendering()


class Renderer:
    """Renders cells of one document for one answer."""

    def __init__(self, document: Document, evaluator: Evaluator, policies: Switches) -> None:
        self.document = document
        self.evaluator = evaluator
        self.policies = policies
        self.locale: str = document.properties["locale"]
        self._known_formats: dict[int, tuple[tuple[Style | None, ...], tuple[str, ...], bool]] = {}

    def block(self, sheet: Sheet, box: Box, rendering: Rendering) -> list[Any]:
        """Rows of values without empty ends, and without the empty rows at the end."""
        last = min(box.bottom, len(sheet.rows))
        while last > box.top and not sheet.rows[last - 1].values:
            last -= 1  # Most of a new tab.
        rows = [self.row(sheet, index, box.left, box.right, rendering) for index in range(box.top, last)]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def row(self, sheet: Sheet, index: int, left: int, right: int, rendering: Rendering) -> Any:
        """One row of values without its empty end."""
        row = sheet.rows[index]
        if rendering.dates != "SERIAL_NUMBER":
            shown: Any = self._each_value(sheet, index, rendering)
        elif rendering.values == "FORMATTED_VALUE":
            shown = self._shown_row(sheet, index, row)
        elif rendering.values == "FORMULA":
            shown = self._entered_row(row)
        else:
            shown = (
                self._each_value(sheet, index, rendering) if row.formulas else _without_holes(row, row.values)
            )
        if left or right < len(shown):
            shown = shown[left:right]
        return shown if not shown or shown[-1] != "" else _without_empty_end(shown)

    def _each_value(self, sheet: Sheet, index: int, rendering: Rendering) -> list[Any]:
        return [
            "" if value is None else self.value(sheet, index, column, value, rendering)
            for column, value in enumerate(sheet.rows[index].values)
        ]

    def _entered_row(self, row: Row) -> Any:
        """Values as they are stored: formulas as text."""
        values: Any = row.values
        if self.policies.text_formula_quoted:
            values = [_quoted(value) for value in values]
        if row.formulas:
            values = [value.text if type(value) is Formula else value for value in values]
        return _without_holes(row, values)

    def _shown_row(self, sheet: Sheet, index: int, row: Row) -> Any:
        """Values as the cells show them. What holds no formula is computed once and kept with the row."""
        formats, textual = self._formats(row.styles)
        if row.plain and not textual:
            return row.values
        if row.shown is None or row.shown_in != self.locale:
            row.shown, row.shown_in = self._stored_texts(row, formats, textual=textual), self.locale
        shown = row.shown
        if not row.formulas:
            return shown
        return [
            self.value(sheet, index, column, value, _FORMATTED) if type(value) is Formula else shown[column]
            for column, value in enumerate(row.values)
        ]

    def _stored_texts(self, row: Row, patterns: tuple[str, ...], *, textual: bool) -> tuple[str, ...]:
        """The texts of cells without formulas; a formula's place is left empty."""
        if textual:
            formats = (
                style.number_format if style else NO_FORMAT
                for style in (row.style(column) for column in range(len(row.values)))
            )
            return tuple(
                "" if isinstance(value, Formula) else self.shown(value, one)
                for value, one in zip(row.values, formats, strict=True)
            )
        if not patterns:
            return plain_texts(row.values)
        padded = (*patterns, *[""] * (len(row.values) - len(patterns)))
        pairs = zip(row.values, padded, strict=False)
        return tuple(
            [value if type(value) is str else _stored_text(value, pattern) for value, pattern in pairs]
        )

    def _formats(self, styles: tuple[Style | None, ...]) -> tuple[tuple[str, ...], bool]:
        """The number patterns of a row's cells, none if there are none, and whether one of them shows text in its own way.

        Rows share their styles, so that most ask for what is known.
        """
        known = self._known_formats.get(id(styles))
        if known is None:
            found = tuple(pattern_of(style.number_format, self.locale) if style else "" for style in styles)
            textual = any(pattern.count(";") > 2 for pattern in found)
            known = self._known_formats[id(styles)] = styles, (found if any(found) else ()), textual
        return known[1], known[2]

    def value(self, sheet: Sheet, row: int, column: int, stored: Value, rendering: Rendering) -> Any:
        """One stored value in the rendering asked for."""
        if rendering.values == "FORMULA":
            if isinstance(stored, Formula):
                return stored.text
            if isinstance(stored, str):
                return (
                    "'" + stored if self.policies.text_formula_quoted and stored.startswith("=") else stored
                )
        found = self.evaluator.value(sheet, row, column) if isinstance(stored, Formula) else stored
        if rendering.values == "FORMATTED_VALUE":
            return self.shown(found, self.number_format(sheet, row, column, stored))
        return self._unformatted(found, sheet, row, column, stored, rendering)

    def _unformatted(
        self, found: Known, sheet: Sheet, row: int, column: int, stored: Value, rendering: Rendering
    ) -> Any:
        if isinstance(found, FormulaError):
            return found.shown
        if (
            rendering.dates == "FORMATTED_STRING"
            and isinstance(found, int | float)
            and not isinstance(found, bool)
        ):
            number_format = self.number_format(sheet, row, column, stored)
            if is_date_format(number_format):
                return shown_number(found, number_format, self.locale)
        return "" if found is None else found

    def number_format(self, sheet: Sheet, row: int, column: int, stored: Value) -> Mapping[str, str]:
        """The number format of a cell; a formula without one takes that of its result."""
        style = sheet.row(row).style(column)
        number_format = style.number_format if style else NO_FORMAT
        if not number_format and isinstance(stored, Formula):
            return self.evaluator.date_format(sheet, stored)
        return number_format

    def shown(self, value: Known, number_format: Mapping[str, str]) -> str:
        """The text that a cell shows."""
        if isinstance(value, FormulaError):
            return value.shown
        if isinstance(value, str):
            return shown_text(value, number_format) if number_format else value
        if value is None or isinstance(value, bool):
            return "" if value is None else to_text(value)
        return shown_number(value, number_format, self.locale)

    def cell(self, sheet: Sheet, row: int, column: int, mask: masks.Mask) -> Json:
        """CellData, of which only what the mask wants is computed."""
        cells = sheet.row(row)
        stored, style = cells.value(column), cells.style(column)
        result: Json = {}
        if stored is not None:
            self._add_values(result, sheet, row, column, stored, mask)
        if style is not None:
            result.update(
                {
                    name: masks.pick(value, masks.below(mask, name))
                    for name, value in style.fields.items()
                    if masks.wanted(mask, name)
                }
            )
        if masks.wanted(mask, "effectiveFormat") and (stored is not None or style is not None):
            number_format = self.number_format(sheet, row, column, stored)
            effective = effective_format(self.evaluator, sheet, row, column, style, number_format)
            result["effectiveFormat"] = masks.pick(effective, masks.below(mask, "effectiveFormat"))
        return result

    def _add_values(
        self, result: Json, sheet: Sheet, row: int, column: int, stored: Value, mask: masks.Mask
    ) -> None:
        if masks.wanted(mask, "userEnteredValue"):
            result["userEnteredValue"] = masks.pick(
                entered_json(stored), masks.below(mask, "userEnteredValue")
            )
        if masks.wanted(mask, "effectiveValue"):
            effective = effective_json(self.evaluator.value(sheet, row, column))
            result["effectiveValue"] = masks.pick(effective, masks.below(mask, "effectiveValue"))
        if masks.wanted(mask, "formattedValue"):
            found = self.evaluator.value(sheet, row, column)
            result["formattedValue"] = self.shown(found, self.number_format(sheet, row, column, stored))
        if isinstance(stored, Formula) and masks.wanted(mask, "hyperlink"):
            self._add_link(result, sheet, row, column, stored)

    def _add_link(self, result: Json, sheet: Sheet, row: int, column: int, formula: Formula) -> None:
        try:
            tree = parse_formula(formula.text)
            if isinstance(tree, Call) and tree.name == "HYPERLINK":
                here = Here(self.evaluator, sheet, row, column)
                result["hyperlink"] = to_text(scalar(here.compute(tree.arguments[0])))
        except (FormulaError, FormulaSyntaxError):
            return

    def width(self, row: Row, box: Box) -> int:
        """How many cells of a row lie inside of the box before its empty end."""
        return max(0, min(row.width, box.right) - box.left)


_TEXTS: Mapping[type, Callable[[Any], str]] = {
    int: whole,
    float: fraction,
    bool: {True: "TRUE", False: "FALSE"}.__getitem__,
    type(None): lambda _: "",
    Formula: lambda _: "",
}
"""What a stored value other than text shows without a number format, by its type; a formula is computed elsewhere."""


def plain_texts(values: Sequence[Value]) -> tuple[str, ...]:
    """What a row shows that has no number formats. A tab has millions of cells, most of them text, whole numbers or common
    fractions; so these are told apart in place."""
    return tuple([value if type(value) is str else _TEXTS[type(value)](value) for value in values])


def _stored_text(value: Value, pattern: str) -> str:
    """What a stored value other than text shows under a pattern, which only numbers heed."""
    if pattern and type(value) in (int, float):
        return by_pattern(value, pattern)  # type: ignore[arg-type]
    return _TEXTS[type(value)](value)


def _without_holes(row: Row, values: Any) -> Any:
    return ["" if value is None else value for value in values] if row.holes else values


def _quoted(value: Value) -> Value:
    return "'" + value if isinstance(value, str) and value.startswith("=") else value


def _without_empty_end(values: Any) -> Any:
    end = len(values)
    while end and values[end - 1] == "":
        end -= 1
    return values[:end]


def effective_json(value: Known) -> Json:
    """A computed value as `effectiveValue`."""
    if isinstance(value, FormulaError):
        return {"errorValue": {"type": value.kind, "message": value.message}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": 0 if value is None else value}
