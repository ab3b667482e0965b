"""A1 notation: the text of a range to numbers and back. Knows no spreadsheet."""

import re
from dataclasses import dataclass

COLUMNS_MAX = 18278
_CORNER = re.compile(r"\$?([A-Za-z]{1,3})?\$?([1-9][0-9]*)?$")
_R1C1 = re.compile(r"[Rr]([1-9][0-9]*)[Cc]([1-9][0-9]*)$")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*$")
_LOOKS_LIKE_CELL = re.compile(
    r"([A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[Rr][0-9]+|[Cc][0-9]+|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells inside a grid, half open, counted from zero."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    @property
    def empty(self) -> bool:
        """Whether it holds no cell."""
        return self.height <= 0 or self.width <= 0

    def overlaps(self, other: "Box") -> bool:
        """Whether both share a cell."""
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def contains(self, other: "Box") -> bool:
        """Whether `other` lies inside."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def clipped(self, other: "Box") -> "Box":
        """The common part; empty when there is none."""
        return Box(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )

    def moved(self, rows: int, columns: int) -> "Box":
        """The same size, elsewhere."""
        return Box(self.top + rows, self.left + columns, self.bottom + rows, self.right + columns)


@dataclass(frozen=True, slots=True)
class Span:
    """A range as written: an end that was not written is None and reaches to the end of the grid."""

    top: int | None = None
    left: int | None = None
    bottom: int | None = None
    right: int | None = None

    def box(self, rows: int, columns: int) -> Box:
        """The span on a grid of that size, cut at its end."""
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Box(self.top or 0, self.left or 0, bottom, right)


def column_letters(index: int) -> str:
    """0 -> A, 25 -> Z, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_index(letters: str) -> int:
    """A -> 0, AA -> 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_name(row: int, column: int) -> str:
    """(0, 0) -> A1."""
    return f"{column_letters(column)}{row + 1}"


def split_sheet(text: str) -> tuple[str | None, str]:
    """Title (None if not named) and the rest: `'My tab'!A1` -> (`My tab`, `A1`); a quoted title alone has an empty rest."""
    quoted = re.match(r"'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
    if quoted:
        return quoted[1].replace("''", "'"), quoted[2] or ""
    title, mark, rest = text.rpartition("!")
    return (title, rest) if mark else (None, text)


def parse_cells(text: str) -> Span | None:
    """The cells part of a range (`A1`, `A1:B2`, `A:C`, `2:4`, `A1:C`, `R1C1:R2C2`), or None if it is none."""
    first, colon, second = text.strip().partition(":")
    start = _corner(first)
    if start is None:
        return None
    if not colon:
        row, column = start
        return None if row is None or column is None else Span(row, column, row + 1, column + 1)
    end = _corner(second)
    return None if end is None else _between(start, end)


def _corner(text: str) -> tuple[int | None, int | None] | None:
    numbered = _R1C1.match(text)
    if numbered:
        return int(numbered[1]) - 1, int(numbered[2]) - 1
    match = _CORNER.match(text)
    if not text or not match or (match[1] is None and match[2] is None):
        return None
    column = None if match[1] is None else column_index(match[1])
    if column is not None and column >= COLUMNS_MAX:
        return None
    return (None if match[2] is None else int(match[2]) - 1), column


def _between(start: tuple[int | None, int | None], end: tuple[int | None, int | None]) -> Span | None:
    rows = [row for row in (start[0], end[0]) if row is not None]
    columns = [column for column in (start[1], end[1]) if column is not None]
    if (len(rows) == 1 and len(columns) == 1) or not (rows or columns):
        return None
    top, bottom = _edges(rows)
    left, right = _edges(columns)
    return Span(top, left, bottom, right)


def _edges(ends: list[int]) -> tuple[int | None, int | None]:
    if not ends:
        return None, None
    return min(ends), (max(ends) + 1 if len(ends) == 2 else None)


def quoted_title(title: str) -> str:
    """The title as Google writes it before `!`: in quotes unless it can be mistaken for nothing else."""
    if _PLAIN_TITLE.match(title) and not _LOOKS_LIKE_CELL.match(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def range_name(title: str, box: Box) -> str:
    """`Sheet1!A1:B2`; a single cell has no colon."""
    start = cell_name(box.top, box.left)
    if box.height <= 1 and box.width <= 1:
        return f"{quoted_title(title)}!{start}"
    return f"{quoted_title(title)}!{start}:{cell_name(box.bottom - 1, box.right - 1)}"
