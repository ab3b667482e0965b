"""Writing to tabs beside people who work in them, over HTTP."""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sync.connection import CellValue, Insert, Remove, SystemColumn, Update
from sync.fingerprint import fingerprints
from sync.sheets.grid import letters
from tests.sync.sheets_office import CUSTOMERS, Office, before_write, uid
from vault.masks import cell_text
from vault.tokens import new_token

EVERY_TYPE: dict[str, CellValue] = {
    "customer_no": "C00000001",
    "full_name": "=1+1",
    "mobile": "138****8000〔9TQK27MB4D〕",
    "born": date(1980, 2, 29),
    "called": datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    "children": Decimal(2),
    "weight": Decimal("61.35"),
    "premium": Decimal("123456.70"),
    "share": Decimal("0.1234"),
    "active": True,
    "level": "银卡",
    "needs": ("养老", "医疗"),
    "remarks": "一\n二",
    "age": Decimal(46),
}
SYSTEM = {SystemColumn.STATUS: "通过", SystemColumn.VIEW: "http://desk/R1"}


@pytest.fixture
def office(spreadsheet: Office) -> Office:
    return spreadsheet


def scratch(office: Office) -> list[list[Any]]:
    return office.values("_tablekeeper!A1:BH2600")


def test_inserted_row_reads_the_same_in_the_answer_and_in_the_next_pull(office: Office) -> None:
    office.pull()
    operation = Insert(uid(1), EVERY_TYPE, {**SYSTEM, SystemColumn.UID: uid(1)})
    (written,) = office.connection.apply("customers", [operation]).written
    row = office.rows()[uid(1)]
    assert set(row.cells) == set(EVERY_TYPE)
    assert row == written.row
    fingerprint = fingerprints(b"k" * 32)
    assert fingerprint(row) == fingerprint(written.row)


@pytest.mark.parametrize("key", EVERY_TYPE)
def test_updated_cell_reads_the_same_in_the_answer_and_in_the_next_pull(office: Office, key: str) -> None:
    (row,) = office.fill(1)
    (written,) = office.update(row, **{key: EVERY_TYPE[key]}).written
    assert office.rows()[uid(1)] == written.row
    cleared = office.update(written.row, **{key: None}).written[0].row
    assert key not in cleared.cells
    assert office.rows()[uid(1)] == cleared


def test_only_the_changed_cells_are_written(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    (written,) = office.update(row, level="银卡").written
    assert written.row.cells["full_name"] == "王芳"
    assert office.values(f"{CUSTOMERS}!D2:E2") == [["C00000001", "王芳"]]


def test_many_rows_are_one_batch(office: Office) -> None:
    rows = office.fill(30)
    office.calls()
    operations = [
        Update(row.uid, "", row.position, numbered=True, before={}, cells={"full_name": f"甲{row.position}"})
        for row in rows
        if row.position % 3
    ]
    outcome = office.connection.apply("customers", operations)
    assert [written.row.cells["full_name"] for written in outcome.written] == [
        f"甲{op.position}" for op in operations
    ]
    assert len(office.writes()) == 1


def test_scratch_tab_keeps_stand_ins_until_the_next_write_and_plaintext_for_no_moment(office: Office) -> None:
    office.fill(1)
    office.type(f"{CUSTOMERS}!F2", [cell_text("138****8000", new_token(os.urandom))])
    assert office.update(office.rows()[uid(1)], full_name="王芳").written
    assert any(scratch(office)), "masked rows may stay"
    office.type(f"{CUSTOMERS}!F2", ["13800138000"])
    assert office.update(office.rows()[uid(1)], full_name="王方").written
    assert scratch(office) == []


def test_sort_between_pull_and_write_changes_nothing_of_anybody(office: Office) -> None:
    rows = office.fill(4)
    office.type(f"{CUSTOMERS}!E2:E5", ["甲"], ["乙"], ["丙"], ["丁"])
    seen = office.rows()
    office.sort()
    moved = office.values(f"{CUSTOMERS}!A1:Z9")
    operations = [
        Update(
            row.uid,
            "",
            row.position,
            numbered=True,
            before={"full_name": seen[row.uid].cells["full_name"]},
            cells={"full_name": "错"},
        )
        for row in rows
    ]
    outcome = office.connection.apply("customers", operations)
    assert [refused.reason for refused in outcome.refused] == ["row_moved"] * 4
    assert office.values(f"{CUSTOMERS}!A1:Z9") == moved
    assert scratch(office) == []


def test_edit_between_pull_and_write_is_kept(office: Office) -> None:
    first, second = office.fill(2)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    operations = [
        Update(
            row.uid, "", row.position, numbered=True, before={}, cells={"full_name": "系统", "level": "银卡"}
        )
        for row in (first, second)
    ]
    outcome = office.connection.apply("customers", operations)
    assert [(refused.uid, refused.reason) for refused in outcome.refused] == [(uid(1), "changed_meanwhile")]
    assert [written.uid for written in outcome.written] == [uid(2)]
    rows = office.rows()
    assert dict(rows[uid(1)].cells) == {"customer_no": "C00000001", "full_name": "王芳"}
    assert rows[uid(2)].cells["full_name"] == "系统"


def test_edit_that_equals_what_is_written_is_no_edit(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    assert office.update(row, full_name="王芳").refused == []


def test_edit_between_write_and_putting_back_is_kept_too(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    before_write(office, 2, lambda: office.type(f"{CUSTOMERS}!E2", ["王芳芳"]))
    assert office.update(row, full_name="系统").refused
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳芳"]]


def test_formula_typed_meanwhile_comes_back_as_the_same_formula(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!J2", ["=I2*2+$I$2"])
    outcome = office.update(row, weight=Decimal(60))
    assert [refused.reason for refused in outcome.refused] == ["changed_meanwhile"]
    assert office.values(f"{CUSTOMERS}!J2") == [["=I2*2+$I$2"]]


def test_formula_that_was_seen_is_not_even_tried(office: Office) -> None:
    """10: to write over it and put it back is to write it; everybody who looks meanwhile sees another result."""
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!J2", ["=I2*2"])
    assert office.rows()[uid(1)].formulas == {"weight"}
    office.calls()
    outcome = office.update(row, weight=Decimal(60), full_name="王芳")
    assert [refused.reason for refused in outcome.refused] == ["changed_meanwhile"]
    assert office.writes() == []
    assert office.pull()["customers"].rows[0].formulas == {"weight"}
    assert office.update(row, full_name="王芳").written


def test_new_row_gets_its_uid_if_it_stands_still(office: Office) -> None:
    office.type(f"{CUSTOMERS}!D2:E2", ["C1", "王芳"])
    (row,) = office.pull()["customers"].rows
    give = Update(
        uid(1),
        "",
        row.position,
        numbered=False,
        before=row.cells,
        cells={},
        system={SystemColumn.UID: uid(1)},
    )
    (written,) = office.connection.apply("customers", [give]).written
    assert written.row.uid == uid(1)
    assert set(office.rows()) == {uid(1)}


def test_new_row_with_a_formula_in_it_gets_its_uid_and_masks(office: Office) -> None:
    """9 and 11: a formula waits where it stands; the number beside it must not stay in plain text because of it."""
    office.type(f"{CUSTOMERS}!D2:F2", ["C1", "王芳", "13800138000"])
    office.type(f"{CUSTOMERS}!I2", ["=1+1"])
    (row,) = office.pull()["customers"].rows
    masked, numbered = {"mobile": "138****8000〔9TQK27MB4D〕"}, {SystemColumn.UID: uid(1)}
    give = Update(uid(1), "", row.position, False, row.cells, masked, numbered)
    (written,) = office.connection.apply("customers", [give]).written
    assert (written.row.uid, written.row.cells["mobile"]) == (uid(1), masked["mobile"])
    assert office.values(f"{CUSTOMERS}!I2") == [["=1+1"]]


@pytest.mark.parametrize("where", ["E2", "F2"])
def test_new_row_that_is_still_being_typed_gets_no_uid(office: Office, where: str) -> None:
    office.type(f"{CUSTOMERS}!D2:E2", ["C1", "王"])
    (row,) = office.pull()["customers"].rows
    office.type(f"{CUSTOMERS}!{where}", ["王芳"])
    give = Update(
        uid(1),
        "",
        row.position,
        numbered=False,
        before=row.cells,
        cells={"level": "银卡"},
        system={SystemColumn.UID: uid(1)},
    )
    assert [refused.reason for refused in office.connection.apply("customers", [give]).refused] == [
        "changed_meanwhile"
    ]
    (row,) = office.pull(full=True)["customers"].rows
    assert row.uid == ""
    assert "level" not in row.cells
    assert office.values(f"{CUSTOMERS}!{where}") == [["王芳"]]


def test_insert_pushes_down_what_a_person_types_below_the_last_row(office: Office) -> None:
    office.fill(2)
    office.type(f"{CUSTOMERS}!D4:E4", ["C9", "新人"])
    office.connection.apply("customers", [Insert(uid(3), {"customer_no": "C3"}, {SystemColumn.UID: uid(3)})])
    assert [row[3] for row in office.values(f"{CUSTOMERS}!A2:E9")] == ["C00000001", "C00000002", "C3", "C9"]


def test_inserted_rows_have_formats_and_drop_downs(office: Office) -> None:
    office.fill(3)
    sheet = next(
        item
        for item in office.call("", method="GET", includeGridData="true")["sheets"]
        if item["properties"]["title"] == CUSTOMERS
    )
    for row in sheet["data"][0]["rowData"][1:4]:
        cells = row["values"]
        assert cells[office.column("手机号码")]["userEnteredFormat"]["numberFormat"] == {"type": "TEXT"}
        assert cells[office.column("等级")]["dataValidation"]["condition"]["type"] == "ONE_OF_LIST"


def test_insert_of_a_uid_that_stands_is_refused(office: Office) -> None:
    office.fill(1)
    office.pull()
    outcome = office.connection.apply(
        "customers", [Insert(uid(1), {"customer_no": "C1"}, {SystemColumn.UID: uid(1)})]
    )
    assert [refused.reason for refused in outcome.refused] == ["uid_exists"]
    assert len(office.rows()) == 1


def test_update_insert_and_remove_in_one_go(office: Office) -> None:
    rows = office.fill(5)
    outcome = office.connection.apply(
        "customers",
        [
            Remove(uid(1), "", rows[0].position),
            Insert(uid(9), {"customer_no": "C9"}, {SystemColumn.UID: uid(9)}),
            Remove(uid(4), "", rows[3].position),
            Update(uid(5), "", rows[4].position, numbered=True, before={}, cells={"full_name": "戊"}),
        ],
    )
    assert list(outcome.removed) == [uid(1), uid(4)]
    assert [written.uid for written in outcome.written] == [uid(9), uid(5)]
    seen = office.rows()
    assert sorted(seen) == [uid(2), uid(3), uid(5), uid(9)]
    assert [row.position for row in seen.values()] == [1, 2, 3, 4]
    assert seen[uid(5)].cells["full_name"] == "戊"


def test_row_that_moved_is_not_removed(office: Office) -> None:
    rows = office.fill(3)
    office.sort()
    outcome = office.connection.apply("customers", [Remove(uid(1), "", rows[0].position)])
    assert [refused.reason for refused in outcome.refused] == ["row_moved"]
    assert len(office.rows()) == 3


def test_row_typed_into_just_before_its_removal_stands_as_it_did(office: Office) -> None:
    """3: seed 1511. Somebody typed after the last look; what the staff calculate in it stands too."""
    rows = office.fill(4)
    office.type(f"{CUSTOMERS}!J3:K3", ["=1+2", "自己的"])
    before_write(office, 1, lambda: office.type(f"{CUSTOMERS}!E3", ["王芳"]))
    before = {"full_name": None}
    outcome = office.connection.apply(
        "customers", [Remove(row.uid, "", row.position, before) for row in rows[:3]]
    )
    assert list(outcome.removed) == [uid(1), uid(3)]
    assert [(one.uid, one.reason) for one in outcome.refused] == [(uid(2), "changed_meanwhile")]
    assert [*office.rows()] == [uid(2), uid(4)]
    assert office.values(f"{CUSTOMERS}!E2") == [["王芳"]]
    assert office.values(f"{CUSTOMERS}!J2:K2") == [["=1+2", "自己的"]]


def test_sort_just_before_a_removal_takes_no_other_row_away(office: Office) -> None:
    rows = office.fill(4)
    before_write(office, 1, office.sort)
    outcome = office.connection.apply("customers", [Remove(row.uid, "", row.position) for row in rows[:2]])
    assert [one.reason for one in outcome.refused] == ["row_moved"] * 2
    assert [*office.rows()] == [uid(n) for n in (4, 3, 2, 1)]


def test_plaintext_typed_just_before_a_removal_leaves_the_scratch_tab(office: Office) -> None:
    (row,) = office.fill(1)
    before_write(office, 1, lambda: office.type(f"{CUSTOMERS}!F2", ["13800138000"]))
    assert office.connection.apply("customers", [Remove(row.uid, "", row.position, {"mobile": None})]).refused
    assert scratch(office) == []
    assert office.values(f"{CUSTOMERS}!F2") == [["13800138000"]]


def test_insert_after_removal_stands_below_the_last_row(office: Office) -> None:
    rows = office.fill(3)
    office.connection.apply("customers", [Remove(uid(2), "", rows[1].position)])
    office.connection.apply("customers", [Insert(uid(4), {"customer_no": "C4"}, {SystemColumn.UID: uid(4)})])
    assert [row.position for row in office.rows().values()] == [1, 2, 3]


def test_columns_moved_between_pull_and_write_undo_the_write(office: Office) -> None:
    (row,) = office.fill(1)
    move = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch({"moveDimension": {"source": move, "destinationIndex": 8}})
    stands = office.values(f"{CUSTOMERS}!A1:Z9")
    updated = office.update(row, full_name="王芳")
    inserted = office.connection.apply(
        "customers", [Insert(uid(2), {"full_name": "李雷"}, {SystemColumn.UID: uid(2)})]
    )
    assert [refused.reason for refused in (*updated.refused, *inserted.refused)] == ["columns_moved"] * 2
    assert office.values(f"{CUSTOMERS}!A1:Z9") == stands


def test_field_without_column_is_refused_and_its_row_untouched(office: Office) -> None:
    (row,) = office.fill(1)
    gone = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch({"deleteDimension": {"range": gone}})
    office.pull()
    outcome = office.update(row, full_name="王芳", level="银卡")
    assert [refused.reason for refused in outcome.refused] == ["column_missing"]
    assert "level" not in office.rows()[uid(1)].cells


def test_one_impossible_cell_does_not_stop_the_others(office: Office) -> None:
    rows = office.fill(5)
    operations = [
        Update(
            row.uid,
            "",
            row.position,
            numbered=True,
            before={},
            cells={"remarks": "字" * (60_000 if row.uid == uid(3) else 3)},
        )
        for row in rows
    ]
    outcome = office.connection.apply("customers", operations)
    assert [(refused.uid, refused.reason) for refused in outcome.refused] == [(uid(3), "rejected")]
    assert [written.uid for written in outcome.written] == [uid(1), uid(2), uid(4), uid(5)]
    assert "字" not in outcome.refused[0].detail


def test_row_beyond_the_grid_is_refused(office: Office) -> None:
    office.fill(1)
    far = Update(uid(1), "", 5000, numbered=True, before={}, cells={"full_name": "王芳"})
    assert [refused.reason for refused in office.connection.apply("customers", [far]).refused] == ["rejected"]


def test_scratch_tab_that_somebody_deleted_is_made_anew(office: Office) -> None:
    (row,) = office.fill(1)
    office.batch({"deleteSheet": {"sheetId": office.gid("_tablekeeper")}})
    assert office.update(row, full_name="王芳").written
    (hidden,) = [
        s["properties"].get("hidden")
        for s in office.call("", method="GET")["sheets"]
        if s["properties"]["title"] == "_tablekeeper"
    ]
    assert hidden


def test_large_writes_are_split(office: Office) -> None:
    rows = office.fill(8)
    office.calls()
    operations = [
        Update(
            row.uid,
            "",
            row.position,
            numbered=True,
            before={},
            cells={"remarks": "字" * 40_000, "full_name": "字" * 40_000},
        )
        for row in rows
    ]
    assert len(office.connection.apply("customers", operations).written) == 8
    assert len(office.writes()) == 2


def test_row_that_was_not_copied_is_not_emptied_by_putting_it_back(office: Office) -> None:
    (row,) = office.fill(1)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    client = office.connection._client
    plain = client.update

    def without_copies(requests: Any, **options: Any) -> Any:
        return plain([request for request in requests if "copyPaste" not in request], **options)

    client.update = without_copies  # type: ignore[method-assign]
    assert office.update(row, level="银卡").written
    assert office.values(f"{CUSTOMERS}!D2:E2") == [["C00000001", "王芳"]]


def test_canonical_values_count_as_what_the_cells_show(office: Office) -> None:
    office.pull()
    office.connection.apply("customers", [Insert(uid(1), EVERY_TYPE, {SystemColumn.UID: uid(1)})])
    again = Update(uid(1), "", 1, numbered=True, before=EVERY_TYPE, cells=dict.fromkeys(EVERY_TYPE))
    (written,) = office.connection.apply("customers", [again]).written
    assert dict(written.row.cells) == {}


def test_copied_uid_is_blanked_while_the_original_is_written(office: Office) -> None:
    (row,) = office.fill(1)
    place = office.column("记录编号")
    source = {"sheetId": office.gid(CUSTOMERS), "startRowIndex": 1, "endRowIndex": 2}
    office.batch(
        {"copyPaste": {"source": source, "destination": {**source, "startRowIndex": 2, "endRowIndex": 3}}}
    )
    original, copy = office.pull()["customers"].rows
    outcome = office.connection.apply(
        "customers",
        [
            Update(
                copy.uid, "", copy.position, numbered=True, before={}, cells={}, system={SystemColumn.UID: ""}
            ),
            Update(row.uid, "", original.position, numbered=True, before={}, cells={"full_name": "王芳"}),
        ],
    )
    assert len(outcome.written) == 2
    column = [line[place:] for line in office.values(f"{CUSTOMERS}!A2:Z3")]
    assert column == [[uid(1)], []]


def test_uid_of_a_copy_is_not_blanked_in_its_original(office: Office) -> None:
    """5 and 7: both bear it, and somebody inserted a row just before the write."""
    office.fill(1)
    office.type(f"{CUSTOMERS}!D3:E3", ["C00000002", "王芳"])
    office.type(f"{CUSTOMERS}!{letters(office.column('记录编号'))}3", [uid(1)])
    _, copied = office.pull(full=True)["customers"].rows
    span = {"sheetId": office.gid(CUSTOMERS), "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    office.batch({"insertDimension": {"range": span}})
    blanked = Update(uid(1), "", copied.position, True, copied.cells, {}, {SystemColumn.UID: ""})
    outcome = office.connection.apply("customers", [blanked])
    assert [refused.reason for refused in outcome.refused] == ["changed_meanwhile"]
    place = office.column("记录编号")
    assert [line[place:] for line in office.values(f"{CUSTOMERS}!A3:Z4")] == [[uid(1)], [uid(1)]]


def test_removals_of_several_blocks_do_not_shift_each_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sheets.write.ROWS_MAX", 2)
    rows = office.fill(7)
    removals = [Remove(row.uid, "", row.position) for row in rows if row.uid not in (uid(2), uid(6))]
    assert len(office.connection.apply("customers", removals).removed) == 5
    assert set(office.rows()) == {uid(2), uid(6)}
