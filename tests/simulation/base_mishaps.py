"""What only an Airtable base allows, and engines fear: dead webhooks, other options, other types, links to nobody."""

from collections.abc import Callable, Mapping
from random import Random

from tests.simulation import archive
from tests.simulation.airtable_side import AirtableSide
from tests.simulation.columns import lose_column, spare_columns
from tests.simulation.side import Side
from tests.simulation.staff import Action, Staff, editable


def at_a_base(action: Callable[[Staff, Random, AirtableSide, str], None]) -> Action:
    """What only Airtable allows is done at a base."""

    def at_it(staff: Staff, random: Random, side: Side, table: str) -> None:
        bases = [one for one in staff.sides.values() if isinstance(one, AirtableSide) and one.fields(table)]
        action(staff, random, random.choice(bases), table)

    at_it.__name__ = action.__name__
    return at_it


@at_a_base
def kill_webhooks(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """Somebody with the same rights deletes the daemon's webhook."""
    side.kill_webhooks()


@at_a_base
def rename_field(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """Another name for a column."""
    staff.inventor.number += 1
    side.rename_column(table, random.choice(editable(side, table)), f"新列名{staff.inventor.number}")


@at_a_base
def delete_field(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """Delete a column with all that stands in it."""
    lose_column(staff, side, table, random.choice(spare_columns(side, table)), side.drop_column)


@at_a_base
def rename_option(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """Another name for an option, which then is none of ours; put right in the end."""
    key = archive.FILTERS[table]
    staff.inventor.number += 1
    old, new = random.choice(staff.inventor.options(table, key)), f"新选项{staff.inventor.number}"
    if key in side.fields(table) and with_rows(
        staff, side, table, lambda: side.rename_option(table, key, old, new)
    ):
        staff.options[side.name, table, new] = old


@at_a_base
def delete_option(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """Delete an option: the cells that showed it are empty."""
    key = archive.FILTERS[table]
    option = random.choice(staff.inventor.options(table, key))
    if key in side.fields(table):
        with_rows(staff, side, table, lambda: side.rename_option(table, key, option, None))


@at_a_base
def retype_field(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """A drop-down becomes text, or text one of many lines."""
    key, kind = random.choice(((archive.FILTERS[table], "singleLineText"), ("full_name", "multilineText")))
    if key in side.fields(table):
        side.retype(table, key, kind)


def with_rows(staff: Staff, side: Side, table: str, act: Callable[[], bool]) -> bool:
    """Something that changes many rows at once."""
    before = {line.place: staff.read(table, line) for line in side.lines(table)}
    if not act():
        return False
    for line in side.lines(table):
        staff.notebook.changed(side.name, table, line.origin, before[line.place], staff.read(table, line))
    return True


@at_a_base
def link_to_nobody(staff: Staff, random: Random, side: AirtableSide, table: str) -> None:
    """Link to a record and delete that record at once."""
    lines = [line for line in side.lines("policies") if line.origin]
    targets = [line for line in side.lines("customers") if line.origin]
    if lines and targets:
        target = random.choice(targets)
        staff.edit(side, "policies", random.choice(lines), {"customer": [target.place]})
        staff.remove(side, "customers", target)


BASE_MISHAPS: Mapping[Action, int] = {
    kill_webhooks: 1,
    rename_field: 1,
    delete_field: 1,
    rename_option: 1,
    delete_option: 1,
    retype_field: 1,
    link_to_nobody: 1,
}
