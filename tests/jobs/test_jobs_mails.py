"""What stands in the mails of the shipped digests, for whom, and when they are sent."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest

from jobs.config import JobsConfig
from jobs.digest_page import Facts
from jobs.mail import Mail
from jobs.noted import note
from jobs.outbox import Outbox
from jobs.preview import Archive, preview
from jobs.urgent import store_urgent
from sync.store.hub import Hub
from sync.store.records import State
from sync.store.tables import outbox as mails_table
from tests.jobs.jobs_default import CONFIG, SCHEMA
from tests.jobs.jobs_office import MONDAY, NOW, Office
from vault.masks import MasksConfig

FACTS = Facts(
    operations=(("未生效的行", "3"), ("上次同步 sheets", "4 秒前")),
    figures=(("客户基本信息", "6 条"),),
    footer=("上次同步:sheets 4 秒前", "最近恢复演练:2026-11-02"),
    troubles=1,
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """The shipped archive: agents wang and liu under zhao, who also works in 信息技术部; an officer for compliance."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    made = Office(hub)
    made.hire("zhao", name="赵敏", department="信息技术部")
    made.hire("wang", name="王芳", manager_no="zhao", department="业务部")
    made.hire("liu", name="刘洋", manager_no="zhao", department="理赔部")
    made.hire("he", name="何静", department="合规与反洗钱部")
    made.hire("lin", name="林总", department="管理层")
    for number in range(3):
        row = {
            "customer_no": f"C0000000{number}",
            "full_name": "欧阳建国",
            "agent_no": "wang",
            "status": "在保客户",
        }
        made.save("customers", f"c{number}", **row, id_valid_to=MONDAY - timedelta(days=number))
    made.save(
        "claims", "k", claim_no="CL2026001", customer_no="c0", handler_no="liu", decide_by=date(2026, 11, 24)
    )
    refused = {"decided_on": date(2026, 11, 21), "result": "拒赔不解约"}
    made.save("claims", "r", claim_no="CL2026002", customer_no="c0", handler_no="liu", **refused)
    yield made
    hub.close()


def archive(office: Office, config: JobsConfig = CONFIG, **changes: Any) -> Archive:
    made = Archive(
        "客户保险档案",
        office.hub,
        SCHEMA,
        config,
        MasksConfig(),
        office.links,
        lambda _: {},
        "http://desk",
        facts=lambda: FACTS,
    )
    return replace(made, **changes)


def mails(
    office: Office, config: JobsConfig = CONFIG, today: date = MONDAY, **changes: Any
) -> dict[str, Mail]:
    found = preview(archive(office, config, **changes), today=today).mails
    assert len({mail.recipient for mail in found}) == len(found), "one mail for each reader"
    return {mail.recipient.partition("@")[0]: mail for mail in found}


def mail_config(**changes: Any) -> JobsConfig:
    return CONFIG.model_copy(update={"mail": CONFIG.mail.model_copy(update=changes)})


def test_one_person_in_several_roles_gets_one_mail(office: Office) -> None:
    """Manager and operations; each role has a section."""
    mail = mails(office)["zhao"]
    assert mail.digest == "agent_daily+manager_weekly+operations_daily"
    assert "######## 我的团队 ########" in mail.text
    assert "######## 运行情况 ########" in mail.text
    assert "未生效的行" in mail.text


def test_nothing_stands_in_a_mail_twice(office: Office) -> None:
    """What was escalated to the manager stands there once, though the team's section has it too."""
    assert mails(office)["zhao"].text.count("CL2026001") == 1


def test_counts_per_person_stand_once_before_all_lists(office: Office) -> None:
    """Of all sections together; who has only their own files needs none."""
    found = mails(office)
    ahead, _, lists = found["zhao"].text.partition("########")
    counts = [line.split() for line in ahead.splitlines() if line.startswith(("王芳", "刘洋"))]
    assert counts == [["刘洋", "0", "0", "2", "0", "0"], ["王芳", "3", "1", "0", "0", "0"]]
    header = "逾期  今天  7天内"
    assert header in ahead and header not in lists + found["wang"].text


def test_an_escalation_reaches_manager_and_compliance_on_the_same_day(office: Office) -> None:
    """The claim has two days left: the manager hears of it; refusals are compliance's once their day has come."""
    only = CONFIG.model_copy(update={"digests": CONFIG.digests[:1]})
    assert "CL2026001" in mails(office, only)["zhao"].text
    assert "he" not in mails(office, only)
    assert "CL2026002" in mails(office, only, date(2026, 11, 24))["he"].text


def test_compliance_hears_of_its_kinds_only(office: Office) -> None:
    """And of nothing else, but also that there is nothing."""
    text = mails(office)["he"].text
    assert "CL2026001" in text
    assert "C00000001" in text
    assert "季度审查" not in text
    office.save("claims", "k", claim_no="CL2026001")
    office.save("claims", "r", claim_no="CL2026002")
    for number in range(3):
        office.save("customers", f"c{number}", customer_no=f"C0000000{number}")
    assert "今天没有待办" in mails(office)["he"].text


def test_operations_and_leaders_get_figures_without_persons(office: Office) -> None:
    """Subject and text say how things are."""
    lin = mails(office)["lin"]
    assert lin.subject == "【客户保险档案】2026-11-23 档案概况"
    assert "欧阳" not in lin.text
    office.hire("ops", department="信息技术部")
    assert mails(office)["ops"].subject == "【客户保险档案】2026-11-23 运行情况\uff1a有 1 件事要看"


def test_a_failing_reminder_is_told_to_operations(office: Office) -> None:
    """By reminder and record, without a value; all others go out."""
    office.hire("ops", department="信息技术部")
    broken = [
        each.model_copy(update={"when": "status.startsWith(created_on)"})
        if each.id == "review_quarterly"
        else each
        for each in CONFIG.reminders
    ]
    office.save(
        "customers", "c0", customer_no="C0", status="在保客户", created_on=MONDAY, next_review_on=MONDAY
    )
    found = mails(office, CONFIG.model_copy(update={"reminders": tuple(broken)}))
    assert "review_quarterly customers c0" in found["ops"].text
    assert "CL2026001" in found["liu"].text


def test_ownerless_items_go_to_the_department(office: Office) -> None:
    """To its mailbox where it has one, else to everybody there."""
    office.save("claims", "k", claim_no="CL2026001", decide_by=date(2026, 11, 24))
    assert "======== 无人负责 ========" in mails(office)["liu"].text
    office.save("consents", "y", consent_no="Y1", status="有效", expires_on=MONDAY)
    assert "Y1" in mails(office)["he"].text
    boxed = mail_config(mailboxes={"理赔部": "claims@insurer.example"})
    assert "CL2026001" in mails(office, boxed)["claims"].text


def test_what_is_about_the_archive_goes_to_its_department(office: Office) -> None:
    """Named once, with a link to how the archive stands; compliance hears of it after two weeks."""
    office.hire("ops", department="信息技术部")
    note(office.hub, "review", {"access: sheets": 1}, MONDAY)
    mail = mails(office)["ops"]
    assert mail.text.count("安全审查\uff1a谁能打开sheets") == 1
    assert "http://desk/status" in mail.html
    assert "安全审查" not in mails(office)["wang"].text + mails(office)["he"].text
    note(office.hub, "review", {"access: sheets": 2}, date(2026, 12, 7))
    assert "安全审查" in mails(office, today=date(2026, 12, 7))["he"].text
    note(office.hub, "review", {}, date(2026, 12, 8))
    assert "安全审查" not in mails(office, today=date(2026, 12, 8))["ops"].text


def test_a_departments_work_is_told_to_it_and_then_to_whom_its_people_report(office: Office) -> None:
    """Headed by the department: it is not nobody's. Three days before the cooling-off period ends its manager hears of it."""
    office.hire("chief")
    office.hire("kefu", department="客服与保全部", manager_no="chief")
    call = {"policy_no": "P20260008", "customer_no": "c0", "status": "有效", "whole_life": True}
    office.save("policies", "q", **call, delivered_date=date(2026, 11, 20))
    first = mails(office)
    assert "P20260008" in first["kefu"].text and "P20260008" not in first["wang"].text
    assert "======== 客服与保全部 ========" in first["kefu"].text
    weekly = first["chief"].text
    assert "P20260008" in weekly and "客服与保全部" in weekly and "无人负责" not in weekly
    assert [mails(office, today=date(2026, 12, day))["chief"].digest for day in (1, 2)] == [
        "manager_weekly",
        "agent_daily",
    ]


def test_readers_without_the_right_get_a_link_to_the_desk(office: Office) -> None:
    """The others one to the row."""
    config = mail_config(readers={"claims": ("理赔部",)})
    found = mails(office, config)
    assert "https://tables.example/claims/k" in found["liu"].html
    assert "http://desk/r/k" in found["zhao"].html
    assert "https://tables.example/claims/k" not in found["zhao"].html


def test_a_new_archive_mails_only_legal_limits_and_counts(office: Office) -> None:
    """For two weeks from the first import; then everything."""
    office.save("policies", "p", policy_no="P20260001", customer_no="c0", status="有效", next_due=MONDAY)
    with office.hub.unit() as unit:
        change = {
            "table": "customers",
            "uid": "c0",
            "field": "status",
            "actor": None,
            "before": None,
            "after": "x",
        }
        unit.lists.add_history([{**change, "at": NOW - timedelta(days=3), "replica": "import"}])
    found = mails(office)
    text = found["wang"].text
    assert "P20260001" not in text
    assert "C00000000" in text  # An identity document, by law.
    assert "缴费 1" in text
    assert "待办 5 项" in found["wang"].subject and "\n共 5 项" in text
    office.save(
        "policies", "p", policy_no="P20260001", customer_no="c0", status="有效", next_due=date(2026, 12, 4)
    )
    assert "P20260001" in mails(office, today=date(2026, 12, 4))["wang"].text


def test_who_has_only_counts_in_a_new_archive_is_not_told_that_there_is_nothing(office: Office) -> None:
    """Neither the agent nor the manager: something is due, though it is not listed yet."""
    office.hire("sun", department="业务部", manager_no="lin")
    office.save(
        "policies",
        "p",
        policy_no="P20260001",
        customer_no="c0",
        status="有效",
        next_due=MONDAY,
        service_agent_no="sun",
    )
    with office.hub.unit() as unit:
        change = {"table": "customers", "uid": "c0", "field": "status", "actor": None, "before": None}
        unit.lists.add_history([{**change, "after": "x", "at": NOW, "replica": "import"}])
    found = mails(office)
    assert "没有待办" not in found["sun"].text + found["lin"].text
    assert all("缴费 1" in found[reader].text for reader in ("sun", "lin"))


def test_a_long_holiday_is_announced_with_what_falls_into_it(office: Office) -> None:
    """30 September 2026: the national holiday begins the next day."""
    office.save(
        "policies", "p", policy_no="P20260001", customer_no="c0", status="有效", next_due=date(2026, 10, 3)
    )
    text = mails(office, today=date(2026, 9, 30))["wang"].text
    assert "明天起放假 7 天\uff082026-10-01至2026-10-07\uff09\uff0c期间到期 1 项" in text
    assert "P20260001" in text
    assert "今天必须处理 1 项" in text, "on its day nobody is there"


def test_a_holiday_without_anything_due_says_so_and_figures_say_nothing_of_it(office: Office) -> None:
    found = mails(office, today=date(2026, 9, 30))
    assert "期间没有到期事项" in found["wang"].text
    assert "放假" not in found["lin"].text


def test_a_mail_tells_how_the_archive_runs_and_how_to_pass_it_on(office: Office) -> None:
    """Below the list."""
    mail = mails(office)["wang"]
    assert "最近恢复演练:2026-11-02" in mail.text
    assert "不是我的\uff1f把「服务业务员」改对\uff0c明早自动转走。" in mail.text
    assert "<style" not in mail.html


def test_the_mails_of_a_week_are_one_thread(office: Office) -> None:
    """Each with an id of its own that stays the same."""
    monday, tuesday = (mails(office, today=MONDAY + timedelta(days=day))["wang"].headers for day in (0, 1))
    next_week = mails(office, today=date(2026, 11, 30))["wang"].headers
    assert monday["References"] == tuesday["References"] != next_week["References"]
    assert monday["Message-ID"] != tuesday["Message-ID"]
    assert mails(office)["wang"].headers == monday
    assert monday["List-Id"].endswith("<digest.tablekeeper.localhost>")
    assert monday["List-Unsubscribe"].startswith("<mailto:")


TYPED = re.compile("赵敏|王芳|刘洋|何静|林总|客服|欧阳")
"""What staff typed: names of colleagues, and what a mail shows of a customer's."""
FOREIGN = re.compile("[\u2e80-\u9fff\uff00-\uffef〔〕]")


def test_mails_speak_english_where_the_archive_does(office: Office) -> None:
    """To every reader, in every part: only names that staff typed stay as they are."""
    office.hold("customers", "c0", "id_number", "mobile", "occupation", "agent_no")
    office.hire("ops", department="信息技术部")
    note(office.hub, "review", {"access: 理赔部": 2, "keys": 1}, MONDAY)
    note(office.hub, "destroyable", {"destroyable": 3}, MONDAY)
    office.hire("keeper", department="档案管理部")
    found = mails(office, locale="en", facts=Facts)
    assert len(found) >= 7
    for mail in found.values():
        said = "\n".join((mail.subject, mail.text, mail.html, *mail.headers.values()))
        assert FOREIGN.findall(TYPED.sub("", said)) == [], mail.recipient
    assert (
        "correct what is not in effect: id number, mobile, occupation and others, 4 in all"
        in found["wang"].text
    )
    assert "security review: who can open claims department (2)" in found["ops"].text
    assert "Insurance Law art. 23" in found["liu"].text
    assert found["wang"].subject.startswith("[customer insurance archive] 2026-11-23: ")
    assert "Not yours?" in found["wang"].text and 'lang="en"' in found["wang"].html


SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(hour: int, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


def urgent(office: Office, hour: int) -> list[str]:
    """Who is told of something urgent now."""
    outbox = Outbox(office.hub, lambda: at(hour).astimezone(UTC))
    with office.hub.unit() as unit:
        before = set(unit.connection.execute(mails_table.select()).scalars())
    store_urgent(archive(office), outbox, at(hour))
    with office.hub.unit() as unit:
        rows = unit.connection.execute(mails_table.select()).all()
    return sorted(row.recipient.partition("@")[0] for row in rows if row.id not in before)


def test_what_is_urgent_is_told_at_once_and_once(office: Office) -> None:
    """To the handler and their manager; not at night, and not again in the next minute."""
    office.look(archive=archive(office))
    assert urgent(office, 7) == []
    assert urgent(office, 9) == ["liu", "zhao"]
    assert urgent(office, 10) == []


def test_past_three_a_day_urgent_mails_go_out_together(office: Office) -> None:
    """In the afternoon, in one mail; none is lost."""
    for number in range(5):
        refused = {"decided_on": date(2026, 11, 21), "result": "拒赔不解约"}
        office.save(
            "claims", f"u{number}", claim_no=f"CL30{number}", customer_no="c0", handler_no="liu", **refused
        )
        office.look(archive=archive(office))
        told = urgent(office, 9)
        assert told == (["liu", "zhao"] if number < 3 else [])
    assert urgent(office, 16) == []
    assert urgent(office, 17) == ["liu", "zhao"]
    with office.hub.unit() as unit:
        texts = [
            row.text
            for row in unit.connection.execute(mails_table.select())
            if row.recipient.startswith("liu")
        ]
    assert len(texts) == 4
    assert sum("CL303" in text and "CL304" in text for text in texts) == 1


def test_an_urgent_mail_that_waits_is_not_replaced_by_the_next(office: Office) -> None:
    """It tells of something else. The mail server was not reached."""
    office.look(archive=archive(office))
    assert urgent(office, 9) == ["liu", "zhao"]
    refused = {"decided_on": date(2026, 11, 21), "result": "拒赔不解约"}
    office.save("claims", "u", claim_no="CL300", customer_no="c0", handler_no="liu", **refused)
    office.look(archive=archive(office))
    assert urgent(office, 10) == ["liu", "zhao"]
    with office.hub.unit() as unit:
        states = [row.state for row in unit.connection.execute(mails_table.select())]
    assert states == ["stored"] * 4


def test_an_urgent_mail_outlives_a_crash_while_it_is_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is noted as told is in the outbox."""
    office.look(archive=archive(office))
    for name in ("render", "Outbox.put_in"):
        with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
            broken.setattr(f"jobs.urgent.{name}", Mock(side_effect=KeyboardInterrupt))
            urgent(office, 9)
    assert urgent(office, 9) == ["liu", "zhao"]


def test_a_held_record_is_no_reason_to_be_silent(office: Office) -> None:
    """Archived ones are."""
    office.save(
        "claims", "k", State.ARCHIVED, claim_no="CL2026001", handler_no="liu", decide_by=date(2026, 11, 24)
    )
    assert "CL2026001" not in mails(office)["liu"].text
