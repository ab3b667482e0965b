"""What the log says of services, tables and rows: when it begins and when it ends."""

from collections.abc import Sequence
from datetime import UTC, datetime

from structlog.testing import capture_logs

from sync.connection import Operation, Outcome, Refused, SystemColumn
from sync.errors import Throttled, Unavailable
from sync.troubles import Troubles
from tests.sync.conftest import Office


def told(office: Office, *events: str, cycles: int = 3) -> list[str]:
    """These events of some cycles, as they came."""
    with capture_logs() as logs:
        for _ in range(cycles):
            office.cycle()
    return [entry["event"] for entry in logs if entry["event"] in events]


def test_a_service_that_fails_is_told_when_it_begins_and_when_it_is_over(office: Office) -> None:
    office.sheets.down = True
    assert told(office, "service_failed", "service_recovered") == ["service_failed"]
    office.sheets.down = False
    assert told(office, "service_failed", "service_recovered") == ["service_recovered"]


def test_what_is_not_looked_at_has_not_recovered() -> None:
    troubles = Troubles()
    assert troubles.begins("sheets", Unavailable("sheets", "down"))
    assert troubles.ended(["airtable"]) == []
    assert not troubles.begins("sheets", Unavailable("sheets", "down"))
    assert troubles.ended(["sheets"]) == []
    assert troubles.ended(["sheets"]) == [("sheets", "Unavailable", "")]


def test_another_kind_of_failure_is_news() -> None:
    troubles = Troubles()
    assert troubles.begins("sheets", Unavailable("sheets", "down"))
    assert troubles.begins("sheets", Throttled("sheets", datetime.now(UTC)))


def test_a_torn_table_is_told_once_and_when_it_is_whole(office: Office) -> None:
    for name in "一二":
        office.airtable.type_row("customers", full_name=f"王{name}明", occupation="教师")
    office.calm()
    one, two = office.sheets.lines("customers")
    mine, other = (line.system[SystemColumn.UID] for line in (one, two))
    one.system[SystemColumn.UID], two.system[SystemColumn.UID] = other, mine
    assert told(office, "table_torn", "table_whole") == ["table_torn"]
    one.system[SystemColumn.UID], two.system[SystemColumn.UID] = mine, other
    assert told(office, "table_torn", "table_whole") == ["table_whole"]


def test_a_row_that_is_refused_again_and_again_is_told_once(office: Office) -> None:
    office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    apply, reason = office.sheets.apply, ["invalid_value"]

    def declines(table: str, operations: Sequence[Operation]) -> Outcome:
        return Outcome(refused=[Refused(one.uid, reason[0]) for one in operations])

    office.sheets.apply = declines  # type: ignore[method-assign]
    office.airtable.lines("customers")[0].cells["occupation"] = "护士"
    assert told(office, "row_refused") == ["row_refused"]
    reason[0] = "protected"
    assert told(office, "row_refused") == ["row_refused"]
    office.sheets.apply = apply  # type: ignore[method-assign]
    office.calm()
    assert office.sheets.lines("customers")[0].cells["occupation"] == "护士"
