"""Cases that the simulation found, one law each; see docs/TESTING.md."""

from pathlib import Path

from sync.connection import SystemColumn
from tests.sync.conftest import build_office


def test_record_typed_on_both_sides_is_not_inserted_while_the_other_row_settles(tmp_path: Path) -> None:
    """5: no record twice. The row that still stands there without a uid is the one that the replica seems to lack."""
    office = build_office(tmp_path, settle_s=5)
    customer = office.airtable.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.cycle()
    office.clock.advance(6)
    row = office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007")
    office.cycle()
    office.clock.advance(6)
    office.cycle()
    assert office.sheets.lines("customers") == [row]
    assert row.system[SystemColumn.UID] == customer.system[SystemColumn.UID]
