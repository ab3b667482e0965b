"""Payloads laid over one another, in orders that the emulator's screen cannot make."""

from typing import Any

from sync.airtable.bound import BoundColumn, BoundTable
from sync.airtable.payloads import merge_payloads
from sync.connection import Listing, SystemColumn

UID = BoundColumn(SystemColumn.UID, "fldU", "记录编号", "singleLineText", frozenset())
NAME = BoundColumn("full_name", "fldN", "客户姓名", "singleLineText", frozenset())
GENDER = BoundColumn("gender", "fldG", "性别", "singleSelect", frozenset({"男"}))
COLUMNS = (UID, NAME, GENDER)
TABLE = BoundTable(
    "customers", "tblC", {one.key: one for one in COLUMNS}, {one.id: one for one in COLUMNS}, frozenset(), {}
)


def created(record_id: str, **cells: Any) -> dict[str, Any]:
    return {"createdRecordsById": {record_id: {"createdTime": "", "cellValuesByFieldId": cells}}}


def changed(record_id: str, **cells: Any) -> dict[str, Any]:
    return {"changedRecordsById": {record_id: {"current": {"cellValuesByFieldId": cells}}}}


def destroyed(record_id: str) -> dict[str, Any]:
    return {"destroyedRecordIds": [record_id]}


def merged(*changes: dict[str, Any]) -> Listing | None:
    payloads = [{"changedTablesById": {"tblC": change}} for change in changes]
    return merge_payloads(payloads, [TABLE]).get("customers")


def test_a_record_taken_back_from_the_trash_is_there() -> None:
    listing = merged(destroyed("rec1"), created("rec1", fldN="王伟"))
    assert listing and listing.destroyed == ()
    assert [row.cells for row in listing.rows] == [{"full_name": "王伟"}]


def test_a_record_made_and_deleted_is_deleted() -> None:
    listing = merged(created("rec1", fldN="王伟"), destroyed("rec1"))
    assert listing and listing.destroyed == ("rec1",) and listing.rows == []


def test_a_record_restored_and_changed_shows_nothing_from_before() -> None:
    listing = merged(changed("rec1", fldG={"name": "男"}), destroyed("rec1"), created("rec1", fldN="王伟"))
    assert listing and [row.cells for row in listing.rows] == [{"full_name": "王伟"}]


def test_a_cleared_cell_of_a_known_record_stands_as_none() -> None:
    listing = merged(
        changed("rec1", fldN="王伟", fldG={"id": "selX", "name": "男"}), changed("rec1", fldN=None)
    )
    assert listing and [row.cells for row in listing.rows] == [{"full_name": None, "gender": "男"}]


def test_parts_of_one_action_come_together() -> None:
    listing = merged(
        created("rec1", fldN="王伟"), changed("rec1", fldG={"name": "男"}), changed("rec1", fldX=1)
    )
    assert listing
    (row,) = listing.rows
    assert row.cells == {"full_name": "王伟", "gender": "男"} and not row.partial


def test_a_cell_of_unreadable_shape_is_no_cleared_cell() -> None:
    listing = merged(changed("rec1", fldN={"text": "barcode"}, fldG={"name": "男"}))
    assert listing and [row.cells for row in listing.rows] == [{"gender": "男"}]


def test_changes_outside_our_columns_and_tables_are_nothing() -> None:
    assert merged(changed("rec1", fldX="other column")) is None
    assert merge_payloads([{"changedTablesById": {"tblOther": destroyed("rec1")}}], [TABLE]) == {}
    assert merge_payloads([{"timestamp": "", "destroyedTableIds": ["tblOther"]}], [TABLE]) == {}
