"""Keeping a sensitive field in the clear from now on takes two users of the vault; their approvals are in the audit chain."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from vault.audit import Act, entries, verify
from vault.errors import RoleRefuses, VaultDamaged
from vault.users import User, Users

if TYPE_CHECKING:
    from vault.vault import Vault

APPROVED, DONE = "declassify_approved", "declassify"
APPROVERS_MIN = 2


def approve(vault: "Vault", user: User, fields: Iterable[str], *, reason: str) -> None:
    """A signed-in user says that these fields, named as in the vault, may stand in the clear. Raises RoleRefuses.

    It counts once: after the fields were made plain and sensitive again, two people have to say so again.
    """
    allowed = vault.config.allows(user.role, "approve")
    action = APPROVED if allowed else f"{APPROVED}_refused"
    with vault.store.writing() as connection:
        acts = [Act(user.name, action, field=field, reason=reason) for field in fields]
        vault.chain.append(connection, acts)
    if not allowed:
        raise RoleRefuses(f"the role {user.role} may not approve: `vault.roles` in config.yaml")


def approvers(vault: "Vault", field: str) -> frozenset[str]:
    """The users who have approved that a field stands in the clear, and who may still act and approve.

    Raises VaultDamaged where somebody may have taken out of the chain that approvals were used up.
    """
    names: set[str] = set()
    for entry in entries(vault):
        if entry["field"] != field:
            continue
        if entry["action"] == DONE:
            names.clear()
        elif entry["action"] == APPROVED:
            names.add(entry["actor"])
    if names and not verify(vault).ok:
        raise VaultDamaged("the audit chain is not whole, so approvals on record count for nothing")
    users = {user.name: user for user in Users(vault).all()} if names else {}
    with vault.store.reading() as connection:
        return frozenset(
            name
            for name in names
            if name in users
            and vault.config.allows(users[name].role, "approve")
            and Users(vault).standing(connection, name) is None
        )


def record_done(vault: "Vault", field: str, *, by: Iterable[str], reason: str, count: int) -> None:
    """The field stands in the clear from now on; its approvals are used up."""
    purpose = f"approved by {' and '.join(sorted(by))}"
    with vault.store.writing() as connection:
        act = Act("daemon", DONE, field=field, purpose=purpose, reason=reason, count=count)
        vault.chain.append(connection, [act])
