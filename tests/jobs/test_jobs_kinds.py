"""What is particular to kinds of reminders of the shipped archive; their days stand in the diary."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.due import Due, Failure
from jobs.words import CHINESE
from sync.store.hub import Hub
from tests.jobs.jobs_default import SCHEMA, Shipped
from tests.jobs.jobs_office import MONDAY, NOW, Office


@pytest.fixture
def shipped(tmp_path: Path) -> Iterator[Shipped]:
    """Customer c of agent wang, who has a manager and lies in a department; long known."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    made = Shipped(Office(hub))
    made.office.hire("zhao", department="业务部")
    made.office.hire("wang", department="业务部", manager_no="zhao")
    made.office.hire("li", department="理赔部")
    customer = {"customer_no": "C00000001", "full_name": "张伟", "agent_no": "wang", "status": "在保客户"}
    filled = {
        "gender": "男",
        "id_number": "TOKEN00001",
        "mobile": "TOKEN00002",
        "home_address": "TOKEN00003",
        "occupation": "教师",
        "occupation_class": "1类",
    }
    made.save(
        "customers", "c", **customer, **filled, created_on=date(2020, 1, 1), birth_date=date(1980, 6, 1)
    )
    made.save("policies", "p", **POLICY, status="终止")
    yield made
    hub.close()


POLICY: dict[str, Any] = {
    "policy_no": "P20200001",
    "customer_no": "c",
    "insured_no": "c",
    "product_type": "医疗保险",
}
IN_FORCE: dict[str, Any] = {**POLICY, "status": "有效", "effective_date": date(2025, 12, 1)}
SHORT = {**IN_FORCE, "expiry_date": date(2026, 11, 30)}
LONG = {**IN_FORCE, "effective_date": date(2006, 12, 1), "expiry_date": date(2026, 11, 30)}


@pytest.mark.parametrize(
    ("reminder", "row", "entered"),
    [
        ("renewal", SHORT, {"renewal_willing": "否"}),
        ("renewal", SHORT, {"status": "终止"}),
        ("maturity", LONG, {"whole_life": True}),
    ],
)
def test_the_end_of_a_contract_is_told_no_more_when_that_is_pointless(
    shipped: Shipped, reminder: str, row: dict[str, Any], entered: dict[str, Any]
) -> None:
    """The customer does not want it, it has ended before, or it never ends."""
    shipped.save("policies", "x", **row)
    assert shipped.due(reminder)
    shipped.save("policies", "x", **{**row, **entered})
    assert not shipped.due(reminder)


def test_a_renewed_contract_is_no_renewal_any_more(shipped: Shipped) -> None:
    """Its successor names it."""
    shipped.save("policies", "x", **SHORT)
    assert shipped.due("renewal")
    shipped.save(
        "policies", "y", **{**POLICY, "policy_no": "P20260009"}, prior_policy_no="x", status="待生效"
    )
    assert not shipped.due("renewal")


def test_a_file_is_reviewed_every_quarter(shipped: Shipped) -> None:
    """Two weeks before already; and the manager hears of it two weeks after, the archive's keepers a month after."""
    shipped.save("customers", "d", customer_no="C00000002", agent_no="wang", next_review_on=date(2026, 12, 7))
    [due] = shipped.due("review_quarterly")
    assert (due.stage, due.escalated) == (-14, ())
    assert shipped.due("review_quarterly", date(2026, 12, 21))[0].escalated == ("manager",)
    assert shipped.due("review_quarterly", date(2027, 1, 6))[0].escalated == ("manager", "档案管理部")


def test_a_high_grade_asks_for_a_review_every_month(shipped: Shipped) -> None:
    """The grade is sensitive: opened in memory, for records whose day has come and for no others."""
    for uid, grade in (("h1", "高"), ("h2", "低"), ("h3", "高")):
        shipped.secrets[f"TOKEN{uid}"] = grade
        shipped.save(
            "customers", f"c-{uid}", customer_no=f"C-{uid}", agent_no="wang", created_on=date(2020, 1, 1)
        )
        shipped.save("health_risk", uid, customer_no=f"c-{uid}", risk_level=f"TOKEN{uid}")
    shipped.save("customers", "c-h3", customer_no="C-h3", agent_no="wang", reviewed_on=date(2026, 11, 20))
    found = shipped.due("review_monthly", date(2027, 3, 1))
    assert {due.uid for due in found} == {"h1", "h3"}
    assert not any("高" in repr(due.title) for due in found)
    shipped.opened.clear()
    shipped.save("customers", "c-h1", customer_no="C-h1", agent_no="wang", reviewed_on=date(2027, 2, 20))
    assert {due.uid for due in shipped.due("review_monthly", date(2027, 3, 1))} == {"h3"}


def test_a_move_makes_a_review_due_at_once(shipped: Shipped) -> None:
    """A changed address, not a first one and not an imported one; a review after it closes it."""
    with shipped.office.hub.unit() as unit:
        change = {"at": NOW, "table": "customers", "uid": "c", "actor": None, "replica": "sheets"}
        unit.lists.add_history([{**change, "field": "employer", "before": None, "after": "TOKEN00009"}])
    assert not shipped.due("life_event")
    with shipped.office.hub.unit() as unit:
        unit.lists.add_history(
            [{**change, "field": "home_address", "before": "TOKEN00003", "after": "TOKEN00004"}]
        )
    [due] = shipped.due("life_event")
    assert (due.anchor, due.recipient) == (MONDAY, "wang")
    shipped.save(
        "customers", "c", customer_no="C00000001", agent_no="wang", status="在保客户", reviewed_on=MONDAY
    )
    assert not shipped.due("life_event")


def test_a_missing_field_is_an_item_of_its_own(shipped: Shipped) -> None:
    """One for each person and field; what is held to be mended is not missing."""
    shipped.save("customers", "d", customer_no="C00000002", agent_no="wang", created_on=date(2026, 11, 1))
    found = {due.field: due for due in shipped.due("missing_fields") if due.uid == "d"}
    assert {"mobile", "occupation"} <= found.keys()
    assert CHINESE.titled(found["occupation"].title) == "补充「职业」"
    assert len({due.item for due in found.values()}) == len(found)
    shipped.office.hold("customers", "d", "mobile")
    assert "mobile" not in {due.field for due in shipped.due("missing_fields")}


def test_a_stale_file_counts_only_with_a_contract_in_force(shipped: Shipped) -> None:
    """The hub knows when a record last changed."""
    later = date(2027, 6, 1)
    assert not shipped.due("stale_record", later)
    shipped.save("policies", "p", **IN_FORCE)
    [due] = shipped.due("stale_record", later)
    assert (due.uid, due.anchor) == ("c", MONDAY)


def test_birthdays_are_told_only_with_consent(shipped: Shipped) -> None:
    """29 February is kept on the 28th."""
    known = {"customer_no": "C00000001", "agent_no": "wang", "birth_date": date(1980, 2, 29)}
    shipped.save("customers", "c", **known)
    assert not shipped.due("birthday", date(2027, 2, 26))
    shipped.save("consents", "y", customer_no="c", consent_type="营销信息接收", status="有效")
    assert [due.anchor for due in shipped.due("birthday", date(2027, 2, 26))] == [date(2027, 2, 28)]
    assert not shipped.due("birthday", date(2027, 3, 1))


def test_conflicts_and_deletions_wait_for_a_person(shipped: Shipped) -> None:
    """Since the day they were found, in working days."""
    friday = datetime(2026, 11, 20, 2, tzinfo=UTC)
    with shipped.office.hub.unit() as unit:
        place = {"replica": "sheets", "table": "customers", "uid": "c"}
        unit.lists.note_conflict(
            **place, now=friday, key="occupation", kept="教师", other="护士", reason="hub"
        )
        unit.lists.await_approval("sheets", "customers", ["c"], friday)
    [conflict] = shipped.due("conflicts")
    assert (conflict.anchor, conflict.stage, CHINESE.titled(conflict.title)) == (
        date(2026, 11, 20),
        0,
        "两边填写不同\uff0c核对后重新填写\uff1a职业",
    )
    assert [due.stage for due in shipped.due("conflicts", date(2026, 11, 24))] == [2]
    [deletion] = shipped.due("deletions")
    assert (deletion.stage, deletion.escalated) == (1, ("档案管理部",))


def test_first_reviews_of_an_imported_archive_are_spread(shipped: Shipped) -> None:
    """Two hundred files that were overdue when they came: a few a day, each with a day of its own that stays."""
    for number in range(200):
        row = {"customer_no": f"N{number}", "agent_no": "wang", "next_review_on": date(2026, 1, 1)}
        shipped.save("customers", f"n{number:03}", **row)
    first = {due.uid: due.anchor for due in shipped.due("review_quarterly", date(2026, 11, 24))}
    assert 10 < len(first) < 60
    last = {due.uid: due.anchor for due in shipped.due("review_quarterly", date(2027, 3, 1))}
    assert len(last) == 200
    assert first.items() <= last.items()
    days = [(day - MONDAY).days for day in last.values()]
    assert min(days) >= 1 and max(days) <= 90


def test_one_failing_expression_does_not_stop_the_others(shipped: Shipped) -> None:
    """It is reported with its record and without a value."""
    reminders = [
        each.model_copy(update={"when": "1.0 / 0.0 > 1.0 && status.startsWith(created_on)"})
        if each.id == "review_quarterly"
        else each
        for each in shipped.config.reminders
    ]
    shipped.config = shipped.config.model_copy(update={"reminders": tuple(reminders)})
    known = {"customer_no": "C00000001", "agent_no": "wang", "status": "在保客户", "created_on": MONDAY}
    shipped.save("customers", "c", **known, next_review_on=MONDAY, id_valid_to=MONDAY)
    found = shipped.collected()
    assert {type(each) for each in found.failures} == {Failure}
    assert {failure.uid for failure in found.failures} == {"c"}
    assert "id_expiry" in {due.reminder for due in found.dues if isinstance(due, Due)}
