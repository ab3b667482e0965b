"""What spreadsheets allow and engines fear: sorts, torn rows, lost columns and tabs, cells that are not what they seem."""

from collections.abc import Callable, Mapping
from random import Random

from tests.simulation import archive
from tests.simulation.base_mishaps import BASE_MISHAPS
from tests.simulation.columns import lose_column, spare_columns
from tests.simulation.reading import Row, sensitive
from tests.simulation.sheets_side import SheetsSide
from tests.simulation.side import UID, Line, Side
from tests.simulation.staff import EVERYDAY, Action, Staff, change_what_just_changed, editable

LONG = 49_990
TEARABLE_MIN = 2


def elsewhere(action: Callable[[Staff, Random, SheetsSide, str], None]) -> Action:
    """What only a spreadsheet allows is done at a spreadsheet."""

    def at_a_tab(staff: Staff, random: Random, side: Side, table: str) -> None:
        tabs = [one for one in staff.sides.values() if isinstance(one, SheetsSide) and one.lines(table)]
        if tabs:
            action(staff, random, random.choice(tabs), table)

    at_a_tab.__name__ = action.__name__
    return at_a_tab


@elsewhere
def sort_rows(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Sort a whole tab."""
    side.sort(table, random.choice(side.fields(table)), descending=random.random() < 0.5)


@elsewhere
def tear_rows(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Sort everything but the column 记录编号: each row now bears another's uid. Not where fields stand to its right, for then
    rows are torn in two, and nobody can tell whose the halves are."""
    at = side.columns(table)
    before = {line.origin: line.uid for line in side.lines(table) if line.origin}
    few = sum(map(bool, before.values())) < TEARABLE_MIN
    if UID not in at or few or (side.name, table) in staff.torn:
        return
    if any(at[key] > at[UID] for key in side.fields(table)):
        return
    if side.sort(table, archive.ORIGIN, descending=random.random() < 0.5, columns=(0, at[UID])):
        staff.torn[side.name, table] = before
        staff.notebook.renumbered |= {(table, origin) for origin in before}
        staff.notebook.marks_torn(side.name, table, {line.origin: line.own for line in side.lines(table)})


@elsewhere
def insert_blank_row(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """An empty row in the middle."""
    side.insert_blank(table, random.randint(1, len(side.lines(table)) + 1))


@elsewhere
def move_row(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Cut a row and paste it far below."""
    line = staff.some_line(random, side, table)
    if line:
        side.cut(table, line, max(int(one.place) for one in side.lines(table)) + random.randint(1, 4))


@elsewhere
def rename_header(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Another name for a column."""
    staff.inventor.number += 1
    side.rename_column(table, random.choice(editable(side, table)), f"新列名{staff.inventor.number}")


@elsewhere
def delete_column(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Delete a column with all that stands in it."""
    lose_column(staff, side, table, random.choice(spare_columns(side, table)), side.drop_column)


@elsewhere
def delete_tab(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Delete a tab."""
    shown = [(line, staff.read(table, line)) for line in side.lines(table)]
    if side.drop_tab(table):
        staff.torn.pop((side.name, table), None)
        for line, row in shown:
            staff.notebook.tab_lost(side.name, table, line.origin, row)


@elsewhere
def rename_tab(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Another name for a tab."""
    staff.inventor.number += 1
    side.rename_tab(table, f"新表名{staff.inventor.number}")


@elsewhere
def type_formula(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """A formula where a value belongs."""
    line = staff.some_line(random, side, table)
    keys = [key for key in editable(side, table) if key not in sensitive(table)]
    if line and keys:
        staff.edit(side, table, line, {random.choice(keys): "=1+1"})


@elsewhere
def merge_cells(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Merge a cell with the one below, whose content is gone then."""
    lines = [line for line in side.lines(table) if line.origin]
    pairs = [(one, other) for one in lines for other in lines if int(other.place) == int(one.place) + 1]
    keys = [key for key in editable(side, table) if not archive.fields(table)[key].get("required")]
    if not pairs or not keys:
        return
    one, other = random.choice(pairs)
    key = random.choice(keys)
    place = side.columns(table)[key]
    area = side.area(table, (int(one.place), int(other.place) + 1), (place, place + 1))
    before = {line.place: staff.read(table, line) for line in (one, other)}
    if side.batch({"mergeCells": {"range": area, "mergeType": "MERGE_ALL"}}):
        for line in (one, other):
            found = staff.find(side, table, line.place)
            after = _merged(staff, table, key, found, before[line.place])
            staff.notebook.changed(side.name, table, line.origin, before[line.place], after)


def _merged(staff: Staff, table: str, key: str, line: Line | None, before: Row) -> Row:
    """What a row of merged cells shows, but for a stand-in that came up from the row below: that is another person's, so
    nobody typed it here, as in a copied row."""
    after = staff.read(table, line)
    if line is None or key not in sensitive(table) or "〔" not in str(line.cells.get(key)):
        return after
    own = {key: before[key]} if key in before else {}
    return {name: text for name, text in after.items() if name != key} | own


@elsewhere
def hide_rows(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """A filter over the tab, for everybody to see."""
    width = max(side.columns(table).values()) + 1
    where = side.area(table, None, (0, width)) | {"startRowIndex": 0}
    hidden = {"hiddenValues": [str(line.cells.get("level", "")) for line in side.lines(table)[:2]]}
    place = side.columns(table).get("level" if table == "customers" else "status", 0)
    side.batch({"setBasicFilter": {"filter": {"range": where, "criteria": {str(place): hidden}}}})


@elsewhere
def lose_digits(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """A long number that the spreadsheet has taken for a quantity."""
    line = staff.some_line(random, side, table)
    key = "id_number" if table == "customers" else "account"
    staff.inventor.number += 1
    if line and key in side.fields(table):
        staff.edit(side, table, line, {key: float(622202_00000_00000_00 + staff.inventor.number)})


@elsewhere
def type_foreign_date(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """A date in the form that somebody is used to."""
    line = staff.some_line(random, side, table)
    key = "birth_date" if table == "customers" else "end"
    staff.inventor.number += 1
    if line and key in side.fields(table):
        year = 1950 + staff.inventor.number % 60
        staff.edit(side, table, line, {key: random.choice((f"{year}/3/4", f"{year}年3月4日", f"3/4/{year}"))})


@elsewhere
def type_as_text(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """A number that stands as text, because somebody typed an apostrophe first."""
    line = staff.some_line(random, side, table)
    key = "height" if table == "customers" else "premium"
    staff.inventor.number += 1
    if line and key in side.fields(table):
        staff.edit(side, table, line, {key: f"'{staff.inventor.number}.5"})


def type_a_lot(staff: Staff, random: Random, side: Side, table: str) -> None:
    """As much text as a cell of a spreadsheet takes."""
    line = staff.some_line(random, side, table)
    if line and table == "customers":
        staff.inventor.number += 1
        staff.edit(side, table, line, {"occupation": f"长文{staff.inventor.number}".ljust(LONG, "字")})


MISHAPS: Mapping[Action, int] = {
    sort_rows: 3,
    tear_rows: 5,
    insert_blank_row: 2,
    move_row: 2,
    rename_header: 2,
    delete_column: 1,
    delete_tab: 1,
    rename_tab: 1,
    type_formula: 4,
    merge_cells: 1,
    hide_rows: 1,
    lose_digits: 1,
    type_foreign_date: 2,
    type_as_text: 1,
    type_a_lot: 1,
    **BASE_MISHAPS,
}

INTERRUPTING: Mapping[Action, int] = {
    **EVERYDAY,
    change_what_just_changed: 30,
    sort_rows: 12,
    insert_blank_row: 8,
    move_row: 2,
}
