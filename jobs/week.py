"""What a manager is told of the week behind: how much came up for their people, and how much was done. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from jobs.due import Due, Today
from jobs.items import Item
from jobs.letters import Desk
from sync.connection import Uid
from validators.dates import SHANGHAI

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """What came up within seven days and is still open, and what was closed within them."""

    new: int
    done: int


def week_ago(today: Today) -> datetime:
    """The midnight at which the week before a day begins."""
    return datetime.combine(today.day, time(), SHANGHAI) - WEEK


def weeks(
    dues: Sequence[Due], items: Mapping[str, Item], closed: Iterable[Uid], desk: Desk, since: datetime
) -> Mapping[str, Week]:
    """By address of a manager. `closed` names who had to do what is done, once for each thing."""
    new, done = Counter[str](), Counter[str]()
    for due in dues:
        item = items.get(due.item)
        if item is None or item.first_at >= since:
            new.update(desk.above(due, desk.people.in_charge(due.recipient)))
    for uid in closed:
        owner = desk.people.in_charge(uid)
        done.update(desk.of_manager(owner) if owner else ())
    return {address: Week(new[address], done[address]) for address in new | done}
