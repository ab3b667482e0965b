"""The audit chain: every way to tamper with it is found."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from vault.audit import Act, Fault, verify
from vault.errors import VaultDamaged
from vault.plaintext import Plaintext
from vault.store import audit, audit_head
from vault.values import Secret
from vault.vault import Vault

ENTRIES = 5


@pytest.fixture
def chained(vault: Vault, secret: Callable[..., Secret]) -> Vault:
    (sealed,) = vault.seal([secret()])
    for number in range(ENTRIES):
        vault.reveal(sealed.token, actor=f"clerk {number}", purpose="理赔")
    return vault


def change(vault: Vault, *statements: Any) -> tuple[Fault, ...]:
    with vault.store.writing() as connection:
        for statement in statements:
            connection.execute(statement)
    return verify(vault).faults


def entry_of(vault: Vault, n: int) -> Any:
    with vault.store.reading() as connection:
        return connection.execute(sa.select(audit).where(audit.c.n == n)).one()


def test_an_untouched_chain_is_whole(chained: Vault) -> None:
    report = verify(chained)
    assert report.ok
    assert report.entries == ENTRIES


def test_an_empty_chain_is_whole(vault: Vault) -> None:
    assert verify(vault).ok


@pytest.mark.parametrize("n", range(1, ENTRIES + 1))
def test_an_altered_entry_is_found(chained: Vault, n: int) -> None:
    forged = entry_of(chained, n).entry.replace(b"clerk", b"other")
    assert change(chained, audit.update().where(audit.c.n == n).values(entry=forged)) == (
        Fault(n, "altered"),
    )


@pytest.mark.parametrize("n", range(1, ENTRIES + 1))
def test_an_altered_signature_is_found(chained: Vault, n: int) -> None:
    assert change(chained, audit.update().where(audit.c.n == n).values(mac=bytes(32))) == (
        Fault(n, "altered"),
    )


@pytest.mark.parametrize("n", range(1, ENTRIES))
def test_a_dropped_entry_is_found(chained: Vault, n: int) -> None:
    assert change(chained, audit.delete().where(audit.c.n == n)) == (Fault(n, "missing"),)


@pytest.mark.parametrize("n", range(1, ENTRIES + 1))
def test_a_cut_end_is_found(chained: Vault, n: int) -> None:
    cut = tuple(Fault(number, "cut") for number in range(n, ENTRIES + 1))
    assert change(chained, audit.delete().where(audit.c.n >= n)) == cut


@pytest.mark.parametrize("n", range(1, ENTRIES))
def test_a_swapped_pair_is_found(chained: Vault, n: int) -> None:
    one, other = entry_of(chained, n), entry_of(chained, n + 1)
    faults = change(
        chained,
        audit.update().where(audit.c.n == n).values(entry=other.entry, mac=other.mac),
        audit.update().where(audit.c.n == n + 1).values(entry=one.entry, mac=one.mac),
    )
    assert faults == (Fault(n, "reordered"), Fault(n + 1, "reordered"))


def test_dropping_an_entry_and_closing_the_gap_is_found(chained: Vault) -> None:
    faults = change(
        chained,
        audit.delete().where(audit.c.n == 2),
        *(audit.update().where(audit.c.n == n).values(n=n - 1) for n in range(3, ENTRIES + 1)),
    )
    assert faults == (*(Fault(n, "reordered") for n in range(2, ENTRIES)), Fault(ENTRIES, "cut"))


@pytest.mark.parametrize("n", [0, ENTRIES + 1, 10**12])
def test_an_added_entry_is_found(chained: Vault, n: int) -> None:
    copied = entry_of(chained, 1)
    assert change(chained, audit.insert().values(n=n, entry=copied.entry, mac=copied.mac)) == (
        Fault(n, "added"),
    )


@pytest.mark.parametrize("changed", [{"n": ENTRIES - 1}, {"mac": bytes(32)}])
def test_an_edited_head_is_found_and_nothing_is_appended_to_it(
    chained: Vault, changed: dict[str, Any]
) -> None:
    faults = change(chained, audit_head.update().values(**changed))
    assert Fault(changed.get("n", ENTRIES), "head") in faults
    with pytest.raises(VaultDamaged):
        chained.find("customers.id_number", Plaintext("x"), actor="clerk", purpose="理赔")


def test_cutting_the_end_and_setting_the_head_back_is_found(chained: Vault) -> None:
    """The head cannot be set to an earlier entry without an old copy of its wrapped key."""
    last = entry_of(chained, ENTRIES - 1)
    faults = change(
        chained,
        audit.delete().where(audit.c.n == ENTRIES),
        audit_head.update().values(n=ENTRIES - 1, mac=last.mac),
    )
    assert faults == (Fault(ENTRIES - 1, "head"),)


def test_an_act_that_fails_leaves_no_entry(chained: Vault) -> None:
    with pytest.raises(RuntimeError), chained.store.writing() as connection:
        chained.chain.append(connection, [Act("clerk", "erase")])
        raise RuntimeError
    report = verify(chained)
    assert report.ok
    assert report.entries == ENTRIES
