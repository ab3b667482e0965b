"""The figures that leaders read, over the shipped archive's own definitions."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jobs_default import CONFIG, SCHEMA
from jobs_office import MONDAY, Office

from jobs.fact_words import CHINESE, ENGLISH
from jobs.figure_config import FigureConfig, problems
from jobs.key_figures import key_figures, month_before
from sync.store.hub import Hub


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    yield Office(hub)
    hub.close()


def policies(office: Office, count: int, **values: Any) -> None:
    """So many contracts more, all alike."""
    known = {"status": "有效", "premium": Decimal(1000), "pay_frequency": "月交"}
    for _ in range(count):
        number = policies.made = getattr(policies, "made", 0) + 1  # type: ignore[attr-defined]
        office.save("policies", f"p{number}", policy_no=f"P{number:08}", **{**known, **values})


def lines(office: Office, today: date = MONDAY) -> dict[str, str]:
    with office.hub.reading() as unit:
        return dict(key_figures(unit, SCHEMA, CONFIG.figures, today, CHINESE))


def test_premiums_are_told_for_a_year_whatever_their_rhythm(office: Office) -> None:
    policies(office, 5, pay_frequency="月交")
    policies(office, 5, pay_frequency="年交")
    policies(office, 5, status="终止")
    found = lines(office)
    assert found["有效保单"] == "10 件"
    assert found["有效保单年化保费"] == "65,000 元"


def test_new_business_is_that_of_the_month_before_by_product(office: Office) -> None:
    """A single premium counts a tenth. Products with too few contracts stand together, or not at all."""
    policies(office, 6, issue_date=date(2026, 10, 31), product_type="年金保险", pay_frequency="趸交")
    policies(office, 3, issue_date=date(2026, 10, 1), product_type="医疗保险", pay_frequency="年交")
    policies(office, 2, issue_date=date(2026, 10, 1), product_type="终身寿险", pay_frequency="年交")
    policies(office, 9, issue_date=date(2026, 11, 1), product_type="年金保险", pay_frequency="年交")
    found = {name: text for name, text in lines(office).items() if name.startswith("上月新单")}
    assert found == {"上月新单年化保费 · 年金保险": "600 元", "上月新单年化保费 · 其他": "5,000 元"}


def test_persistency_is_the_premium_that_was_paid_on(office: Office) -> None:
    """Of the contracts of September 2025: paid beyond a year, or not; single premiums and early returns do not count."""
    began = {"effective_date": date(2025, 9, 15), "pay_frequency": "年交"}
    policies(office, 6, **began, paid_to=date(2027, 9, 15))
    policies(office, 2, **began, status="效力中止", paid_to=date(2026, 9, 15))
    policies(office, 4, **began, status="终止", termination_reason="犹豫期退保")
    policies(office, 4, effective_date=date(2025, 9, 15), pay_frequency="趸交")
    policies(office, 9, effective_date=date(2025, 10, 1), pay_frequency="年交")
    assert lines(office)["13个月继续率"] == "75.0%\uff088 条\uff09"


def test_losses_are_paid_and_reserved_over_premiums(office: Office) -> None:
    policies(office, 10, pay_frequency="年交")
    for number in range(6):
        row = {"claim_no": f"CL{number}", "report_date": date(2026, 5, number + 1)}
        office.save(
            "claims", f"k{number}", **row, paid_amount=Decimal(500), reserve=Decimal(100), status="已结案"
        )
    assert lines(office)["近12个月简单赔付率"] == "30.0%\uff086 条\uff09"


def test_what_is_about_a_few_is_not_shown(office: Office) -> None:
    policies(office, 4)
    assert lines(office)["有效保单年化保费"] == "少于 5 条\uff0c不显示"


def test_a_record_that_cannot_be_computed_is_counted(office: Office) -> None:
    figure = FigureConfig(name="坏", table="policies", sum="premium / 0.0 > 1.0 ? 'x' : 1.0")
    policies(office, 6)
    with office.hub.reading() as unit:
        found = key_figures(unit, SCHEMA, [figure], MONDAY, ENGLISH)
    assert ("坏", "6 could not be computed") in found


def test_the_period_is_the_calendar_month_before() -> None:
    assert month_before(date(2026, 3, 2)) == {"first_day": date(2026, 2, 1), "last_day": date(2026, 2, 28)}
    assert month_before(date(2026, 1, 4))["first_day"] == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("figure", "path"),
    [
        ({"table": "polices"}, "figures.0.table"),
        ({"table": "policies", "sum": "premum"}, "figures.0.sum"),
        ({"table": "policies", "when": "customer_no.status == '已注销'"}, "figures.0.when"),
        ({"table": "policies", "share": "uw_conclusion == '拒保'"}, "figures.0.share"),
        ({"table": "policies", "by": "premium"}, "figures.0.by"),
    ],
)
def test_a_figure_that_cannot_be_is_found_by_check(figure: dict[str, str], path: str) -> None:
    found = problems(SCHEMA, (FigureConfig(name="x", **figure),))  # type: ignore[arg-type]
    assert [one.path for one in found] == [path]
