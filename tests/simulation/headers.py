"""What people do to the headers of a spreadsheet, and whether they are right again. Played by `spoilt.py`."""

from collections.abc import Iterator
from random import Random

from tests.simulation import archive
from tests.simulation.marks import DAEMON
from tests.simulation.mishaps import elsewhere
from tests.simulation.sheets_side import SYSTEM, SheetsSide
from tests.simulation.staff import Staff


@elsewhere
def spoil_headers(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Clear a header, delete its cell, insert one, or give columns each other's names."""
    at = side.columns(table)
    one, other = random.sample(sorted(at.keys() - {archive.UNMAPPED}), 2)
    side.remember_columns(table)
    if (chance := random.random()) < 0.2:
        side.type_headers(table, {at[one]: ""})
    elif chance < 0.4:
        side.type_headers(table, {at[one]: name_of(table, other)})
    elif chance < 0.6:
        side.type_headers(table, {at[one]: name_of(table, other), at[other]: name_of(table, one)})
    else:
        change = "deleteRange" if chance < 0.8 else "insertRange"
        where = side.area(table, (0, 1), (at[one], at[one] + 1))
        side.batch({change: {"range": where, "shiftDimension": "COLUMNS"}})


def name_of(table: str, column: str) -> str:
    """The header of a column, of the daemon's or the staff's own too."""
    return column if column in (*SYSTEM, archive.UNMAPPED) else archive.header(table, column)


@elsewhere
def drag_column(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Drag a column elsewhere, anybody's."""
    width = len(side.headers(table))
    if width:
        side.drag_column(table, random.randrange(width), random.randrange(width + 1))


@elsewhere
def insert_column(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """An empty column between the others."""
    width = len(side.headers(table))
    if width:
        side.insert_column(table, random.randrange(width))


def wrong_headers(side: SheetsSide) -> Iterator[str]:
    """Columns that the daemon has marked as its own, under no header or under another field's; but for those whose name stands
    over a column of nobody's: which of the two is meant, a person says."""
    for table in archive.TABLES:
        headers, marks = side.headers(table), side.marked(table, DAEMON)
        names = {key: name_of(table, key) for key in (*archive.fields(table), *SYSTEM)}
        stray = {header for index, header in enumerate(headers) if index not in marks.values()}
        for key, index in marks.items():
            shown = headers[index] if index < len(headers) else ""
            others = {name for other, name in names.items() if other != key}
            if key in names and names[key] not in stray and (not shown or shown in others):
                yield f"1 {side.name}/{table}: {shown or 'no header'} stands over the column {key}"
