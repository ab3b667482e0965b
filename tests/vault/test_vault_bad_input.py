"""What can be wrong around a vault: one clear error each, and nothing is written that would make it worse."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.postgres import Copies, stored_in
from vault import audit
from vault.errors import ClockSetBack, SuiteUnknown, VaultDamaged, VaultInUse, VaultUnavailable
from vault.keys import RootKey
from vault.plaintext import Plaintext
from vault.store import data_key, sealed_value
from vault.values import Secret
from vault.vault import Vault

Build = Callable[..., Secret]


@pytest.mark.in_files("a server keeps its own pages")
@pytest.mark.parametrize("kept", [100, 4096, 9000])
def test_a_truncated_database_is_damage_and_stays_as_it_is(
    vault: Vault, url: str, root: RootKey, tmp_path: Path, secret: Build, clock: Any, kept: int
) -> None:
    vault.seal([secret(f"VALUE {number}") for number in range(300)])
    vault.close()
    file = tmp_path / "vault.sqlite3"
    file.write_bytes(file.read_bytes()[:kept])
    before = file.read_bytes()
    with pytest.raises(VaultDamaged):
        opened = Vault.open(url, root, clock=clock)
        list(opened.plaintexts_for_leak_scan())
    assert file.read_bytes() == before


@pytest.mark.in_files("a server keeps its own pages")
def test_an_edited_page_is_damage(
    vault: Vault, url: str, root: RootKey, tmp_path: Path, secret: Build, clock: Any
) -> None:
    (sealed,) = vault.seal([secret()])
    with vault.store.reading() as connection:
        body = connection.execute(sa.select(sealed_value.c.body)).scalar_one()
    vault.store.forget()
    vault.close()
    file = tmp_path / "vault.sqlite3"
    whole = file.read_bytes()
    place = whole.index(body) + 20
    file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
    again = Vault.open(url, root, clock=clock)
    with pytest.raises(VaultDamaged):
        again.open_for_check([sealed.token])
    again.close()


@pytest.mark.in_files("the limit of pages is SQLite's")
def test_a_full_disk_stops_the_write_whole_and_passes_by_itself(vault: Vault, secret: Build) -> None:
    """SQLite's limit of pages stands for the disk's."""
    (kept,) = vault.seal([secret()])
    with vault.store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
    many = [secret(f"VALUE {number}", subject=f"R{number}") for number in range(500)]
    with pytest.raises(VaultUnavailable, match="full") as caught:
        vault.seal(many)
    assert caught.value.retryable
    assert vault.counts()["tokens"] == {kept.field: 1}
    assert vault.open_for_check([kept.token]) == {kept.token: "PLAINTEXT-ONE"}
    with vault.store.reading() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert len(vault.seal(many)) == 500
    assert audit.verify(vault).ok


def test_a_suite_of_a_later_release_is_named_and_nothing_else_stops(vault: Vault, secret: Build) -> None:
    later, other = vault.seal([secret(), secret("other", subject="R2")])
    with vault.store.writing() as connection:
        body = connection.execute(
            sa.select(sealed_value.c.body).where(sealed_value.c.token == later.token)
        ).scalar_one()
        chosen = sealed_value.update().where(sealed_value.c.token == later.token)
        connection.execute(chosen.values(body=b"\x07" + body[1:]))
    with pytest.raises(SuiteUnknown, match="suite 7"):
        vault.open_for_check([later.token])
    assert vault.open_for_check([other.token]) == {other.token: "other"}


def test_a_data_key_of_a_later_suite_seals_nothing(vault: Vault, secret: Build) -> None:
    vault.seal([secret()])
    with vault.store.writing() as connection:
        body = connection.execute(sa.select(data_key.c.body)).scalar_one()
        connection.execute(data_key.update().values(body=b"\x07" + body[1:]))
    with pytest.raises(SuiteUnknown):
        vault.seal([secret("new")])
    assert vault.counts()["tokens"] == {"customers.id_number": 1}


def test_a_clock_set_back_is_told_and_touches_nothing(
    vault: Vault, url: str, root: RootKey, secret: Build, clock: Any
) -> None:
    vault.seal([secret()])
    vault.close()
    before = stored_in(url)
    clock.advance(days=-1)
    with pytest.raises(ClockSetBack, match="2026-03-01"):
        Vault.open(url, root, clock=clock)
    assert stored_in(url) == before


def test_a_clock_is_judged_by_the_audit_chain_too(
    vault: Vault, url: str, root: RootKey, secret: Build, clock: Any
) -> None:
    vault.find("customers.id_number", Plaintext("x"), actor="clerk", purpose="理赔")
    clock.advance(minutes=-11)
    with pytest.raises(ClockSetBack):
        Vault.open(url, root, clock=clock)
    clock.advance(minutes=2)
    Vault.open(url, root, clock=clock).close()


def test_a_person_may_vouch_for_a_clock_that_is_right_again(
    vault: Vault, url: str, root: RootKey, secret: Build, clock: Any
) -> None:
    """It had been a year ahead when the last value was sealed."""
    vault.seal([secret()])
    clock.advance(days=-365)
    trusting = Vault.open(url, root, clock=clock, trust_clock=True)
    trusting.accept_clock(actor="officer")
    trusting.close()
    again = Vault.open(url, root, clock=clock)
    assert [entry["action"] for entry in audit.entries(again)] == ["clock_accepted"]
    again.seal([secret("new")])
    again.close()
    clock.advance(days=-1)
    with pytest.raises(ClockSetBack):
        Vault.open(url, root, clock=clock)


HOLD = """
import sys, time
from vault.keys import from_passphrase
from vault.vault import Vault
vault = Vault.open(sys.argv[1], from_passphrase("correct horse"))
with vault.store.lease():
    print("held", flush=True)
    time.sleep(60)
"""


def test_two_daemons_on_one_vault_are_refused_and_a_killed_one_frees_it(vault: Vault, url: str) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    with pytest.raises(VaultInUse), vault.store.lease():
        raise AssertionError
    other.kill()
    other.communicate()
    while vault.store.is_leased():  # A server sees a little later that its client is gone.
        time.sleep(0.01)
    with vault.store.lease():
        pass


@pytest.mark.in_files("a server knows its database by one name")
def test_a_vault_reached_over_a_link_is_the_same_vault(
    vault: Vault, root: RootKey, tmp_path: Path, clock: Any
) -> None:
    link = tmp_path / "link.sqlite3"
    link.symlink_to(str(vault.store.url.database))
    over_link = Vault.open(f"sqlite:///{link}", root, clock=clock)
    with vault.store.lease(), pytest.raises(VaultInUse), over_link.store.lease():
        raise AssertionError
    over_link.close()


@pytest.mark.in_files("a lease on a server is its database's, which the copy of a test shares")
def test_a_copy_of_a_vault_has_a_lease_of_its_own(
    vault: Vault, url: str, root: RootKey, copy_of: Copies, clock: Any
) -> None:
    vault.store.forget()
    copy = Vault.open(copy_of(url), root, clock=clock)
    with vault.store.lease(), copy.store.lease():
        pass
    copy.close()
