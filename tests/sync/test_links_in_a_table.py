"""Rows of one table that link to each other, typed or mended at the same time."""

import pytest

from sync import cycle
from sync.connection import SystemColumn
from tests.sync.conftest import Office
from tests.sync.memory import Line, MemoryConnection

CUSTOMER = "C00000001"
HERE = pytest.mark.parametrize("here", ["airtable", "sheets"])
FIRST = pytest.mark.parametrize("held_first", [True, False])


def _customer(office: Office) -> None:
    office.sheets.type_row("customers", customer_no=CUSTOMER, full_name="王小明", occupation="教师")
    office.calm()


def _names(office: Office, here: MemoryConnection, table: str, line: Line) -> object:
    """What a link to this row looks like."""
    key = "policy_no" if table == "policies" else "customer_no"
    return [here.row_id(table, line)] if here.link_form == "row_id" else line.cells[key]


def _policy(office: Office, here: MemoryConnection, number: str, **cells: object) -> Line:
    customer = here.find("customers", customer_no=CUSTOMER)
    cells = {"customer_no": _names(office, here, "customers", customer), **cells}
    return here.type_row("policies", policy_no=number, **cells)


def _other(office: Office, here: str) -> MemoryConnection:
    return office.replica({"airtable": "sheets", "sheets": "airtable"}[here])


def _assert_linked(office: Office, here: MemoryConnection) -> None:
    """P0002 names P0001 as its predecessor."""
    policy, prior = (here.find("policies", policy_no=number) for number in ("P0002", "P0001"))
    assert policy.cells["prior_no"] == _names(office, here, "policies", prior)


@HERE
@FIRST
def test_new_policy_waits_for_its_held_predecessor(office: Office, here: str, held_first: bool) -> None:
    _customer(office)
    mine, other = office.replica(here), _other(office, here)
    if held_first:
        held = _policy(office, mine, "P0001", customer_no=None)
        policy = _policy(office, mine, "P0002")
    else:
        policy = _policy(office, mine, "P0002")
        held = _policy(office, mine, "P0001", customer_no=None)
    policy.cells["prior_no"] = _names(office, mine, "policies", held)
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "等待"
    assert policy.system[SystemColumn.NOTE] == "等待上期保单 P0001 更正后自动生效,本行无需处理。"
    assert not any(line.cells.get("prior_no") for line in other.lines("policies"))
    held.cells["customer_no"] = policy.cells["customer_no"]
    office.calm()
    assert policy.system[SystemColumn.STATUS] == held.system[SystemColumn.STATUS] == "通过"
    _assert_linked(office, other)


@HERE
@FIRST
def test_link_of_a_live_policy_waits_for_a_row_held_at_once(
    office: Office, here: str, held_first: bool
) -> None:
    _customer(office)
    mine, other = office.replica(here), _other(office, here)
    if held_first:
        held = _policy(office, mine, "P0001", customer_no=None)
        office.calm()
    policy = _policy(office, mine, "P0002")
    office.calm()
    if not held_first:
        held = _policy(office, mine, "P0001", customer_no=None)
    held.cells["premium"] = 5
    policy.cells["prior_no"] = _names(office, mine, "policies", held)
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "等待"
    assert not other.find("policies", policy_no="P0002").cells.get("prior_no")
    held.cells["customer_no"] = policy.cells["customer_no"]
    office.calm()
    assert policy.system[SystemColumn.STATUS] == held.system[SystemColumn.STATUS] == "通过"
    _assert_linked(office, other)


@HERE
def test_new_policies_that_link_to_each_other_go_live(office: Office, here: str) -> None:
    _customer(office)
    mine, other = office.replica(here), _other(office, here)
    one, two = (_policy(office, mine, number) for number in ("P0001", "P0002"))
    one.cells["prior_no"] = _names(office, mine, "policies", two)
    two.cells["prior_no"] = _names(office, mine, "policies", one)
    office.calm()
    assert one.system[SystemColumn.STATUS] == two.system[SystemColumn.STATUS] == "通过"
    assert all(line.cells["prior_no"] for line in other.lines("policies"))


@HERE
@pytest.mark.parametrize("together", [True, False])
def test_policies_that_link_to_each_other_go_live_when_one_is_mended(
    office: Office, here: str, together: bool
) -> None:
    _customer(office)
    mine, other = office.replica(here), _other(office, here)
    one, two = _policy(office, mine, "P0001", customer_no=None), _policy(office, mine, "P0002")
    if not together:
        office.calm()
    one.cells["prior_no"] = _names(office, mine, "policies", two)
    two.cells["prior_no"] = _names(office, mine, "policies", one)
    office.calm()
    assert one.system[SystemColumn.STATUS] == "错误"
    assert two.system[SystemColumn.STATUS] == "等待"
    one.cells["customer_no"] = two.cells["customer_no"]
    office.calm()
    assert one.system[SystemColumn.STATUS] == two.system[SystemColumn.STATUS] == "通过"
    assert [bool(line.cells.get("prior_no")) for line in other.lines("policies")] == [True, True]


@HERE
def test_policy_that_links_to_itself_does_not_wait_for_itself(office: Office, here: str) -> None:
    _customer(office)
    mine, other = office.replica(here), _other(office, here)
    policy = _policy(office, mine, "P0001", customer_no=None)
    policy.cells["prior_no"] = _names(office, mine, "policies", policy)
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "错误"
    policy.cells["customer_no"] = _names(
        office, mine, "customers", mine.find("customers", customer_no=CUSTOMER)
    )
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "通过"
    assert other.find("policies", policy_no="P0001").cells["prior_no"]


@HERE
def test_policy_is_woken_by_a_later_block_although_it_was_looked_at_before(
    office: Office, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the queue already, so it was judged while its predecessor was held still."""
    monkeypatch.setattr(cycle, "BLOCK_ROWS", 1)
    _customer(office)
    mine = office.replica(here)
    policy, held = _policy(office, mine, "P0002"), _policy(office, mine, "P0001", customer_no=None)
    office.calm()
    policy.cells["prior_no"] = _names(office, mine, "policies", held)
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "等待"
    with office.engine.hub.unit() as unit:
        unit.lists.ask_recheck(here, "policies", unit.seen.of(here, "policies"), "day")
    held.cells["customer_no"] = policy.cells["customer_no"]
    office.calm()
    assert policy.system[SystemColumn.STATUS] == "通过"
