"""The figures that leaders read, over the shipped archive's own definitions."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jobs.fact_words import CHINESE, ENGLISH, fact_words
from jobs.figure_config import FigureConfig, problems
from jobs.figures import figures
from jobs.key_figures import key_figures, month_before
from sync.store.hub import Hub
from tests.jobs.jobs_default import CONFIG, RAW, SCHEMA
from tests.jobs.jobs_office import MONDAY, Office


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
    assert lines(office)["近12个月简单赔付率"] == "30.0%\uff0810 条\uff09"


def test_renewals_are_those_that_name_what_ended_and_begin_within_thirty_days(office: Office) -> None:
    """Of what ended in September 2026: 6 of 20 were renewed in time; a late one and one of a long contract are none."""
    year = {"effective_date": date(2025, 9, 16), "expiry_date": date(2026, 9, 15), "pay_frequency": "年交"}
    policies(office, 20, **year, status="终止", termination_reason="到期未续终止")
    first = policies.made - 19  # type: ignore[attr-defined]
    policies(office, 5, **year, status="终止", termination_reason="退保终止")
    long = {**year, "effective_date": date(2016, 9, 16)}
    policies(office, 5, **long, status="终止", termination_reason="满期终止")
    for number in range(6):
        renewed = {"effective_date": date(2026, 9, 16), "prior_policy_no": f"p{first + number}"}
        policies(office, 1, **renewed, pay_frequency="年交", premium=Decimal(2000))
    policies(office, 9, effective_date=date(2026, 10, 20), prior_policy_no=f"p{first + 7}")
    policies(office, 9, effective_date=date(2026, 9, 16), prior_policy_no=f"p{first + 27}")
    found = lines(office)
    assert found["短期险续保率"] == "30.0%\uff0820 条\uff09"
    assert found["短期险续保率\uff08保费\uff09"] == "60.0%\uff0820 条\uff09"


def test_contracts_likely_to_lapse_are_told_by_product(office: Office) -> None:
    """Thirty points: a grace period that is over, or half of it with nobody in touch; the agent who left counts too."""
    office.hire("wang")
    office.hire("liu", active=None)
    for uid, called in (("near", MONDAY), ("far", date(2026, 3, 1))):
        office.save("customers", uid, customer_no=uid, last_contact_on=called)
    life = {"product_type": "终身寿险", "service_agent_no": "wang"}
    over, half, soon = date(2026, 9, 24), date(2026, 10, 24), date(2026, 12, 1)
    policies(office, 5, **life, next_due=over, customer_no="near")
    policies(office, 6, **{**life, "product_type": "年金保险"}, next_due=half, customer_no="far")
    for due, customer, agent in ((half, "near", "wang"), (soon, "far", "liu"), (half, "near", "liu")):
        policies(
            office, 7, next_due=due, customer_no=customer, service_agent_no=agent, product_type="医疗保险"
        )
    early = {"effective_date": date(2025, 11, 23), "next_due": soon, "service_agent_no": "liu"}
    policies(office, 8, **early, customer_no="far", product_type="护理保险")
    found = {name: text for name, text in lines(office).items() if name.startswith("失效风险")}
    assert found == {
        "失效风险较高的保单 · 护理保险": "8 件",
        "失效风险较高的保单 · 年金保险": "6 件",
        "失效风险较高的保单 · 终身寿险": "5 件",
        "失效风险较高的年化保费": "228,000 元",
    }


def test_english_leaders_read_no_chinese(office: Office) -> None:
    office.save("customers", "near", customer_no="near", last_contact_on=MONDAY)
    due = {"issue_date": date(2026, 10, 1), "next_due": date(2026, 1, 1), "customer_no": "near"}
    policies(office, 6, **due, product_type="重大疾病保险")
    words = fact_words("en", CONFIG.mail.english)
    kinds = {each.id: each.kind for each in CONFIG.reminders}
    with office.hub.reading() as unit:
        found = (
            *key_figures(unit, SCHEMA, CONFIG.figures, MONDAY, words),
            *figures(unit, SCHEMA, kinds, MONDAY, words),
        )
    assert ("contracts likely to lapse · critical illness", "6 contracts") in found
    assert [line for line in found if re.search("[一-龥]", "".join(line))] == []


def test_every_english_term_stands_for_something_in_the_config() -> None:
    """A name that was changed, and its translation not, is found here."""
    named = {figure.name for figure in CONFIG.figures} | {figure.unit for figure in CONFIG.figures}
    named |= {table.name for table in SCHEMA.tables.values()}
    named |= {text for each in CONFIG.reminders for text in (each.kind, each.title)}
    named |= set(SCHEMA.options_of(SCHEMA.tables["policies"].fields["product_type"]).values)
    named |= set(SCHEMA.options_of(SCHEMA.tables["tasks"].fields["kind"]).values)
    named |= {RAW["archive"]["name"], *RAW["options"]["department"]}
    named |= {each.law for each in CONFIG.reminders if each.law}
    columns = {field.name for table in SCHEMA.tables.values() for field in table.fields.values()}
    assert set(CONFIG.mail.english) <= named | columns
    assert named - set(CONFIG.mail.english) <= {""}, "a column may be called by its key"


def test_what_is_about_a_few_is_not_shown(office: Office) -> None:
    """Nor is a ratio to a few, though nothing stands against them."""
    policies(office, 4)
    found = lines(office)
    assert found["有效保单年化保费"] == found["近12个月简单赔付率"] == "少于 5 条\uff0c不显示"


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
        ({"table": "policies", "when": "customer_no.staus == '已注销'"}, "figures.0.when"),
        ({"table": "policies", "when": "customer_no.mobile == '1'"}, "figures.0.when"),
        ({"table": "policies", "share": "uw_conclusion == '拒保'"}, "figures.0.share"),
        ({"table": "policies", "by": "premium"}, "figures.0.by"),
    ],
)
def test_a_figure_that_cannot_be_is_found_by_check(figure: dict[str, str], path: str) -> None:
    found = problems(SCHEMA, (FigureConfig(name="x", **figure),))
    assert [one.path for one in found] == [path]
