"""The mails as people see them: rendered in a browser at the width of a phone and of a desk, pictures kept."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from jobs.digest_page import Facts
from jobs.fact_words import FactWords, fact_words
from jobs.outbox import Outbox
from jobs.preview import Archive, preview
from jobs.urgent import store_urgent
from jobs.words import english_terms
from sync.store.hub import Hub
from sync.store.tables import outbox as outbox_table
from tests.browser import OpenPage
from tests.jobs.jobs_default import CONFIG, SCHEMA
from tests.jobs.jobs_office import MONDAY, NOW, Office
from vault.masks import MasksConfig

WIDTHS = (360, 800)
DIGESTS = {
    "agent_daily",
    "manager_weekly",
    "agent_daily+compliance_weekly",
    "operations_daily",
    "leaders_monthly",
    "urgent",
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Two hundred items of four agents; one has a very long name, another stands in for the manager."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    made = Office(hub)
    made.hire("zhao", name="赵敏", department="业务部")
    for uid, department in (("he", "合规与反洗钱部"), ("ops", "信息技术部"), ("lin", "管理层")):
        made.hire(uid, department=department)
    for uid, name in (
        ("wang", "王芳"),
        ("liu", "迪丽热巴·买买提艾力·阿卜杜拉"),
        ("sun", "孙丽"),
        ("qian", "钱多多"),
    ):
        made.hire(
            uid, name=name, manager_no="zhao", department="业务部", away_from=MONDAY if uid == "sun" else None
        )
    for number in range(200):
        agent = ("wang", "liu", "sun", "qian")[number % 4]
        row = {
            "customer_no": f"C{number:08}",
            "full_name": "欧阳建国",
            "agent_no": agent,
            "status": "在保客户",
        }
        made.save("customers", f"c{number:03}", **row, id_valid_to=MONDAY + timedelta(days=number % 60 - 45))
        policy = {
            "policy_no": f"P2020{number:08}",
            "customer_no": f"c{number:03}",
            "status": "有效",
            "premium": None,
        }
        if number % 10 == 0:
            made.save("policies", f"p{number:03}", **{k: v for k, v in policy.items() if v}, next_due=MONDAY)
    refused = {"decided_on": date(2026, 11, 21), "result": "拒赔不解约"}
    made.save("claims", "r", claim_no="CL2026002", customer_no="c000", handler_no="wang", **refused)
    yield made
    hub.close()


def archive(office: Office, locale: str) -> Archive:
    """As the application makes it, with figures as an archive of some size has them."""
    words = fact_words(locale, english_terms(SCHEMA, CONFIG.mail.english))
    return Archive(
        "客户保险档案",
        office.hub,
        SCHEMA,
        CONFIG,
        MasksConfig(),
        office.links,
        lambda _: {},
        locale=locale,
        facts=lambda: facts(words),
        figures=lambda: figures(words),
    )


def facts(words: FactWords) -> Facts:
    lag = words.seconds.format(count=4)
    return Facts(
        operations=(
            (words.total, "3343"),
            (words.held, "3"),
            (words.last_sync.format(name="airtable"), lag),
            (words.unwritten.format(name="理赔部"), "12"),
            (words.restore_drill, words.check("2026-11-02 通过\uff0c逐行核对 120,331 行")),
        ),
        footer=(
            words.last_sync.format(
                name=words.between.join(f"{name} {lag}" for name in ("airtable", "sheets"))
            ),
            f"{words.leak_scan}{words.colon}2026-11-22 · {words.restore_drill}{words.colon}2026-11-02",
        ),
        troubles=1,
    )


def figures(words: FactWords) -> tuple[tuple[str, str], ...]:
    new, risk, product = map(words.said, ("上月新单年化保费", "失效风险较高的保单", "失能收入损失保险"))
    return (
        (words.said("有效保单年化保费"), words.amount.format(amount=128_345_600, unit=words.money)),
        (f"{new} · {product}", words.amount.format(amount=3_345_600, unit=words.money)),
        (words.said("13个月继续率"), words.share.format(share=0.913, count=1_204)),
        (words.said("近12个月简单赔付率"), words.too_few.format(count=5)),
        (words.said("短期险续保率\uff08保费\uff09"), words.share.format(share=0.713, count=14)),
        (f"{risk} · {product}", words.amount.format(amount=26, unit=words.said("件"))),
        (words.complete.format(table=words.said("健康状况与风险评估")), "87%"),
        (words.open_items.format(kind=words.said("资料缺失")), words.items.format(count=1_200, late=87)),
    )


def mails(office: Office, locale: str) -> dict[str, str]:
    """The six kinds of mails as HTML, each as its first reader gets it."""
    made = archive(office, locale)
    found = {mail.digest: mail.html for mail in reversed(preview(made, today=MONDAY).mails)}
    office.look(archive=made)
    outbox = Outbox(office.hub, lambda: NOW)
    store_urgent(made, outbox, NOW.astimezone(ZoneInfo("Asia/Shanghai")))
    with office.hub.unit() as unit:
        return {**found, "urgent": unit.connection.execute(select(outbox_table.c.html)).scalars().all()[-1]}


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_six_mails_fit_the_screen(
    office: Office, open_page: OpenPage, keep_picture: Callable[..., Path], width: int, locale: str
) -> None:
    """Nothing is wider than the screen, and what must be done today stands on the first one."""
    page = open_page("about:blank", width=width)
    found = mails(office, locale)
    assert set(found) == DIGESTS
    for kind, html in found.items():
        page.set_content(html)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, kind
        if locale == "zh-CN" and kind in ("agent_daily", "manager_weekly"):
            headline = page.get_by_text("今天必须处理").bounding_box()
            assert headline is not None and headline["y"] < 200
        if locale == "zh-CN" and kind == "manager_weekly":
            assert page.get_by_text("另有").count() >= 4
        keep_picture(page, kind, full_page=True)
