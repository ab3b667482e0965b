"""Ends what stayed at work for a restricted person's open cases once these are closed. Erasing is left to a person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import structlog

from jobs.backup_errors import BackupRefused
from sync.connection import Uid
from sync.erasing import Person
from sync.store.hub import Unit
from sync.store.records import State
from tablekeeper.archive import Archive
from tablekeeper.erasing import CERTIFICATES, Decision, carry_out, decide, file
from tablekeeper.retention import Duty
from vault.errors import SubjectUnknown, VaultDamaged
from vault.restricting import Restriction, restrictions

log = structlog.get_logger(__name__)

ACTOR, REASON = "daemon", "a case has ended"
TO_BE_ERASED = "nothing: tablekeeper vault erase"
"""Stands for the law where none keeps the person any more."""


def end_cases(archive: Archive) -> int:
    """Restrict anew, and on record, everybody for whom other cases are open than before; how many.

    So are those of whom a restored backup brought records back that had left.
    """
    ended = 0
    for uid, purposes in list(_at_work(archive)):
        try:
            found = decide(archive, uid)
        except (BackupRefused, SubjectUnknown) as error:
            log.warning("case_not_ended", uid=uid, message=str(error))
            continue
        if found.cases.purposes == purposes and not _leaves(archive, found.who):
            continue
        certificate = carry_out(archive, _kept(found), actor=ACTOR, reason=REASON)
        file(certificate, archive.environment.home / CERTIFICATES)
        log.info("case_ended", uid=uid, rows=sum(found.rows.values()), open=list(found.cases.names))
        ended += 1
    return ended


def erasable(archive: Archive) -> list[Restriction]:
    """Restricted persons whom no law keeps any more: `vault erase` is due."""
    today = archive.engine.today()
    return [one for one in restrictions(archive.vault) if one.law == TO_BE_ERASED or _is_over(one, today)]


def _is_over(one: Restriction, today: date) -> bool:
    try:
        return bool(one.until) and date.fromisoformat(one.until) < today
    except ValueError:
        raise VaultDamaged(f"the restriction of {one.subject} was edited: its day is none") from None


def _at_work(archive: Archive) -> Iterator[tuple[Uid, tuple[str, ...]]]:
    """Restricted persons with an open case, and for what they are open beside the law."""
    tables = archive.config.tables
    with archive.hub.reading() as unit:
        for one in restrictions(archive.vault):
            found = unit.records.find(one.subject) if one.purposes else None
            if found is not None and tables[found.table].subject == "self":
                yield one.subject, one.purposes


def _leaves(archive: Archive, who: Person) -> bool:
    """Whether a record that is to leave is at work."""
    with archive.hub.reading() as unit:
        return any(_is_at_work(unit, table, uids) for table, uids in who.records.items())


def _is_at_work(unit: Unit, table: str, uids: tuple[Uid, ...]) -> bool:
    return any(one.state is not State.ARCHIVED for one in unit.records.get_many(table, uids).values())


def _kept(found: Decision) -> Decision:
    """Nothing is destroyed here, where nobody confirms it: a case may have been closed by mistake."""
    return found if found.duty or found.cases.names else replace(found, duty=Duty(TO_BE_ERASED, None))
