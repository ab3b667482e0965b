"""Anchors outside the vault, and every single flip within the chain."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from tests.postgres import Copies
from tests.vault.conftest import ManualClock
from vault.anchors import check_anchors, take_anchor
from vault.audit import verify
from vault.keys import RootKey
from vault.store import audit
from vault.values import Secret
from vault.vault import Vault

ENTRIES = 4


@pytest.fixture
def copies(vault: Vault, url: str, secret: Callable[..., Secret], copy_of: Copies) -> list[str]:
    """The vault after each entry."""
    (sealed,) = vault.seal([secret()])
    kept = []
    for n in range(1, ENTRIES + 1):
        vault.reveal(sealed.token, actor=f"clerk {n}", purpose="理赔")
        vault.store.forget()
        kept.append(copy_of(url))
    return kept


def kinds(vault: Vault, *lines: str) -> list[str]:
    return [fault.kind for fault in check_anchors(vault, lines)]


def test_a_chain_that_goes_on_fits_its_anchors(vault: Vault, clock: ManualClock) -> None:
    lines = []
    for _ in range(3):
        lines.append(take_anchor(vault, actor="auditor").line())
        clock.advance(days=1)
    assert kinds(vault, *lines) == []


def test_a_vault_set_back_to_any_earlier_entry_is_found(
    vault: Vault, copies: list[str], root: RootKey, clock: ManualClock
) -> None:
    """The chain of each copy is whole by itself: only the anchor tells."""
    line = take_anchor(vault, actor="auditor").line()
    for copy in copies:
        older = Vault.open(copy, root, clock=clock)
        assert verify(older).ok
        assert kinds(older, line) == ["set_back"]
        for _ in range(ENTRIES + 1):
            take_anchor(older, actor="forger")
        assert verify(older).ok
        assert kinds(older, line) == ["different"]
        older.close()


def test_an_anchor_that_was_changed_or_is_of_elsewhere_is_told(vault: Vault) -> None:
    good = take_anchor(vault, actor="auditor")
    take_anchor(vault, actor="auditor")
    assert kinds(vault, replace(good, n=good.n + 1).line()) == ["forged"]
    assert kinds(vault, replace(good, vault="0" * 32).line()) == ["foreign"]
    assert kinds(vault, "", "{}", "[]", good.line()[:-3], '{"n": 1}') == ["unreadable"] * 5


def test_a_flipped_bit_in_any_byte_of_any_entry_is_found(vault: Vault, copies: list[str]) -> None:
    with vault.store.reading() as connection:
        rows = connection.execute(sa.select(audit)).all()
    for row in rows:
        for column in ("entry", "mac"):
            whole = getattr(row, column)
            # Each column is short enough to try every byte; the bit changes with the place.
            for place in range(len(whole)):
                flipped = bytearray(whole)
                flipped[place] ^= 1 << (place % 8)
                _write(vault, row.n, column, bytes(flipped))
                assert not verify(vault).ok, (row.n, column, place)
            _write(vault, row.n, column, whole)
    assert verify(vault).ok


@pytest.mark.parametrize("one", range(1, ENTRIES + 1))
@pytest.mark.parametrize("other", range(1, ENTRIES + 1))
def test_any_two_entries_that_changed_places_are_found(
    vault: Vault, copies: list[str], one: int, other: int
) -> None:
    with vault.store.reading() as connection:
        rows = {row.n: row for row in connection.execute(sa.select(audit))}
    with vault.store.writing() as connection:
        for n, from_n in ((one, other), (other, one)):
            row = rows[from_n]
            connection.execute(audit.update().where(audit.c.n == n).values(entry=row.entry, mac=row.mac))
    assert verify(vault).ok is (one == other)


def _write(vault: Vault, n: int, column: str, content: bytes) -> None:
    with vault.store.writing() as connection:
        connection.execute(audit.update().where(audit.c.n == n).values({column: content}))
