"""One mail to a real SMTP server: what arrives, and what is known when it does not."""

import socket
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import compat32

import pytest

from jobs.mail import Mail, MailDeferred, Mailer, MailRefused, MailUnavailable, MailUncertain, compose
from tests.jobs.jobs_mailbox import Fault, Mailbox

AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
MAIL = Mail(
    id="0" * 64,
    digest="manager_daily",
    recipient="wang@insurer.example",
    subject="【客户保险档案】2026-11-23 待办 1 项(0 逾期,0 紧急)",
    text="张**\n.\n..结尾",
    html="<p>张**</p>",
    headers={"Message-ID": f"<{'0' * 64}@insurer.example>", "Auto-Submitted": "auto-generated"},
)


def mailer(mailbox: Mailbox) -> Mailer:
    return Mailer(mailbox.url, sender="archive@insurer.example", name="客户保险档案", timeout_s=5)


def test_a_mail_arrives_in_both_forms(mailbox: Mailbox) -> None:
    """Chinese in subject, sender and body comes through; plain text stands before HTML."""
    mailer(mailbox).send(MAIL, at=AT)
    [mail] = mailbox.mails
    assert mail["Subject"] == MAIL.subject
    assert mail["From"].addresses[0].display_name == "客户保险档案"
    assert mail["Date"].datetime == AT
    assert mail["Message-ID"] == MAIL.headers["Message-ID"]
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail.get_body(("plain",)).get_content().split() == MAIL.text.split()
    assert mail.get_body(("html",)).get_content().rstrip() == MAIL.html


def test_ids_stand_whole_and_unencoded_whatever_their_length() -> None:
    """Mail programs make threads of them, and offer to unsubscribe."""
    host = "notices.shanghai-branch.some-insurance-group.example"
    thread = f"<{'1' * 32}@{host}>"
    headers = {
        "Message-ID": f"<{'0' * 64}@{host}>",
        "In-Reply-To": thread,
        "References": thread,
        "List-Id": f"<digest.tablekeeper.{host}>",
        "List-Unsubscribe": f"<mailto:tablekeeper@{host}?subject=unsubscribe>",
    }
    sent = compose(replace(MAIL, headers=headers), sender=Address(addr_spec=f"archive@{host}"), at=AT)
    raw = message_from_bytes(sent, policy=compat32)
    assert {name: raw[name] for name in headers} == headers


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop_at_data", MailUnavailable),
        ("drop_in_data", MailUnavailable),
        ("drop_after_dot", MailUncertain),
        ("defer", MailDeferred),
        ("refuse", MailRefused),
        ("refuse_content", MailRefused),
    ],
)
def test_each_failure_says_whether_the_mail_may_have_arrived(
    mailbox: Mailbox, fault: Fault, error: type[Exception]
) -> None:
    """See the tree of errors in `jobs.mail`."""
    mailbox.fault = fault
    with pytest.raises(error):
        mailer(mailbox).send(MAIL, at=AT)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    """Nothing listens on a port that was just given back."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MailUnavailable):
        Mailer(f"smtp://127.0.0.1:{port}", sender="a@b.example", timeout_s=5).send(MAIL, at=AT)


def test_a_server_without_encryption_gets_no_password(mailbox: Mailbox) -> None:
    """`smtp+starttls` to a server that offers none ends the conversation before the login."""
    url = mailbox.url.replace("smtp://", "smtp+starttls://user:secret@")
    with pytest.raises(MailUnavailable) as caught:
        Mailer(url, sender="a@b.example", timeout_s=5).send(MAIL, at=AT)
    assert "secret" not in str(caught.value)
    assert mailbox.mails == []


@pytest.mark.parametrize("url", ["http://user:secret@host", "smtp:///", "secret"])
def test_a_bad_address_of_a_server_is_refused_without_repeating_it(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(ValueError, match="smtps://") as caught:
        Mailer(url, sender="a@b.example")
    assert "secret" not in str(caught.value)
