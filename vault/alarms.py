"""Alarms: what a person should look into. Stored until somebody acknowledges them, and told in the log once."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from vault.audit import Act
from vault.clock import instant_of, stamp
from vault.people_tables import alarm

if TYPE_CHECKING:
    from vault.vault import Vault

log = structlog.get_logger("vault")

BUDGET, TRIES, SIGN_IN, GUESSES = "budget", "compare_tries", "sign_in", "guesses"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`kind` says what was passed, `actor` who or which replica did it, `what` which class, field or record it is about."""

    at: datetime
    kind: str
    actor: str
    what: str


def raise_alarm(vault: "Vault", connection: sa.Connection, *, kind: str, actor: str, what: str) -> bool:
    """Store an alarm, once a day for the same thing, inside the caller's transaction; whether it is a new one."""
    now = vault.clock()
    same = {"day": vault.config.day(now).isoformat(), "kind": kind, "actor": actor, "what": what}
    known = sa.select(alarm.c.alarm_id).where(*(alarm.c[name] == value for name, value in same.items()))
    if connection.execute(known).first():
        return False
    connection.execute(alarm.insert(), {**same, "at": stamp(now)})
    log.warning("vault_alarm", kind=kind, actor=actor, what=what)
    return True


def open_alarms(vault: "Vault") -> list[Alarm]:
    """The alarms that nobody has acknowledged, oldest first."""
    query = sa.select(alarm).where(alarm.c.acknowledged_at.is_(None)).order_by(alarm.c.alarm_id)
    with vault.store.reading() as connection:
        rows = connection.execute(query).all()
    return [Alarm(instant_of(row.at, "an alarm"), row.kind, row.actor, row.what) for row in rows]


def acknowledge(vault: "Vault", *, actor: str) -> int:
    """Somebody has looked into all alarms; how many. On record."""
    unseen = alarm.c.acknowledged_at.is_(None)
    with vault.store.writing() as connection:
        at = stamp(vault.clock())
        changed = alarm.update().where(unseen).values(acknowledged_at=at, acknowledged_by=actor)
        count = connection.execute(changed).rowcount
        if count:
            vault.chain.append(connection, [Act(actor, "alarms_acknowledged", count=count)])
    return count
