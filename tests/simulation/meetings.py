"""What chance alone brings together too seldom: formulas that others write at, copies changed with their original, rivals."""

from random import Random

from tests.simulation import archive
from tests.simulation.mishaps import elsewhere
from tests.simulation.reading import sensitive
from tests.simulation.sheets_side import SheetsSide
from tests.simulation.side import Raw, Side
from tests.simulation.staff import Staff, edit_line, editable

CALCULATED = ("decimal", "money", "date")
FORMULAS = ("=1+1", "=TODAY()", "=SUM(1,2)")


@elsewhere
def calculate(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """A formula where a number or a date belongs, by preference over one that stands."""
    line = staff.some_line(random, side, table)
    keys = [key for key in editable(side, table) if archive.fields(table)[key]["type"] in CALCULATED]
    if line and keys:
        filled = [key for key in keys if key in line.cells]
        staff.edit(side, table, line, {random.choice(filled or keys): random.choice(FORMULAS)})


def answer(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Somebody types, at another replica, into a cell that a formula fills at the first one."""
    meant = [
        (other, cell)
        for name, cell in sorted(staff.notebook.frozen)
        for other in staff.sides.values()
        if other.name != name and cell[2] in other.fields(cell[0])
    ]
    if meant:
        other, (of, origin, key) = random.choice(meant)
        line = next((one for one in other.lines(of) if one.origin == origin), None)
        if line:
            staff.edit(other, of, line, {key: staff.value(random, other, of, key)})


@elsewhere
def duplicate(staff: Staff, random: Random, side: SheetsSide, table: str) -> None:
    """Copy a row, by preference one with secrets, and type into the copy and into the original at once."""
    lines = [line for line in side.lines(table) if line.origin]
    telling = [line for line in lines if line.cells.keys() & sensitive(table)]
    if not lines:
        return
    line = random.choice(telling or lines)
    staff.copy(side, table, line, _for_another(staff, random, side, table))
    edit_line(staff, random, side, table, line)


def _for_another(staff: Staff, random: Random, side: Side, table: str) -> dict[str, Raw]:
    """What a copy is given: its own number, and a cell that tells its person apart."""
    number = next(iter(archive.fields(table)))
    plain = "full_name" if table == "customers" else "start"
    own = None if number == "customer_no" else staff.value(random, side, table, number)
    return {number: own, plain: staff.value(random, side, table, plain)}
