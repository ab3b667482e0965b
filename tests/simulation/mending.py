"""What people put right before things can come to rest."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from tests.simulation import archive
from tests.simulation.airtable_side import AirtableSide
from tests.simulation.base_mishaps import with_rows
from tests.simulation.headers import name_of
from tests.simulation.sheets_side import SYSTEM, SheetsSide
from tests.simulation.side import UID, Line, Side
from tests.simulation.staff import Staff

OTHERS = (*SYSTEM, archive.UNMAPPED)
"""Columns of no field."""


def mend(staff: Staff, sides: Sequence[Side]) -> None:
    """What people put right before things can come to rest: torn rows get their own uids back, columns their types and options their names."""
    for side in sides:
        for table in archive.TABLES if isinstance(side, AirtableSide) else ():
            _offer_again(staff, side, table)
    for (name, table, new), old in staff.options.items():
        renamed = staff.sides.get(name)
        if isinstance(renamed, AirtableSide):
            _spell_again(staff, renamed, table, new, old)
    for side in sides:
        if isinstance(side, SheetsSide):
            _name_own_columns(side)
    for side in sides:
        for table in archive.TABLES:
            uids = staff.torn.pop((side.name, table), None)
            if uids is not None:
                # Rows that were given their uid elsewhere meanwhile are looked up there.
                others = [line for other in sides if other is not side for line in other.lines(table)]
                known = {line.origin: line.uid for line in others if line.origin and line.uid}
                _give_back(side, table, {**known, **_own(uids)}, side.lines(table))


def _name_own_columns(side: SheetsSide) -> None:
    """Where somebody spoilt headers, the staff's own column gets its header back from whoever made it; and so does any whose name
    was pushed over a column of nobody's, or that stands under the staff's own: which of the two is meant, the daemon asks."""
    for table in sorted(side.spoilt):
        columns, shown = side.columns(table), dict(enumerate(side.headers(table)))
        stray = {header for at, header in shown.items() if at not in columns.values()}
        # What staff remember of a field that the config has no more is no matter.
        names = {
            at: name_of(table, key) for key, at in columns.items() if key in (*archive.fields(table), *OTHERS)
        }
        wrong = {at: name for at, name in names.items() if _asks(shown.get(at, ""), name, stray)}
        side.type_headers(table, wrong)


def _asks(shown: str, name: str, stray: Collection[str]) -> bool:
    return shown != name and (archive.UNMAPPED in (shown, name) or name in stray)


def _own(uids: Mapping[str, str]) -> dict[str, str]:
    """Those that were one row's alone: a copy bore that of its original, which is not to be given back to it."""
    times = Counter(uids.values())
    return {origin: uid for origin, uid in uids.items() if uid and times[uid] == 1}


def _offer_again(staff: Staff, side: AirtableSide, table: str) -> None:
    """A drop-down that somebody made a text column is one again."""
    key = archive.FILTERS[table]
    if key not in side.fields(table) or side.kind(table, key) == "singleSelect":
        return
    for line in side.lines(table):
        if old := staff.options.get((side.name, table, str(line.cells.get(key)))):
            staff.edit(side, table, line, {key: archive.spelt(table, key, old)})
    side.offer(table, key, staff.inventor.options(table, key))


def _spell_again(staff: Staff, side: AirtableSide, table: str, new: str, old: str) -> None:
    key = archive.FILTERS[table]
    if key in side.fields(table):
        right = archive.spelt(table, key, old)
        with_rows(staff, side, table, lambda: side.rename_option(table, key, new, right))


def _give_back(side: Side, table: str, uids: Mapping[str, str], lines: Iterable[Line]) -> None:
    known = set(uids.values())
    for line in lines:
        mine = uids.get(line.origin, "" if line.uid in known else line.uid)
        if mine != line.uid:
            side.type(table, line, {UID: mine or None})
