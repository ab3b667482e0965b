"""Airtable takes the links to a deleted record out of every cell: that is no edit, and they are there again with the record."""

from sync.connection import SystemColumn
from tests.sync.conftest import Office
from tests.sync.memory import Line


def insured(office: Office) -> tuple[Line, Line]:
    """A policy for one customer that insures another, everywhere: its row in Airtable, and the insured one's."""
    lines = [
        office.airtable.type_row("customers", full_name=name, occupation="教师")
        for name in ("王小明", "李红")
    ]
    holder, other = (office.airtable.row_id("customers", line) for line in lines)
    policy = office.airtable.type_row("policies", policy_no="P2020", customer_no=[holder], insured_no=[other])
    office.calm()
    assert office.sheets.find("policies", policy_no="P2020").cells["insured_no"] == "C00000002"
    return policy, lines[1]


def delete(office: Office, policy: Line, customer: Line) -> None:
    """What Airtable does when somebody deletes a record."""
    gone = office.airtable.row_id("customers", customer)
    office.airtable.delete("customers", customer)
    for key in ("customer_no", "insured_no"):
        policy.cells[key] = [one for one in policy.cells[key] if one != gone] or ""
    office.cycle()


def test_a_record_that_only_an_optional_link_needs_is_put_back_and_linked_again(office: Office) -> None:
    policy, customer = insured(office)
    delete(office, policy, customer)
    assert office.sheets.find("policies", policy_no="P2020").cells["insured_no"] == "C00000002"
    office.clock.advance(office.engine.config.delete_grace_s + 1)
    office.calm()
    back = office.airtable.find("customers", full_name="李红")
    assert policy.cells["insured_no"] == [office.airtable.row_id("customers", back)]
    assert "还有记录引用本行" in back.system[SystemColumn.NOTE]
    assert not policy.system.get(SystemColumn.NOTE)


def test_a_link_that_a_person_empties_is_emptied_everywhere(office: Office) -> None:
    policy, _ = insured(office)
    policy.cells["insured_no"] = []
    office.calm()
    assert not office.sheets.find("policies", policy_no="P2020").cells.get("insured_no")


def test_a_row_on_its_way_in_waits_no_longer_than_for_the_record_to_be_put_back(office: Office) -> None:
    holder = office.airtable.type_row("customers", full_name="王小明", occupation="教师")
    office.calm()
    gone = office.airtable.row_id("customers", holder)
    policy = office.airtable.type_row("policies", policy_no="P2020", customer_no=[gone])
    office.airtable.fail_after = 0
    office.cycle()
    office.airtable.fail_after = None
    office.airtable.delete("customers", holder)
    policy.cells["customer_no"] = ""
    office.cycle()
    office.clock.advance(office.engine.config.delete_grace_s + 1)
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "通过"
    assert office.sheets.find("policies", policy_no="P2020").cells["customer_no"] == "C00000001"
