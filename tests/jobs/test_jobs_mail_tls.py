"""Mail over TLS and with a login, to a real server whose certificate an authority of the test's own has signed."""

import select
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from jobs import mail
from jobs.mail import Mail, Mailer, MailRefused, MailUnavailable, MailUncertain
from tests.jobs.jobs_authority import Authority
from tests.jobs.jobs_mailbox import Fault, Mailbox, Scheme

AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
MAIL = Mail("0" * 64, "agent_daily", "wang@insurer.example", "待办", "正文", "<p>正文</p>", {})
USER, PASSWORD = "archive@insurer.example", "p@ss/word: %#?"
ENCRYPTED: tuple[Scheme, ...] = ("smtps", "smtp+starttls")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def quoted(mailbox: Mailbox, user: str = USER, password: str = PASSWORD) -> str:
    """The server's URL with a login, as it stands in TABLEKEEPER_SMTP_URL."""
    scheme, _, host = mailbox.url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{host}"


def sent(url: str, authority: Authority | None) -> None:
    trust = authority.trusted() if authority else None
    Mailer(url, sender="archive@insurer.example", timeout_s=5, trust=trust).send(MAIL, at=AT)


@pytest.mark.parametrize("scheme", ENCRYPTED)
def test_a_mail_goes_through_tls_after_a_login(authority: Authority, scheme: Scheme) -> None:
    """A password may hold whatever a URL has to quote."""
    mailbox = Mailbox()
    with mailbox.running(scheme, authority.server("127.0.0.1"), (USER, PASSWORD)):
        sent(quoted(mailbox), authority)
    assert mailbox.readers == [MAIL.recipient]


@pytest.mark.parametrize("scheme", ENCRYPTED)
def test_a_wrong_password_is_told_and_not_shown(authority: Authority, scheme: Scheme) -> None:
    mailbox = Mailbox()
    with (
        mailbox.running(scheme, authority.server("127.0.0.1"), (USER, PASSWORD)),
        pytest.raises(MailUnavailable, match=r"refused the login .* check user and password") as caught,
    ):
        sent(quoted(mailbox, password="guessed"), authority)
    assert "guessed" not in str(caught.value) and mailbox.mails == []


@pytest.mark.parametrize("scheme", ENCRYPTED)
def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(
    authority: Authority, scheme: Scheme
) -> None:
    """Its authority is not known to this machine; the error says what to do."""
    mailbox = Mailbox()
    with (
        mailbox.running(scheme, authority.server("127.0.0.1"), (USER, PASSWORD)),
        pytest.raises(MailUnavailable, match=r"not trusted.*SSL_CERT_FILE.*\("),
    ):
        sent(quoted(mailbox), None)
    assert mailbox.mails == []


@pytest.mark.parametrize("scheme", ENCRYPTED)
def test_a_certificate_for_another_address_is_not_trusted(authority: Authority, scheme: Scheme) -> None:
    mailbox = Mailbox()
    with (
        mailbox.running(scheme, authority.server("10.0.0.1")),
        pytest.raises(MailUnavailable, match="use the name it was made for"),
    ):
        sent(mailbox.url, authority)


def test_an_authority_of_the_companys_own_is_named_by_the_environment(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    mailbox = Mailbox()
    with mailbox.running("smtps", authority.server("127.0.0.1")):
        sent(mailbox.url, None)
    assert mailbox.readers == [MAIL.recipient]


@pytest.mark.parametrize("scheme", ENCRYPTED)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop_at_data", MailUnavailable),
        ("drop_after_dot", MailUncertain),
        ("refuse", MailRefused),
    ],
)
def test_what_is_known_of_a_mail_is_the_same_under_tls(
    authority: Authority, scheme: Scheme, fault: Fault, error: type[Exception]
) -> None:
    """Before the final dot nothing was sent; after it nobody knows."""
    mailbox = Mailbox()
    mailbox.fault = fault
    with mailbox.running(scheme, authority.server("127.0.0.1")), pytest.raises(error):
        sent(mailbox.url, authority)


def test_a_login_is_never_sent_in_the_clear() -> None:
    """But to this machine itself, where nobody listens in."""
    with pytest.raises(ValueError, match="smtps://"):
        Mailer("smtp://user:secret@mail.insurer.example", sender="a@b.example")
    Mailer("smtp://user:secret@127.0.0.1", sender="a@b.example")


def test_a_password_that_cannot_be_sent_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="ASCII") as caught:
        Mailer("smtps://user:%E5%AF%86@mail.insurer.example", sender="a@b.example")
    assert "密" not in str(caught.value)


def test_a_connection_under_tls_that_has_ended_is_noticed_before_the_final_dot(authority: Authority) -> None:
    """While it stands there is nothing to hear, though TLS itself may have sent something."""
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        accepted = pool.submit(server.accept)
        with socket.create_connection(server.getsockname()) as plain:
            connection, _ = accepted.result()
            theirs = pool.submit(authority.server("127.0.0.1").wrap_socket, connection, server_side=True)
            ours = authority.trusted().wrap_socket(plain, server_hostname="127.0.0.1")
            assert not mail._has_spoken(ours)
            theirs.result().close()
            select.select([ours], [], [], 5)
            assert mail._has_spoken(ours)
            ours.close()


@pytest.mark.parametrize(
    ("spoken", "error"),
    [
        ([], MailUnavailable),
        ([b"220 ready\r\n", b"250 yes\r\n", b"250 yes\r\n", b"250 yes\r\n", b"354 go on\r\n"], MailUncertain),
    ],
)
def test_a_server_that_falls_silent_is_not_waited_for(spoken: list[bytes], error: type[Exception]) -> None:
    """Before the greeting: nothing was sent. After the final dot: nobody knows."""
    server, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def talk() -> None:
        connection, _ = server.accept()
        with connection, connection.makefile("rb") as heard:
            for number, line in enumerate(spoken):
                if number:
                    heard.readline()
                connection.sendall(line)
            over.wait(10)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        with pytest.raises(error):
            url = f"smtp://127.0.0.1:{server.getsockname()[1]}"
            Mailer(url, sender="a@b.example", timeout_s=0.5).send(MAIL, at=AT)
    finally:
        over.set()
        thread.join()
        server.close()
