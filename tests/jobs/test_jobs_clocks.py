"""The law's clocks of the shipped archive: what stops them, what makes them shorter, and to whom they run."""

from datetime import date
from typing import Any

import pytest

from tests.jobs.jobs_default import Shipped
from tests.jobs.jobs_lives import CLAIM, enter, last_due, on, told

STANDS_STILL: list[tuple[str, dict[str, Any], dict[str, Any], date]] = [
    ("claim_decide", {"request_received_on": date(2026, 9, 1), "decide_by": date(2026, 10, 1)},
     {"docs_complete_on": date(2026, 9, 20), "decide_by": date(2026, 10, 11)}, date(2026, 10, 11)),
    ("claim_advance", {"request_received_on": date(2026, 8, 2)},
     {"docs_complete_on": date(2026, 9, 20)}, date(2026, 11, 19)),
]  # fmt: skip
"""A claim whose papers were asked for on 10 September; what is entered when they have come, and the day that counts then."""


@pytest.mark.parametrize(("reminder", "row", "come", "anchor"), STANDS_STILL, ids=["decide", "advance"])
def test_a_claims_clock_stands_still_while_papers_are_awaited(
    settled: Shipped, reminder: str, row: dict[str, Any], come: dict[str, Any], anchor: date
) -> None:
    """On the day before the holidays it would be told; afterwards the day is later by the days of waiting."""
    before, after = date(2026, 9, 30), date(2026, 11, 18)
    enter(settled, "claims", "x", {**CLAIM, **row})
    assert told(settled, reminder, "x", before)
    enter(settled, "claims", "x", {"docs_asked_on": date(2026, 9, 10)})
    assert not told(settled, reminder, "x", before) and not told(settled, reminder, "x", after)
    enter(settled, "claims", "x", come)
    assert [due.anchor for due in settled.due(reminder, after) if due.uid == "x"] == [anchor]


def test_a_refused_claim_is_paid_nothing_in_advance(settled: Shipped) -> None:
    """Whatever its status says; that the customer is told has a clock of its own."""
    enter(settled, "claims", "x", {**CLAIM, "request_received_on": date(2026, 8, 2)})
    assert told(settled, "claim_advance", "x", date(2026, 9, 30))
    enter(settled, "claims", "x", {"result": "拒赔不解约"})
    assert not told(settled, "claim_advance", "x", date(2026, 9, 30))


@pytest.mark.parametrize(
    ("product", "stage"), [("医疗保险", None), ("终身寿险", -30)], ids=["two years", "five for a life"]
)
def test_claims_on_lives_are_barred_after_five_years(
    settled: Shipped, product: str, stage: int | None
) -> None:
    """29 February 2024 and five years are 28 February 2029."""
    enter(settled, "policies", "p", {"product_type": product})
    enter(settled, "claims", "x", {**CLAIM, "loss_date": date(2024, 2, 29)})
    found = [due for due in settled.due("claim_limitation", date(2029, 2, 1)) if due.uid == "x"]
    assert [due.anchor for due in found] == [date(2029, 2, 28) if stage else date(2026, 2, 28)]
    assert [due.stage for due in settled.due("claim_limitation", date(2025, 12, 1))] == (
        [] if stage else [-90]
    )


def test_a_claim_without_handler_is_nobodys_but_the_departments(settled: Shipped) -> None:
    """The customer's agent may not decide it."""
    enter(settled, "claims", "x", {**CLAIM, "handler_no": None, "decide_by": date(2026, 10, 9)})
    assert last_due(settled, "claim_decide", (on(10, 9, 0),)).recipient is None
