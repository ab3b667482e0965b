"""Cases that the simulation found about rows that wait for their uid, one law each; see docs/TESTING.md."""

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice
from tests.sync.memory import Line


def test_row_that_moves_while_it_waits_for_its_uid_is_known_where_it_was_seen_last(
    new_office: NewOffice,
) -> None:
    """5: seed 2883. Its own number is another by the time it is judged again, so that only its place tells."""
    office = new_office(settle_s=5)
    cells = {"customer_no": "C00000001", "premium": "300", "start": "2026-01-01", "end": "2027-01-01"}
    office.sheets.lines("policies").append(Line())
    row = office.sheets.type_row("policies", policy_no="P0001", **cells)
    office.cycle()
    office.clock.advance(6)
    uid = office.fail_to_number("policies")
    office.sheets.lines("policies").pop(0)
    office.cycle()
    row.cells["policy_no"] = "P0002"
    office.cycles(3)
    assert row.system[SystemColumn.UID] == uid
