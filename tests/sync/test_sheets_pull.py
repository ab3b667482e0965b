"""Listing tabs, over HTTP."""

import pytest

from emulators.server import Running
from sync.connection import SystemColumn
from sync.errors import TableMissing
from tests.sync.sheets_office import CUSTOMERS, POLICIES, Office, open_office, uid


@pytest.fixture
def office(spreadsheet: Office) -> Office:
    return spreadsheet


def test_idle_pull_is_one_read_and_yields_nothing(office: Office) -> None:
    office.fill(3)
    office.pull()
    office.calls()
    assert office.pull() == {}
    assert office.calls() == ["POST /values:batchGetByDataFilter"]


def test_only_the_changed_table_is_listed(office: Office) -> None:
    office.pull()
    office.type(f"{POLICIES}!D2", ["P1"])
    assert list(office.pull()) == ["policies"]


def test_only_the_changed_row_is_listed(office: Office) -> None:
    office.fill(4)
    office.pull()
    office.type(f"{CUSTOMERS}!E3", ["改了"])
    listing = office.pull()["customers"]
    assert [row.position for row in listing.rows] == [2]
    assert listing.standing is not None
    assert [position in listing.standing for position in (0, 1, 2, 3, 4, 5)] == [
        False,
        True,
        False,
        True,
        True,
        False,
    ]


def test_a_row_that_is_asked_for_is_listed_though_nothing_changed(office: Office) -> None:
    office.fill(3)
    office.pull()
    listings = list(office.connection.pull(reread={"customers": frozenset({uid(2)})}, full=False))
    assert [row.uid for listing in listings for row in listing.rows] == [uid(2)]


def test_a_person_who_undoes_what_we_wrote_is_noticed(office: Office) -> None:
    first, *_ = office.fill(2)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    office.pull()
    office.update(office.rows()[first.uid], full_name="王方")
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    assert [row.cells["full_name"] for row in office.pull()["customers"].rows] == ["王芳"]


def test_text_with_the_marks_of_rows_in_it_is_read_as_it_is(office: Office) -> None:
    office.fill(2)
    office.type(f"{CUSTOMERS}!E2", ["甲],[乙"])
    assert office.rows()[uid(1)].cells["full_name"] == "甲],[乙"
    office.type(f"{CUSTOMERS}!E3", ["丙"])
    assert office.pull()["customers"].rows[-1].cells["full_name"] == "丙"


def test_row_that_is_to_be_shown_again_may_be_gone(office: Office) -> None:
    office.fill(3)
    office.pull()
    last = {"sheetId": office.gid(CUSTOMERS), "dimension": "ROWS", "startIndex": 3, "endIndex": 4}
    office.batch({"deleteDimension": {"range": last}})
    (listing,) = office.connection.pull(reread={"customers": frozenset({uid(3)})}, full=False)
    assert listing.standing is not None and listing.standing.height == 3


def test_what_was_not_acknowledged_is_listed_again(office: Office) -> None:
    office.pull()
    office.type(f"{POLICIES}!D2", ["P1"])
    assert [listing.table for listing in office.connection.pull(reread={}, full=False)] == ["policies"]
    assert list(office.pull()) == ["policies"]
    assert list(office.pull()) == []


def test_a_pull_that_was_broken_off_shows_the_rest_again(office: Office) -> None:
    office.type(f"{CUSTOMERS}!D2", ["C1"])
    office.type(f"{POLICIES}!D2", ["P1"])
    assert next(iter(office.connection.pull(reread={}, full=False))).table == "customers"
    office.connection.acknowledge()
    assert list(office.pull()) == ["policies"]


def test_reread_and_full_list_what_did_not_change(office: Office) -> None:
    office.pull()
    assert list(office.pull(again=["policies"])) == ["policies"]
    assert list(office.pull(full=True)) == ["customers", "policies"]


def test_blank_rows_are_skipped_and_positions_kept(office: Office) -> None:
    office.type(f"{CUSTOMERS}!D2:E5", ["C1", "王芳"], ["", ""], ["", ""], ["C2", "李雷"])
    listing = office.pull()["customers"]
    assert listing.complete
    assert [(row.position, row.cells["customer_no"]) for row in listing.rows] == [(1, "C1"), (4, "C2")]


def test_row_whose_cells_were_cleared_is_listed_while_it_has_its_uid(office: Office) -> None:
    office.fill(1)
    office.call(f"/values/{CUSTOMERS}!D2:clear")
    row = office.rows()[uid(1)]
    assert dict(row.cells) == {}


def test_unchecked_box_is_a_blank_cell(office: Office) -> None:
    box = chr(65 + office.column("在保"))
    office.type(f"{CUSTOMERS}!D2", ["C1"])
    office.type(f"{CUSTOMERS}!{box}2:{box}3", [False], [False])
    (row,) = office.pull()["customers"].rows
    assert "active" not in row.cells


def test_cells_come_as_their_types(office: Office) -> None:
    office.type(
        f"{CUSTOMERS}!D2:M2",
        ["007", "王芳", "13800138000", "2020-01-01", "2020-01-01 12:00", 2, 61.5, 1000, 0.25, True],
    )
    (row,) = office.pull()["customers"].rows
    assert dict(row.cells) == {
        "customer_no": "007",
        "full_name": "王芳",
        "mobile": "13800138000",
        "born": 43831,
        "called": 43831.5,
        "children": 2,
        "weight": 61.5,
        "premium": 1000,
        "share": 0.25,
        "active": True,
    }
    assert isinstance(row.cells["premium"], int)


def test_formula_is_reported_and_text_that_looks_like_one_is_text(office: Office) -> None:
    office.type(f"{CUSTOMERS}!D2:D3", ["C1"], ["C2"])
    office.type(f"{CUSTOMERS}!J2", ["=1+1"])
    office.type(f"{CUSTOMERS}!E2:E3", ["=1+1"], ["=1+1"], raw=True)
    first, second = office.pull()["customers"].rows
    assert first.formulas == {"weight"}
    assert "weight" not in first.cells
    assert first.cells["full_name"] == second.cells["full_name"] == "=1+1"
    assert second.formulas == frozenset()


def test_known_formula_costs_no_second_look(office: Office) -> None:
    office.type(f"{CUSTOMERS}!J2", ["=1+1"])
    office.pull()
    office.type(f"{CUSTOMERS}!D2", ["C1"])
    office.calls()
    (row,) = office.pull()["customers"].rows
    assert row.formulas == {"weight"}
    assert office.calls() == ["POST /values:batchGetByDataFilter"]


def test_renamed_and_moved_columns_keep_working(office: Office) -> None:
    office.fill(1)
    office.type(f"{CUSTOMERS}!D1", ["编号"])
    move = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 3, "endIndex": 4}
    office.batch({"moveDimension": {"source": move, "destinationIndex": 6}})
    listing = office.pull()["customers"]
    assert listing.missing == frozenset()
    assert listing.rows[0].cells["customer_no"] == "C00000001"


def test_cleared_header_keeps_working(office: Office) -> None:
    office.fill(1)
    office.call(f"/values/{CUSTOMERS}!D1:clear")
    assert office.pull()["customers"].rows[0].cells["customer_no"] == "C00000001"


def test_deleted_column_is_missing_and_the_rest_goes_on(office: Office) -> None:
    office.fill(1)
    gone = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 4, "endIndex": 5}
    office.batch({"deleteDimension": {"range": gone}})
    listing = office.pull()["customers"]
    assert listing.missing == {"full_name"}
    assert listing.rows[0].uid == uid(1)


def test_deleted_system_column_is_missing_too(office: Office) -> None:
    gone = {"sheetId": office.gid(CUSTOMERS), "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    office.batch({"deleteDimension": {"range": gone}})
    assert office.pull()["customers"].missing == {SystemColumn.NOTE}


def test_deleted_uid_column_freezes_its_table_alone(office: Office) -> None:
    office.fill(1)
    place = office.column("记录编号")
    gone = {
        "sheetId": office.gid(CUSTOMERS),
        "dimension": "COLUMNS",
        "startIndex": place,
        "endIndex": place + 1,
    }
    office.batch({"deleteDimension": {"range": gone}})
    assert list(office.pull(full=True)) == ["policies"]
    (problem,) = office.connection.problems
    assert isinstance(problem, TableMissing)
    assert office.pull() == {}
    assert office.connection.problems == [problem]


def test_header_row_sorted_into_the_rows_freezes_the_table(office: Office) -> None:
    office.fill(2)
    order = {"dimensionIndex": office.column("客户编号"), "sortOrder": "ASCENDING"}
    office.batch({"sortRange": {"range": {"sheetId": office.gid(CUSTOMERS)}, "sortSpecs": [order]}})
    assert list(office.pull(full=True)) == ["policies"]
    assert len(office.connection.problems) == 1


def test_deleted_tab_is_a_problem_and_the_others_go_on(office: Office) -> None:
    office.pull()
    office.batch({"deleteSheet": {"sheetId": office.gid(POLICIES)}})
    office.type(f"{CUSTOMERS}!D2", ["C1"])
    assert list(office.pull()) == ["customers"]
    (problem,) = office.connection.problems
    assert isinstance(problem, TableMissing)
    assert problem.table == POLICIES
    assert "version history" in problem.advice.lower()
    gone = int(office.memo["tab:policies"])
    office.connection.setup()
    assert office.gid(POLICIES) != gone, "undoing the deletion would bring the old id back"
    assert set(office.pull()) == {"customers", "policies"}
    assert office.connection.problems == []


def test_renamed_tab_keeps_working(office: Office) -> None:
    office.fill(1)
    renamed = {"properties": {"sheetId": office.gid(CUSTOMERS), "title": "客户 '新'"}, "fields": "title"}
    office.batch({"updateSheetProperties": renamed})
    row = office.rows()[uid(1)]
    outcome = office.update(row, full_name="王芳")
    assert outcome.written[0].row.cells["full_name"] == "王芳"


def test_spreadsheet_without_setup_is_a_problem_for_each_table(world: Running) -> None:
    office = open_office(world, set_up=False)
    assert office.pull() == {}
    assert len(office.connection.problems) == 2


def test_plaintext_that_a_crash_left_in_the_scratch_tab_is_wiped(office: Office) -> None:
    office.type("_tablekeeper!B120", ["x"])
    office.connect()
    office.pull()
    assert office.values("_tablekeeper!A1:Z200") == []


def test_url_leads_to_the_row(office: Office) -> None:
    link = office.connection.url("customers", "", 4)
    assert link is not None
    assert link.endswith(f"/d/{office.spreadsheet}/edit#gid={office.gid(CUSTOMERS)}&range=A5")
    assert office.connection.url("customers", "", -1) is None


def test_row_to_be_shown_again_may_have_gone_from_the_end(office: Office) -> None:
    rows = office.fill(3)
    office.pull()
    office.batch(
        {
            "deleteDimension": {
                "range": {
                    "sheetId": office.gid(CUSTOMERS),
                    "dimension": "ROWS",
                    "startIndex": rows[-1].position,
                    "endIndex": rows[-1].position + 1,
                }
            }
        }
    )
    reread = {"customers": frozenset({rows[-1].uid})}
    (listing,) = office.connection.pull(reread=reread, full=False)
    assert rows[-1].uid not in [row.uid for row in listing.rows]


def test_rows_decoded_on_demand_are_the_rows(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.fill(5)
    office.type(f"{CUSTOMERS}!E3", ["甲],[乙"])
    office.type(f"{CUSTOMERS}!E4", ["=1+1"])
    whole = office.rows()
    monkeypatch.setattr("sync.sheets.pull.KEPT_ROWS", 2)
    monkeypatch.setattr("sync.sheets.raw_rows.KEPT_ROWS", 2)
    lean = office.rows()
    assert [row.loaded() for row in lean.values()] == list(whole.values())
    assert list(lean.values()) == list(whole.values())


def test_a_person_who_undoes_what_we_wrote_while_pulling_is_noticed(office: Office) -> None:
    first, *_ = office.fill(2)
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    listing, *_ = office.connection.pull(reread={}, full=True)
    office.update(next(row for row in listing.rows if row.uid == first.uid), full_name="王方")
    office.connection.acknowledge()
    office.type(f"{CUSTOMERS}!E2", ["王芳"])
    assert [row.cells["full_name"] for row in office.pull()["customers"].rows] == ["王芳"]


def test_row_that_we_wrote_and_a_blank_one_pushed_down_stands_where_it_is(office: Office) -> None:
    """What stands in its old place is not the row, blank as it is; else the row would count as a copy of itself."""
    first, *_ = office.fill(2)
    office.pull()
    office.update(office.rows()[first.uid], full_name="王方")
    place = {
        "sheetId": office.gid(CUSTOMERS),
        "dimension": "ROWS",
        "startIndex": first.position,
        "endIndex": first.position + 1,
    }
    office.batch({"insertDimension": {"range": place}})
    listing = office.pull()["customers"]
    assert listing.standing is not None and first.position not in listing.standing
