"""What carries the cells of a row between the steps of a cycle says nothing of them, whoever asks."""

import copy
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict

import orjson
import pytest

from sync.connection import Listing, Remove, SeenRow, SystemColumn, Update, Written
from sync.stages import Decoded, Known
from sync.store.seen import SeenState
from vault.plaintext import Plaintext

VALUE = "110101199003070011"
CELLS = {"id_number": VALUE, "full_name": "王小明"}
ROW = SeenRow("R1", "rec1", 3, CELLS, {SystemColumn.UID: "R1"})
KNOWN = Known("R1", ROW, SeenState("R1"), None)
DECODED = Decoded(
    known=KNOWN,
    typed={"id_number": Plaintext(VALUE)},
    tokens={},
    bad={},
    bad_text={"mobile": Plaintext(VALUE)},
    restore={},
    copied={},
    rewrite=frozenset(),
    frozen=frozenset(),
)
CARRIERS = [
    ROW,
    ROW.cells,
    Listing("customers", [ROW]),
    Written("R1", ROW),
    Update("R1", "rec1", 3, True, CELLS, {"id_number": "1****1〔9TQK27MB4D〕"}),
    Remove("R1", "rec1", 3, CELLS),
    KNOWN,
    DECODED,
]
WRITERS: list[Callable[[object], object]] = [
    pickle.dumps,
    copy.deepcopy,
    orjson.dumps,
    lambda one: json.dumps(one, default=asdict),
]


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: type(one).__name__)
def test_what_carries_cells_shows_none(carrier: object) -> None:
    assert VALUE not in f"{carrier!r} {carrier} {[carrier]} {vars(type(carrier))}"


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("write", WRITERS, ids=["pickle", "copy", "orjson", "json"])
def test_what_carries_cells_is_written_by_nobody(carrier: object, write: Callable[[object], object]) -> None:
    with pytest.raises(TypeError) as failure:
        write(carrier)
    assert VALUE not in str(failure.value)


def test_cells_compare_and_read_like_the_mapping_that_they_are() -> None:
    assert ROW.cells == CELLS == dict(ROW.cells)
    assert (ROW.cells.get("id_number"), ROW.cells.get("mobile"), "mobile" in ROW.cells) == (
        VALUE,
        None,
        False,
    )
    assert SeenRow("R1", "rec1", 3, dict(CELLS), {SystemColumn.UID: "R1"}) == ROW
