"""Mails about what is 紧急, at once. Past the limit of a day they wait and go out together; none is dropped."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select

from jobs.calendar import Calendar
from jobs.config import OWNERS, DigestConfig, UrgentConfig
from jobs.digest import build_digest
from jobs.digest_page import Digest
from jobs.due import Due, Today
from jobs.items import Items
from jobs.letters import Letter, sort_letters
from jobs.mail import Mail
from jobs.outbox import Outbox
from jobs.preview import Archive, Findings, find, naming_for, setting_of
from jobs.reminder_config import MANAGER, Priority
from jobs.reminders import ReminderBook
from jobs.rendering import render
from jobs.schedule import clock
from sync.store.hub import Unit
from sync.store.tables import outbox as mails
from sync.store.tables import reminder

URGENT = "urgent"
DIGEST = DigestConfig(id=URGENT, to=OWNERS)


def store_urgent(archive: Archive, outbox: Outbox, now: datetime) -> int:
    """Store a mail for every reader of something urgent that was not told yet; how many. `now` is local."""
    config = archive.config.mail.urgent
    if config is None or not clock(config.first) <= now.time() < clock(config.last):
        return 0
    with archive.hub.reading() as unit:
        if not _untold(unit, archive):
            return 0
        book = ReminderBook(archive.schema, archive.config)
        found = find(unit, archive, book, Today.of(now.date(), Calendar(archive.config.calendar)))
        dues = [due for due in found.collected.dues if _is_news(due, found)]
        letters = sort_letters(
            [_to_the_manager_too(due) for due in dues], found.people, [DIGEST], archive.config
        ).letters
        if not _may_be_told(unit, config, letters, now):
            return 0
    setting = replace(setting_of(found, archive), quiet_until=None)
    written = [
        _mail(
            letter, archive, build_digest(letter, setting, naming_for(letter, archive, found, setting)), now
        )
        for letter in letters
    ]
    # Together: what is noted as told is in the outbox. One that waits tells of something else.
    with archive.hub.unit() as unit:
        Items(unit.connection).mark_told_urgently(dues)
        return sum(outbox.put_in(unit, mail, replaces=False) for mail in written)


def _untold(unit: Unit, archive: Archive) -> bool:
    """Whether an open item of an urgent reminder has a key that no urgent mail told: cheap, and asked often."""
    urgent = [each.id for each in archive.config.reminders if each.priority is Priority.URGENT]
    query = select(reminder.c.item).where(
        reminder.c.reminder.in_(urgent),
        reminder.c.closed_at.is_(None),
        reminder.c.key != reminder.c.told_urgently,
    )
    return unit.connection.execute(query.limit(1)).first() is not None


def _is_news(due: Due, found: Findings) -> bool:
    item = found.items.get(due.item)
    return due.priority is Priority.URGENT and item is not None and item.told_urgently != due.key


def _to_the_manager_too(due: Due) -> Due:
    return replace(due, escalated=tuple(dict.fromkeys((MANAGER, *due.escalated))))


def _may_be_told(unit: Unit, config: UrgentConfig, letters: Sequence[Letter], now: datetime) -> bool:
    """Whether no reader has had as many today as one should; from the hour on when they go out together, always."""
    if now.time() >= clock(config.together_at):
        return True
    query = select(mails.c.recipient, func.count()).where(
        mails.c.digest == URGENT,
        mails.c.at >= now.replace(hour=0, minute=0, second=0, microsecond=0),
    )
    had = {
        recipient: count for recipient, count in unit.connection.execute(query.group_by(mails.c.recipient))
    }
    return all(had.get(letter.address, 0) < config.max_per_day for letter in letters)


def _mail(letter: Letter, archive: Archive, digest: Digest, now: datetime) -> Mail:
    keys = sorted(due.key for section in letter.sections for part in section.parts for due in part.dues)
    id_ = sha256("\0".join((URGENT, letter.address, *keys)).encode()).hexdigest()
    return render(
        digest,
        id_=id_,
        kind=URGENT,
        recipient=letter.address,
        sender=archive.config.mail.sender,
        day=now.date(),
    )
