"""One spreadsheet: sheets, names, developer metadata, and edits that take effect together or not at all."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emulators.google.a1 import Box, Span, parse_cells, range_name, split_sheet
from emulators.google.errors import ApiError, Json, invalid
from emulators.google.grid import Sheet, box_of

CELLS_MAX = 10_000_000
EDITS_KEPT = 10_000
DEFAULT_ROWS, DEFAULT_COLUMNS = 1000, 26


@dataclass(frozen=True, slots=True)
class Edit:
    """Who touched which cells, and when. Holds no value."""

    time: str
    person: str
    action: str
    range: str


@dataclass(slots=True)
class Document:
    """A spreadsheet. Dictionaries hold JSON that is replaced, never changed in place."""

    document_id: str
    properties: Json
    sheets: dict[int, Sheet] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    names: dict[str, Json] = field(default_factory=dict)
    metadata: dict[int, Json] = field(default_factory=dict)
    edits: deque[Edit] = field(default_factory=lambda: deque(maxlen=EDITS_KEPT))
    _backup: dict[int, Sheet] | None = None
    _pending: list[Edit] = field(default_factory=list)
    """Edits of the open transaction."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside takes effect, or nothing when it raises."""
        kept = (self.properties, dict(self.sheets), list(self.order), dict(self.names), dict(self.metadata))
        self._backup = {}
        try:
            yield
        except BaseException:
            self.properties, sheets, self.order, self.names, self.metadata = kept
            self.sheets = {sheet_id: self._undone(sheet) for sheet_id, sheet in sheets.items()}
            raise
        else:
            self.edits.extend(self._pending)
        finally:
            self._pending = []
            for sheet in self.sheets.values():
                sheet.before = None
            self._backup = None

    def _undone(self, sheet: Sheet) -> Sheet:
        kept = (self._backup or {}).get(sheet.sheet_id)
        return sheet if kept is None else sheet.undone(kept)

    def note(self, edit: Edit) -> None:
        """Keeps who touched which cells; inside a transaction only if it succeeds."""
        (self.edits if self._backup is None else self._pending).append(edit)

    def edit(self, sheet_id: int) -> Sheet:
        """A sheet to be changed; its state is kept until the transaction ends."""
        sheet = self.sheet(sheet_id)
        if self._backup is not None and sheet_id not in self._backup:
            self._backup[sheet_id] = sheet.begin()
        return sheet

    def sheet(self, sheet_id: int | None) -> Sheet:
        """A sheet by its id; raises the 400 for an unknown one."""
        found = self.sheets.get(int(sheet_id or 0))
        if found is None:
            raise invalid(f"No grid with id: {int(sheet_id or 0)}")
        return found

    def titled(self, title: str) -> Sheet | None:
        """A sheet by its title, whatever the case."""
        wanted = title.casefold()
        return next((sheet for sheet in self.sheets.values() if sheet.title.casefold() == wanted), None)

    def ordered(self) -> list[Sheet]:
        """The sheets from left to right."""
        return [self.sheets[sheet_id] for sheet_id in self.order]

    def first_visible(self) -> Sheet:
        """The sheet that a range without a title means."""
        return next((sheet for sheet in self.ordered() if not sheet.look.get("hidden")), self.ordered()[0])

    def check_size(self, sheet: Sheet | None, rows: int, columns: int) -> None:
        """Raises the 400 when a sheet of that size would make the spreadsheet too large."""
        others = sum(one.row_count * one.column_count for one in self.sheets.values() if one is not sheet)
        if others + rows * columns > CELLS_MAX:
            raise invalid(
                f"This action would increase the number of cells in the workbook above the limit of {CELLS_MAX} cells."
            )

    def span(self, text: str) -> tuple[Sheet, Span]:
        """A range in A1 notation, or the name of a range or sheet. Raises the 400 for one that cannot be read."""
        title, rest = split_sheet(text)
        named = self._named(rest if title is not None else text)
        if title is None:
            return self._without_title(text, named)
        sheet = self.titled(title)
        if sheet is None:
            raise _unparsable(text)
        if not rest:
            return sheet, Span()
        span = parse_cells(rest) or (named and named[1])
        if span is None:
            raise _unparsable(text)
        return sheet, span

    def _without_title(self, text: str, named: tuple[Sheet, Span] | None) -> tuple[Sheet, Span]:
        span = parse_cells(text)
        if span is not None:
            return self.first_visible(), span
        if named is not None:
            return named
        sheet = self.titled(text)
        if sheet is None:
            raise _unparsable(text)
        return sheet, Span()

    def _named(self, name: str) -> tuple[Sheet, Span] | None:
        for entry in self.names.values():
            if entry["name"].casefold() == name.casefold():
                area = entry["range"]
                ends = (
                    area.get(end)
                    for end in ("startRowIndex", "startColumnIndex", "endRowIndex", "endColumnIndex")
                )
                return self.sheet(area.get("sheetId")), Span(*ends)
        return None

    def box(self, text: str) -> tuple[Sheet, Box]:
        """A range in A1 notation on its grid. Raises the 400 also when it begins beyond the grid."""
        sheet, span = self.span(text)
        beyond = (span.top or 0) >= sheet.row_count or (span.left or 0) >= sheet.column_count
        if beyond:
            raise exceeds(
                sheet,
                Box(
                    span.top or 0,
                    span.left or 0,
                    span.bottom or sheet.row_count,
                    span.right or sheet.column_count,
                ),
            )
        return sheet, span.box(sheet.row_count, sheet.column_count)

    def point(self, coordinate: Json | None) -> tuple[Sheet, int, int]:
        """A GridCoordinate of a request: sheet, row, column. Raises the 400 when it lies outside of the grid."""
        place = coordinate or {}
        sheet = self.sheet(place.get("sheetId"))
        row, column = place.get("rowIndex", 0), place.get("columnIndex", 0)
        if not 0 <= row < sheet.row_count:
            raise invalid(f"GridCoordinate.rowIndex[{row}] is after last row in grid[{sheet.row_count}]")
        if not 0 <= column < sheet.column_count:
            raise invalid(
                f"GridCoordinate.columnIndex[{column}] is after last column in grid[{sheet.column_count}]"
            )
        return sheet, row, column

    def area(self, grid_range: Json | None) -> tuple[Sheet, Box]:
        """A GridRange of a request. Raises the 400 for an unknown sheet or a range beyond its grid."""
        area = grid_range or {}
        sheet = self.sheet(area.get("sheetId"))
        box = box_of(sheet, area)
        if box.top > sheet.row_count or box.left > sheet.column_count or box.top < 0 or box.left < 0:
            raise invalid(
                f"range out of grid limits: [{box.top}, {box.left}] in {sheet.row_count} x {sheet.column_count}"
            )
        if box.height < 0 or box.width < 0:
            raise invalid("range end must not be before its start")
        return sheet, box


def exceeds(sheet: Sheet, box: Box) -> ApiError:
    """400 for cells beyond the grid."""
    name = range_name(sheet.title, box)
    return invalid(
        f"Range ({name}) exceeds grid limits. Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


def _unparsable(text: str) -> ApiError:
    return invalid(f"Unable to parse range: {text}")


def new_document(document_id: str, title: str) -> Document:
    """A spreadsheet as Drive creates it: one empty sheet."""
    properties = {"title": title, "locale": "en_US", "autoRecalc": "ON_CHANGE", "timeZone": "Etc/GMT"}
    document = Document(document_id, properties)
    add_sheet(document, Sheet(0, "Sheet1", DEFAULT_ROWS, DEFAULT_COLUMNS))
    return document


def add_sheet(document: Document, sheet: Sheet, index: int | None = None) -> None:
    """Adds a sheet at a position, by default the last."""
    document.sheets[sheet.sheet_id] = sheet
    document.order.insert(len(document.order) if index is None else index, sheet.sheet_id)


def edit_json(edit: Edit) -> dict[str, Any]:
    """An edit as stored."""
    return {"time": edit.time, "person": edit.person, "action": edit.action, "range": edit.range}
