"""Everything people did, as the oracle remembers it: what they typed, over what, and which rows they made and took away."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sync.config import ReplicaConfig
from tests.simulation import archive
from tests.simulation.reading import FORMULA, Row, sensitive

NUMBER = re.compile(r"(?<!\d)1\d{10}(?!\d)")
"""A mobile in the middle of a text."""
UID_SHAPE = re.compile(r"R[0-9A-Z]{21}")
Cell = tuple[str, str, str]
"""Table, origin of the row, field key."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A value that somebody typed. `number` counts all of them."""

    number: int
    replica: str
    table: str
    origin: str
    key: str
    value: str

    @property
    def cell(self) -> Cell:
        return self.table, self.origin, self.key


@dataclass(frozen=True, slots=True)
class Changed:
    """A cell that somebody changed or emptied; `number` is that of the next value typed."""

    number: int
    replica: str
    cell: Cell
    old: str
    new: str | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A row that somebody took away, and what it showed then. `number` is that of the last value typed before."""

    number: int
    replica: str
    table: str
    origin: str
    shown: Row = field(repr=False)


@dataclass(slots=True)
class Notebook:
    """The oracle's memory of one run."""

    typed: list[Typed] = field(default_factory=list)
    former: list[Typed] = field(default_factory=list)
    """What was typed into fields that the config names no more: it contradicted deletions all the same."""
    seen_over: dict[tuple[Cell, str], int] = field(default_factory=dict)
    """Values that stood in a cell when somebody changed or destroyed it: whoever did that had seen them. With the number of
    the next value typed when that was last done."""
    changes: list[Changed] = field(default_factory=list)
    """Cells that somebody changed or emptied."""
    spread: dict[tuple[Cell, str], int] = field(default_factory=dict)
    """Values that the archive had and two replicas showed at the end of some cycle. With the number of the next value typed
    when that was first seen."""
    taken: set[tuple[Cell, str]] = field(default_factory=set)
    """Values that the archive had at the end of some cycle, whether or not a second replica showed them by then."""
    archived: Mapping[Cell, str] = field(default_factory=dict)
    """What the archive had at the end of the last cycle."""
    no_news: set[int] = field(default_factory=set)
    """Numbers of the values that the archive had already when they were typed. Whoever takes his own edit back before the
    daemon has heard of it leaves a cell as if nobody had touched it, and so whoever changes that value elsewhere has seen it."""
    deleted: list[Deleted] = field(default_factory=list)
    forgotten: set[tuple[str, str, int]] = field(default_factory=set)
    """Deletions, by table, origin and number, that a restore forgot: its backup had not seen the row where it was deleted."""
    ahead: set[tuple[str, str, str]] = field(default_factory=set)
    """Rows, by replica, table and origin, that stood where a restored backup had not seen them yet."""
    made: dict[tuple[str, str], str] = field(default_factory=dict)
    """The replica in which each row was made."""
    frozen: set[tuple[str, Cell]] = field(default_factory=set)
    """Cells per replica in which somebody put a formula last."""
    marks: dict[tuple[str, str, str], str] = field(default_factory=dict)
    """What staff wrote into their own columns, by replica, table and origin."""
    rights: dict[str, ReplicaConfig] = field(default_factory=dict)
    """What may be changed in which replica."""
    forbidden: set[tuple[str, Cell, str]] = field(default_factory=set)
    """What somebody typed in a replica where it does not count: it is undone."""
    backed_up: set[tuple[Cell, str]] = field(default_factory=set)
    """What the archive had taken when the last backup was made."""
    excused: set[tuple[Cell, str]] = field(default_factory=set)
    """Values that a restored backup cannot know: the vault of then had not seen them."""
    secrets: set[str] = field(default_factory=set)
    """Plaintext of sensitive fields, valid or not."""
    ledger: set[tuple[Cell, str]] = field(default_factory=set)
    """What the ledger ever held; a restored backup may have lost some of it."""
    lost_with_tab: set[tuple[str, str]] = field(default_factory=set)
    """Rows that stood in a tab when somebody deleted it."""
    damaged: dict[tuple[str, Cell], tuple[str, str]] = field(default_factory=dict)
    """Cells in which somebody pasted another cell's stand-in, per replica: what they said before, and what since."""
    count: int = 0
    """How many values were typed."""
    renumbered: set[tuple[str, str]] = field(default_factory=set)
    """Rows whose uid somebody took away."""
    named_anew: set[tuple[str, str]] = field(default_factory=set)
    """Rows whose number was changed while they bore no uid, or that lost it before the archive had heard of the change: who
    they are nobody can tell for sure, for a copy made for somebody else looks the same once its original is gone."""
    retyped: set[tuple[str, str]] = field(default_factory=set)
    """Rows of a spreadsheet that were typed over while they bore no uid, so that they show no more than half of what the archive
    had of them: that may as well be another row, typed where this one was deleted."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    """Rows whose deletion a person did not allow, by table and origin."""

    def archive_has(self, cells: Mapping[Cell, str]) -> None:
        """A cycle is over, and these are the archive's values."""
        self.archived = cells
        self.taken.update(cells.items())

    def shown_twice(self, places: Iterable[tuple[Cell, str]]) -> None:
        """Two replicas show these values. What the archive never had was typed at both, and may wait there."""
        for place in self.taken.intersection(places):
            self.spread.setdefault(place, self.count)

    def has_seen(self, typed: Typed) -> bool:
        """Whether somebody who had seen this value changed it."""
        if self.seen_over.get((typed.cell, typed.value), -1) > typed.number:
            return True
        return typed.number in self.no_news and any(
            (one.cell, one.old) == (typed.cell, typed.value) and one.replica != typed.replica
            for one in self.changes
        )

    def was_deleted_with(self, typed: Typed) -> bool:
        """Whether somebody elsewhere deleted the row and saw this very value in it, which the archive had when it was typed: of a
        cell that shows what the archive has nobody can say that it was edited, and so nothing contradicts the delete."""
        return typed.number in self.no_news and any(
            (one.table, one.origin, one.shown.get(typed.key)) == (typed.table, typed.origin, typed.value)
            and one.replica != typed.replica
            for one in self.deleted
        )

    def row_made(self, replica: str, table: str, origin: str, shown: Row) -> None:
        """A new row with these values."""
        self.made[table, origin] = replica
        self.changed(replica, table, origin, {}, shown)

    def changed(
        self, replica: str, table: str, origin: str, before: Row, after: Row, *, uid: str | None = None
    ) -> None:
        """A row showed `before` and shows `after` because of what somebody did; `uid` is what stood in its uid cell."""
        if uid is not None and not UID_SHAPE.fullmatch(uid):
            self._changed_unnumbered(replica, table, origin, before, after)
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                self._cell_changed(replica, (table, origin, key), before.get(key), after.get(key))

    def _changed_unnumbered(self, replica: str, table: str, origin: str, before: Row, after: Row) -> None:
        number = next(iter(archive.fields(table)))
        if before.get(number) != after.get(number):
            self.named_anew.add((table, origin))
        config = self.rights.get(replica)
        keys = set(config.fields.get(table, archive.fields(table)) if config else ()) - {number}
        known = {key: text for key in keys if (text := self.archived.get((table, origin, key)))}
        same = [key for key, text in known.items() if after.get(key) == text]
        if config and config.service == "sheets" and len(same) * 2 <= len(known) != 0:
            self.retyped.add((table, origin))

    def _cell_changed(self, replica: str, cell: Cell, old: str | None, new: str | None) -> None:
        table, origin, key = cell
        self.frozen.discard((replica, cell))
        if new == FORMULA:
            self.frozen.add((replica, cell))
        if new not in (None, FORMULA) and key in sensitive(table):
            self.secrets.add(str(new))
        if new is not None and archive.fields(table)[key].get("free_text"):
            self.secrets.update(NUMBER.findall(new))
        if replica in self.rights and not self.rights[replica].may_edit(table, key):
            self.forbidden.add((replica, cell, new or ""))
            return
        before, since = self.damaged.pop((replica, cell), ("", None))
        if old is not None and old == since:
            # The paste is still there, unseen by the daemon: with it, what it hid is typed over.
            self.seen_over[cell, before] = self.count
        if old is not None:
            self.seen_over[cell, old] = self.count
            self.changes.append(Changed(self.count, replica, cell, old, new))
        if new is not None and self.archived.get(cell) == new:
            self.no_news.add(self.count)
        if new not in (None, FORMULA):
            self.typed.append(Typed(self.count, replica, table, origin, key, str(new)))
            self.count += 1

    def stand_in_damaged(self, replica: str, cell: Cell, before: str, since: str) -> None:
        """Somebody pasted another cell's stand-in over one that said `before`: no edit, it has to be put back."""
        self.damaged[replica, cell] = before, since

    def destroyed(self, table: str, origin: str, shown: Row, keys: Iterable[str]) -> None:
        """Somebody deleted a column or a tab with these cells in it; the row itself was not meant."""
        for key in set(keys) & set(shown):
            self.seen_over[(table, origin, key), shown[key]] = self.count

    def column_lost(self, replica: str, table: str, origin: str, shown: Row, key: str) -> None:
        """Somebody deleted a column, and with it this row's cell."""
        self.destroyed(table, origin, shown, [key])
        self.frozen.discard((replica, (table, origin, key)))

    def tab_lost(self, replica: str, table: str, origin: str, shown: Row) -> None:
        """Somebody deleted a tab with this row in it: what stood nowhere else is gone with it, but no record was meant."""
        self.destroyed(table, origin, shown, shown)
        self.lost_with_tab.add((table, origin))
        self._calculates_no_more(replica, table, origin)
        self.marks.pop((replica, table, origin), None)

    def uid_lost(self, table: str, origin: str, shown: Row) -> None:
        """Somebody wrote over the uid of this row, or emptied it."""
        self.renumbered.add((table, origin))
        number = next(iter(archive.fields(table)))
        if self.archived.get((table, origin, number)) != shown.get(number):
            self.named_anew.add((table, origin))

    def marks_torn(self, replica: str, table: str, shown: Mapping[str, str]) -> None:
        """Somebody tore the staff's own column from its rows: what each row shows of it now, by origin."""
        others = {place: text for place, text in self.marks.items() if place[:2] != (replica, table)}
        torn = {(replica, table, origin): text for origin, text in shown.items() if origin and text}
        self.marks = others | torn

    def _calculates_no_more(self, replica: str, table: str, origin: str) -> None:
        self.frozen = {one for one in self.frozen if one[0] != replica or one[1][:2] != (table, origin)}

    def forget_field(self, table: str, key: str) -> None:
        """The config names this field no more."""

        def other(cell: Cell) -> bool:
            return (cell[0], cell[2]) != (table, key)

        self.former += [one for one in self.typed if not other(one.cell)]
        self.typed = [one for one in self.typed if other(one.cell)]
        self.changes = [one for one in self.changes if other(one.cell)]
        self.forbidden = {one for one in self.forbidden if other(one[1])}
        self.frozen = {one for one in self.frozen if other(one[1])}

    def respell(self, table: str, key: str, old: str, new: str) -> None:
        """An option has another name from now on, wherever it was typed."""

        def spelt(cell: Cell, value: str | None) -> str | None:
            return new if (cell[0], cell[2], value) == (table, key, old) else value

        self.typed = [replace(one, value=spelt(one.cell, one.value) or "") for one in self.typed]
        self.changes = [
            replace(one, old=spelt(one.cell, one.old) or "", new=spelt(one.cell, one.new))
            for one in self.changes
        ]
        for known in (self.excused, self.ledger, self.backed_up, self.taken):
            known |= {(cell, new) for cell, value in known if spelt(cell, value) != value}
        for dated in (self.seen_over, self.spread):
            dated |= {(cell, new): at for (cell, value), at in dated.items() if spelt(cell, value) != value}
        self.forbidden = {(name, cell, spelt(cell, value) or "") for name, cell, value in self.forbidden}

    def _take_along(self, replica: str, table: str, origin: str) -> None:
        """Whoever may delete a row deletes what this replica does not show of it, as far as the archive had taken that."""
        fields = self.rights[replica].fields if replica in self.rights else {}
        for cell, value in self.taken if table in fields else ():
            if cell[:2] == (table, origin) and cell[2] not in fields[table]:
                self.seen_over[cell, value] = self.count

    def row_deleted(self, replica: str, table: str, origin: str, shown: Row) -> None:
        """Somebody deleted the row."""
        self.destroyed(table, origin, shown, shown)
        self._take_along(replica, table, origin)
        # Wherever the row comes back, it comes without what was nobody else's business.
        self.marks = {place: text for place, text in self.marks.items() if place[1:] != (table, origin)}
        # What a cell calculated is gone with its row: only values are put back.
        self._calculates_no_more(replica, table, origin)
        self.deleted.append(Deleted(self.count, replica, table, origin, shown))
