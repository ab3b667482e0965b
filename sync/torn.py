"""Whether a sort has torn the rows of a tab from their uids: what tells one record from another has changed places.

Business keys and tokens of the vault tell. A copy is no tear: the row it was made of still shows its own. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from validators.schema import FieldKey, TableConfig
from vault.masks import split_cell

from .connection import SeenRow
from .merge import Row

TORN_MIN = 2
"""Rows that show what another row has lost before a tab counts as torn: one may be a correction, two swapped are not."""

Distinct = Mapping[FieldKey, str]
"""The texts of a row that stand in no other: its business key, and its tokens."""


@dataclass(frozen=True, slots=True)
class Place:
    """What stands beside one uid, and what stood there last."""

    shows: Distinct
    showed: Distinct

    @property
    def keeps_nothing(self) -> bool:
        """Whether the row has nothing left of what it showed."""
        return not self.shows.items() & self.showed.items()


def place(table: TableConfig, row: SeenRow | None, base: Row) -> Place:
    """The place of one row. `base` is what its replica and the hub last agreed on: of a sensitive field, the token."""
    cells = row.cells if row else {}
    shows = {table.key: _key(cells.get(table.key))}
    for key in table.sensitive:
        cell = split_cell(str(cells.get(key) or ""))
        shows[key] = (cell and cell.token) or ""
    showed = {table.key: _key(base.get(table.key))}
    showed |= {key: str(base.get(key) or "") for key in table.sensitive}
    return Place(_filled(shows), _filled(showed))


def shows_nobody(table: TableConfig, row: SeenRow) -> bool:
    """Whether nothing stands in a row that tells one record from another."""
    return not place(table, row, {}).shows


def is_torn(
    places: Sequence[Place],
    copies: Sequence[Place] = (),
    vanished: Sequence[Place] = (),
    unnumbered: Sequence[Place] = (),
    *,
    already: bool = False,
) -> bool:
    """Whether rows show what others showed that show it no longer.

    Of `copies`, rows that bear a uid which another row has the better claim to, one is enough: nobody copies one row and
    cuts the key of a second one into it. What a copy `showed` is what stood beside the uid that it bears. One is enough,
    too, that shows two things of a row that keeps neither: whoever deleted that uid, or typed there, meant another person.
    A tab that was torn `already` is whole when no row is left that shows another's: what people type and delete in it
    meanwhile takes traces away, and puts nobody back. An `unnumbered` row that shows what a row had which keeps nothing was
    torn from its uid; where that uid stands nowhere either, somebody emptied its cell.
    """
    holders = {one: place for place in (*places, *vanished) for one in place.showed.items()}

    def lost(place: Place) -> list[Place]:
        strange = {one: holders[one] for one in place.shows.items() - place.showed.items() if one in holders}
        return [holder for (key, text), holder in strange.items() if holder.shows.get(key) != text]

    def took_over(place: Place) -> bool:
        return sum(holder.keeps_nothing for holder in lost(place)) >= TORN_MIN

    emptied = {one for place in places if place.keeps_nothing for one in place.showed.items()}
    bare = [Place(dict(place.shows.items() & emptied), {}) for place in unnumbered]
    strangers = [*places, *bare]
    if any(map(lost, copies)) or any(map(took_over, strangers)):
        return True
    return sum(map(bool, map(lost, strangers))) >= (1 if already else TORN_MIN)


def _key(cell: object) -> str:
    return str(cell or "").strip().casefold()


def _filled(texts: Distinct) -> Distinct:
    return {key: text for key, text in texts.items() if text}
