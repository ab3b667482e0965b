"""Which row is which record, when a listing holds only the rows that changed."""

from datetime import UTC, datetime

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
    return identify(
        listing, known=KNOWN, exists=lambda uids: set(), fingerprint=fingerprint, forced=frozenset()
    )


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
