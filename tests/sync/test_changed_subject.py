"""A contract gets another policyholder: what is sealed in it goes along, once, and for whom the archive says it is."""

from sync.connection import SystemColumn
from tests.sync.conftest import NewOffice, Office
from vault.masks import split_cell

OLD, NEW = "6222020000000000356", "6222020000000000794"
DEPARTMENT = {
    "name": "claims",
    "fields": {"policies": ("policy_no", "customer_no"), "customers": ("customer_no",)},
}


def settled(office: Office, account: str | None = OLD) -> None:
    """Two customers and a contract of the first."""
    for number, name in (("C00000001", "王小明"), ("C00000002", "张敏")):
        office.sheets.type_row("customers", customer_no=number, full_name=name)
    office.calm()
    office.sheets.type_row("policies", policy_no="P000001", customer_no="C00000001", account=account)
    office.calm()


def owner(office: Office, cell: str) -> str:
    """The number of the customer for whom a value is sealed; what the cell shows must be all there is of it."""
    shown = split_cell(cell)
    assert shown is not None and shown.token is not None
    sealed = office.engine.vault.look_up([shown.token])[shown.token]
    assert sealed.state == "live"
    with office.engine.hub.unit() as unit:
        record = unit.records.get("customers", sealed.subject)
    assert record is not None, "a row of its own is nobody's"
    return record.key


def ledger(office: Office) -> list[tuple[str, str]]:
    """What was not taken, by replica and field."""
    with office.engine.hub.unit() as unit:
        return [(one.replica, one.field) for one in unit.lists.conflicts()]


def accounts(office: Office) -> set[str]:
    """What both tables show of the account."""
    return {
        one.find("policies", policy_no="P000001").cells["account"] for one in (office.airtable, office.sheets)
    }


def test_stand_in_that_nobody_touched_is_no_edit_when_its_row_gets_another_person(office: Office) -> None:
    """4: the account was changed elsewhere; that this row still shows the old one is nobody's word on it."""
    settled(office)
    office.airtable.find("policies", policy_no="P000001").cells["account"] = NEW
    office.sheets.find("policies", policy_no="P000001").cells["customer_no"] = "C00000002"
    office.calm()
    (shown,) = accounts(office)
    assert shown.startswith("****0794")
    assert owner(office, shown) == "C00000002"
    assert ledger(office) == []


def test_account_that_was_cleared_elsewhere_stays_cleared_when_its_row_gets_another_person(
    office: Office,
) -> None:
    """4: the same of a value that is gone."""
    settled(office)
    office.airtable.find("policies", policy_no="P000001").cells["account"] = None
    office.sheets.find("policies", policy_no="P000001").cells["customer_no"] = "C00000002"
    office.calm()
    assert accounts(office) == {None}
    assert ledger(office) == []


def test_account_typed_beside_a_person_who_was_replaced_elsewhere_is_the_new_one_s(office: Office) -> None:
    """9: whoever erases the first person would destroy the second one's number, and leave the first one's elsewhere."""
    settled(office, account=None)
    second = office.airtable.row_id("customers", office.airtable.find("customers", full_name="张敏"))
    office.airtable.find("policies", policy_no="P000001").cells["customer_no"] = [second]
    office.sheets.find("policies", policy_no="P000001").cells["account"] = NEW
    office.calm()
    (shown,) = accounts(office)
    assert shown.startswith("****0794")
    assert owner(office, shown) == "C00000002"


def test_stand_in_whose_person_was_changed_elsewhere_was_not_touched(office: Office) -> None:
    """7: the row still shows what stood there before; nobody is told of an edit."""
    settled(office)
    second = office.airtable.row_id("customers", office.airtable.find("customers", full_name="张敏"))
    office.airtable.find("policies", policy_no="P000001").cells["customer_no"] = [second]
    row = office.sheets.find("policies", policy_no="P000001")
    row.cells["premium"] = 100
    office.calm()
    assert not row.system.get(SystemColumn.NOTE)
    assert owner(office, row.cells["account"]) == "C00000002"


def test_account_goes_along_with_a_person_changed_where_it_is_not_shown(new_office: NewOffice) -> None:
    """9: a department that does not see the number may change whose it is."""
    office = new_office(DEPARTMENT)
    settled(office)
    office.replica("claims").find("policies", policy_no="P000001").cells["customer_no"] = "C00000002"
    office.calm()
    (shown,) = accounts(office)
    assert owner(office, shown) == "C00000002"


def test_account_stays_whose_it_was_when_the_change_of_person_is_not_taken(office: Office) -> None:
    """7: the cell beside it says another person, and the archive does not."""
    settled(office)
    office.sheets.type_row("customers", customer_no="C00000003", full_name="李娜")
    office.calm()
    third = office.airtable.row_id("customers", office.airtable.find("customers", full_name="李娜"))
    office.airtable.find("policies", policy_no="P000001").cells["customer_no"] = [third]
    office.sheets.find("policies", policy_no="P000001").cells["customer_no"] = "C00000002"
    office.calm()
    (shown,) = accounts(office)
    assert owner(office, shown) == "C00000003"
    assert ledger(office) == [("sheets", "customer_no")]
