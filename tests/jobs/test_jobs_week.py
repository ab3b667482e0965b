"""What managers are told of the week behind."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from jobs.items import Items
from jobs.preview import Archive, preview
from tests.jobs.jobs_default import CONFIG, SCHEMA, Shipped
from tests.jobs.jobs_lives import CUSTOMER, enter
from tests.jobs.jobs_office import MONDAY
from vault.masks import MasksConfig

NOON = timedelta(hours=4)
"""In Greenwich when it is noon in China."""


def moment(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + NOON


def keep(settled: Shipped, day: date) -> None:
    """The pass over the to-do table on a day: each open item has a row."""
    dues = settled.collected(day).dues
    with settled.office.hub.unit() as unit:
        items = Items(unit.connection)
        kept = items.keep(dues, items.open(), today=day, now=moment(day))
        items.save(replace(item, task=f"t{item.uid}") for item in kept.open.values())
    for due in dues:
        enter(settled, "tasks", f"t{due.uid}", {"title": "-", "owner_no": due.recipient, "item": due.item})


def weekly(settled: Shipped, locale: str = "zh-CN") -> str:
    """The mail of the manager."""
    hub = settled.office.hub
    archive = Archive("档案", hub, SCHEMA, CONFIG, MasksConfig(), lambda _: {}, lambda _: {}, locale=locale)
    [mail] = [mail for mail in preview(archive, today=MONDAY).mails if mail.recipient.startswith("zhao")]
    return mail.text


def test_a_manager_hears_what_came_up_and_what_was_done_within_a_week(settled: Shipped) -> None:
    """One thing stands for longer, one was done last Tuesday, one before that, and one came up on Thursday."""
    for uid in ("old", "done", "long_done"):
        enter(settled, "customers", uid, {**CUSTOMER, "customer_no": uid, "id_valid_to": date(2026, 11, 1)})
    keep(settled, date(2026, 11, 2))
    enter(settled, "customers", "long_done", {"id_long_term": True})
    keep(settled, date(2026, 11, 13))
    enter(settled, "customers", "done", {"id_long_term": True})
    keep(settled, date(2026, 11, 17))
    enter(settled, "customers", "new", {**CUSTOMER, "customer_no": "new", "id_valid_to": date(2026, 11, 25)})
    keep(settled, date(2026, 11, 19))
    assert "与一周前相比\uff1a新增 1 项\uff0c办结 1 项。" in weekly(settled)
    assert "Since a week ago: 1 new, 1 done." in weekly(settled, "en")


def test_a_quiet_week_is_not_worth_a_line(settled: Shipped) -> None:
    """Nothing came up, nothing was done."""
    assert "与一周前相比" not in weekly(settled)
