"""The mails as people see them: rendered in a browser at the width of a phone and of a desk, pictures kept."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from browser import OpenPage
from jobs_default import CONFIG, SCHEMA
from jobs_office import MONDAY, Office

from jobs.digest import Facts
from jobs.preview import Archive, preview
from sync.store.hub import Hub
from vault.masks import MasksConfig

WIDTHS = (360, 800)
FACTS = Facts(
    operations=(
        ("记录总数", "3343"),
        ("未生效的行", "3"),
        ("上次同步 airtable", "4 秒前"),
        ("最近恢复演练", "2026-11-02"),
    ),
    figures=(("客户基本信息", "1200 条"), ("客户基本信息资料完整度", "87%")),
    footer=("上次同步:airtable 4 秒前、sheets 4 秒前", "最近明文检查:2026-11-22 · 最近恢复演练:2026-11-02"),
    troubles=1,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Two hundred items of four agents; one has a very long name, another stands in for the manager."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    made = Office(hub)
    made.hire("zhao", name="赵敏", department="信息技术部")
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


@pytest.mark.parametrize("reader", ["wang", "zhao"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_mail_fits_the_screen(
    office: Office, open_page: OpenPage, keep_picture: Callable[..., Path], reader: str, width: int
) -> None:
    """Nothing is wider than the screen, no line is cut, and what must be done today stands on the first screen."""
    archive = Archive(
        "客户保险档案",
        office.hub,
        SCHEMA,
        CONFIG,
        MasksConfig(),
        office.links,
        lambda _: {},
        facts=lambda: FACTS,
    )
    [mail] = [each for each in preview(archive, today=MONDAY).mails if each.recipient.startswith(reader)]
    page = open_page("about:blank", width=width)
    page.set_content(mail.html)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    headline = page.get_by_text("今天必须处理").bounding_box()
    assert headline is not None and headline["y"] < 200
    assert page.get_by_text("另有").count() >= (1 if reader == "wang" else 4)
    keep_picture(page, reader)
    keep_picture(page, f"{reader}-whole", full_page=True)
