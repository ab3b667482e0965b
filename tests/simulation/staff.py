"""The people: one seed, one thing that somebody does at one replica, entered in the oracle's notebook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from tests.simulation import archive
from tests.simulation.archive import ORIGIN
from tests.simulation.notebook import Notebook
from tests.simulation.reading import Reader, Row, sensitive
from tests.simulation.side import NOTE, STATUS, UID, Line, Raw, Side
from tests.simulation.values import Inventor

KEPT = (ORIGIN, "customer_no")
"""What staff do not touch once it stands: the oracle's own name, and the number that others link by."""
RECENT = 8
"""How many cells back somebody knows what is being worked on."""
CHECKED = ("idno", "phone", "account")
"""Numbers that can be told to be wrong."""
Action = Callable[["Staff", Random, Side, str], None]


@dataclass(slots=True)
class Staff:
    """Everybody who works in the tables."""

    sides: dict[str, Side]
    reader: Reader
    notebook: Notebook = field(default_factory=Notebook)
    inventor: Inventor = field(default_factory=Inventor)
    torn: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """Uids by origin as they stood before somebody sorted the rows away from under them, by replica and table."""
    options: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """The right names of options that somebody renamed, by replica, table and the name they have now."""
    story: list[str] = field(default_factory=list)

    def at(self, names: set[str]) -> list[Side]:
        """The sides of these replicas, in a fixed order."""
        return [side for name, side in self.sides.items() if name in names]

    def do(self, random: Random, actions: Mapping[Action, int], names: set[str]) -> None:
        """One of the actions, at one of the replicas."""
        side = random.choice(self.at(names))
        table = random.choices(archive.TABLES, (3, 2))[0]
        (action,) = random.choices(list(actions), list(actions.values()))
        self.reader.learn(self.at(names))
        self.story.append(f"{action.__name__} {side.name}/{table}")
        action(self, random, side, table)

    def edit(self, side: Side, table: str, line: Line, cells: Mapping[str, Raw]) -> bool:
        """Type into a row and note what it showed before and shows now."""
        before = self.read(table, line)
        done = side.type(table, line, cells)
        after = self.find(side, table, line.place)
        shows = self.read(table, after)
        self.notebook.changed(side.name, table, line.origin, before, shows, uid=line.uid)
        return done

    def add(self, side: Side, table: str, cells: Mapping[str, Raw]) -> None:
        """A new row."""
        origin = self._new_origin(side)
        if side.add(table, {**cells, ORIGIN: origin}):
            self._note_new(side, table, origin)

    def copy(self, side: Side, table: str, line: Line, cells: Mapping[str, Raw]) -> None:
        """A copy of a row, with these changes. Its stand-ins are another person's, so nobody typed them."""
        origin = self._new_origin(side)
        if side.copy(table, line, {**cells, ORIGIN: origin}):
            self._note_new(side, table, origin, typed=cells)

    def _new_origin(self, side: Side) -> str:
        self.inventor.number += 1
        return f"{side.name}#{self.inventor.number}"

    def _note_new(self, side: Side, table: str, origin: str, typed: Mapping[str, Raw] | None = None) -> None:
        self.reader.learn([side])
        line = next((one for one in side.lines(table) if one.origin == origin), None)
        if line is None:
            return
        shown = self.read(table, line)
        if typed is not None:
            masked = {key for key in sensitive(table) - typed.keys() if "〔" in str(line.cells.get(key))}
            number = next(iter(archive.fields(table)))
            shown = {key: text for key, text in shown.items() if key not in masked | {number} - typed.keys()}
        self.notebook.row_made(side.name, table, origin, shown)

    def remove(self, side: Side, table: str, line: Line) -> None:
        """Delete a row."""
        shown = self.read(table, line)
        if side.remove(table, line):
            self.notebook.row_deleted(side.name, table, line.origin, shown)

    def is_leaving(self, table: str, origin: str) -> bool:
        """Whether somebody deleted this row where it stands no more."""
        lost = {one.replica for one in self.notebook.deleted if (one.table, one.origin) == (table, origin)}
        return any(origin not in (line.origin for line in side.lines(table)) for side in self.at(lost))

    def read(self, table: str, line: Line | None) -> Row:
        """What a row says."""
        return self.reader.row(table, line) if line else {}

    def find(self, side: Side, table: str, place: str) -> Line | None:
        """A row by its place."""
        return next((line for line in side.lines(table) if line.place == place), None)

    def some_line(self, random: Random, side: Side, table: str) -> Line | None:
        """A row that the oracle knows by name."""
        lines = [line for line in side.lines(table) if line.origin]
        return random.choice(lines) if lines else None

    def value(self, random: Random, side: Side, table: str, key: str) -> Raw:
        """Something to type; a link names a record that stands in this replica."""
        config = archive.fields(table)[key]
        if config["type"] != "link":
            return self.inventor.value(random, table, key)
        targets = side.lines(str(config["to"]))
        number = next(iter(archive.fields(str(config["to"]))))
        if side.service == "airtable":
            return [random.choice(targets).place] if targets else None
        named = [str(line.cells[number]) for line in targets if number in line.cells]
        return random.choice(named) if named and random.random() > 0.05 else "C99999999"


def editable(side: Side, table: str) -> list[str]:
    """The columns that staff type into."""
    return [key for key in side.fields(table) if key not in KEPT]


# Everyday work


def add_row(staff: Staff, random: Random, side: Side, table: str) -> None:
    """A new row, with some cells filled; now and then what it needs is missing."""
    keys = editable(side, table)
    if not keys:
        return  # The tab is gone.
    needed = [key for key in keys if archive.fields(table)[key].get("required")]
    chosen = {*random.sample(keys, random.randint(1, len(keys))), *(needed if random.random() < 0.9 else ())}
    cells = {key: staff.value(random, side, table, key) for key in keys if key in chosen}
    staff.add(side, table, {key: value for key, value in cells.items() if value is not None})


def edit_cells(staff: Staff, random: Random, side: Side, table: str) -> None:
    """One or two cells of a row."""
    line = staff.some_line(random, side, table)
    if line:
        edit_line(staff, random, side, table, line)


def edit_line(staff: Staff, random: Random, side: Side, table: str, line: Line) -> None:
    """One or two cells of this row."""
    keys = editable(side, table)
    if keys:
        chosen = random.sample(keys, min(len(keys), random.choice((1, 1, 2))))
        cells = {key: staff.value(random, side, table, key) for key in chosen}
        staff.edit(side, table, line, {key: value for key, value in cells.items() if value is not None})


def type_slowly(staff: Staff, random: Random, side: Side, table: str) -> None:
    """A number that is still too short, as Airtable saves it at every keystroke; somebody finishes it later."""
    line = staff.some_line(random, side, table)
    if line and "mobile" in side.fields(table):
        staff.inventor.number += 1
        staff.edit(side, table, line, {"mobile": f"13{staff.inventor.number:09d}"[: random.randint(3, 10)]})


def mistype(staff: Staff, random: Random, side: Side, table: str) -> None:
    """A number that cannot be, over one that was right."""
    line = staff.some_line(random, side, table)
    keys = [key for key in editable(side, table) if archive.fields(table)[key]["type"] in CHECKED]
    filled = [key for key in keys if line and key in line.cells]
    if line and filled:
        key = random.choice(filled)
        staff.edit(side, table, line, {key: staff.inventor.wrong(table, key)})


def clear_cell(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Empty a cell."""
    line = staff.some_line(random, side, table)
    filled = [key for key in editable(side, table) if line and key in line.cells]
    if line and filled:
        staff.edit(side, table, line, {random.choice(filled): None})


def delete_row(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Delete a row."""
    line = staff.some_line(random, side, table)
    # Where a copy still bears the row's uid, copying and deleting is no more than moving; whose is it then?
    if line and [one.uid for one in side.lines(table)].count(line.uid) <= 1:
        staff.remove(side, table, line)


def copy_row(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Copy a row for another person: most give it its own number, some forget."""
    line = staff.some_line(random, side, table)
    if line is None:
        return
    key = next(iter(archive.fields(table)))
    changes: dict[str, Raw] = {}
    if random.random() < 0.8:
        changes[key] = None if key == "customer_no" else staff.value(random, side, table, key)
    if random.random() < 0.5:
        name = "full_name" if table == "customers" else "premium"
        changes |= {name: staff.value(random, side, table, name)} if name in side.fields(table) else {}
    staff.copy(side, table, line, changes)
    if random.random() < 0.4:
        # Looking at the original they see what was wrong with it.
        edit_line(staff, random, side, table, line)


def type_the_same_twice(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Two people enter the same change at two replicas."""
    line = staff.some_line(random, side, table)
    others = [one for one in staff.sides.values() if one is not side and one.lines(table)]
    if line is None or not others:
        return
    other = random.choice(others)
    twin = next((one for one in other.lines(table) if one.origin == line.origin), None)
    keys = [key for key in editable(side, table) if key in editable(other, table)]
    keys = [key for key in keys if archive.fields(table)[key]["type"] != "link"]
    if twin and keys:
        key = random.choice(keys)
        value = staff.value(random, side, table, key)
        staff.edit(side, table, line, {key: value})
        staff.edit(other, table, twin, {key: value})


def change_what_just_changed(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Somebody at another replica has something else to say about a cell that was just typed into, and has not seen that."""
    recent = [one for one in staff.notebook.typed[-RECENT:] if one.key not in KEPT]
    found = [
        (typed, other, line)
        for typed in recent
        if archive.fields(typed.table)[typed.key]["type"] != "link"
        for other in staff.sides.values()
        if other.name != typed.replica and typed.key in editable(other, typed.table)
        for line in other.lines(typed.table)
        if line.origin == typed.origin and staff.read(typed.table, line).get(typed.key) != typed.value
    ]
    if found:
        typed, other, line = random.choice(found)
        staff.edit(other, typed.table, line, {typed.key: staff.value(random, other, typed.table, typed.key)})


def write_own_mark(staff: Staff, random: Random, side: Side, table: str) -> None:
    """A note in a column that is none of ours."""
    line = staff.some_line(random, side, table)
    if line:
        staff.inventor.number += 1
        text = f"记号{staff.inventor.number}"
        # What is written into a row that another replica has lost goes with it: nobody reads a column of the staff's own.
        if side.mark(table, line, text) and not staff.is_leaving(table, line.origin):
            staff.notebook.marks[side.name, table, line.origin] = text


def damage_stand_in(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Type into the masked text instead of over it, or paste another cell's."""
    line = staff.some_line(random, side, table)
    masked = [key for key in sensitive(table) if line and "〔" in str(line.cells.get(key))]
    if line and masked:
        key = random.choice(sorted(masked))
        text = str(line.cells[key])
        others = [str(one.cells[key]) for one in side.lines(table) if "〔" in str(one.cells.get(key))]
        said = staff.read(table, line)
        side.type(table, line, {key: random.choice((text[:-1], "8" + text, random.choice(others)))})
        says = staff.read(table, staff.find(side, table, line.place))
        if key in said and key in says:
            cell = (table, line.origin, key)
            staff.notebook.stand_in_damaged(side.name, cell, said[key], says[key])


def damage_system_cell(staff: Staff, random: Random, side: Side, table: str) -> None:
    """Write into the daemon's columns."""
    line = staff.some_line(random, side, table)
    if line:
        column = random.choice((STATUS, NOTE, NOTE, UID))
        side.type(table, line, {column: random.choice((None, "我写的"))})
        if column == UID:
            staff.notebook.uid_lost(table, line.origin, staff.read(table, line))


EVERYDAY: Mapping[Action, int] = {
    add_row: 6,
    edit_cells: 14,
    type_slowly: 1,
    mistype: 2,
    clear_cell: 2,
    delete_row: 2,
    copy_row: 2,
    type_the_same_twice: 2,
    change_what_just_changed: 3,
    write_own_mark: 1,
    damage_stand_in: 1,
    damage_system_cell: 1,
}
