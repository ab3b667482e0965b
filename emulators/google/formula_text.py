"""References inside the text of a formula: found, and rewritten when cells move. Does not compute."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from emulators.google.a1 import column_index, column_letters, quoted_title
from emulators.google.shifts import Shift

TOKEN = re.compile(
    r"""(?P<text>"(?:[^"]|"")*")
    |(?P<reference>(?:(?:'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
        (?:\$?[A-Za-z]{1,3}\$?[1-9]\d*(?::(?:\$?[A-Za-z]{1,3}\$?[1-9]\d*|\$?[A-Za-z]{1,3}(?![\w(])|\$?[1-9]\d*))?
          |\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w(])|\$?[1-9]\d*:\$?[1-9]\d*)(?![\w(]))
    |(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)
    |(?P<error>\#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|ERROR!))
    |(?P<name>[^\W\d][\w.]*)
    |(?P<operator><=|>=|<>|[-+*/^&=<>%(),;:{}])
    |(?P<space>\s+)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r'"[^"]*"')
_MAY_REFER = re.compile(r"[A-Za-z]\$?[1-9]|:")
_CORNER = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([1-9]\d*)?$")


@dataclass(frozen=True, slots=True)
class Place:
    """One corner of a reference; a missing row or column reaches to the grid's edge."""

    row: int | None
    column: int | None
    fixed_row: bool
    fixed_column: bool

    def text(self) -> str:
        """As written in a formula."""
        column = "" if self.column is None else "$" * self.fixed_column + column_letters(self.column)
        row = "" if self.row is None else "$" * self.fixed_row + str(self.row + 1)
        return column + row


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to cells; `sheet` is None for the formula's own sheet."""

    sheet: str | None
    start: Place
    end: Place | None

    def text(self) -> str:
        """As written in a formula."""
        prefix = "" if self.sheet is None else quoted_title(self.sheet) + "!"
        return prefix + self.start.text() + ("" if self.end is None else ":" + self.end.text())


def parse_reference(text: str) -> Reference:
    """The text of a reference token."""
    title, mark, cells = text.rpartition("!")
    sheet = None
    if mark:
        sheet = title[1:-1].replace("''", "'") if title.startswith("'") else title
    first, colon, second = cells.partition(":")
    return Reference(sheet, _place(first), _place(second) if colon else None)


def _place(text: str) -> Place:
    match = _CORNER.match(text)
    assert match, text
    if match[2] is None:
        return Place(int(match[4]) - 1, None, "$" in text, False)
    row = None if match[4] is None else int(match[4]) - 1
    return Place(row, column_index(match[2]), bool(match[3]), bool(match[1]))


def has_references(formula: str) -> bool:
    """Whether moving cells can change the formula's text. Most formulas are settled without reading them word by word."""
    return bool(_MAY_REFER.search(_QUOTED.sub("", formula))) and _refers(formula)


@lru_cache(maxsize=65536)
def _refers(formula: str) -> bool:
    return any(match.lastgroup == "reference" for match in TOKEN.finditer(formula))


def rewritten(formula: str, change: Callable[[Reference], Reference | None]) -> str:
    """The formula with each reference replaced; None becomes `#REF!`."""

    def swap(match: re.Match[str]) -> str:
        if match.lastgroup != "reference":
            return match[0]
        reference = parse_reference(match[0])
        changed = change(reference)
        if changed == reference:
            return match[0]
        return "#REF!" if changed is None else changed.text()

    return TOKEN.sub(swap, formula)


def carried(formula: str, rows: int, columns: int) -> str:
    """The formula as it reads when its cell is copied that far: relative parts move along."""

    def move(place: Place) -> Place | None:
        row, column = place.row, place.column
        row = row + rows if row is not None and not place.fixed_row else row
        column = column + columns if column is not None and not place.fixed_column else column
        return None if (row or 0) < 0 or (column or 0) < 0 else replace(place, row=row, column=column)

    def change(reference: Reference) -> Reference | None:
        start = move(reference.start)
        end = None if reference.end is None else move(reference.end)
        if start is None or (reference.end is not None and end is None):
            return None
        return Reference(reference.sheet, start, end)

    return rewritten(formula, change)


def shifted(formula: str, own_sheet: str, moved_sheet: str, shift: Shift) -> str:
    """The formula after rows or columns of `moved_sheet` were inserted, deleted or moved."""

    def change(reference: Reference) -> Reference | None:
        sheet = own_sheet if reference.sheet is None else reference.sheet
        return _shifted(reference, shift) if sheet.casefold() == moved_sheet.casefold() else reference

    return rewritten(formula, change)


def _shifted(reference: Reference, shift: Shift) -> Reference | None:
    name = "row" if shift.dimension == "ROWS" else "column"
    start = getattr(reference.start, name)
    end = start if reference.end is None else getattr(reference.end, name)
    if start is None:
        return reference
    moved = shift.span(start, None if end is None else end + 1)
    if moved is None:
        return None
    new_start = _at(reference.start, name, moved[0])
    if reference.end is None:
        return Reference(reference.sheet, new_start, None)
    new_end = reference.end if moved[1] is None else _at(reference.end, name, moved[1] - 1)
    return Reference(reference.sheet, new_start, new_end)


def _at(place: Place, name: str, index: int) -> Place:
    return replace(place, row=index) if name == "row" else replace(place, column=index)


def renamed(formula: str, old: str, new: str) -> str:
    """The formula after a sheet got another title."""
    return rewritten(
        formula,
        lambda found: (
            replace(found, sheet=new) if (found.sheet or "").casefold() == old.casefold() else found
        ),
    )
