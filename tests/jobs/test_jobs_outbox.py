"""The outbox sends each mail once, whatever breaks in between."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from jobs import outbox as module
from jobs.mail import Mail, Mailer, MailUnavailable
from jobs.outbox import Delivery, Outbox, mail_id
from tests.jobs.jobs_mailbox import HangUp, Mailbox, hanging_up
from tests.jobs.jobs_office import NOW, Office


def mail(reader: str = "wang", period: str = "2026-11-23") -> Mail:
    address = f"{reader}@insurer.example"
    id_ = mail_id("manager_daily", address, period)
    headers = {"Message-ID": f"<{id_}@insurer.example>"}
    return Mail(id_, "manager_daily", address, f"待办 {period}", "正文", "<p>正文</p>", headers)


def mailer(mailbox: Mailbox) -> Mailer:
    return Mailer(mailbox.url, sender="archive@insurer.example", timeout_s=5)


@pytest.fixture
def outbox(office: Office) -> Outbox:
    return Outbox(office.hub, lambda: NOW)


def test_a_stored_mail_is_sent_once(outbox: Outbox, mailbox: Mailbox) -> None:
    """The second delivery finds nothing to do."""
    assert outbox.put(mail())
    assert outbox.deliver(mailer(mailbox)).sent == (mail().id,)
    assert outbox.deliver(mailer(mailbox)) == Delivery()
    assert mailbox.readers == ["wang@insurer.example"]


def test_a_mail_that_was_sent_is_not_stored_again(outbox: Outbox, mailbox: Mailbox) -> None:
    """Its id is that of digest, reader and period, whatever it says by now."""
    outbox.put(mail())
    outbox.deliver(mailer(mailbox))
    assert not outbox.put(mail())
    outbox.deliver(mailer(mailbox))
    assert len(mailbox.mails) == 1


class Crash(BaseException):
    """The power fails."""


def crash(*_: object, **__: object) -> None:
    raise Crash


@pytest.mark.parametrize("step", ["connect", "before_end"])
def test_a_crash_before_the_final_dot_sends_once(
    outbox: Outbox, office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The server cannot have taken what it never heard the end of: after the restart it gets it."""
    outbox.put(mail())
    with monkeypatch.context() as broken, pytest.raises(Crash):
        if step == "connect":
            broken.setattr(Mailer, "send", crash)
        else:
            broken.setattr(outbox, "_ending", crash)
        outbox.deliver(mailer(mailbox))
    assert mailbox.mails == []
    restarted = Outbox(office.hub, lambda: NOW)
    assert restarted.deliver(mailer(mailbox)).sent == (mail().id,)
    assert restarted.deliver(mailer(mailbox)) == Delivery()
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize("place", ["at", "in", "before_dot"])
def test_a_server_that_hangs_up_before_the_final_dot_gets_it_again(
    outbox: Outbox, mailbox: Mailbox, place: HangUp
) -> None:
    """At DATA, in the middle of the mail, and when all but the end has been read."""
    outbox.put(mail())
    with hanging_up(place) as url:
        assert outbox.deliver(Mailer(url, sender="archive@insurer.example", timeout_s=5)).stored == (
            mail().id,
        )
    assert outbox.deliver(mailer(mailbox)).sent == (mail().id,)
    assert len(mailbox.mails) == 1


def test_a_mail_that_nobody_took_for_days_is_given_up(office: Office, mailbox: Mailbox) -> None:
    """It is out of date, and operations are told."""
    days = iter([NOW, *[NOW + timedelta(days=4)] * 5])
    outbox = Outbox(office.hub, lambda: next(days))
    outbox.put(mail())
    assert outbox.deliver(mailer(mailbox)).refused == (mail().id,)
    assert mailbox.mails == []


def test_a_crash_between_acceptance_and_mark_does_not_send_twice(
    outbox: Outbox, office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is found as it was left, and a person is told once."""
    outbox.put(mail())
    real = outbox._mark

    def mark(id_: str, state: module.MailState, **own: int) -> module.MailState:
        if state is module.MailState.SENT:
            raise Crash
        return real(id_, state, **own)

    monkeypatch.setattr(outbox, "_mark", mark)
    with pytest.raises(Crash):
        outbox.deliver(mailer(mailbox))
    restarted = Outbox(office.hub, lambda: NOW)
    assert restarted.deliver(mailer(mailbox)) == Delivery(uncertain=(mail().id,))
    assert restarted.deliver(mailer(mailbox)) == Delivery()
    assert len(mailbox.mails) == 1


class Slow(Mailer):
    """Somebody else delivers while this one connects; then it goes on, or finds that it cannot."""

    def __init__(self, mailbox: Mailbox, other: Outbox, *, breaks: bool) -> None:
        super().__init__(mailbox.url, sender="archive@insurer.example", timeout_s=1)
        self._meanwhile, self._breaks = lambda: other.deliver(mailer(mailbox)), breaks

    def send(self, mail: Mail, *, at: datetime, before_end: Callable[[], None] = lambda: None) -> None:
        assert self._meanwhile().sent == (mail.id,)
        if self._breaks:
            raise MailUnavailable("no conversation with the mail server")
        super().send(mail, at=at, before_end=before_end)


@pytest.mark.parametrize("breaks", [False, True])
def test_two_who_deliver_at_once_send_a_mail_once(
    outbox: Outbox, office: Office, mailbox: Mailbox, breaks: bool
) -> None:
    """The daemon, and `digest send` beside it, which takes what it finds half sent for left so by a crash."""
    outbox.put(mail())
    beside = Outbox(office.hub, lambda: NOW)
    assert outbox.deliver(Slow(mailbox, beside, breaks=breaks)).sent == ()
    assert outbox.deliver(mailer(mailbox)) == Delivery()
    assert len(mailbox.mails) == 1


def test_a_lost_answer_does_not_send_twice(outbox: Outbox, mailbox: Mailbox) -> None:
    """The server took the mail and hung up before it could say so."""
    outbox.put(mail())
    mailbox.fault = "drop_after_dot"
    assert outbox.deliver(mailer(mailbox)).uncertain == (mail().id,)
    mailbox.fault = "none"
    assert outbox.deliver(mailer(mailbox)).sent == ()
    assert len(mailbox.mails) == 1


def test_a_server_that_hangs_up_before_the_mail_gets_it_later(outbox: Outbox, mailbox: Mailbox) -> None:
    """Nothing was sent, so trying again is safe."""
    outbox.put(mail())
    mailbox.fault = "drop_at_data"
    assert outbox.deliver(mailer(mailbox)).stored == (mail().id,)
    mailbox.fault = "none"
    assert outbox.deliver(mailer(mailbox)).sent == (mail().id,)
    assert len(mailbox.mails) == 1


def test_one_refused_reader_does_not_stop_the_others(outbox: Outbox, mailbox: Mailbox) -> None:
    """An address that bounces is given up; those after it get their mail."""
    for reader in ("an", "bo", "cai"):
        outbox.put(mail(reader))
    mailbox.fault, mailbox.at = "refuse", "bo@"
    delivery = outbox.deliver(mailer(mailbox))
    assert delivery.refused == (mail("bo").id,)
    assert sorted(mailbox.readers) == ["an@insurer.example", "cai@insurer.example"]
    assert outbox.deliver(mailer(mailbox)) == Delivery()


def test_a_mail_that_is_put_off_for_ever_is_given_up(
    outbox: Outbox, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything has a limit."""
    monkeypatch.setattr(module, "ATTEMPTS_MAX", 2)
    outbox.put(mail())
    mailbox.fault = "defer"
    assert outbox.deliver(mailer(mailbox)).stored == (mail().id,)
    assert outbox.deliver(mailer(mailbox)).refused == (mail().id,)


def test_an_unsent_mail_gives_way_to_the_next_days(outbox: Outbox, mailbox: Mailbox) -> None:
    """After days without a mail server a reader gets one mail, not one for each day."""
    outbox.put(mail(period="2026-11-20"))
    outbox.put(mail("other", period="2026-11-20"))
    outbox.put(mail(period="2026-11-23"))
    outbox.deliver(mailer(mailbox))
    assert sorted((str(each["To"]), str(each["Subject"])) for each in mailbox.mails) == [
        ("other@insurer.example", "待办 2026-11-20"),
        ("wang@insurer.example", "待办 2026-11-23"),
    ]
