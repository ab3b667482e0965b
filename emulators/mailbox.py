"""Every mail the product sends ends here: an SMTP server on loopback that accepts all and keeps what it got, decoded."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Protocol

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """The mails received, oldest first. Mails are part of the world's state."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []

    def deliver(self, content: bytes, *, sender: str, recipients: list[str]) -> None:
        """Keep one mail. `from` and `to` are those of the envelope, since that is who really got it."""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(
            {
                "from": sender,
                "to": recipients,
                "subject": str(message["subject"] or ""),
                "text": _body(message, "plain"),
                "html": _body(message, "html"),
                "headers": {name: str(value) for name, value in message.items()},
            }
        )


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


class Recipient(Protocol):
    """Whoever takes a finished mail: the mailbox, or the world that holds it."""

    def deliver(self, content: bytes, *, sender: str, recipients: list[str]) -> None: ...


class _Handler:
    """What aiosmtpd calls for each finished message."""

    def __init__(self, recipient: Recipient) -> None:
        self._recipient = recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        self._recipient.deliver(content, sender=envelope.mail_from or "", recipients=list(envelope.rcpt_tos))
        return "250 OK"


async def serve_smtp(recipient: Recipient, host: str) -> asyncio.Server:
    """Start the SMTP server on a free port of `host`, in the running loop."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(_Handler(recipient), hostname="mailbox", enable_SMTPUTF8=True, loop=loop), host, 0
    )
