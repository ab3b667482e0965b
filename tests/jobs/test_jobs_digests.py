"""The daily job from the hub to the mailbox: who gets what, once."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from jobs.config import JobsConfig
from jobs.mail import Mail, Mailer
from jobs.outbox import Outbox
from jobs.preview import preview
from jobs.rendering import aligned
from jobs.send_digests import DigestReport, send_digests
from sync.store.records import State
from tests.jobs.jobs_mailbox import Mailbox
from tests.jobs.jobs_office import MONDAY, NOW, OWNERS, Office, jobs_config


def send(
    office: Office, mailbox: Mailbox, config: JobsConfig | None = None, today: date = MONDAY, **options: Any
) -> DigestReport:
    mailer = Mailer(mailbox.url, sender="archive@insurer.example", timeout_s=5)
    outbox = Outbox(office.hub, lambda: NOW)
    return send_digests(office.archive(config), today=today, outbox=outbox, mailer=mailer, **options)


def mails(office: Office, config: JobsConfig | None = None, today: date = MONDAY) -> dict[str, Mail]:
    return {mail.recipient: mail for mail in preview(office.archive(config), today=today).mails}


@pytest.fixture
def team(office: Office) -> Office:
    """Head Zhao with agents Wang and Liu, one overdue customer each; Sun works alone."""
    office.hire("zhao", name="赵敏")
    office.hire("wang", name="王芳", manager_no="zhao")
    office.hire("liu", name="刘洋", manager_no="zhao")
    office.hire("sun", name="孙丽")
    for agent in ("wang", "liu", "sun"):
        row = {"customer_no": f"C-{agent}", "full_name": "欧阳建国", "agent_no": agent}
        office.save("customers", f"c-{agent}", **row, next_review_on=date(2026, 11, 20))
    return office


def test_a_manager_gets_one_mail_by_person(team: Office, mailbox: Mailbox) -> None:
    """Both agents of the team stand in it, and nobody else's."""
    report = send(team, mailbox)
    assert sorted(mailbox.readers) == ["sun@insurer.example", "zhao@insurer.example"]
    assert len(report.stored) == len(report.delivery.sent) == 2
    [mail] = [each for each in mailbox.mails if each["To"] == "zhao@insurer.example"]
    text = mail.get_body(("plain",)).get_content()
    assert (
        text.index("刘洋")
        < text.index("C-liu")
        < text.index("王芳", text.index("C-liu"))
        < text.index("C-wang")
    )
    assert "C-sun" not in text
    assert mail["Subject"] == "【客户保险档案】2026-11-23 待办 2 项\uff082 逾期\uff0c0 紧急\uff09"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_same_day_twice_sends_once(team: Office, mailbox: Mailbox) -> None:
    """Even when more has fallen due in between; the next day's mail has it."""
    first = send(team, mailbox)
    team.save("customers", "c9", customer_no="C9", agent_no="wang", next_review_on=MONDAY)
    second = send(team, mailbox)
    assert (second.stored, second.skipped, second.delivery.sent) == ((), first.stored, ())
    assert len(mailbox.mails) == 2
    send(team, mailbox, today=date(2026, 11, 24))
    assert len(mailbox.mails) == 4


def test_nothing_is_sent_on_a_day_off_unless_asked_for(team: Office, mailbox: Mailbox) -> None:
    """22 November 2026 is a Sunday."""
    sunday = date(2026, 11, 22)
    report = send(team, mailbox, today=sunday)
    assert not report.working
    assert mailbox.mails == []
    assert send(team, mailbox, today=sunday, on_any_day=True).delivery.sent


def test_mail_is_sent_on_an_exchanged_saturday(team: Office, mailbox: Mailbox) -> None:
    """14 February 2026; held rows are due on any day."""
    team.hold("customers", "c-wang", "mobile")
    send(team, mailbox, today=date(2026, 2, 14))
    assert mailbox.readers == ["zhao@insurer.example"]


def test_a_year_without_a_calendar_is_said(team: Office, mailbox: Mailbox) -> None:
    """Until the next year's days off are published."""
    assert send(team, mailbox).calendar_unknown is None
    assert send(team, mailbox, today=date(2040, 1, 3)).calendar_unknown == 2040


def test_owners_get_their_own_files_only(team: Office) -> None:
    """Each agent one mail; the head, who has no files, none."""
    found = mails(team, jobs_config(digests=[OWNERS]))
    assert sorted(found) == ["liu@insurer.example", "sun@insurer.example", "wang@insurer.example"]
    assert "C-wang" in found["wang@insurer.example"].text
    assert "https://tables.example/customers/c-wang" in found["wang@insurer.example"].text
    assert 'href="https://tables.example/customers/c-wang"' in found["wang@insurer.example"].html
    assert "C-liu" not in found["wang@insurer.example"].text


def test_who_stands_in_reads_whose_files_they_are(team: Office) -> None:
    """Their own stand without a name, as on every other day."""
    team.hire("wang", name="王芳", manager_no="zhao", backup_no="liu", away_from=MONDAY)
    mail = mails(team, jobs_config(digests=[OWNERS]))["liu@insurer.example"]
    assert "======== 王芳\uff08休假中\uff09 ========" in mail.text
    assert re.search(r'class="person"[^>]*>王芳 <span', mail.html)
    assert mail.text.count("========") == 2


def test_one_reader_in_two_roles_gets_one_mail(team: Office) -> None:
    """Sun stands in for Zhao: both teams in one mail."""
    team.hire("zhao", name="赵敏", backup_no="sun", away_from=MONDAY)
    [mail] = mails(team).values()
    assert mail.recipient == "sun@insurer.example"
    assert all(number in mail.text for number in ("C-wang", "C-liu", "C-sun"))


def test_what_nobody_looks_after_goes_to_the_configured_mailbox(team: Office) -> None:
    """No agent at all, and one whose manager has no address."""
    team.hire("zhao", name="赵敏", email=None)
    team.save("customers", "c0", customer_no="C-none", next_review_on=MONDAY)
    found = preview(team.archive(), today=MONDAY)
    assert (len(found.mails), found.unaddressed) == (1, {"manager_daily": 3})
    no_owner = mails(team, jobs_config(mail={"no_owner": "archive@insurer.example"}))
    assert all(number in no_owner["archive@insurer.example"].text for number in ("C-none", "C-wang", "C-liu"))


def test_managers_may_be_told_that_there_is_nothing(office: Office) -> None:
    """Silence would look like a broken daemon; those without a team hear nothing."""
    office.hire("zhao")
    office.hire("wang", manager_no="zhao")
    assert mails(office) == {}
    told = {"id": "manager_daily", "to": "managers", "skip_if_empty": False}
    [mail] = mails(office, jobs_config(digests=[told])).values()
    assert mail.recipient == "zhao@insurer.example"
    assert "没有待办" in mail.text
    assert "没有待办" in mail.html


def test_a_held_row_is_told_with_its_fields_and_since_when(team: Office) -> None:
    """The header of the field, never what stands in it; the days count from the day it was first told."""
    team.save("customers", "c-new", State.HELD, customer_no="C-new", agent_no="wang")
    team.hold("customers", "c-new", "mobile")
    team.hold("customers", "c-new", "full_name", replica="airtable")
    for day in range(3):
        team.look(MONDAY + timedelta(days=day))
    text = mails(team, today=MONDAY + timedelta(days=3))["zhao@insurer.example"].text
    [line] = [line for line in text.splitlines() if "C-new" in line and "https" not in line]
    assert "更正未生效的内容\uff1a客户姓名、手机号码" in line
    assert "逾期3天" in line


def test_a_link_that_waits_for_its_record_is_nothing_to_mend(team: Office) -> None:
    team.hold("customers", "c-wang", "mobile", status="等待")
    team.look()
    assert "更正" not in mails(team)["zhao@insurer.example"].text


def test_a_mended_row_is_not_told_any_more_and_counts_anew(team: Office) -> None:
    """When it is held again, it has waited since then."""
    team.hold("customers", "c-wang", "mobile")
    team.look()
    team.hold("customers", "c-wang")
    assert "更正" not in mails(team, today=date(2026, 11, 24))["zhao@insurer.example"].text
    team.look(date(2026, 11, 24))
    team.hold("customers", "c-wang", "mobile")
    text = mails(team, today=date(2026, 11, 25))["zhao@insurer.example"].text
    [line] = [line for line in text.splitlines() if "更正" in line]
    assert "今天" in line


def test_a_row_that_lacks_what_it_must_have_is_told_too(team: Office) -> None:
    """It holds no field, for there is nothing to hold."""
    team.hold("customers", "c-wang", status="错误")
    [line] = [line for line in mails(team)["zhao@insurer.example"].text.splitlines() if "更正" in line]
    assert "更正未生效的内容" in line


def test_a_preview_stores_nothing(team: Office, mailbox: Mailbox) -> None:
    """Looking does not send; neither it nor sending starts a clock."""
    team.hold("customers", "c-wang", "mobile")
    assert len(mails(team, today=date(2026, 11, 19))) == 2
    assert len(send(team, mailbox, today=date(2026, 11, 20)).stored) == 2
    [line] = [line for line in mails(team)["zhao@insurer.example"].text.splitlines() if "更正" in line]
    assert "今天" in line


def test_a_long_list_is_cut_and_says_by_how_many(team: Office) -> None:
    """The most pressing first; the counts are of all."""
    for place in range(20):
        row = {"customer_no": f"N{place:02}", "agent_no": "wang", "next_review_on": date(2026, 10, 1 + place)}
        team.save("customers", f"n{place:02}", **row)
    mail = mails(team)["zhao@insurer.example"]
    assert "另有 6 项" in mail.text
    assert "另有 6 项" in mail.html
    assert "N00" in mail.text
    assert "N19" not in mail.text
    assert "待办 22 项\uff0822 逾期" in mail.subject


def test_one_record_that_cannot_be_judged_does_not_stop_the_others(team: Office) -> None:
    """It is counted and reported."""
    reminder = {
        "id": "broken",
        "kind": "其他",
        "table": "customers",
        "anchor": "next_review_on",
        "at": [0],
        "when": "customer_no == 'C-sun' ? status : true",
        "title": "核对",
    }
    team.save(
        "customers", "c-sun", customer_no="C-sun", agent_no="sun", status="在保客户", next_review_on=MONDAY
    )
    found = preview(team.archive(jobs_config(reminders=[reminder])), today=MONDAY)
    assert [failure.uid for failure in found.failures] == ["c-sun"]
    assert [mail.recipient for mail in found.mails] == ["zhao@insurer.example"]


def test_columns_of_the_plain_text_stand_below_each_other() -> None:
    """A Chinese character is two columns wide in every fixed-width font."""
    assert aligned([["张**", "C1", "今天"], ["欧阳**", "C00000002", ""]]) == [
        "张**    C1         今天",
        "欧阳**  C00000002",
    ]


def test_only_the_named_digest_is_sent(team: Office, mailbox: Mailbox) -> None:
    """Each has its own time of the day."""
    both = jobs_config(digests=[{"id": "first", "to": "managers"}, {"id": "second", "to": "owners"}])
    send(team, mailbox, both, only=["second"])
    assert sorted(mailbox.readers) == ["liu@insurer.example", "sun@insurer.example", "wang@insurer.example"]


def test_a_page_shows_markup_in_a_title_as_text(team: Office) -> None:
    """What the settings say is text, not HTML."""
    reminder = {"id": "r", "kind": "其他", "table": "customers", "anchor": "next_review_on", "at": [0]}
    found = mails(team, jobs_config(reminders=[{**reminder, "title": "<b>核对</b>"}]))
    html = found["zhao@insurer.example"].html
    assert "&lt;b&gt;核对" in html
    assert "<b>核对" not in html
