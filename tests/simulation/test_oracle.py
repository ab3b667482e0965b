"""What the oracle counts and what it excuses: a judge that is mistaken hides faults, or makes them up."""

from tests.simulation.notebook import Notebook
from tests.simulation.reading import FORMULA, Reader
from tests.simulation.side import Formula

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
