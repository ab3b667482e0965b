"""Age identities as root keys, recovery recipients, and new root keys."""

from collections.abc import Callable

import pyrage
import pytest
import sqlalchemy as sa

from tests.postgres import stored_in
from vault import audit, envelopes
from vault.age_keys import AgeKey, identity_key, recovery_key
from vault.errors import KeyUnreadable, VaultDamaged, WrongKey
from vault.keys import Argon2Cost, RootKey, from_passphrase
from vault.store import envelope
from vault.values import Secret
from vault.vault import Vault

Build = Callable[..., Secret]
CHEAP = Argon2Cost(iterations=1, lanes=1, memory_kib=64)


def identity() -> str:
    return str(pyrage.x25519.Identity.generate())


def recipient_of(secret: str) -> str:
    return str(pyrage.x25519.Identity.from_str(secret).to_public())


def test_an_identity_file_opens_the_vault_that_was_made_with_it(url: str, secret: Build) -> None:
    file = f"# created: today\n# public key: age1…\n{identity()}\n"
    made = Vault.create(url, identity_key(file))
    (sealed,) = made.seal([secret()])
    made.close()
    again = Vault.open(url, identity_key(file))
    assert again.open_for_check([sealed.token]) == {sealed.token: "PLAINTEXT-ONE"}
    again.close()


def test_another_identity_is_told_and_touches_nothing(url: str) -> None:
    Vault.create(url, identity_key(identity())).close()
    before = stored_in(url)
    with pytest.raises(WrongKey, match="age identity"):
        Vault.open(url, identity_key(identity()))
    with pytest.raises(WrongKey):
        Vault.open(url, from_passphrase("correct horse", cost=CHEAP))
    assert stored_in(url) == before


def test_a_recovery_identity_sets_a_new_root_key_and_ends_the_old_one(
    url: str, root: RootKey, secret: Build
) -> None:
    kept_elsewhere = identity()
    made = Vault.create(url, root, recovery=recovery_key(recipient_of(kept_elsewhere)))
    (sealed,) = made.seal([secret()])
    made.close()
    recovered = Vault.open(url, identity_key(kept_elsewhere, kind="recovery"))
    envelopes.replace_root(recovered, from_passphrase("new horse", cost=CHEAP), actor="officer")
    assert envelopes.recipients(recovered) == [recipient_of(kept_elsewhere)]
    assert [entry["action"] for entry in audit.entries(recovered)] == ["root_replaced"]
    recovered.close()
    with pytest.raises(WrongKey):
        Vault.open(url, root)
    again = Vault.open(url, from_passphrase("new horse", cost=CHEAP))
    assert again.open_for_check([sealed.token]) == {sealed.token: "PLAINTEXT-ONE"}
    again.close()


def test_a_daily_identity_is_no_recovery_identity(url: str, root: RootKey) -> None:
    kept_elsewhere = identity()
    Vault.create(url, root, recovery=recovery_key(recipient_of(kept_elsewhere))).close()
    with pytest.raises(WrongKey):
        Vault.open(url, identity_key(kept_elsewhere))
    with pytest.raises(WrongKey):
        Vault.open(url, recovery_key(recipient_of(kept_elsewhere)))


def test_a_vault_takes_a_recovery_recipient_later(vault: Vault, url: str) -> None:
    kept_elsewhere = identity()
    assert envelopes.recipients(vault) == []
    key = recovery_key(recipient_of(kept_elsewhere))
    assert envelopes.add_recovery(vault, key, actor="officer")
    assert not envelopes.add_recovery(vault, key, actor="officer")
    Vault.open(url, identity_key(kept_elsewhere, kind="recovery")).close()


def test_a_recovery_envelope_of_another_vault_is_damage(vault: Vault, url: str) -> None:
    kept_elsewhere = identity()
    foreign = recovery_key(recipient_of(kept_elsewhere)).wrap(bytes(32), vault_id="other", random_bytes=bytes)
    with vault.store.writing() as connection:
        row = {"kind": "recovery", "body": foreign, "created_at": ""}
        connection.execute(envelope.insert(), row)
    with pytest.raises(VaultDamaged, match="another vault"):
        Vault.open(url, identity_key(kept_elsewhere, kind="recovery"))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"age":"zz"}', b'{"age":1}'])
def test_an_unreadable_envelope_of_age_is_damage(body: bytes) -> None:
    with pytest.raises(VaultDamaged):
        identity_key(identity()).unwrap(body, vault_id="v")


def test_what_is_no_key_is_refused_and_never_quoted() -> None:
    secret = identity()
    for given in ("", "age1nonsense", secret[:-1], f"{secret}\n{identity()}"):
        with pytest.raises(KeyUnreadable) as caught:
            identity_key(given)
        assert "1" * 3 not in str(caught.value)
        assert secret[20:40] not in str(caught.value)
    for given in ("", "age1nonsense", "ssh-ed25519 AAAA"):
        with pytest.raises(KeyUnreadable):
            recovery_key(given)
    with pytest.raises(KeyUnreadable, match="public recipient") as caught:
        recovery_key(secret)
    assert secret[20:40] not in str(caught.value)
    assert secret not in repr(identity_key(secret))


def test_neither_master_key_nor_identity_stands_in_the_store(url: str) -> None:
    master = bytes(range(32))
    draws = iter([bytes(16), master])
    secret = identity()
    made = Vault.create(
        url,
        AgeKey("age", recipient_of(secret), secret),
        random_bytes=lambda n: next(draws, bytes(n)),
    )
    with made.store.reading() as connection:
        stored = connection.execute(sa.select(envelope.c.body)).scalar_one()
    made.close()
    for text in (master, master.hex().encode(), secret.encode()):
        assert text not in stored_in(url)
    assert recipient_of(secret).encode() in stored
