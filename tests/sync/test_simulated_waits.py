"""Cases that the simulation found: what waits to be mended, and what waits for its column. See docs/TESTING.md."""

from tests.sync.conftest import Office


def test_column_that_was_lost_and_is_back_is_filled_and_clears_nothing(office: Office) -> None:
    """6: what could not be written while a drop-down was text has not been written, and its blank cell was not emptied."""
    row = office.sheets.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    office.airtable.missing = frozenset({"occupation"})
    row.cells |= {"occupation": "护士", "birth_date": "1990-01-02"}
    other = office.sheets.type_row("customers", full_name="李雷", occupation="司机")
    office.calm()
    assert "occupation" not in office.airtable.find("customers", full_name="李雷").cells
    assert office.airtable.find("customers", full_name="王小明").cells["birth_date"] == "1990-01-02"
    office.airtable.missing = frozenset()
    office.calm()
    shown = {line.cells["full_name"]: line.cells["occupation"] for line in office.airtable.lines("customers")}
    assert shown == {"王小明": "护士", "李雷": "司机"}
    assert (row.cells["occupation"], other.cells["occupation"]) == ("护士", "司机")


def test_value_that_waits_in_a_lost_column_waits_on(office: Office) -> None:
    """2: it stands nowhere else, so the record is not archived because somebody deletes the row at another replica."""
    row = office.sheets.type_row("customers", full_name="王小明", birth_date="1990-01-02")
    office.calm()
    line = office.airtable.find("customers", full_name="王小明")
    line.cells["birth_date"] = "不详"
    office.calm()
    office.airtable.missing = frozenset({"birth_date"})
    line.cells["occupation"] = "教师"
    office.calm()
    office.sheets.delete("customers", row)
    office.calm()
    office.airtable.missing = frozenset()
    office.calm()
    assert office.airtable.find("customers", full_name="王小明").cells["birth_date"] == "不详"
    assert office.sheets.find("customers", full_name="王小明").cells["birth_date"] == "1990-01-02"


def test_damaged_stand_in_of_a_held_value_is_put_back(office: Office) -> None:
    """2: what waits to be mended stands nowhere else; typing into its stand-in does not take it away."""
    row = office.sheets.type_row("customers", full_name="王小明", mobile="13800138")
    office.calm()
    shown = row.cells["mobile"]
    for damaged in (shown[:-1], "8" + shown[:-4] + "〕"):
        row.cells["mobile"] = damaged
        office.calm()
        assert row.cells["mobile"].startswith("待更正〔")
        token = row.cells["mobile"].removeprefix("待更正〔").removesuffix("〕")
        assert office.engine.vault.open_for_check([token])[token].expose() == "13800138"


def test_last_good_value_typed_anew_over_a_wrong_one_is_not_lost(office: Office) -> None:
    """2: meanwhile another replica has another value, which stands; what was typed is in the ledger."""
    row = office.sheets.type_row("policies", policy_no="P0001", status="有效")
    office.sheets.type_row("customers", full_name="王小明", customer_no="C00000007")
    row.cells["customer_no"] = "C00000007"
    office.calm()
    line = office.airtable.find("policies", policy_no="P0001")
    line.cells["status"] = "作废"
    office.calm()
    row.cells["status"] = "终止"
    office.calm()
    line.cells["status"] = "有效"
    office.calm()
    assert (line.cells["status"], row.cells["status"]) == ("终止", "终止")
    with office.engine.hub.unit() as unit:
        (conflict,) = unit.lists.conflicts()
    assert (conflict.replica, conflict.other) == ("airtable", "有效")
