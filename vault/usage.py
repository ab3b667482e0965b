"""What people have used of their budgets on a day, counted in the transaction of what they did."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.people_tables import usage

if TYPE_CHECKING:
    from vault.vault import Vault


def used(vault: "Vault", connection: sa.Connection, *, actor: str, what: str) -> int:
    """How much of it was used today."""
    query = sa.select(usage.c.used).where(*_mine(vault, actor, what))
    return connection.execute(query).scalar_one_or_none() or 0


def use(vault: "Vault", connection: sa.Connection, *, actor: str, what: str) -> None:
    """One more; the caller holds the write lock."""
    mine = _mine(vault, actor, what)
    if connection.execute(usage.update().where(*mine).values(used=usage.c.used + 1)).rowcount:
        return
    day = vault.config.day(vault.clock()).isoformat()
    connection.execute(usage.delete().where(usage.c.day < day))
    connection.execute(usage.insert(), {"day": day, "actor": actor, "what": what, "used": 1})


def _mine(vault: "Vault", actor: str, what: str) -> tuple[sa.ColumnElement[bool], ...]:
    day = vault.config.day(vault.clock()).isoformat()
    return usage.c.day == day, usage.c.actor == actor, usage.c.what == what
