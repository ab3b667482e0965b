"""Wrong keys are counted per name before they are judged, so that many at once get no more tries than one after another."""

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.alarms import SIGN_IN, raise_alarm
from vault.audit import Act
from vault.clock import instant_of, stamp
from vault.errors import SignInClosed
from vault.people_tables import sign_in_attempt

if TYPE_CHECKING:
    from vault.vault import Vault

FAILURES_MAX = 5
CLOSED_FOR = timedelta(minutes=15)


class Attempts:
    """The tries of each name; unknown names count too, or the count would tell which names are known."""

    def __init__(self, vault: "Vault") -> None:
        self._vault = vault
        self._key = vault.derived_key("sign-in attempts")

    def begin(self, name: str, *, known: bool) -> None:
        """Count a try that has not succeeded yet. Raises SignInClosed, on record, when there were too many."""
        with self._vault.store.writing() as connection:
            failures = self._recent_failures(connection, name)
            closed = failures >= FAILURES_MAX
            if closed:
                actor = name if known else ""
                refused = Act(actor, "sign_in_refused", reason=SignInClosed.reason)
                self._vault.chain.append(connection, [refused])
                raise_alarm(self._vault, connection, kind=SIGN_IN, actor=actor, what="sign_in")
            else:
                self._save(connection, name, failures + 1)
        if closed:
            minutes = int(CLOSED_FOR.total_seconds() // 60)
            raise SignInClosed(f"{FAILURES_MAX} wrong keys in a row; try again in {minutes} minutes")

    def succeeded(self, connection: sa.Connection, name: str) -> None:
        """The key was right: what came before is forgotten."""
        connection.execute(sign_in_attempt.delete().where(sign_in_attempt.c.mark == self._mark(name)))

    def _recent_failures(self, connection: sa.Connection, name: str) -> int:
        query = sa.select(sign_in_attempt).where(sign_in_attempt.c.mark == self._mark(name))
        row = connection.execute(query).first()
        recent = row and self._vault.clock() - instant_of(row.last_at, "a failed sign-in") < CLOSED_FOR
        return int(row.failures) if row and recent else 0

    def _save(self, connection: sa.Connection, name: str, failures: int) -> None:
        now = self._vault.clock()
        mark = self._mark(name)
        old = sa.or_(sign_in_attempt.c.mark == mark, sign_in_attempt.c.last_at < stamp(now - CLOSED_FOR))
        connection.execute(sign_in_attempt.delete().where(old))
        row = {"mark": mark, "failures": failures, "last_at": stamp(now)}
        connection.execute(sign_in_attempt.insert(), row)

    def _mark(self, name: str) -> bytes:
        return hmac.digest(self._key, name.encode(errors="surrogatepass"), "sha256")[:16]
