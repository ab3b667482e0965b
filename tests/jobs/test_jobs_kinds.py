"""Every kind of reminder of the shipped archive: when it is due, to whom, and what closes it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jobs_default import SCHEMA, Shipped
from jobs_office import MONDAY, NOW, Office

from jobs.due import Due, Failure
from sync.store.hub import Hub


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
CLAIM: dict[str, Any] = {"claim_no": "CL2026001", "policy_no": "p", "customer_no": "c", "handler_no": "li"}
IN_FORCE: dict[str, Any] = {**POLICY, "status": "有效", "effective_date": date(2025, 12, 1)}
SHORT = {**IN_FORCE, "expiry_date": date(2026, 11, 30)}
LONG = {**IN_FORCE, "effective_date": date(2006, 12, 1), "expiry_date": date(2026, 11, 30)}

DUE: list[tuple[str, str, dict[str, Any], date, str]] = [
    ("renewal", "policies", SHORT, date(2026, 11, 30), "wang"),
    ("maturity", "policies", LONG, date(2026, 11, 30), "wang"),
    ("premium_due", "policies", {**IN_FORCE, "next_due": date(2026, 12, 1)}, date(2026, 12, 1), "wang"),
    ("grace", "policies", {**IN_FORCE, "grace_until": date(2026, 12, 1)}, date(2026, 12, 1), "wang"),
    ("suspended", "policies", {**POLICY, "status": "效力中止", "suspended_on": date(2024, 12, 1)}, date(2026, 12, 1), "wang"),
    ("new_policy_call", "policies", {**IN_FORCE, "whole_life": True, "delivered_date": date(2026, 11, 16)}, date(2026, 12, 1), "wang"),
    ("not_delivered", "policies", {**IN_FORCE, "agent_no": "zhao", "issue_date": date(2026, 11, 10)}, date(2026, 11, 30), "zhao"),
    ("surrender_pay", "policies", {**POLICY, "status": "终止", "termination_reason": "退保终止", "terminated_on": date(2026, 11, 1)}, date(2026, 12, 1), "wang"),
    ("anniversary", "policies", {**IN_FORCE, "effective_date": date(2016, 12, 1), "whole_life": True}, date(2026, 12, 1), "wang"),
    ("new_policy_review", "policies", {**IN_FORCE, "issue_date": date(2026, 11, 20)}, date(2026, 11, 20), "wang"),
    ("claim_review", "claims", {**CLAIM, "decided_on": date(2026, 11, 20)}, date(2026, 11, 20), "wang"),
    ("claim_decide", "claims", {**CLAIM, "decide_by": date(2026, 11, 25)}, date(2026, 11, 25), "li"),
    ("claim_pay", "claims", {**CLAIM, "pay_by": date(2026, 11, 25)}, date(2026, 11, 25), "li"),
    ("claim_refusal", "claims", {**CLAIM, "decided_on": date(2026, 11, 22), "result": "拒赔不解约"}, date(2026, 11, 25), "li"),
    ("claim_advance", "claims", {**CLAIM, "request_received_on": date(2026, 9, 26)}, date(2026, 11, 25), "li"),
    ("claim_papers", "claims", {**CLAIM, "docs_asked_on": date(2026, 11, 10)}, date(2026, 12, 10), "li"),
    ("claim_limitation", "claims", {**CLAIM, "status": "已报案", "loss_date": date(2025, 1, 10)}, date(2027, 1, 10), "li"),
    ("assessment_expiry", "health_risk", {"customer_no": "c", "appetite_valid_until": date(2026, 12, 1)}, date(2026, 12, 1), "wang"),
    ("consent_expiry", "consents", {"customer_no": "c", "status": "有效", "expires_on": date(2026, 12, 1)}, date(2026, 12, 1), "wang"),
    ("task_due", "tasks", {"title": "回电话", "owner_no": "wang", "due_on": date(2026, 11, 20)}, date(2026, 11, 20), "wang"),
]  # fmt: skip
"""Reminder, table, row, the day it counts to, and whom it concerns."""

CLOSED: list[tuple[str, dict[str, Any]]] = [
    ("renewal", {"renewal_willing": "否"}),
    ("renewal", {"status": "终止"}),
    ("maturity", {"whole_life": True}),
    ("premium_due", {"next_due": date(2027, 12, 1)}),
    ("grace", {"grace_until": date(2027, 2, 1)}),
    ("suspended", {"status": "有效"}),
    ("new_policy_call", {"callback_on": MONDAY}),
    ("not_delivered", {"delivered_date": MONDAY}),
    ("surrender_pay", {"surrender_amount": Decimal(100)}),
    ("claim_decide", {"decided_on": MONDAY}),
    ("claim_decide", {"docs_asked_on": date(2026, 11, 20)}),
    ("claim_pay", {"paid_on": MONDAY}),
    ("claim_refusal", {"refusal_notice_on": MONDAY}),
    ("claim_advance", {"paid_on": MONDAY}),
    ("claim_papers", {"docs_complete_on": MONDAY}),
    ("claim_limitation", {"status": "已立案"}),
    ("consent_expiry", {"status": "已撤回"}),
    ("task_due", {"status": "已完成"}),
]
"""Reminder, and what somebody enters so that it is done."""


@pytest.mark.parametrize(("reminder", "table", "row", "day", "whose"), DUE, ids=[each[0] for each in DUE])
def test_each_kind_is_due_to_whom_it_concerns(
    shipped: Shipped, reminder: str, table: str, row: dict[str, Any], day: date, whose: str
) -> None:
    """One item, by its day."""
    shipped.save(table, "x", **row)
    [due] = shipped.due(reminder)
    assert (due.anchor, due.recipient) == (day, whose)


@pytest.mark.parametrize(("reminder", "entered"), CLOSED)
def test_each_kind_closes_when_its_condition_is_false(
    shipped: Shipped, reminder: str, entered: dict[str, Any]
) -> None:
    """Nobody ticks it off."""
    [(table, row)] = [(table, row) for id_, table, row, _, _ in DUE if id_ == reminder]
    shipped.save(table, "x", **row)
    assert shipped.due(reminder)
    shipped.save(table, "x", **{**row, **entered})
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
    assert found["occupation"].title == "补充「职业」"
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


def test_identity_documents_expire_by_law(shipped: Shipped) -> None:
    """And compliance hears of it a month later."""
    known = {"customer_no": "C00000001", "agent_no": "wang", "status": "在保客户"}
    shipped.save("customers", "c", **known, id_valid_to=date(2026, 10, 20))
    [due] = shipped.due("id_expiry")
    assert (due.law, due.escalated) == ("反洗钱法34", ("合规与反洗钱部",))
    shipped.save("customers", "c", **known, id_long_term=True, id_valid_to=date(2026, 10, 20))
    assert not shipped.due("id_expiry")


def test_birthdays_are_told_only_with_consent(shipped: Shipped) -> None:
    """29 February is kept on the 28th."""
    known = {"customer_no": "C00000001", "agent_no": "wang", "birth_date": date(1980, 2, 29)}
    shipped.save("customers", "c", **known)
    assert not shipped.due("birthday", date(2027, 2, 26))
    shipped.save("consents", "y", customer_no="c", consent_type="营销信息接收", status="有效")
    assert [due.anchor for due in shipped.due("birthday", date(2027, 2, 26))] == [date(2027, 2, 28)]
    assert not shipped.due("birthday", date(2027, 3, 1))


def test_an_age_that_changes_the_rules_is_told_a_month_before(shipped: Shipped) -> None:
    """Eighteen; the nineteenth birthday is none of these."""
    shipped.save("customers", "c", customer_no="C1", agent_no="wang", birth_date=date(2008, 12, 10))
    assert [due.anchor for due in shipped.due("age_boundary")] == [date(2026, 12, 10)]
    assert not shipped.due("age_boundary", date(2026, 12, 11))


def test_customers_of_somebody_who_left_are_handed_over(shipped: Shipped) -> None:
    """Until nobody is left."""
    shipped.office.hire("wang", manager_no="zhao", left_on=date(2026, 11, 20), active=None)
    [due] = shipped.due("staff_left")
    assert due.recipient == "zhao"
    shipped.save("customers", "c", customer_no="C00000001", agent_no="zhao")
    assert not shipped.due("staff_left")


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
    assert (conflict.anchor, conflict.stage, conflict.title) == (
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
