"""A batch that fails leaves no trace, whatever came before the failure."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.emulators.google_office import Office

AREA_ENDS = ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex")


def area(random: Random) -> dict[str, int]:
    top, left = random.randrange(6), random.randrange(4)
    ends = (top, top + random.randint(1, 4), left, left + random.randint(1, 3))
    return {"sheetId": 0, **dict(zip(AREA_ENDS, ends, strict=True))}


def places(random: Random) -> dict[str, Any]:
    start = random.randrange(6)
    return {
        "sheetId": 0,
        "dimension": random.choice(["ROWS", "COLUMNS"]),
        "startIndex": start,
        "endIndex": start + random.randint(1, 2),
    }


def change(random: Random, step: int) -> dict[str, Any]:
    cell = {"userEnteredValue": {"formulaValue": "=A1&B2"}, "note": str(step)}
    makers: list[Callable[[], dict[str, Any]]] = [
        lambda: {"updateCells": {"range": area(random), "rows": [{"values": [cell]}], "fields": "userEnteredValue,note"}},
        lambda: {"repeatCell": {"range": area(random), "cell": cell, "fields": "*"}},
        lambda: {"insertDimension": {"range": places(random)}},
        lambda: {"deleteDimension": {"range": places(random)}},
        lambda: {"moveDimension": {"source": places(random), "destinationIndex": random.randrange(12)}},
        lambda: {"copyPaste": {"source": area(random), "destination": area(random)}},
        lambda: {"cutPaste": {"source": area(random), "destination": {"sheetId": 0, "rowIndex": 5, "columnIndex": 2}}},
        lambda: {"sortRange": {"range": area(random), "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]}},
        lambda: {"deleteRange": {"range": area(random), "shiftDimension": "ROWS"}},
        lambda: {"insertRange": {"range": area(random), "shiftDimension": "COLUMNS"}},
        lambda: {"addNamedRange": {"namedRange": {"name": f"N{step}", "range": area(random)}}},
        lambda: {"addProtectedRange": {"protectedRange": {"range": area(random), "warningOnly": True}}},
        lambda: {"updateSheetProperties": {"properties": {"sheetId": 0, "title": f"T{step}"}, "fields": "title"}},
        lambda: {"addSheet": {"properties": {"title": f"S{step}"}}},
        lambda: {"updateDimensionProperties": {"range": places(random), "properties": {"pixelSize": 5}, "fields": "pixelSize"}},
        lambda: {"findReplace": {"find": "v", "replacement": "w", "allSheets": True}},
        lambda: {"addDimensionGroup": {"range": places(random)}},
    ]  # fmt: skip
    return random.choice(makers)()


def stored(office: Office) -> Any:
    return next(file["document"] for file in office.service.dump()["files"] if file["id"] == office.book)


@pytest.mark.parametrize("seed", range(25))
def test_a_failed_batch_leaves_no_trace(seed: int) -> None:
    random, office = Random(seed), Office()
    office.put(
        "A1:F8",
        [[f"v{row}{column}" if random.random() < 0.7 else "" for column in range(6)] for row in range(8)],
    )
    office.batch(*(change(random, step) for step in range(3)))
    before = stored(office)
    requests = [change(random, step) for step in range(10, 22)]
    error = office.refused(
        "POST", ":batchUpdate", {"requests": [*requests, {"deleteSheet": {"sheetId": 12345}}]}
    )
    assert error["message"].endswith("No grid with id: 12345"), error["message"]
    assert stored(office) == before
    office.batch(*requests)
    assert stored(office) != before
