"""What was decided since the backup and must not be forgotten by restoring it: erasures, restrictions, disabled users; and what was lost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from jobs.restore_present import disabled, restricted
from sync.erasing import person, take_out
from sync.named_tokens import named_tokens
from sync.store.hub import Hub
from sync.store.records import ERASED, RESTRICTED, State
from sync.store.tables import seen
from vault.errors import SubjectUnknown
from vault.restricting import restrict, restrictions
from vault.users import Users
from vault.vault import Vault

REASON = "stood before the backup was restored"
LOST = "token_lost"
"""The reason in the queue of rows that name what the vault has lost."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How many persons were erased or restricted once more, and users disabled."""

    erased: int
    restricted: int
    disabled: int


def bind_again(restored: Vault, present: str, *, erased: Iterable[str], actor: str) -> Bound:
    """Repeat in a restored vault what the present one and later keys know. Audited."""
    repeated = sum(_erase(restored, subject, actor) for subject in sorted(erased))
    known = {one.subject for one in restrictions(restored)}
    bound = [one for one in restricted(present) if one.subject not in known]
    for one in bound:
        restrict(
            restored,
            one.subject,
            until=one.until,
            law=one.law,
            actor=actor,
            reason=REASON,
            purposes=one.purposes,
        )
    users = Users(restored)
    shut = disabled(present) & {user.name for user in users.all() if not user.disabled}
    for name in sorted(shut):
        users.disable(name, actor=actor)
    return Bound(repeated, len(bound), len(shut))


def _erase(restored: Vault, subject: str, actor: str) -> bool:
    try:
        restored.erase_subject(subject, actor=actor, reason=REASON)
    except SubjectUnknown:
        return False  # The backup knows of the erasure, or never knew the person.
    return True


def end_again(hub: Hub, vault: Vault, *, erased: Iterable[str], now: datetime) -> None:
    """What lives in the restored hub of persons who were erased or restricted is taken out, as `vault erase` did.

    Whoever is restricted with an open case is left in the tables: `vault erase` says which records the case needs.
    """
    marks = {one.subject: RESTRICTED for one in restrictions(vault) if not one.purposes}
    for subject, mark in {**marks, **dict.fromkeys(erased, ERASED)}.items():
        with hub.reading() as unit:
            found = unit.records.find(subject)
            # Links of archived records are in no index, so that this costs nothing where all has ended.
            live = (found and found.state is not State.ARCHIVED) or unit.records.referrers([subject])
            who = person(hub.schema, unit, subject) if live else None
        if who:
            take_out(hub, vault, hub.schema, who, mark=mark, now=now)


def ask_for_orphans(hub: Hub, vault: Vault) -> int:
    """Have every row looked at that names a token which the vault does not know: the row will say so. How many tokens."""
    with hub.unit() as unit:
        replicas = list(unit.connection.execute(select(seen.c.replica).distinct()).scalars())
        named = list(named_tokens(unit, hub.schema, replicas))
        known = vault.look_up({one.token for one in named})
        lost = [one for one in named if one.token not in known]
        for one in lost:
            for replica in replicas:
                unit.lists.ask_recheck(replica, one.table, [one.uid], LOST)
    return len({one.token for one in lost})
