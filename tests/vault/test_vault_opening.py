"""Creating and opening: wrong keys, missing and damaged files, and what the files hold."""

import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.postgres import Stores, stored_in
from vault.box import open_box, seal_box
from vault.errors import (
    SuiteUnknown,
    Unopenable,
    VaultDamaged,
    VaultExists,
    VaultMissing,
    VaultNewer,
    VaultUnavailable,
    WrongKey,
)
from vault.keys import Argon2Cost, RootKey, derive, from_passphrase
from vault.plaintext import Plaintext
from vault.store import SCHEMA_TABLE, data_key, envelope, metadata, sealed_value, vault_table
from vault.suites import AES
from vault.values import Secret
from vault.vault import Vault

Build = Callable[..., Secret]


def test_a_vault_opens_again_with_its_passphrase(
    vault: Vault, url: str, root: RootKey, secret: Build
) -> None:
    (sealed,) = vault.seal([secret()])
    again = Vault.open(url, root)
    assert again.open_for_check([sealed.token]) == {sealed.token: "PLAINTEXT-ONE"}
    assert again.seal([secret()]) == [sealed]
    again.close()


def test_a_wrong_passphrase_is_told_and_touches_nothing(vault: Vault, url: str) -> None:
    vault.close()
    before = stored_in(url)
    with pytest.raises(WrongKey):
        Vault.open(url, from_passphrase("correct horsf"))
    assert stored_in(url) == before


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(WrongKey):
        from_passphrase("")


def test_an_envelope_of_another_vault_is_told(vault: Vault, url: str, root: RootKey) -> None:
    """It opens under the passphrase, but the check value is of another master key."""
    foreign = root.wrap(bytes(32), vault_id=vault.keys.vault_id, random_bytes=bytes)
    with vault.store.writing() as connection:
        connection.execute(envelope.update().values(body=foreign))
    with pytest.raises(VaultDamaged, match="another vault"):
        Vault.open(url, root)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"box":"00"}', b'{"box":"zz","salt":"00"}'])
def test_an_unreadable_envelope_is_damage(root: RootKey, body: bytes) -> None:
    with pytest.raises(VaultDamaged):
        root.unwrap(body, vault_id="v")


def test_an_envelope_cannot_ask_for_endless_stretching() -> None:
    with pytest.raises(VaultDamaged):
        Argon2Cost(memory_kib=2**40)


def test_a_missing_vault_is_told_and_not_made(url: str, root: RootKey) -> None:
    with pytest.raises(VaultMissing):
        Vault.open(url, root)
    assert stored_in(url) == b""


def test_creating_twice_leaves_the_first_vault(vault: Vault, url: str, root: RootKey, secret: Build) -> None:
    (sealed,) = vault.seal([secret()])
    with pytest.raises(VaultExists):
        Vault.create(url, root)
    assert vault.open_for_check([sealed.token]) == {sealed.token: "PLAINTEXT-ONE"}


def test_a_vault_left_half_made_is_finished(url: str, root: RootKey) -> None:
    class Failing(RuntimeError):
        pass

    def failing(count: int) -> bytes:
        raise Failing

    with pytest.raises(Failing):
        Vault.create(url, root, random_bytes=failing)
    assert stored_in(url)
    Vault.create(url, root).close()
    Vault.open(url, root).close()


def test_a_folder_that_is_not_there_is_one_clear_error(root: RootKey, tmp_path: Path) -> None:
    with pytest.raises(VaultUnavailable):
        Vault.create(f"sqlite:///{tmp_path}/none/vault.sqlite3", root)


@pytest.mark.in_files("a server has no such file")
def test_a_file_of_another_kind_is_damage(url: str, root: RootKey, tmp_path: Path) -> None:
    (tmp_path / "vault.sqlite3").write_bytes(b"not a database, but long enough to have a header" * 40)
    with pytest.raises(VaultDamaged):
        Vault.open(url, root)


def test_a_vault_of_a_later_release_is_left_alone(vault: Vault, url: str, root: RootKey) -> None:
    with vault.store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {SCHEMA_TABLE} SET version_num = '9999'")
    with pytest.raises(VaultNewer):
        Vault.open(url, root)
    with pytest.raises(VaultExists):
        Vault.create(url, root)


@pytest.mark.in_files("the write lock is SQLite's")
def test_a_locked_database_is_an_error_worth_repeating(
    vault: Vault, tmp_path: Path, secret: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vault.sqlite.BUSY_TIMEOUT_S", 0)
    other = sqlite3.connect(tmp_path / "vault.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(VaultUnavailable) as caught:
        vault.seal([secret()])
    assert caught.value.retryable
    other.close()


@pytest.mark.in_files("the modes of files")
def test_the_files_are_readable_by_their_owner_alone(vault: Vault, tmp_path: Path, secret: Build) -> None:
    vault.seal([secret()])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "vault.sqlite3-wal" in modes


def test_no_plaintext_and_no_plain_hash_stands_in_the_store(vault: Vault, url: str, secret: Build) -> None:
    (sealed,) = vault.seal([secret("110101199003070011")])
    vault.seal([secret("糖尿病", field="health.conditions")])
    vault.find(sealed.field, Plaintext("110101199003070011"), actor="clerk", purpose="理赔")
    vault.reveal(sealed.token, actor="clerk", purpose="理赔")
    vault.move([sealed.token], "R2")
    stored = stored_in(url)
    assert sealed.token.encode() in stored
    for text in ("110101199003070011", "糖尿病"):
        assert text.encode() not in stored
        assert text.encode("utf-16-le") not in stored


@pytest.mark.in_files("settings of SQLite")
def test_what_the_engine_writes_is_durable_and_wiped(vault: Vault) -> None:
    with vault.store.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


def test_an_erased_data_key_is_gone_from_the_store(vault: Vault, url: str, secret: Build) -> None:
    vault.seal([secret()])
    with vault.store.reading() as connection:
        wrapped = connection.execute(sa.select(data_key.c.body)).scalar_one()
        body = connection.execute(sa.select(sealed_value.c.body)).scalar_one()
    assert wrapped in stored_in(url)
    vault.erase_subject("R1", actor="clerk", reason="request")
    stored = stored_in(url)
    assert wrapped not in stored
    assert body not in stored


def test_the_migrations_make_the_tables_that_the_code_names(vault: Vault) -> None:
    with vault.store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": SCHEMA_TABLE})
        assert compare_metadata(context, metadata) == []


def test_no_repr_shows_a_secret(vault: Vault, secret: Build) -> None:
    shown = repr(
        [vault, vault.keys, vault.subject_keys, secret("PLAINTEXT-ONE"), from_passphrase("correct horse")]
    )
    assert "PLAINTEXT-ONE" not in shown
    assert "correct horse" not in shown


def test_every_bit_of_a_box_and_its_context_counts() -> None:
    cipher = AES.box_key(bytes(32))
    box = seal_box(cipher, b"value", key_version=1, context=b"row", random_bytes=bytes)
    assert open_box(cipher, box, context=b"row") == b"value"
    with pytest.raises(Unopenable):
        open_box(cipher, box, context=b"other row")
    for position in range(1, len(box)):
        flipped = box[:position] + bytes([box[position] ^ 1]) + box[position + 1 :]
        with pytest.raises(Unopenable):
            open_box(cipher, flipped, context=b"row")
    with pytest.raises(SuiteUnknown):
        open_box(cipher, b"\x03" + box[1:], context=b"row")
    with pytest.raises(VaultDamaged):
        open_box(cipher, box[:10], context=b"row")


def test_the_length_of_a_ciphertext_does_not_tell_one_short_value_from_another() -> None:
    def length(value: str) -> int:
        made = seal_box(
            AES.box_key(bytes(32)), value.encode(), key_version=1, context=b"", random_bytes=bytes
        )
        return len(made)

    assert length("") == length("糖尿病") == length("高血压、糖尿病")


def test_a_box_written_by_the_first_release_opens() -> None:
    """A vector computed once: suite 1, key version 7, nonce of zeros, padded to 32 bytes."""
    assert (
        seal_box(
            AES.box_key(bytes(32)), b"13800138000", key_version=7, context=b"c", random_bytes=bytes
        ).hex()
        == "010007000000000000000000000000ff94780d7d515856377ef553baf39d18726003ca37a62a74d1a2f58e7506358ebeb220f326fb9377ec699d1d59b74dd5"
    )


def test_the_first_row_names_the_vault(vault: Vault) -> None:
    with vault.store.reading() as connection:
        assert connection.execute(sa.select(vault_table.c.vault_id)).scalar_one() == vault.keys.vault_id


def test_a_derived_key_stays_the_same_and_serves_one_use_of_one_vault(
    vault: Vault, url: str, root: RootKey, stores: Stores
) -> None:
    again = Vault.open(url, root)
    other = Vault.create(stores("other"), root)
    assert again.derived_key("row fingerprint") == vault.derived_key("row fingerprint")
    keys = {
        vault.derived_key("row fingerprint"),
        vault.derived_key("else"),
        other.derived_key("row fingerprint"),
    }
    assert len(keys) == 3
    assert derive(vault.keys._master, "index", "row fingerprint") not in keys
    again.close()
    other.close()
