"""Tells a clock that was set back: deadlines, budgets and the audit chain would be wrong under it."""

from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa

from vault.clock import stamp
from vault.errors import ClockSetBack
from vault.store import audit, milestone, sealed_value

TOLERANCE = timedelta(minutes=10)
ACCEPTED = "clock_accepted"


def check_clock(connection: sa.Connection, now: datetime) -> None:
    """Raises ClockSetBack when the last write is in the future, unless a person has vouched for the clock since then."""
    last = _last_write(connection)
    if last is None or last <= stamp(now + TOLERANCE):
        return
    vouched = connection.execute(sa.select(milestone.c.at).where(milestone.c.name == ACCEPTED)).scalar()
    if vouched != last:
        raise ClockSetBack(stamp(now), last)


def accept_clock(connection: sa.Connection) -> None:
    """A person vouches for the clock: what was written last was written under a wrong one."""
    last = _last_write(connection)
    connection.execute(milestone.delete().where(milestone.c.name == ACCEPTED))
    if last is not None:
        connection.execute(milestone.insert(), {"name": ACCEPTED, "at": last})


def _last_write(connection: sa.Connection) -> str | None:
    """The newest of the last value's and the last audit entry's stamps."""
    value = sa.select(sealed_value.c.state_at).order_by(sealed_value.c.change.desc()).limit(1)
    entry = sa.select(audit.c.entry).order_by(audit.c.n.desc()).limit(1)
    stamps = [connection.execute(value).scalar()]
    if (text := connection.execute(entry).scalar()) is not None:
        stamps.append(_stamped(text))
    return max((at for at in stamps if at), default=None)


def _stamped(entry: bytes) -> str | None:
    """The entry's own stamp; one that was edited is for the verification of the chain to tell."""
    try:
        return str(orjson.loads(entry)["at"])
    except (ValueError, KeyError, TypeError):
        return None
