"""Hands one mail to an SMTP server, and says exactly what is known when that fails.

MailError
├── MailUnavailable   the server cannot be reached or lets nobody in; nothing was sent, no mail would be
├── MailDeferred      the server did not take this mail now; nothing was sent
├── MailRefused       the server will never take this mail; nothing was sent
└── MailUncertain     the answer to the whole mail was lost; it may have been sent, so it must not be sent again
"""

import os
import re
import select
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from urllib.parse import unquote, urlsplit

UNTRUSTED = (
    "the mail server's certificate is not trusted: use the name it was made for in the URL, and for a certificate "
    "authority of your own let SSL_CERT_FILE name its certificate"
)
END = b".\r\n"
"""A dot alone ends a mail."""
IDS = ("Message-ID", "In-Reply-To", "References", "List-Id", "List-Unsubscribe")
"""Headers that machines read."""
PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT_S = 30.0
RESET_WAIT_MS = 1000
"""How long a reset may be on its way after the connection ended."""
HOSTNAME = "tablekeeper"
"""What we greet with: the machine's own name is nobody's business and can be slow to find out."""


class MailError(Exception):
    """Base of all errors of sending. Messages carry neither addresses nor passwords nor a server's own words."""


class MailUnavailable(MailError):
    """The server cannot be reached, or does not let us in."""


class MailDeferred(MailError):
    """Not now, says the server of this one mail."""


class MailRefused(MailError):
    """Never, says the server of this one mail."""


class MailUncertain(MailError):
    """The whole mail was sent and the answer lost."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One rendered mail. `id` is 64 hex digits, the same for what must be sent once; `headers` are added as they are."""

    id: str
    digest: str
    recipient: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    headers: Mapping[str, str]


class Mailer:
    """An SMTP server by URL: `smtp://`, `smtps://` or `smtp+starttls://`, with `user:password@` when it wants a login.

    `sender` is the address mails come from, `name` what readers see instead of it.
    """

    def __init__(
        self,
        url: str,
        *,
        sender: str,
        name: str = "",
        timeout_s: float = TIMEOUT_S,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            # The URL itself may hold a password, so it is not repeated.
            raise ValueError("a mail server is written like smtps://user:password@host:465")
        if parts.scheme == "smtp" and parts.username and parts.hostname not in LOOPBACK:
            raise ValueError("a login needs encryption: smtp+starttls:// or smtps://")
        self._scheme, self._host = parts.scheme, parts.hostname
        self._port = parts.port or PORTS[parts.scheme]
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        if self._login and not "".join(self._login).isascii():
            raise ValueError(
                "user and password may hold no characters beyond ASCII: mail servers do not agree on them"
            )
        self._sender = Address(name, addr_spec=sender)
        self._timeout_s = timeout_s
        self._trust = trust or ssl.create_default_context()

    def send(self, mail: Mail, *, at: datetime, before_end: Callable[[], None] = lambda: None) -> None:
        """Send one mail dated `at`. Returns once the server has taken it; raises a MailError.

        `before_end` is called when all but the final dot was sent: until then the server cannot have taken the mail.
        """
        content = compose(mail, sender=self._sender, at=at)
        if not mail.recipient.isascii():
            raise MailRefused("the address holds characters that mail servers do not take")
        with self._conversation() as smtp:
            _expect(smtp.mail(self._sender.addr_spec)[0], 250, "the sender")
            _expect(smtp.rcpt(mail.recipient)[0], 250, "the recipient")
            _expect(smtp.docmd("DATA")[0], 354, "the mail's beginning")
            smtp.send(_stuffed(content))
            before_end()
            _require_open(smtp)
            smtp.send(END)
            # From here on the server may have the whole mail, whatever we hear.
            _expect(_answer(smtp), 250, "the mail")

    def greet(self) -> None:
        """Connect, log in and leave: whether mails could be sent at all. Raises MailUnavailable."""
        with self._conversation():
            pass

    @contextmanager
    def _conversation(self) -> Iterator[smtplib.SMTP]:
        """A connection that is ready for a mail. What breaks before the mail is whole is MailUnavailable."""
        try:
            smtp = self._connect()
            try:
                yield smtp
            finally:
                # Whatever happens to the goodbye, what was said before stands.
                with suppress(smtplib.SMTPException, OSError):
                    smtp.quit()
        except smtplib.SMTPAuthenticationError as error:
            raise MailUnavailable(
                f"the mail server refused the login ({error.smtp_code}): check user and password in its URL"
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise MailUnavailable(f"{UNTRUSTED} ({error.verify_message})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailable(f"no conversation with the mail server: {type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        smtp = self._plain() if self._scheme != "smtps" else self._encrypted()
        try:
            if self._scheme == "smtp+starttls":
                smtp.starttls(context=self._trust)
            smtp.ehlo_or_helo_if_needed()
            if self._login:
                smtp.login(*self._login)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _plain(self) -> smtplib.SMTP:
        return smtplib.SMTP(self._host, self._port, local_hostname=HOSTNAME, timeout=self._timeout_s)

    def _encrypted(self) -> smtplib.SMTP:
        return smtplib.SMTP_SSL(
            self._host, self._port, local_hostname=HOSTNAME, timeout=self._timeout_s, context=self._trust
        )


class _Policy(EmailPolicy):
    """Writes ids as they are: longer than a line they would be encoded, and no mail program knows them again."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """A header as it is sent."""
        return f"{name}: {value}\r\n".encode("ascii") if name in IDS else super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n")


def compose(mail: Mail, *, sender: Address, at: datetime) -> bytes:
    """The mail as bytes: UTF-8, plain text first, then HTML for those who can."""
    message = EmailMessage(policy=_POLICY)
    message["From"], message["To"], message["Subject"] = sender, mail.recipient, mail.subject
    message["Date"] = at
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    return message.as_bytes()


def _expect(code: int, wanted: int, what: str) -> None:
    if code == wanted:
        return
    refused = 500 <= code < 600
    raise (MailRefused if refused else MailDeferred)(f"the mail server answered {code} to {what}")


def _require_open(smtp: smtplib.SMTP) -> None:
    """Raises MailUnavailable when the server has hung up, or says something though it has not heard the mail's end."""
    assert smtp.sock is not None, "a conversation has a socket"
    if _has_spoken(smtp.sock):
        raise MailUnavailable("the mail server broke off before the end of the mail")


def _has_spoken(connection: socket.socket) -> bool:
    """Whether there is an end, a reset or a word to be read."""
    if not isinstance(connection, ssl.SSLSocket):
        return bool(select.select([connection], [], [], 0)[0])
    # Beneath TLS there may be something to read that the server never said: only TLS itself can tell.
    patience = connection.gettimeout()
    connection.settimeout(0)
    try:
        connection.recv(1)
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True
    finally:
        connection.settimeout(patience)
    return True


def _answer(smtp: smtplib.SMTP) -> int:
    """The code of the answer to a whole mail. When it is lost, what the connection tells of the mail's fate."""
    assert smtp.sock is not None, "a conversation has a socket"
    # Beneath TLS a reset says nothing: what was left unread may be a record of TLS and not the final dot.
    telling = not isinstance(smtp.sock, ssl.SSLSocket)
    watched = os.dup(smtp.sock.fileno())  # smtplib closes its own on an error.
    try:
        return smtp.getreply()[0]
    except (smtplib.SMTPException, OSError) as error:
        if telling and _was_reset(watched):
            raise MailUnavailable("the mail server broke off before it had read the mail") from None
        raise MailUncertain(f"the answer to a whole mail was lost: {type(error).__name__}") from None
    finally:
        os.close(watched)


def _was_reset(connection: int) -> bool:
    """Whether the server threw away what we sent last, which is the final dot: it answers that with a reset, not an end."""
    watch = select.poll()
    watch.register(connection, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in watch.poll(RESET_WAIT_MS))


def _stuffed(content: bytes) -> bytes:
    """RFC 5321 4.5.2: a dot that begins a line is doubled; the mail's last line is ended."""
    return re.sub(rb"(?m)^\.", b"..", content.rstrip(b"\r\n")) + b"\r\n"
