"""Destroys values that were cleared long ago, but none of a restricted person and none that somebody wants kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.audit import Act
from vault.bulk import blocks
from vault.clock import stamp
from vault.people_tables import restriction
from vault.store import sealed_value

if TYPE_CHECKING:
    from vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Expired:
    """A value that was cleared more than `clear_keep_days` ago, and whose it was."""

    token: str
    subject: str


def expired(vault: "Vault") -> list[Expired]:
    """What may be destroyed; what restricted persons cleared is kept with all else of theirs."""
    with vault.store.reading() as connection:
        return _expired(vault, connection)


def purge(vault: "Vault", *, spare: Collection[str], actor: str) -> int:
    """Destroy what is expired but for these tokens; how many. Audited."""
    with vault.store.writing() as connection:
        tokens = [one.token for one in _expired(vault, connection) if one.token not in spare]
        gone = vault.erased_columns(connection)
        for block in blocks(tokens):
            connection.execute(sealed_value.update().where(sealed_value.c.token.in_(block)).values(**gone))
        if tokens:
            vault.chain.append(connection, [Act(actor, "purge", count=len(tokens))])
    vault.store.forget()
    return len(tokens)


def _expired(vault: "Vault", connection: sa.Connection) -> list[Expired]:
    kept_since = stamp(vault.clock() - timedelta(days=vault.config.clear_keep_days))
    cleared = (sealed_value.c.state == "cleared", sealed_value.c.state_at < kept_since)
    free = sealed_value.c.subject.not_in(sa.select(restriction.c.subject))
    query = sa.select(sealed_value.c.token, sealed_value.c.subject).where(*cleared, free)
    return [Expired(row.token, row.subject) for row in connection.execute(query)]
