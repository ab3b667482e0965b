"""The daemon dies just after a batch, or nobody answers it: what a living one would have undone is undone after the restart."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from sync.connection import SystemColumn, Update
from sync.errors import AnswerLost, ServiceError, Unavailable
from sync.sheets.grid import letters
from tests.sync.sheets_deaths import crash, delete_rows, insert_row, number, remove, rows
from tests.sync.sheets_office import CUSTOMERS, Office, before_write, uid

WRITE, LOOK = ":batchUpdate", ":getByDataFilter"
SCRATCH = "_tablekeeper!A1:Z2600"


@pytest.fixture
def office(spreadsheet: Office) -> Office:
    return spreadsheet


def test_write_into_a_blank_row_that_pushed_its_own_away_is_undone(office: Office) -> None:
    """5: seed 1666. Else it stands there as if somebody had typed it."""
    (row,) = office.fill(1)
    before = rows(office)
    insert_row(office, 1)
    crash(office, lambda: office.update(row, full_name="系统"))
    assert [one.uid for one in office.pull()["customers"].rows] == [row.uid]
    assert rows(office) == [[], *before]


def test_write_into_a_row_that_a_sort_moved_there_is_undone(office: Office) -> None:
    """7: it is another person's."""
    first, _ = office.fill(2)
    office.sort()
    before = rows(office)
    crash(office, lambda: office.update(first, full_name="系统"))
    assert all("full_name" not in one.cells for one in office.pull()["customers"].rows)
    assert rows(office) == before


def test_write_into_a_blank_row_is_undone_wherever_that_stands_after_the_crash(office: Office) -> None:
    """5: before the restart somebody pushes it further."""
    (row,) = office.fill(1)
    before = rows(office)
    insert_row(office, 1)
    crash(office, lambda: office.update(row, full_name="系统"))
    insert_row(office, 1)
    assert [one.uid for one in office.pull()["customers"].rows] == [row.uid]
    assert rows(office) == [[], [], *before]


def test_write_is_undone_though_somebody_types_beside_it_before_the_restart(office: Office) -> None:
    """10: a formula that was written over stands again; the row is known by its uid."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!J2", ["=I2*2"])
    crash(office, lambda: office.update(row, weight=Decimal(60)))
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    (seen,) = office.pull()["customers"].rows
    assert (seen.formulas, seen.cells["full_name"]) == ({"weight"}, "王芳")


def test_write_into_another_row_is_undone_though_somebody_sorts_before_the_restart(office: Office) -> None:
    """7: the other row is known by all that it shows."""
    first, _ = office.fill(2)
    before = rows(office)
    office.sort()
    crash(office, lambda: office.update(first, full_name="系统"))
    office.sort(descending=False)
    assert office.pull()["customers"].overwritten == ()
    assert rows(office) == before


def test_write_is_undone_though_its_row_moves_just_before_that(office: Office) -> None:
    """7: in a daemon that lives; and what the undoing went over is given back."""
    first, _ = office.fill(2)
    before = rows(office)
    office.sort()
    before_write(office, 2, lambda: office.sort(descending=False))
    with pytest.raises(Unavailable):
        office.update(first, full_name="系统")
    office.pull()
    assert rows(office) == before
    assert office.values(SCRATCH) == []


@pytest.mark.parametrize(
    ("key", "where", "typed"),
    [("full_name", "E2", "王芳"), ("full_name", "E2", "=加班"), ("weight", "J2", "=I2*2")],
)
def test_what_was_typed_before_a_write_stands_again(office: Office, key: str, where: str, typed: str) -> None:
    """2: a value, a text that looks like a formula, and a formula."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!{where}", [typed])
    before = rows(office)
    crash(office, lambda: office.update(row, **{key: "系统"}))
    (seen,) = office.pull()["customers"].rows
    assert (seen.cells.get(key), seen.formulas) == ((typed, set()) if key == "full_name" else (None, {key}))
    assert rows(office) == before
    assert office.values(SCRATCH) == []


def test_what_was_typed_into_a_row_that_was_just_given_its_uid_stands_again(office: Office) -> None:
    """2: the mask was that of the number before."""
    operation = number(office, "C1", "王芳", "13800138000")
    office.type(f"{CUSTOMERS}!F2", ["13900139000"])
    crash(office, lambda: office.connection.apply("customers", [operation]))
    (seen,) = office.pull()["customers"].rows
    assert (seen.uid, str(seen.cells["mobile"])) == ("", "13900139000")


def test_row_that_was_as_believed_keeps_what_was_written(office: Office) -> None:
    """9: what is masked stays masked, and a restart writes nothing but the scratch tab."""
    operation = number(office, "C1", "王芳", "13800138000")
    crash(office, lambda: office.connection.apply("customers", [operation]))
    (seen,) = office.pull()["customers"].rows
    assert (seen.uid, seen.cells["mobile"]) == (uid(7), "138****8000〔9TQK27MB4D〕")
    assert office.values(SCRATCH) == []


def test_what_a_living_daemon_had_undone_is_not_undone_again(office: Office) -> None:
    """2: since then somebody typed the very value that it had written."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    assert office.update(row, full_name="系统").refused
    office.type(f"{CUSTOMERS}!E2", ["系统"])
    office.connect()
    office.pull()
    assert office.values(f"{CUSTOMERS}!E2") == [["系统"]]


def test_crash_while_a_write_is_undone_ends_in_the_same_state(office: Office) -> None:
    """5: undone once, and told as nothing that was lost."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    crash(office, lambda: office.update(row, full_name="系统"), batches=2)
    listing = office.pull()["customers"]
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]
    assert [one.cells.get("full_name") for one in listing.overwritten] in ([], ["系统"])


def test_restart_that_dies_after_it_undid_a_write_tells_nothing_as_lost(office: Office) -> None:
    """2: what stands in the tab was not replaced."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    crash(office, lambda: office.update(row, full_name="系统"))
    list(office.connection.pull(reread={}, full=False))
    office.connect()
    told = office.pull()["customers"].overwritten
    assert "王芳" not in [one.cells.get("full_name") for one in told]


def test_what_somebody_typed_over_a_write_after_the_crash_stands_and_the_other_is_told(
    office: Office,
) -> None:
    """2: seed 1341. The first is in the scratch tab and nowhere else, until it is safe."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    crash(office, lambda: office.update(row, full_name="系统"))
    office.type(f"{CUSTOMERS}!E2", ["王小芳"])
    (told,) = [one for one in office.connection.pull(reread={}, full=False) if one.overwritten]
    office.connect()
    (lost,) = office.pull()["customers"].overwritten
    assert told.overwritten == (lost,) and lost.partial
    assert (lost.uid, lost.cells["full_name"]) == (uid(1), "王芳")
    assert office.values(f"{CUSTOMERS}!E2") == [["王小芳"]]
    assert office.values(SCRATCH) == []
    assert office.pull(full=True)["customers"].overwritten == ()


def test_formula_that_cannot_be_put_back_is_no_value(office: Office) -> None:
    """There is nothing to tell of it."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!J2", ["=I2*2"])
    crash(office, lambda: office.update(row, weight=Decimal(60)))
    office.type(f"{CUSTOMERS}!J2", [61])
    assert office.pull()["customers"].overwritten == ()


def test_copy_that_lost_its_uid_just_before_a_crash_tells_nothing_of_its_original(office: Office) -> None:
    """4: what a person gave the copy was typed there, and nobody wrote over it."""
    office.fill(1)
    office.type(f"{CUSTOMERS}!D3:E3", ["C00000002", "王芳"])
    office.type(f"{CUSTOMERS}!{letters(office.column('记录编号'))}3", [uid(1)])
    (original, copied) = office.pull(full=True)["customers"].rows
    blanked = Update(uid(1), "", copied.position, True, {}, {}, {SystemColumn.UID: ""})
    write = Update(uid(1), "", original.position, True, {}, {"full_name": "系统"})
    crash(office, lambda: office.connection.apply("customers", [write, blanked]))
    assert office.pull()["customers"].overwritten == ()


def test_what_a_write_went_over_is_not_read_under_columns_that_moved(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    crash(office, lambda: office.update(row, full_name="系统"))
    span = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch({"insertDimension": {"range": span}})
    assert office.pull()["customers"].overwritten == ()
    assert office.values(SCRATCH) == []


def test_what_a_write_went_over_stands_again_when_somebody_can_look_after_it(office: Office) -> None:
    """2: Google kept silent about the write and about the look after it."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    office.faults({"match": WRITE, "kind": "applied_then_lost"}, {"match": LOOK, "kind": "500", "count": 9})
    with pytest.raises(AnswerLost):
        office.update(row, full_name="系统")
    for _ in range(9):
        try:
            office.pull()
            break
        except ServiceError:
            office.world.world.clock.advance(120)
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]
    assert office.values(SCRATCH) == []


def test_row_typed_into_just_before_its_removal_comes_back_after_a_crash(office: Office) -> None:
    """3: an edit beats a delete. Its row was gone before anybody heard of it; the other one is meant to go."""
    office.fill(3)
    before = rows(office)
    before_write(office, 1, lambda: office.type(f"{CUSTOMERS}!E3", ["王芳"]))
    removals = [remove(office, 1, "C00000001"), remove(office, 2, "C00000002")]
    crash(office, lambda: office.connection.apply("customers", removals))
    assert [one.uid for one in office.pull()["customers"].rows] == [uid(2), uid(3)]
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]
    assert rows(office)[1] == before[2]


def put_back_unheard(office: Office, kind: str) -> None:
    """A row is removed just after somebody typed into it, and nobody hears what became of putting it back."""
    office.fill(2)

    def meddle() -> None:
        office.type(f"{CUSTOMERS}!E2", ["王芳"])
        before_write(office, 1, lambda: office.faults({"match": WRITE, "kind": kind}))

    before_write(office, 1, meddle)
    with pytest.raises(AnswerLost):
        office.connection.apply("customers", [remove(office, 1, "C00000001")])


@pytest.mark.parametrize("kind", ["applied_then_lost", "500"])
def test_row_whose_putting_back_had_no_answer_stands_there_once(office: Office, kind: str) -> None:
    """3 and 5: inserting a row twice makes two of it."""
    put_back_unheard(office, kind)
    assert [one.uid for one in office.pull()["customers"].rows] == [uid(1), uid(2)]
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]


@pytest.mark.parametrize("act", [Office.sort, lambda office: office.type(f"{CUSTOMERS}!E2", ["王小芳"])])
def test_row_that_was_put_back_and_then_moved_or_changed_stands_there_once(
    office: Office, act: Callable[[Office], None]
) -> None:
    """5: storm 8415. Nobody heard that it was put back; it is known by its uid."""
    put_back_unheard(office, "applied_then_lost")
    act(office)
    assert len(office.pull()["customers"].rows) == len(rows(office)) == 2


def test_row_comes_back_into_a_tab_without_spare_rows(office: Office) -> None:
    """3: where it stood, the tab now ends."""
    office.fill(2)
    delete_rows(office, 3)
    office.pull()
    before_write(office, 1, lambda: office.type(f"{CUSTOMERS}!E3", ["王芳"]))
    crash(office, lambda: office.connection.apply("customers", [remove(office, 2, "C00000002")]))
    assert [one.uid for one in office.pull()["customers"].rows] == [uid(1), uid(2)]
    assert office.values(f"{CUSTOMERS}!E3") == [["王芳"]]


def test_row_that_was_written_to_and_is_gone_stops_no_reading(office: Office) -> None:
    *_, row = office.fill(4)
    office.type(f"{CUSTOMERS}!E5", ["王芳"])
    crash(office, lambda: office.update(row, full_name="系统"))
    delete_rows(office, 2)
    (lost,) = office.pull()["customers"].overwritten
    assert (lost.uid, lost.cells["full_name"]) == (row.uid, "王芳")


def test_removal_without_answer_gives_back_what_was_typed_before_it(office: Office) -> None:
    office.fill(2)
    before_write(office, 1, lambda: office.type(f"{CUSTOMERS}!E2", ["王芳"]))
    office.faults({"match": WRITE, "kind": "applied_then_lost"})
    with pytest.raises(AnswerLost):
        office.connection.apply("customers", [remove(office, 1, "C00000001")])
    assert [one.uid for one in office.pull()["customers"].rows] == [uid(1), uid(2)]


def test_what_is_noted_of_a_batch_holds_no_plaintext(office: Office) -> None:
    """9: it stands in the hub."""
    operation = number(office, "C1", "王芳", "13800138000")
    crash(office, lambda: office.connection.apply("customers", [operation]))
    assert office.memo["batch"]
    assert not any(text in one for text in ("13800138000", "王芳") for one in office.memo.values())
