"""A legacy workbook as data: its sheets as grids of raw cells, and the same sheets with their columns understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from validators.raw import Raw
from validators.schema import FieldKey, TableKey
from validators.text import normalise_text

Cells = Mapping[FieldKey, Raw]


class ImportProblem(Exception):
    """A workbook that cannot be read. The message and `advice`, what to do, are in the words of staff."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message} → {advice}")
        self.message, self.advice = message, advice


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet as it stands in the file; the first of `rows` is row 1. Rows may differ in length."""

    title: str
    rows: tuple[tuple[Raw, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the header, its cells sorted by the table and field that they belong to."""

    number: int
    """As the spreadsheet counts, from 1."""
    cells: Mapping[TableKey, Cells] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet whose header row was found."""

    title: str
    tables: tuple[TableKey, ...]
    """What its rows hold: several tables for a flat sheet, else one."""
    lines: tuple[Line, ...] = field(repr=False)
    unmapped: tuple[str, ...] = ()
    """Headers that no field of these tables goes by, and those that repeat another column's field."""
    skipped: tuple[int, ...] = ()
    """Rows that are no records: totals and signatures below the table."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """All that was understood of a file; `foreign` sheets hold nothing of the archive."""

    sheets: tuple[Sheet, ...]
    foreign: tuple[str, ...] = ()


def is_blank(raw: Raw) -> bool:
    """Whether a cell holds nothing but blanks."""
    return raw is None or raw == [] or (isinstance(raw, str) and not normalise_text(raw))
