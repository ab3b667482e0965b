"""Conditional formats as a reader sees them, in `effectiveFormat`."""

from typing import Any

import pytest

from tests.emulators.google_office import Office

BOLD = {"textFormat": {"bold": True}}


def rule(kind: str, *values: str, format: Any = BOLD) -> dict[str, Any]:
    condition = {"type": kind, "values": [{"userEnteredValue": value} for value in values]}
    area = {"startColumnIndex": 0, "endColumnIndex": 1, "startRowIndex": 0, "endRowIndex": 3}
    return {
        "addConditionalFormatRule": {
            "rule": {"ranges": [area], "booleanRule": {"condition": condition, "format": format}}
        }
    }


def bold_rows(office: Office) -> list[bool]:
    query = {"ranges": "A1:A3", "fields": "sheets.data.rowData.values.effectiveFormat.textFormat"}
    rows = office.call("GET", "", query=query)["sheets"][0]["data"][0]["rowData"]
    return [row["values"][0]["effectiveFormat"]["textFormat"]["bold"] for row in rows]


@pytest.mark.parametrize(
    ("kind", "values", "held"),
    [
        ("NUMBER_GREATER", ["1"], [False, True, False]),
        ("NUMBER_BETWEEN", ["1", "2"], [True, True, False]),
        ("NUMBER_EQ", ["=1+1"], [False, True, False]),
        ("TEXT_CONTAINS", ["BC"], [False, False, True]),
        ("TEXT_EQ", ["abcd"], [False, False, True]),
        ("NOT_BLANK", [], [True, True, True]),
        ("CUSTOM_FORMULA", ["=A1=2"], [False, True, False]),
        ("CUSTOM_FORMULA", ["=nonsense("], [False, False, False]),
    ],
)
def test_rule_shows_in_the_cells_it_holds_for(kind: str, values: list[str], held: list[bool]) -> None:
    office = Office()
    office.put("A1:A3", [[1], [2], ["abcd"]])
    office.batch(rule(kind, *values))
    assert bold_rows(office) == held


def test_first_rule_wins_and_the_cells_own_format_stays() -> None:
    office = Office()
    office.put("A1:A3", [[1], [2], [3]])
    office.batch(
        rule("NUMBER_EQ", "2", format={"textFormat": {"bold": False}}) | {},
        rule("NUMBER_LESS", "3"),
    )
    # A rule without an index goes to the front.
    assert bold_rows(office) == [True, True, False]
    cell = office.call("GET", "", query={"ranges": "A1", "fields": "sheets.data.rowData.values"})
    assert "userEnteredFormat" not in cell["sheets"][0]["data"][0]["rowData"][0]["values"][0]
