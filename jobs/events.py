"""Changes that people made to fields which matter: an event in the life of whom a record is about. Reads the history."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from jobs.reminder_config import ReminderConfig
from sync.admit import SOURCE as IMPORT
from sync.connection import Uid
from sync.store.hub import Unit
from sync.store.tables import history
from validators.dates import SHANGHAI

LOOKED_BACK = timedelta(days=180)
"""An event that nobody saw to for longer is covered by the regular review."""


def events(unit: Unit, reminder: ReminderConfig, today: date) -> Mapping[Uid, date]:
    """The newest day on which one of the reminder's fields was changed, by record. A first value is no change."""
    since = datetime.combine(today - LOOKED_BACK, time(), UTC)
    query = select(history.c.uid, history.c.at, history.c.before).where(
        history.c.table == reminder.table,
        history.c.field.in_(reminder.fields),
        history.c.at >= since,
        history.c.replica != IMPORT,
    )
    found: dict[Uid, date] = {}
    for uid, at, before in unit.connection.execute(query.order_by(history.c.id)):
        day = at.astimezone(SHANGHAI).date()
        if before is not None and day <= today:
            found[uid] = day
    return found
