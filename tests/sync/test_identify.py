"""Which row is which record, when a listing holds only the rows that changed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.connection import Listing, SeenRow, Standing
from sync.fingerprint import fingerprints
from sync.identify import Identified, identify
from sync.store.seen import Mark
from sync.uid import new_uid

fingerprint = fingerprints(b"k" * 32)
ONE, TWO, THREE = (new_uid(datetime(2026, 11, day, tzinfo=UTC), lambda bits: 7) for day in (1, 2, 3))
KNOWN = {uid: Mark(uid, "", place, b"", gone=False) for place, uid in enumerate((ONE, TWO, THREE), start=1)}


def row(uid: str, position: int) -> SeenRow:
    return SeenRow(uid=uid, row_id="", position=position, cells={"name": "王芳"})


def found(rows: list[SeenRow], changed: set[int], height: int) -> Identified:
    listing = Listing("customers", rows, complete=True, standing=Standing(changed, height))
    return identify(listing, known=KNOWN, fingerprint=fingerprint, forced=frozenset())


def test_rows_that_stand_are_not_gone() -> None:
    assert found([row(TWO, 2)], {2}, 4).gone == frozenset()


def test_a_row_that_vanished_among_standing_ones_is_gone() -> None:
    assert found([row("", 2)], {2}, 4).gone == {TWO}


def test_a_row_that_vanished_from_the_end_is_gone() -> None:
    assert found([], {3}, 3).gone == {THREE}


def test_a_copy_of_a_standing_row_is_a_stray_and_the_original_stays_where_it_is() -> None:
    result = found([row(ONE, 4)], {4}, 5)
    assert [one.position for one in result.stray] == [4]
    assert (result.changed, dict(result.moved), result.gone) == ((), {}, frozenset())


def test_rows_that_changed_places_have_moved_and_are_not_gone() -> None:
    result = found([row(TWO, 1), row(ONE, 2)], {1, 2}, 4)
    assert (result.moved, result.gone) == ({ONE: 2, TWO: 1}, frozenset())


def at_base(uid: str, row_id: str, **cells: str) -> SeenRow:
    return SeenRow(uid=uid, row_id=row_id, position=-1, cells=cells or {"name": "王芳"})


def mark(row: SeenRow, *, gone: bool = False) -> Mark:
    return Mark(row.uid, row.row_id, row.position, fingerprint(row), gone=gone)


def whole(
    *rows: SeenRow,
    known: Sequence[Mark] = (),
    barred: Iterable[str] = (),
    forced: Iterable[str] = (),
    destroyed: Iterable[str] = (),
    complete: bool = True,
    named: bool = True,
) -> Identified:
    """A listing without standing rows."""
    return identify(
        Listing("customers", rows, complete=complete, destroyed=frozenset(destroyed)),
        known={one.uid: one for one in known},
        fingerprint=fingerprint,
        forced=frozenset(forced),
        barred=lambda uids: set(barred) & set(uids),
        named=lambda row: named,
    )


def test_row_as_it_was_is_present_and_nothing_else() -> None:
    same = row(ONE, 1)
    result = whole(same, known=[mark(same)])
    assert (result.changed, result.present) == ((), {ONE})
    assert (result.unnumbered, result.stray, dict(result.moved)) == ((), (), {})


def test_row_that_shows_something_else_is_changed() -> None:
    assert whole(row(ONE, 1), known=[Mark(ONE, "", 1, b"", gone=False)]).changed == ((ONE, row(ONE, 1)),)


def test_row_that_is_asked_for_is_taken_though_it_is_as_it_was() -> None:
    same, other = row(ONE, 1), at_base(TWO, "rec2")
    known = [mark(same), mark(other)]
    assert [uid for uid, _ in whole(same, other, known=known, forced=[ONE]).changed] == [ONE]
    assert [uid for uid, _ in whole(same, other, known=known, forced=["rec2"]).changed] == [TWO]


def test_row_that_is_back_is_taken_though_it_is_as_it_was() -> None:
    same = row(ONE, 1)
    assert whole(same, known=[mark(same, gone=True)]).changed == ((ONE, same),)


def test_part_of_a_row_is_always_taken_and_tells_no_place() -> None:
    part = replace(row(ONE, 2), partial=True)
    result = whole(part, known=[mark(row(ONE, 1))])
    assert (result.changed, dict(result.moved)) == (((ONE, part),), {})


def test_uid_of_ours_that_this_hub_does_not_know_is_kept() -> None:
    """It may be from before a restore."""
    assert whole(row(ONE, 1)).changed == ((ONE, row(ONE, 1)),)


def test_row_that_claims_to_be_a_record_from_outside_the_filter_is_none() -> None:
    result = whole(row(ONE, 1), row(TWO, 2), barred=[ONE])
    assert (result.stray, result.present) == ((row(ONE, 1),), {TWO})


def test_text_that_is_no_uid_is_wiped_on_sheets_and_overwritten_on_airtable() -> None:
    typed, at_airtable = row("我写的", 1), at_base("我写的", "rec1")
    result = whole(typed, at_airtable)
    assert (result.stray, result.unnumbered) == ((typed,), (replace(at_airtable, uid=""),))


def test_row_without_uid_is_to_be_numbered() -> None:
    assert whole(row("", 1)).unnumbered == (row("", 1),)


def test_on_airtable_the_record_id_decides_whatever_the_cell_says() -> None:
    result = whole(at_base(TWO, "rec1"), known=[mark(at_base(ONE, "rec1"))])
    assert [uid for uid, _ in result.changed] == [ONE]


def test_duplicated_record_is_a_new_one() -> None:
    first = at_base(ONE, "rec1")
    result = whole(first, at_base(ONE, "rec2"), known=[mark(first)])
    assert (result.present, result.unnumbered) == ({ONE}, (at_base("", "rec2"),))


@pytest.mark.parametrize(
    ("listed", "gone"),
    [({}, False), ({"complete": False, "destroyed": ["rec1"]}, False), ({"complete": False}, True)],
    ids=["not listed", "deleted", "gone before"],
)
def test_record_whose_original_is_gone_and_that_shows_its_key_is_that_record(
    listed: dict[str, Any], gone: bool
) -> None:
    back = at_base(ONE, "rec2")
    result = whole(back, known=[mark(at_base(ONE, "rec1"), gone=gone)], **listed)
    assert (dict(result.renamed), result.present) == ({ONE: "rec2"}, {ONE})
    assert (result.gone, result.unnumbered) == (frozenset(), ())


def test_duplicate_whose_original_is_not_known_to_be_gone_is_a_new_record() -> None:
    result = whole(at_base(ONE, "rec2"), known=[mark(at_base(ONE, "rec1"))], complete=False)
    assert (dict(result.renamed), result.unnumbered) == ({}, (at_base("", "rec2"),))


def test_duplicate_of_a_record_that_is_back_is_a_new_record() -> None:
    first = at_base(ONE, "rec1")
    result = whole(first, at_base(ONE, "rec2"), known=[mark(first, gone=True)])
    assert (dict(result.renamed), result.unnumbered) == ({}, (at_base("", "rec2"),))


def test_duplicate_with_another_key_is_a_new_record_though_its_original_is_gone() -> None:
    result = whole(at_base(ONE, "rec2"), known=[mark(at_base(ONE, "rec1"))], named=False)
    assert (result.gone, result.unnumbered) == ({ONE}, (at_base("", "rec2"),))


def test_record_that_replaces_one_without_an_id_keeps_its_uid() -> None:
    """A row that is only planned has no record id yet; its answer was lost, and the record stands there."""
    result = whole(at_base(ONE, "rec1"), known=[Mark(ONE, "", -1, b"", gone=False)])
    assert [uid for uid, _ in result.changed] == [ONE]


def test_of_two_rows_with_one_uid_the_unchanged_one_keeps_it_wherever_it_stands() -> None:
    first, edited = row(ONE, 5), replace(row(ONE, 1), cells={"name": "王方"})
    result = whole(edited, first, known=[replace(mark(first), position=1)])
    assert (result.stray, dict(result.moved)) == ((edited,), {ONE: 5})


def test_of_two_equal_rows_with_one_uid_the_one_in_its_place_keeps_it() -> None:
    above, below = row(ONE, 1), row(ONE, 2)
    assert whole(above, below, known=[mark(below)]).stray == (above,)


def _two_of_a_row_at(place: int) -> tuple[Mark, SeenRow, SeenRow]:
    """A row that was edited where it stood, and its copy below it, both one row higher than that."""
    edited = replace(row(TWO, place - 1), cells={"name": "王方"})
    return mark(row(TWO, place)), edited, replace(edited, position=place)


def test_of_two_equal_rows_below_one_that_is_gone_the_upper_one_keeps_the_uid() -> None:
    """The rows moved up: at the place of the original stands the copy."""
    known, edited, copy = _two_of_a_row_at(2)
    assert whole(edited, copy, known=[mark(row(ONE, 1)), known]).stray == (copy,)


def test_of_two_equal_rows_below_one_that_was_moved_down_the_upper_one_keeps_the_uid() -> None:
    known, edited, copy = _two_of_a_row_at(2)
    assert whole(edited, copy, row(ONE, 3), known=[mark(row(ONE, 1)), known]).stray == (copy,)


def test_row_that_was_gone_before_or_stood_nowhere_moved_no_other() -> None:
    known, edited, copy = _two_of_a_row_at(2)
    for other in (mark(row(ONE, 1), gone=True), mark(row(ONE, -1))):
        assert whole(edited, copy, known=[other, known]).stray == (edited,)


def test_row_that_stands_below_a_copy_is_not_above_it() -> None:
    """The copy took the place of the first row, the original stands where it stood; between them is one that stands, too."""
    copy, edited = (replace(row(THREE, place), cells={"name": "王方"}) for place in (1, 3))
    assert found([copy, edited], {1, 3}, 4).stray == (copy,)


def test_rows_that_stand_or_are_gone_below_move_none() -> None:
    edited, copy = (replace(row(TWO, place), cells={"name": "王方"}) for place in (2, 3))
    result = found([edited, copy], {2, 3}, 4)
    assert (result.stray, result.gone) == ((copy,), {THREE})


def test_of_two_changed_rows_with_one_uid_the_one_in_its_place_keeps_it() -> None:
    known = Mark(ONE, "", 2, b"", gone=False)
    assert whole(row(ONE, 1), row(ONE, 2), row(ONE, 3), known=[known]).stray == (row(ONE, 1), row(ONE, 3))


def test_of_two_rows_with_an_unknown_uid_the_first_keeps_it() -> None:
    assert whole(row(ONE, 1), row(ONE, 2)).stray == (row(ONE, 2),)


def test_known_row_is_gone_only_where_everything_was_listed() -> None:
    known = [mark(row(ONE, 1))]
    assert whole(known=known).gone == {ONE}
    assert whole(known=known, complete=False).gone == frozenset()


def test_row_that_stood_nowhere_is_not_gone() -> None:
    assert whole(known=[Mark(ONE, "", -1, b"", gone=False)]).gone == frozenset()


def test_destroyed_record_is_gone_and_a_stranger_s_is_nobody() -> None:
    known = [mark(at_base(ONE, "rec1")), mark(at_base(TWO, "rec2"))]
    assert whole(known=known, destroyed=["rec1", "rec9"], complete=False).gone == {ONE}


def test_of_two_changed_rows_with_one_uid_the_one_that_shows_the_key_is_the_original() -> None:
    """A sort put the copy where the original stood."""
    rows = [row(ONE, 1), row(ONE, 4)]
    listing = Listing("customers", rows, complete=True)
    result = identify(
        listing, known=KNOWN, fingerprint=fingerprint, forced=frozenset(), named=lambda one: one.position == 4
    )
    assert (result.changed, result.stray) == (((ONE, rows[1]),), (rows[0],))
