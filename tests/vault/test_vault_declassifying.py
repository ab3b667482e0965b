"""Approvals that make a sensitive field plain count as long as the chain that holds them is whole."""

from collections.abc import Callable

import pytest

from vault.declassifying import approve, approvers, record_done
from vault.errors import VaultDamaged
from vault.store import audit
from vault.users import User
from vault.vault import Vault

FIELD = "customers.marital"


def test_approvals_that_were_used_up_do_not_count_again_when_that_is_dropped_from_the_chain(
    vault: Vault, add_user: Callable[..., User]
) -> None:
    for name in ("li.na", "zhao.lei"):
        approve(vault, add_user(name, role="主管"), [FIELD], reason="公开资料")
    assert approvers(vault, FIELD) == {"li.na", "zhao.lei"}
    record_done(vault, FIELD, by=["li.na", "zhao.lei"], reason="公开资料", count=1)
    assert approvers(vault, FIELD) == frozenset()
    with vault.store.writing() as connection:
        last = connection.execute(audit.select().order_by(audit.c.n.desc())).first()
        assert last is not None
        connection.execute(audit.delete().where(audit.c.n == last.n))
    with pytest.raises(VaultDamaged):
        approvers(vault, FIELD)
