"""The shipped archive's records through their lives: when each is told, to whom, and what ends it.

The days were found by hand, with a calendar of 2026: 25 to 27 September and 1 to 7 October are days off; Sunday 20 September and
Saturday 10 October are working days, as are Saturday 14 and 28 February.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jobs.due import Due
from sync.store.records import State
from tests.jobs.jobs_default import Shipped

LONG_AGO = datetime(2026, 1, 5, 2, tzinfo=UTC)
"""When everything came into the archive."""
MANAGER, COMPLIANCE, SERVICE, KEEPERS = "manager", "合规与反洗钱部", "客服与保全部", "档案管理部"

Told = tuple[date, int, tuple[str, ...]]
Change = tuple[str, str, Mapping[str, Any]]
"""Table, record, and what somebody enters there."""

CUSTOMER: dict[str, Any] = {"customer_no": "C00000001", "agent_no": "wang", "status": "在保客户"}
POLICY: dict[str, Any] = {
    "policy_no": "P20200001",
    "customer_no": "c",
    "product_type": "医疗保险",
    "status": "有效",
}
LONG_TERM = {**POLICY, "whole_life": True}
CLAIM: dict[str, Any] = {
    "claim_no": "CL2026001",
    "policy_no": "p",
    "customer_no": "c",
    "handler_no": "li",
    "status": "已报案",
}
HEALTH: dict[str, Any] = {"assess_no": "H00000001", "customer_no": "c"}
FILLED: dict[str, Any] = {
    "full_name": "张伟",
    "gender": "男",
    "birth_date": date(1985, 6, 1),
    "id_number": "TOKEN00001",
    "mobile": "TOKEN00002",
    "home_address": "TOKEN00003",
    "occupation": "教师",
    "occupation_class": "1类",
}


def on(month: int, day: int, stage: int, *escalated: str, year: int = 2026) -> Told:
    """From this day on it is told as this stage, and to these besides."""
    return date(year, month, day), stage, escalated


@dataclass(frozen=True)
class Life:
    """One record, when it is told, to whom, and what ends it."""

    reminder: str
    table: str
    row: Mapping[str, Any]
    whose: str
    """A member of staff, or a department."""
    told: tuple[Told, ...]
    done: Change | None = None
    """What somebody enters; None where it is told only until its day."""
    before: tuple[Change, ...] = ()
    """What else stands in the archive."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    over_on: date | None = None
    """The day on which it is told no more by itself."""


REVIEWED = ("customers", "c", {**CUSTOMER, "reviewed_on": date(2026, 10, 1)})

LIVES = (
    Life("review_quarterly", "customers", {**CUSTOMER, "next_review_on": date(2026, 10, 4)}, "wang",
         (on(9, 20, -14), on(9, 30, 0), on(10, 16, 14, MANAGER), on(11, 3, 30, MANAGER, KEEPERS)),
         done=("customers", "x", {"next_review_on": date(2027, 1, 4)})),
    Life("review_monthly", "health_risk", {**HEALTH, "risk_level": "TOKENGRADE"}, "wang",
         (on(9, 30, 0), on(10, 14, 14, MANAGER)), secrets={"TOKENGRADE": "高"},
         before=(("customers", "c", {**CUSTOMER, "reviewed_on": date(2026, 8, 31)}),), done=REVIEWED),
    Life("new_policy_review", "policies", {**POLICY, "issue_date": date(2026, 9, 20)}, "wang",
         (on(9, 20, 0), on(9, 24, 7), on(9, 30, 7, MANAGER)), done=REVIEWED),
    Life("claim_review", "claims", {**CLAIM, "decided_on": date(2026, 9, 4)}, "wang",
         (on(9, 4, 0), on(9, 11, 7), on(9, 18, 7, MANAGER)), done=REVIEWED),
    Life("missing_fields", "customers", {**CUSTOMER, **FILLED, "created_on": date(2026, 9, 1), "mobile": None}, "wang",
         (on(9, 4, 3), on(9, 11, 10), on(9, 30, 30, MANAGER)), done=("customers", "x", {"mobile": "TOKEN00002"})),
    Life("stale_record", "customers", CUSTOMER, "wang",
         (on(7, 3, 180), on(1, 5, 365, year=2027), on(1, 20, 365, MANAGER, year=2027)),
         before=(("policies", "q", {**POLICY, "customer_no": "x"}),),
         done=("policies", "q", {"status": "终止"})),
    Life("id_expiry", "customers", {**CUSTOMER, "id_valid_to": date(2026, 10, 10)}, "wang",
         (on(7, 10, -90), on(9, 10, -30), on(9, 30, -7), on(10, 10, 1), on(11, 9, 30, COMPLIANCE)),
         done=("customers", "x", {"id_valid_to": date(2046, 10, 10)})),
    Life("age_boundary", "customers", {**CUSTOMER, "birth_date": date(2008, 2, 29)}, "wang",
         (on(1, 29, -30),), over_on=date(2026, 3, 1)),
    Life("birthday", "customers", {**CUSTOMER, "birth_date": date(1980, 2, 29)}, "wang",
         (on(2, 25, -3),), over_on=date(2026, 3, 1), done=("consents", "y", {"status": "已撤回"}),
         before=(("consents", "y", {"customer_no": "x", "consent_type": "营销信息接收", "status": "有效"}),)),
    Life("renewal", "policies", {**POLICY, "effective_date": date(2025, 12, 1), "expiry_date": date(2026, 11, 30)}, "wang",
         (on(9, 30, -60), on(10, 30, -30), on(11, 13, -15), on(11, 23, -7, MANAGER), on(11, 27, -1, MANAGER), on(12, 1, 1, MANAGER)),
         done=("policies", "y", {**POLICY, "policy_no": "P20260009", "prior_policy_no": "x", "status": "待生效"})),
    Life("maturity", "policies", {**POLICY, "effective_date": date(2006, 12, 31), "expiry_date": date(2026, 12, 31)}, "wang",
         (on(9, 30, -90), on(12, 1, -30), on(12, 24, -7)), done=("policies", "x", {"status": "终止"})),
    Life("premium_due", "policies", {**POLICY, "next_due": date(2026, 10, 8)}, "wang",
         (on(9, 8, -30), on(9, 23, -15), on(9, 30, -1), on(10, 8, 0)), over_on=date(2026, 10, 9),
         done=("policies", "x", {"next_due": date(2027, 10, 8)})),
    Life("grace", "policies", {**POLICY, "next_due": date(2026, 9, 1), "grace_until": date(2026, 10, 31)}, "wang",
         (on(9, 2, -59), on(9, 16, -45), on(9, 30, -30), on(10, 16, -15, MANAGER), on(10, 23, -7, MANAGER),
          on(10, 28, -3, MANAGER, SERVICE), on(10, 30, -1, MANAGER, SERVICE)), over_on=date(2026, 11, 1),
         done=("policies", "x", {"next_due": date(2027, 9, 1), "grace_until": date(2027, 10, 31)})),
    Life("suspended", "policies", {**POLICY, "status": "效力中止", "suspended_on": date(2024, 2, 29)}, "wang",
         (on(3, 1, -729, year=2024), on(3, 29, -700, year=2024), on(8, 27, -550, year=2024), on(2, 28, -365, year=2025),
          on(11, 28, -90, MANAGER, year=2025), on(1, 29, -30, MANAGER), on(2, 14, -7, MANAGER)),
         done=("policies", "x", {"status": "有效", "reinstated_on": date(2026, 2, 20)})),
    Life("new_policy_call", "policies", {**LONG_TERM, "delivered_date": date(2026, 9, 15)}, SERVICE,
         (on(9, 18, -12), on(9, 22, -8), on(9, 24, -3, MANAGER)), done=("policies", "x", {"callback_on": date(2026, 9, 24)})),
    Life("not_delivered", "policies", {**POLICY, "agent_no": "sun", "issue_date": date(2026, 9, 10)}, "sun",
         (on(9, 15, -15), on(9, 20, -10), on(9, 30, 0)), done=("policies", "x", {"delivered_date": date(2026, 9, 29)})),
    Life("surrender_pay", "policies",
         {**POLICY, "status": "终止", "termination_reason": "退保终止", "terminated_on": date(2026, 9, 1)}, "wang",
         (on(9, 21, -10), on(9, 28, -3), on(9, 30, 0, COMPLIANCE)), done=("policies", "x", {"surrender_amount": Decimal(100)})),
    Life("anniversary", "policies", {**LONG_TERM, "effective_date": date(2016, 10, 10)}, "wang",
         (on(9, 24, -14),), over_on=date(2026, 10, 11), done=("policies", "x", {"status": "终止"})),
    Life("claim_decide", "claims", {**CLAIM, "decide_by": date(2026, 10, 9)}, "li",
         (on(9, 29, -10), on(9, 30, -2, MANAGER), on(10, 9, 0, MANAGER, COMPLIANCE), on(10, 10, 1, MANAGER, COMPLIANCE)),
         done=("claims", "x", {"decided_on": date(2026, 10, 9)})),
    Life("claim_pay", "claims", {**CLAIM, "agreed_on": date(2026, 9, 17), "pay_by": date(2026, 9, 27)}, "li",
         (on(9, 22, -5), on(9, 24, 0, MANAGER), on(9, 28, 1, MANAGER)), done=("claims", "x", {"paid_on": date(2026, 9, 28)})),
    Life("claim_refusal", "claims", {**CLAIM, "decided_on": date(2026, 9, 28), "result": "拒赔不解约"}, "li",
         (on(9, 29, -2), on(9, 30, 0, COMPLIANCE)), done=("claims", "x", {"refusal_notice_on": date(2026, 9, 30)})),
    Life("claim_advance", "claims", {**CLAIM, "request_received_on": date(2026, 8, 2)}, "li",
         (on(9, 16, -15), on(9, 24, -5), on(9, 30, 0, COMPLIANCE)), done=("claims", "x", {"paid_on": date(2026, 9, 30)})),
    Life("claim_papers", "claims", {**CLAIM, "docs_asked_on": date(2026, 9, 3)}, "li",
         (on(9, 10, -23), on(9, 18, -15), on(9, 30, 0)), done=("claims", "x", {"docs_complete_on": date(2026, 9, 30)})),
    Life("claim_limitation", "claims", {**CLAIM, "loss_date": date(2024, 10, 31)}, "li",
         (on(7, 31, -90), on(9, 30, -30)), done=("claims", "x", {"status": "已立案"})),
    Life("assessment_expiry", "health_risk", {**HEALTH, "appetite_valid_until": date(2026, 10, 31)}, "wang",
         (on(9, 30, -30), on(10, 30, 0)), done=("health_risk", "x", {"appetite_valid_until": date(2027, 10, 31)})),
    Life("uw_follow_up", "health_risk",
         {**HEALTH, "follow_up_on": date(2026, 10, 12), "uw_advice": "TOKENADVICE", "assessor_no": "sun"}, "sun",
         (on(10, 9, -3), on(10, 12, 0), on(10, 16, 5, MANAGER)), secrets={"TOKENADVICE": "延期", "TOKENDONE": "标准体"},
         done=("health_risk", "x", {"uw_advice": "TOKENDONE"})),
    Life("consent_expiry", "consents", {"customer_no": "c", "status": "有效", "expires_on": date(2026, 10, 31)}, "wang",
         (on(9, 30, -30), on(10, 23, -7), on(10, 30, 0, COMPLIANCE)), done=("consents", "x", {"status": "已撤回"})),
    Life("staff_left", "staff", {"staff_no": "x", "name": "周杰", "manager_no": "zhao", "left_on": date(2026, 9, 21)}, "zhao",
         (on(9, 21, 0), on(9, 24, 3), on(9, 28, 7, SERVICE)),
         before=(("customers", "d", {**CUSTOMER, "customer_no": "C00000002", "agent_no": "x"}),),
         done=("customers", "d", {"agent_no": "wang"})),
    Life("task_due", "tasks", {"title": "回电话", "owner_no": "wang", "due_on": date(2026, 9, 14)}, "wang",
         (on(9, 14, 0), on(9, 17, 3), on(9, 21, 7)), done=("tasks", "x", {"status": "已完成"})),
)  # fmt: skip


def enter(shipped: Shipped, table: str, uid: str, values: Mapping[str, Any]) -> None:
    """Fill fields of a record, long ago; None clears one."""
    with shipped.office.hub.unit() as unit:
        known = unit.records.get(table, uid)
        row = {**(known.values if known else {}), **values}
        kept = {key: value for key, value in row.items() if value is not None}
        unit.records.save(table, uid, kept, state=State.LIVE, now=LONG_AGO)


def told(shipped: Shipped, reminder: str, uid: str, day: date) -> list[tuple[int, tuple[str, ...]]]:
    """The stage told on a day, and who hears of it besides."""
    return [(due.stage, due.escalated) for due in shipped.due(reminder, day) if due.uid == uid]


def last_due(shipped: Shipped, reminder: str, diary: tuple[Told, ...], uid: str = "x") -> Due:
    """The item on the last of its days."""
    [due] = [due for due in shipped.due(reminder, diary[-1][0]) if due.uid == uid]
    return due


def settle(shipped: Shipped) -> None:
    """Customer c of agent wang and a claims handler li, both below zhao; long known."""
    shipped.office.hire("zhao", department="业务部")
    for uid, department in (("wang", "业务部"), ("sun", "核保部"), ("li", "理赔部")):
        shipped.office.hire(uid, department=department, manager_no="zhao")
    enter(shipped, "customers", "c", {**CUSTOMER, **FILLED})
    enter(shipped, "policies", "p", {**POLICY, "status": "终止"})
