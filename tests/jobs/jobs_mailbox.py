"""A real SMTP server on loopback that keeps what it gets and fails where a test tells it to."""

import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Fault = Literal["none", "drop_at_data", "drop_in_data", "drop_after_dot", "defer", "refuse", "refuse_content"]


Scheme = Literal["smtp", "smtps", "smtp+starttls"]
HangUp = Literal["at", "in", "before_dot"]


@contextmanager
def hanging_up(place: HangUp) -> Iterator[str]:
    """A mail server that takes one conversation and hangs up at DATA, after some of the mail, or just before its end."""
    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_converse, args=(server, place), daemon=True)
    thread.start()
    with server:
        yield f"smtp://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


def _converse(server: socket.socket, place: HangUp) -> None:
    connection, _ = server.accept()
    with connection, connection.makefile("rb") as heard:
        connection.sendall(b"220 ready\r\n")
        for line in heard:
            if line.startswith(b"DATA"):
                break
            connection.sendall(b"250 yes\r\n")
        if place == "at":
            return
        connection.sendall(b"354 go on\r\n")
        boundaries = 0
        for line in heard:
            boundaries += line.startswith(b"--==")
            if boundaries == (1 if place == "in" else 3):
                return


class DroppingSMTP(SMTP):
    """Hangs up at DATA, in the middle of the mail, or after the final dot."""

    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.fault in ("drop_at_data", "drop_in_data"):
            if self.event_handler.fault == "drop_in_data":
                await self.push("354 go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    async def push(self, status: str | bytes) -> None:
        if self.event_handler.fault == "drop_after_dot" and str(status).startswith("250 kept"):
            self.transport.abort()
            return
        await super().push(status)  # type: ignore[type-var]


class Mailbox:
    """The mails accepted, oldest first. `fault` applies to recipients whose address contains `at`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.fault: Fault = "none"
        self.at = ""
        self.url = ""

    @contextmanager
    def running(
        self, scheme: Scheme = "smtp", tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
    ) -> Iterator[None]:
        """Serve on a free port for the length of the block; with `login` only to who gives this user and password."""
        controller = _Controller(self, scheme, tls, login)
        controller.start()
        self.url = f"{scheme}://127.0.0.1:{controller.port}"
        try:
            yield
        finally:
            controller.stop()

    @property
    def readers(self) -> list[str]:
        """Who got mail, in order."""
        return [str(mail["To"]) for mail in self.mails]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at in address and self.fault in ("defer", "refuse"):
            return "451 later" if self.fault == "defer" else "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.fault == "refuse_content":
            return "554 not this"
        message = message_from_bytes(bytes(envelope.original_content or b""), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 kept"


class _Controller(Controller):
    def __init__(
        self, mailbox: Mailbox, scheme: Scheme, tls: ssl.SSLContext | None, login: tuple[str, str] | None
    ) -> None:
        self._login = login
        self._starttls = tls if scheme == "smtp+starttls" else None
        implicit = tls if scheme == "smtps" else None
        super().__init__(mailbox, hostname="127.0.0.1", port=0, ssl_context=implicit)

    def factory(self) -> Any:
        with warnings.catch_warnings():
            # Behind implicit TLS the library does not know that the line is encrypted.
            warnings.simplefilter("ignore", UserWarning)
            return DroppingSMTP(
                self.handler,
                hostname="mailbox",
                enable_SMTPUTF8=True,
                tls_context=self._starttls,
                require_starttls=self._starttls is not None,
                auth_required=self._login is not None,
                auth_require_tls=self._starttls is not None,
                authenticator=self._is_known,
            )

    def _is_known(self, _server: Any, _session: Any, _envelope: Any, _kind: Any, given: Any) -> AuthResult:
        user, password = (text.decode() for text in (given.login, given.password))
        return AuthResult(success=(user, password) == self._login, handled=False)

    def _trigger_server(self) -> None:
        # The base class rings at the port it was given, which is 0: any free one.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
