"""Writing values: what a request's rows do to cells, and how Google counts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulators.google.a1 import Box, Span, cell_name, column_letters, range_name
from emulators.google.cells import Style, Value, number, style_of, text_value
from emulators.google.context import Context
from emulators.google.document import exceeds
from emulators.google.entered import parse_entered
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet
from emulators.google.number_formats import general
from emulators.google.validation import check_validation

INPUT_OPTIONS = ("RAW", "USER_ENTERED")


@dataclass(slots=True)
class Written:
    """What one write reached."""

    sheet: Sheet
    box: Box
    rows: set[int] = field(default_factory=set)
    columns: set[int] = field(default_factory=set)
    cells: int = 0

    def counts(self) -> Json:
        """The counters of an answer; zero is left out."""
        found = {
            "updatedRange": range_name(self.sheet.title, self.box),
            "updatedRows": len(self.rows),
            "updatedColumns": len(self.columns),
            "updatedCells": self.cells,
        }
        return {name: count for name, count in found.items() if count}


@dataclass(frozen=True, slots=True)
class Typing:
    """How values are taken: as they are, or `parsed` as if a person typed them, in a locale and a year."""

    parsed: bool
    locale: str
    year: int


def input_option(text: Any) -> str:
    """The checked valueInputOption; raises the 400 when it is missing or unknown."""
    if text in INPUT_OPTIONS:
        return str(text)
    if text in (None, "", "INPUT_VALUE_OPTION_UNSPECIFIED"):
        raise invalid("'valueInputOption' is required but not specified")
    raise invalid(
        f"Invalid value at 'value_input_option' (type.googleapis.com/google.apps.sheets.v4.ValueInputOption), \"{text}\""
    )


def as_rows(values: Sequence[Sequence[Any]], major: str | None) -> Sequence[Sequence[Any]]:
    """The request's values row by row, whatever their major dimension; missing cells are None."""
    if major != "COLUMNS":
        return values
    height = max((len(column) for column in values), default=0)
    return [[column[row] if row < len(column) else None for column in values] for row in range(height)]


def write(context: Context, sheet: Sheet, span: Span, rows: Sequence[Sequence[Any]], option: str) -> Written:
    """Writes rows from the span's first cell on; None leaves a cell as it is. Raises the 400 beyond span or grid."""
    top, left = span.top or 0, span.left or 0
    height = max(
        (index + 1 for index, row in enumerate(rows) if any(cell is not None for cell in row)), default=0
    )
    width = max((_width(row) for row in rows), default=0)
    box = Box(top, left, top + max(height, 1), left + max(width, 1))
    _check_within(sheet, span, box)
    if box.bottom > sheet.row_count or box.right > sheet.column_count:
        raise exceeds(sheet, box)
    context.touch(sheet, box, "values")
    written = Written(sheet, box)
    typing = Typing(option == "USER_ENTERED", context.locale, context.now().year)
    for index, row in enumerate(rows[:height]):
        _write_row(context, written, top + index, left, row[: _width(row)], typing)
    return written


def _width(row: Sequence[Any]) -> int:
    return max((index + 1 for index, cell in enumerate(row) if cell is not None), default=0)


def _check_within(sheet: Sheet, span: Span, box: Box) -> None:
    """A single cell or a whole sheet says where to begin; any other range also says where to end."""
    if span.bottom == (span.top or 0) + 1 and span.right == (span.left or 0) + 1:
        return
    title = sheet.title.replace("'", "''")
    limits = span.box(max(sheet.row_count, box.bottom), max(sheet.column_count, box.right))
    name = f"'{title}'!{cell_name(limits.top, limits.left)}:{cell_name(limits.bottom - 1, limits.right - 1)}"
    if span.bottom is not None and box.bottom > span.bottom:
        raise invalid(
            f"Requested writing within range [{name}], but tried writing to row [{span.bottom + 1}]"
        )
    if span.right is not None and box.right > span.right:
        raise invalid(
            f"Requested writing within range [{name}], but tried writing to column [{column_letters(span.right)}]"
        )


def _write_row(
    context: Context, written: Written, index: int, left: int, cells: Sequence[Any], typing: Typing
) -> None:
    sheet = written.sheet
    old = sheet.row(index)
    values, styles = [*_window(old.values, left, len(cells))], [*_window(old.styles, left, len(cells))]
    for place, cell in enumerate(cells):
        if cell is None:
            continue
        values[place], styles[place] = _entered(cell, styles[place], typing)
        check_validation(context, styles[place], values[place])
        written.rows.add(index)
        written.columns.add(left + place)
        written.cells += 1
    sheet.put(index, old.with_cells(left, values, styles))


def _window(cells: tuple[Any, ...], left: int, count: int) -> Iterator[Any]:
    for place in range(left, left + count):
        yield cells[place] if place < len(cells) else None


def _entered(cell: Any, style: Style | None, typing: Typing) -> tuple[Value, Style | None]:
    if isinstance(cell, str) and not typing.parsed:
        return text_value(cell), style
    current = style.number_format if style else {}
    if isinstance(cell, str):
        value, brought = parse_entered(cell, locale=typing.locale, current=current, year=typing.year)
        return value, style if brought is None or current else with_number_format(style, dict(brought))
    if isinstance(cell, bool):
        return cell, style
    if typing.parsed and current.get("type") == "TEXT":
        return general(cell), style
    return (number(cell) if isinstance(cell, float) else cell), style


def typed_into(context: Context, sheet: Sheet, row: int, left: int, texts: Sequence[str]) -> None:
    """Writes neighbouring cells of one row as if a person had typed them."""
    typing = Typing(True, context.locale, context.now().year)
    box = Box(row, left, row + 1, left + len(texts))
    _write_row(context, Written(sheet, box), row, left, texts, typing)


def with_number_format(style: Style | None, number_format: Json) -> Style | None:
    """The style with another number format."""
    fields = style.fields if style else {}
    return style_of(
        {
            **fields,
            "userEnteredFormat": {**fields.get("userEnteredFormat", {}), "numberFormat": number_format},
        }
    )


def clear(context: Context, sheet: Sheet, box: Box) -> None:
    """Empties cells; formats, validation and notes stay."""
    context.touch(sheet, box, "clear")
    for index, row in [*sheet.used_rows(box)]:
        width = min(len(row.values), box.right) - box.left
        if width > 0:
            sheet.put(index, row.with_cells(box.left, [None] * width, None))
