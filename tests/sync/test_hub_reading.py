"""Reading the hub while somebody else writes to it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.store.hub import Hub
from sync.store.records import State
from tests.postgres import Stores
from validators.schema import SchemaConfig

SCHEMA = SchemaConfig.model_validate(
    {
        "tables": {
            "staff": {
                "name": "员工",
                "key": "staff_no",
                "fields": {"staff_no": {"name": "工号", "type": "text"}},
            }
        }
    }
)
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.in_files("the modes of files")
def test_the_files_are_readable_by_their_owner_alone(stores: Stores, tmp_path: Path) -> None:
    hub = Hub(stores("hub"), SCHEMA)
    with hub.unit() as unit:
        unit.records.save("staff", "R1", {"staff_no": "A1"}, state=State.LIVE, now=NOW)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("hub.sqlite3*")} == {0o600}
    hub.close()


def test_a_reader_sees_what_was_agreed_while_a_writer_is_at_work(stores: Stores) -> None:
    """A command beside the daemon neither waits for its cycle nor sees half of it."""
    hub = Hub(stores("hub"), SCHEMA)
    with hub.unit() as unit:
        unit.records.save("staff", "R1", {"staff_no": "A1"}, state=State.LIVE, now=NOW)
        with hub.reading() as beside:
            assert beside.records.get("staff", "R1") is None
    with hub.reading() as after:
        record = after.records.get("staff", "R1")
    assert record and record.values == {"staff_no": "A1"}
    hub.close()
