"""Who may open a vault: the envelopes around its master key, one for the root key and one for each recovery recipient."""

from typing import TYPE_CHECKING

import sqlalchemy as sa

from vault.age_keys import AgeKey, recipient_of
from vault.audit import Act
from vault.clock import stamp
from vault.keys import RootKey
from vault.store import envelope

if TYPE_CHECKING:
    from vault.vault import Vault

RECOVERY = "recovery"


def recipients(vault: "Vault") -> list[str]:
    """The public keys of those who can recover this vault; none means that losing the root key loses everything."""
    with vault.store.reading() as connection:
        query = sa.select(envelope.c.body).where(envelope.c.kind == RECOVERY)
        return sorted(recipient_of(body) for body in connection.execute(query).scalars())


def add_recovery(vault: "Vault", key: AgeKey, *, actor: str) -> bool:
    """Let another recipient recover the vault; False when it could already. Audited."""
    if key.recipient in recipients(vault):
        return False
    _put(vault, key, Act(actor, "recovery_added", purpose=key.recipient))
    return True


def replace_root(vault: "Vault", root: RootKey, *, actor: str) -> None:
    """From now on this root key opens the vault, and no other but those of recovery. Audited."""
    _put(vault, root, Act(actor, "root_replaced", purpose=root.kind), instead_of=envelope.c.kind != RECOVERY)
    vault.store.forget()


def _put(vault: "Vault", key: RootKey, act: Act, *, instead_of: sa.ColumnElement[bool] | None = None) -> None:
    body = vault.keys.wrapped_by(key, random_bytes=vault.random_bytes)
    row = {"kind": key.kind, "body": body, "created_at": stamp(vault.clock())}
    with vault.store.writing() as connection:
        if instead_of is not None:
            connection.execute(envelope.delete().where(instead_of))
        connection.execute(envelope.insert(), row)
        vault.chain.append(connection, [act])
