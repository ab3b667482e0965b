"""The judge: when things have come to rest, do all invariants of DESIGN.md hold? Written apart from the engine.

It compares three things: what people typed (the notebook), what stands in the replicas (the sides), and the daemon's own
lists, read from its files as anybody could read them.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from tests.simulation import archive
from tests.simulation.deletions import wrongly_gone_or_back
from tests.simulation.held import good_values_lost
from tests.simulation.hub_files import Entry, HubFiles
from tests.simulation.notebook import Cell, Notebook, Typed
from tests.simulation.reading import FORMULA, STAND_IN, Reader, Row, sensitive
from tests.simulation.reasons import stuck
from tests.simulation.side import UID, Line, Side

VAGUE = ("select", "multiselect", "bool", "link")
"""Types whose values occur again and again: who typed one of them cannot be told."""
Place = tuple[str, str]
"""Replica and table."""


@dataclass(frozen=True)
class Oracle:
    """One look at everything at rest."""

    sides: list[Side]
    reader: Reader
    notebook: Notebook
    hub: HubFiles

    def complaints(self) -> list[str]:
        """Every invariant that does not hold, in words; empty when all is well."""
        self.reader.learn_anew(self.sides)
        return [
            *self._rows_once(),
            *self._agreement(),
            *self._lost_values(),
            *wrongly_gone_or_back(self.notebook, self.hub, self.rows),
            *self._phantom_conflicts(),
            *self._strangers(),
            *self._own_columns(),
            *self._trespasses(),
            *good_values_lost(self.sides, self.notebook, self.rows, self._held),
            *stuck(self.sides, self.hub, self.notebook, self.rows),
        ]

    @cached_property
    def lines(self) -> Mapping[Place, list[Line]]:
        """All rows of all replicas."""
        return {(side.name, table): side.lines(table) for side in self.sides for table in archive.TABLES}

    @cached_property
    def rows(self) -> Mapping[tuple[str, str, str], Row]:
        """What each row says, by replica, table and origin."""
        return {
            (name, table, line.origin): self.reader.row(table, line)
            for (name, table), lines in self.lines.items()
            for line in lines
            if line.origin
        }

    @cached_property
    def uids(self) -> Mapping[tuple[str, str], set[str]]:
        """The uids that rows of one origin bear, by table and origin."""
        found: dict[tuple[str, str], set[str]] = {}
        for (_, table), lines in self.lines.items():
            for line in lines:
                if line.uid:
                    found.setdefault((table, line.origin), set()).add(line.uid)
        return found

    def _held(self, replica: str, table: str, origin: str) -> set[str]:
        """The fields that wait in this row for somebody to mend them."""
        held = self.hub.held
        return {
            key for uid in self.uids.get((table, origin), ()) for key in held.get((replica, table, uid), ())
        }

    def _rows_once(self) -> Iterator[str]:
        """5: no record twice."""
        for (name, table), lines in self.lines.items():
            for what, names in (
                ("origin", [line.origin for line in lines]),
                ("uid", [line.uid for line in lines]),
            ):
                twice = {one for one in names if one and names.count(one) > 1}
                if twice:
                    yield f"5 {name}/{table}: {what} {sorted(twice)[0]} stands in several rows"
            if any(not line.origin and (line.cells or line.uid) for line in lines):
                yield f"5 {name}/{table}: a row stands there that nobody made"
            if any(line.origin and not line.uid for line in lines):
                yield f"5 {name}/{table}: a row did not get its uid"
        for (table, origin), uids in self.uids.items():
            if len(uids) > 1:
                yield f"5 {table}/{origin} has several uids: {sorted(uids)}"
        yield from self._records_once()

    def _records_once(self) -> Iterator[str]:
        """5: nor does the hub have a second record of a row; one that lost its uid, or had none yet, may have left an archived
        one behind."""
        notebook, states = self.notebook, self.hub.states
        excused = notebook.renumbered | notebook.lost_with_tab | notebook.named_anew | notebook.retyped
        recorded = Counter(
            (table, origin)
            for (table, uid), origin in self.hub.origins.items()
            if origin and not (states[table, uid] == "archived" and (table, origin) in excused)
        )
        for (table, origin), times in recorded.items():
            if times > 1:
                yield f"5 the hub has {times} records of {table}/{origin}"

    def _agreement(self) -> Iterator[str]:
        """1: all replicas agree, held cells and formulas apart."""
        for (table, origin), uids in self.uids.items():
            state = self.hub.states.get((table, min(uids)), "unknown")
            showing = [side for side in self.sides if (side.name, table, origin) in self.rows]
            if state in ("archived", "unknown"):
                yield f"3 {table}/{origin} is {state} and stands in {[side.name for side in showing]}"
            elif state == "live" and showing:
                row = self._fullest(table, origin, showing)
                lacking = [
                    side.name
                    for side in self.sides
                    if side not in showing and self._belongs(side, table, row)
                ]
                if lacking:
                    yield f"1 {table}/{origin} is live and not in {lacking}"
            for one, other in combinations(showing, 2):
                yield from self._differences(table, origin, one, other)

    def _fullest(self, table: str, origin: str, showing: Sequence[Side]) -> Row:
        """What the row says in a replica that holds every field; such a replica always shows it."""
        return max((self.rows[side.name, table, origin] for side in showing), key=len)

    def _belongs(self, side: Side, table: str, row: Row) -> bool:
        return archive.belongs(self.notebook.rights[side.name], table, row)

    def _differences(self, table: str, origin: str, one: Side, other: Side) -> Iterator[str]:
        first, second = self.rows[one.name, table, origin], self.rows[other.name, table, origin]
        excused = self._held(one.name, table, origin) | self._held(other.name, table, origin)
        for key in {*one.fields(table)} & {*other.fields(table)} - excused:
            if first.get(key) != second.get(key) and FORMULA not in (first.get(key), second.get(key)):
                yield (
                    f"1 {table}/{origin}.{key}: {one.name} shows {_brief(first.get(key))}, "
                    f"{other.name} {_brief(second.get(key))}"
                )

    def _lost_values(self) -> Iterator[str]:
        """2: each value that somebody typed is current, or was overwritten by someone who had seen it, or is in the ledger."""
        standing = {
            ((table, origin, key), value)
            for (_, table, origin), row in self.rows.items()
            for key, value in row.items()
        }
        notebook = self.notebook
        ledger = self._ledger() | notebook.ledger | self._left_behind()
        for typed in notebook.typed:
            place = (typed.cell, typed.value)
            if any(place in found for found in (standing, ledger, notebook.excused)):
                continue
            if notebook.has_seen(typed):
                continue
            if (typed.table, typed.origin) not in self.uids and notebook.was_deleted_with(typed):
                continue
            if not self._unlinked(typed):
                yield f"2 {typed.replica}/{typed.table}/{typed.origin}.{typed.key}: {_brief(typed.value)} is lost"

    def _left_behind(self) -> set[tuple[Cell, str]]:
        """What is sealed in the archived record of a row that nobody can tell for sure: it goes to no other person."""
        return {
            (cell, value)
            for cell, value in self.hub.cells(self.reader, "archived")
            if cell[:2] in self.notebook.named_anew and cell[2] in sensitive(cell[0])
        }

    def _unlinked(self, typed: Typed) -> bool:
        """Whether a link is gone because somebody deleted the record it named: services strip such links."""
        deleted = {one.origin for one in self.notebook.deleted}
        return archive.fields(typed.table)[typed.key]["type"] == "link" and typed.value in deleted

    def _ledger(self) -> set[tuple[Cell, str]]:
        origins = {(table, uid): origin for (table, origin), uids in self.uids.items() for uid in uids}
        origins |= self.hub.origins
        found = set()
        for entry in self._entries():
            origin = origins.get((entry.table, entry.uid))
            value = self.hub.value(self.reader, entry.table, entry.key, entry.other)
            if origin is not None and value is not None:
                found.add(((entry.table, origin, entry.key), value))
        return found

    def _entries(self) -> list[Entry]:
        """The ledger's lines on fields that the config still names."""
        return [entry for entry in self.hub.ledger if entry.key in archive.fields(entry.table)]

    def _phantom_conflicts(self) -> Iterator[str]:
        """4: equal changes are no conflict, and where one person typed there is none.

        Where a row stands ahead of a restored backup nobody can tell what was written into it from what was typed: there
        both values are kept, if somebody typed them at all.
        """
        typed = {(one.replica, one.cell, one.value) for one in self.notebook.typed} | self.notebook.forbidden
        typed |= {
            (replica, one.cell, one.value)
            for one in self.notebook.typed
            for replica, table, origin in self.notebook.ahead
            if (table, origin) == (one.table, one.origin)
        }
        origins = self.hub.origins
        for entry in self._entries():
            if entry.kept == entry.other:
                yield f"4 the ledger holds a conflict between equal values of {entry.table}.{entry.key}"
            value = self.hub.value(self.reader, entry.table, entry.key, entry.other)
            origin = origins.get((entry.table, entry.uid), "")
            place = (entry.table, origin, entry.key)
            # A number in prose that the restored vault does not know cannot be read any more, nor told who typed it.
            unread = value and STAND_IN.search(value) and (entry.replica, *place[:2]) in self.notebook.ahead
            if value is not None and (entry.replica, place, value) not in typed and not unread:
                yield (
                    f"4 {entry.table}/{origin}.{entry.key}: nobody typed {_brief(value)} at {entry.replica}, "
                    "and the ledger says so"
                )

    def _strangers(self) -> Iterator[str]:
        """7: what stands in a person's row was typed there, or copied with it by somebody; and where it counts."""
        typed: dict[Cell, set[str]] = {}
        for one in self.notebook.typed:
            typed.setdefault(one.cell, set()).add(one.value)
        for _, cell, value in self.notebook.forbidden:
            typed.setdefault(cell, set()).add(value)
        for (name, table, origin), row in self.rows.items():
            for key in sorted(row.keys() & _unmistakable(table)):
                if row[key] not in typed.get((table, origin, key), ()) and row[key] != FORMULA:
                    yield f"7 {name}/{table}/{origin}.{key} shows {_brief(row[key])}, which nobody typed there"

    def _trespasses(self) -> Iterator[str]:
        """What somebody typed where they may not change it has not spread."""
        typed = {(one.cell, one.value) for one in self.notebook.typed}
        for replica, (table, origin, key), value in self.notebook.forbidden:
            if (
                archive.fields(table)[key]["type"] in VAGUE
                # A formula is never written over, and it goes nowhere else.
                or value == FORMULA
                or self.notebook.made.get((table, origin)) == replica
            ):
                continue
            for side in self.sides:
                shown = self.rows.get((side.name, table, origin), {}).get(key)
                if shown == value and ((table, origin, key), value) not in typed:
                    yield f"10 {side.name}/{table}/{origin}.{key} shows what {replica} may not change"

    def _own_columns(self) -> Iterator[str]:
        """10: formulas and columns of the staff's own stand as they were left."""
        for (name, table, origin), text in self.notebook.marks.items():
            shown = [line.own for line in self.lines.get((name, table), ()) if line.origin == origin]
            # What left a filter and came back has come without what was nobody else's business.
            may_leave = table in self.notebook.rights[name].filter
            if shown and shown != [text] and not (may_leave and shown == [""]):
                yield f"10 {name}/{table}/{origin}: the staff's own cell shows {shown}"
        for name, (table, origin, key) in self.notebook.frozen:
            row = self.rows.get((name, table, origin))
            if row is not None and row.get(key) != FORMULA:
                yield f"10 {name}/{table}/{origin}.{key}: the formula is gone"


def _unmistakable(table: str) -> set[str]:
    """Fields that hold a value nobody else has, and that no copy of a row takes along."""
    return {"illness", "id_number", "account"} & archive.fields(table).keys()


def _brief(value: str | None) -> str:
    return "nothing" if value is None else repr(value if len(value) <= 40 else value[:40] + "…")


__all__ = ["UID", "Oracle", "Typed"]
