"""Mails on their way: stored first, marked before and after sending, so that no crash sends one twice, nor two who deliver.

A mail is `stored`, `sending`, `ending` or `sent`; or `refused` by the server; or `replaced` by a newer one of its kind before
it could be sent. `ending` is marked just before the final dot: one that was interrupted before is sent again, one that was
interrupted after is `uncertain`: it is reported, not repeated.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Row, func, insert, select, update

from jobs.mail import Mail, MailDeferred, Mailer, MailRefused, MailUnavailable, MailUncertain
from sync.store.hub import Hub, Unit
from sync.store.tables import outbox

ATTEMPTS_MAX = 20
"""A mail that the server put off this often is given up as refused."""
WAITS_MAX = timedelta(days=3)
"""A mail that could not be sent for this long is given up as refused: what it says is out of date."""


class _Taken(Exception):
    """Somebody else has begun to send this mail meanwhile."""


class MailState(StrEnum):
    """Where a mail stands."""

    STORED = "stored"
    SENDING = "sending"
    ENDING = "ending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Ids of mails by what became of them in one delivery.

    `stored` wait for the next delivery. Of `uncertain` only their readers know: interrupted in this delivery or the one
    before, they may have arrived, and are not sent again.
    """

    sent: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


TOGETHER = "+"
"""Between the ids of the digests that one mail holds."""


def mail_id(digest: str, recipient: str, period: str) -> str:
    """The one id of the mail of this kind that this recipient gets in this period."""
    return sha256("\0".join((digest, recipient.lower(), period)).encode()).hexdigest()


class Outbox:
    """The mails of the archive, in the hub's database."""

    def __init__(self, hub: Hub, clock: Callable[[], datetime]) -> None:
        self._hub, self.clock = hub, clock

    def put(self, mail: Mail) -> bool:
        """Store a mail for delivery; False when one with its id is known already.

        A mail to the same reader that is still waiting, and all of whose digests the new one has, is out of date: the new one
        replaces it.
        """
        with self._hub.unit() as unit:
            return self.put_in(unit, mail)

    def put_in(self, unit: Unit, mail: Mail, *, replaces: bool = True) -> bool:
        """The same together with what else the unit stores. Without `replaces` those that wait are not out of date."""
        known = select(outbox.c.id).where(outbox.c.id == mail.id)
        if unit.connection.execute(known).first():
            return False
        if replaces:
            _replace(unit, mail)
        unit.connection.execute(insert(outbox).values(_row(mail, self.clock())))
        return True

    def deliver(self, mailer: Mailer) -> Delivery:
        """Send every stored mail once. One that fails does not stop the others; an unreachable server does."""
        outcome: dict[MailState, list[str]] = {state: [] for state in MailState}
        for id_ in self._in_state(MailState.ENDING):  # Left so by a crash.
            outcome[self._mark(id_, MailState.UNCERTAIN)].append(id_)
        for id_ in self._in_state(MailState.SENDING):  # So was this, and the server never heard its end.
            self._mark(id_, MailState.STORED)
        for id_ in self._too_old():
            outcome[self._mark(id_, MailState.REFUSED)].append(id_)
        waiting = self._in_state(MailState.STORED)
        for place, id_ in enumerate(waiting):
            try:
                outcome[self._deliver(id_, mailer)].append(id_)
            except MailUnavailable:
                outcome[MailState.STORED] += waiting[place:]
                break
        return Delivery(
            sent=tuple(outcome[MailState.SENT]),
            stored=tuple(outcome[MailState.STORED]),
            refused=tuple(outcome[MailState.REFUSED]),
            uncertain=tuple(outcome[MailState.UNCERTAIN]),
        )

    def waiting(self) -> bool:
        """Whether a mail is still to be sent."""
        with self._hub.reading() as unit:
            waits = outbox.c.state.in_((MailState.STORED, MailState.SENDING, MailState.ENDING))
            return unit.connection.execute(select(outbox.c.id).where(waits).limit(1)).first() is not None

    def is_failing(self, since: datetime) -> bool:
        """Whether a mail is still to be sent, or one stored since then was refused or is of unknown fate."""
        waits = outbox.c.state.in_((MailState.STORED, MailState.SENDING, MailState.ENDING))
        failed = outbox.c.state.in_((MailState.REFUSED, MailState.UNCERTAIN)) & (outbox.c.at >= since)
        with self._hub.reading() as unit:
            return unit.connection.execute(select(outbox.c.id).where(waits | failed)).first() is not None

    def refused(self, since: datetime) -> dict[str, int]:
        """How many mails stored since then were refused, by recipient."""
        query = select(outbox.c.recipient, func.count()).where(
            outbox.c.state == MailState.REFUSED, outbox.c.at >= since
        )
        with self._hub.reading() as unit:
            found = unit.connection.execute(query.group_by(outbox.c.recipient).order_by(outbox.c.recipient))
            return {recipient: count for recipient, count in found}

    def _deliver(self, id_: str, mailer: Mailer) -> MailState:
        """Mark, send, mark. A crash between the marks leaves `sending`, which is what is known then."""
        row = self._claim(id_)
        if row is None:
            return MailState.REPLACED  # Somebody else took it meanwhile.
        attempt = row.attempts
        try:
            mailer.send(_mail(row), at=row.at, before_end=lambda: self._ending(id_, attempt=attempt))
        except _Taken:
            return MailState.REPLACED
        except MailUnavailable:
            self._mark(id_, MailState.STORED, attempt=attempt)
            raise
        except MailDeferred:
            later = MailState.STORED if attempt < ATTEMPTS_MAX else MailState.REFUSED
            return self._mark(id_, later, attempt=attempt)
        except MailRefused:
            return self._mark(id_, MailState.REFUSED, attempt=attempt)
        except MailUncertain:
            return self._mark(id_, MailState.UNCERTAIN, attempt=attempt)
        return self._mark(id_, MailState.SENT, attempt=attempt)

    def _claim(self, id_: str) -> Row[tuple[object, ...]] | None:
        """Mark a stored mail as being sent and read it; None when it is not stored any more."""
        with self._hub.unit() as unit:
            claim = update(outbox).where(outbox.c.id == id_, outbox.c.state == MailState.STORED)
            claimed = unit.connection.execute(
                claim.values(state=MailState.SENDING, attempts=outbox.c.attempts + 1)
            )
            if claimed.rowcount == 0:
                return None
            return unit.connection.execute(select(outbox).where(outbox.c.id == id_)).one()

    def _ending(self, id_: str, *, attempt: int) -> None:
        """Whoever else claimed the mail has raised the number of attempts. Raises _Taken."""
        mine = (outbox.c.id == id_, outbox.c.state == MailState.SENDING, outbox.c.attempts == attempt)
        with self._hub.unit() as unit:
            marked = unit.connection.execute(update(outbox).where(*mine).values(state=MailState.ENDING))
        if marked.rowcount == 0:
            raise _Taken

    def _too_old(self) -> list[str]:
        with self._hub.unit() as unit:
            query = select(outbox.c.id).where(
                outbox.c.state == MailState.STORED, outbox.c.at < self.clock() - WAITS_MAX
            )
            return list(unit.connection.execute(query).scalars())

    def _mark(self, id_: str, state: MailState, *, attempt: int | None = None) -> MailState:
        """Say where a mail stands; of an attempt only while nobody else has begun another."""
        sent_at = self.clock() if state is MailState.SENT else None
        mine = (
            (outbox.c.id == id_,) if attempt is None else (outbox.c.id == id_, outbox.c.attempts == attempt)
        )
        with self._hub.unit() as unit:
            unit.connection.execute(update(outbox).where(*mine).values(state=state, sent_at=sent_at))
        return state

    def _in_state(self, state: MailState) -> list[str]:
        with self._hub.unit() as unit:
            query = select(outbox.c.id).where(outbox.c.state == state).order_by(outbox.c.at, outbox.c.id)
            return list(unit.connection.execute(query).scalars())


def _replace(unit: Unit, mail: Mail) -> None:
    waiting = (outbox.c.recipient == mail.recipient, outbox.c.state == MailState.STORED)
    for id_, digest in unit.connection.execute(select(outbox.c.id, outbox.c.digest).where(*waiting)).all():
        if set(digest.split(TOGETHER)) <= set(mail.digest.split(TOGETHER)):
            replaced = update(outbox).where(outbox.c.id == id_)
            unit.connection.execute(replaced.values(state=MailState.REPLACED))


def _row(mail: Mail, now: datetime) -> dict[str, object]:
    return {
        "id": mail.id,
        "at": now,
        "digest": mail.digest,
        "recipient": mail.recipient,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "headers": dict(mail.headers),
        "state": MailState.STORED,
        "attempts": 0,
        "sent_at": None,
    }


def _mail(row: Row[tuple[object, ...]]) -> Mail:
    return Mail(
        id=row.id,
        digest=row.digest,
        recipient=row.recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        headers=row.headers,
    )
