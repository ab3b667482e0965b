"""What the oracle counts and what it excuses: a judge that is mistaken hides faults, or makes them up."""

from typing import Any

from sync.config import ReplicaConfig
from tests.simulation.held import _touched_elsewhere
from tests.simulation.notebook import Notebook
from tests.simulation.reading import FORMULA, Reader
from tests.simulation.sheets_side import SheetsSide
from tests.simulation.side import Formula

DEPARTMENT: Any = {"name": "sheets2", "service": "sheets", "fields": {"customers": ["occupation"]}}
REMEMBERED = {
    "developerMetadata": {
        "metadataValue": "7:occupation",
        "location": {"dimensionRange": {"sheetId": 7, "startIndex": 0}},
    }
}
CELL = ("customers", "sheets#1", "occupation")


def test_text_that_looks_like_a_formula_is_text() -> None:
    """Where a column is formatted as text, what somebody types stays text, and is a value like others."""
    reader = Reader(lambda token: None)
    assert reader.cell("customers", "occupation", "=1+1") == "=1+1"
    assert reader.cell("customers", "occupation", Formula("=1+1")) == FORMULA


def test_formula_goes_with_the_row_that_somebody_deletes() -> None:
    """When the row is put back, its values are; what another replica calculates stands."""
    notebook = Notebook()
    for replica in ("sheets", "sheets2"):
        notebook.changed(replica, *CELL[:2], {}, {CELL[2]: FORMULA})
    notebook.row_deleted("sheets", *CELL[:2], {CELL[2]: FORMULA})
    assert notebook.frozen == {("sheets2", CELL)}


def test_department_takes_along_what_the_archive_had_of_the_row_it_deletes() -> None:
    """A second replica need not have shown it by then: seed 1312. What nobody had read yet is lost with the row."""
    notebook = Notebook(rights={"sheets2": ReplicaConfig(**DEPARTMENT)})
    cells = [(*CELL[:2], key) for key in ("height", "notes")]
    notebook.taken = {(cells[0], "1.80")}
    notebook.changed("sheets", *CELL[:2], {}, {"height": "1.80", "notes": "老客户"})
    notebook.row_deleted("sheets2", *CELL[:2], {"occupation": "教师"})
    assert (cells[0], "1.80") in notebook.seen_over
    assert (cells[1], "老客户") not in notebook.seen_over


def test_edit_taken_back_before_the_daemon_heard_of_it_is_none() -> None:
    """Seed 1435. What another replica's staff change then, they have seen; not so where the archive had the first edit."""
    notebook = Notebook(archived={CELL: "教师"})
    for old, new in (("教师", "护士"), ("护士", "教师")):
        notebook.changed("airtable", *CELL[:2], {CELL[2]: old}, {CELL[2]: new})
    assert not notebook.has_seen(notebook.typed[-1])
    notebook.changed("sheets", *CELL[:2], {CELL[2]: "教师"}, {CELL[2]: "护士"})
    assert notebook.has_seen(notebook.typed[1])
    notebook.archive_has({CELL: "护士"})
    notebook.changed("airtable", *CELL[:2], {CELL[2]: "护士"}, {CELL[2]: "教师"})
    assert not notebook.has_seen(notebook.typed[-1])


def test_typing_what_the_archive_has_already_contradicts_no_delete() -> None:
    """Storm 5128: sent out to a base, and typed there just before it came; where the archive had it not, it is an edit."""
    notebook = Notebook(archived={CELL: "教师"})
    notebook.row_deleted("sheets", *CELL[:2], {CELL[2]: "教师"})
    notebook.changed("airtable", *CELL[:2], {}, {CELL[2]: "教师"})
    assert notebook.was_deleted_with(notebook.typed[-1])
    notebook.archive_has({})
    notebook.changed("airtable", *CELL[:2], {}, {CELL[2]: "教师"})
    assert not notebook.was_deleted_with(notebook.typed[-1])


def test_row_without_uid_whose_number_changes_can_be_told_by_nobody() -> None:
    """Seeds 4987 and, in a storm, 7016; where its uid stands, or the archive has its number, it is known."""
    notebook, number = Notebook(archived={(*CELL[:2], "customer_no"): "C00000001"}), "customer_no"
    notebook.changed("sheets", *CELL[:2], {number: "C00000001"}, {number: "C00000002"}, uid="R" + 21 * "0")
    notebook.uid_lost(*CELL[:2], {number: "C00000001"})
    assert not notebook.named_anew
    notebook.changed("sheets", *CELL[:2], {number: "C00000001"}, {number: "C00000002"}, uid="")
    assert notebook.named_anew == {CELL[:2]}
    notebook.named_anew.clear()
    notebook.uid_lost(*CELL[:2], {number: "C00000002"})
    assert notebook.named_anew == {CELL[:2]}


def test_row_without_uid_of_which_most_is_typed_anew_may_be_another() -> None:
    """Seed 284 with spoilt headers; a row of a base is known by its record id, and one that bears its uid by that."""
    typed = {"origin": "sheets#1", "full_name": "王芳", "occupation": "教师"}
    notebook = Notebook(archived={(*CELL[:2], key): text for key, text in typed.items()})
    notebook.rights = {name: ReplicaConfig(name=name, service=name) for name in ("airtable", "sheets")}
    anew = {**typed, "full_name": "王小芳", "occupation": "医生"}
    notebook.changed("airtable", *CELL[:2], typed, anew, uid="")
    notebook.changed("sheets", *CELL[:2], typed, anew, uid="R" + 21 * "0")
    notebook.changed("sheets", *CELL[:2], typed, {**typed, "full_name": "王小芳"}, uid="")
    assert not notebook.retyped
    notebook.changed("sheets", *CELL[:2], typed, anew, uid="")
    assert notebook.retyped == {CELL[:2]}


def test_value_that_waits_where_two_typed_it_is_not_the_archive_s() -> None:
    """Seed 5817: half a number, typed at two replicas and completed at one while it settled; the others show the last whole one."""
    notebook = Notebook()
    notebook.shown_twice({(CELL, "教")})
    assert not notebook.spread
    notebook.archive_has({CELL: "教师"})
    notebook.shown_twice({(CELL, "教师")})
    assert notebook.spread.keys() == {(CELL, "教师")}


def test_value_that_somebody_else_typed_over_while_it_was_on_its_way_is_not_lost() -> None:
    """Seed 564 with spoilt headers: at a third replica it came after that, and was mistyped there."""
    notebook = Notebook()
    notebook.changed("sheets", *CELL[:2], {}, {CELL[2]: "教师"})
    notebook.changed("airtable", *CELL[:2], {}, {CELL[2]: "医生"})
    notebook.spread[CELL, "教师"] = notebook.count
    assert not _touched_elsewhere(notebook, "sheets2", CELL, ["教师"])
    notebook.changed("sheets", *CELL[:2], {CELL[2]: "教师"}, {CELL[2]: "护士"})
    notebook.spread[CELL, "教师"] = notebook.count
    notebook.changed("sheets2", *CELL[:2], {CELL[2]: "教师"}, {CELL[2]: "?"})
    assert _touched_elsewhere(notebook, "sheets2", CELL, ["教师"])


def test_header_that_stands_twice_is_not_trusted() -> None:
    """Seed 589 with spoilt headers: dragged to the left later, the wrong one would be taken for the right one."""
    answer = {"matchedDeveloperMetadata": [REMEMBERED]}
    side = SheetsSide("sheets", "", lambda *asked: answer, _gids={"customers": 7}, spoilt={"customers"})
    side.columns("customers", ["职业", "客户编号", "职业"])
    assert side.spoilt
    side.columns("customers", ["职业", "客户编号"])
    assert not side.spoilt
