"""Creating and opening a vault's database: nothing is touched before the root key is known to fit."""

import sqlalchemy as sa

from vault.audit import start_chain
from vault.box import RandomBytes
from vault.clock import Clock, stamp
from vault.errors import VaultDamaged, VaultExists, VaultMissing, WrongKey
from vault.key_versions import KeyVersions
from vault.keys import KEY_LENGTH, Keys, RootKey
from vault.sqlite import make_private_file, must_exist
from vault.store import Store, envelope, vault_table
from vault.suites import Suite
from vault.timekeeping import check_clock

_NAMES = {
    "passphrase": "this passphrase",
    "age": "this age identity",
    "recovery": "this recovery identity",
}


def create_store(
    url: str,
    root: RootKey,
    *,
    suite: Suite,
    recovery: RootKey | None,
    clock: Clock,
    random_bytes: RandomBytes,
) -> tuple[Store, Keys]:
    """A new vault. Raises VaultExists, VaultUnavailable; one that was left half made is finished."""
    make_private_file(url)
    store = Store(url)
    try:
        if store.exists():
            raise VaultExists("a vault stands there already; it was not touched")
        store.upgrade()
        roots = [root, recovery] if recovery else [root]
        return store, _first_rows(store, roots, suite, stamp(clock()), random_bytes)
    except BaseException:
        store.close()
        raise


def open_store(url: str, root: RootKey, *, clock: Clock, trust_clock: bool) -> tuple[Store, Keys]:
    """An existing vault. Raises VaultMissing, WrongKey, VaultNewer, VaultDamaged, ClockSetBack, VaultUnavailable."""
    must_exist(url)
    store = Store(url)
    try:
        if not store.exists():
            raise VaultMissing("no vault at this address; run `vault init`")
        with store.reading() as connection:
            keys = _master_keys(connection, root)
        store.upgrade()
        if not trust_clock:
            with store.reading() as connection:
                check_clock(connection, clock())
        return store, keys
    except BaseException:
        store.close()
        raise


def exists(url: str) -> bool:
    """Whether a finished vault stands at this address; makes none. Raises VaultUnavailable, VaultDamaged."""
    try:
        must_exist(url)
    except VaultMissing:
        return False
    store = Store(url)
    try:
        return store.exists()
    finally:
        store.close()


def _first_rows(store: Store, roots: list[RootKey], suite: Suite, at: str, random_bytes: RandomBytes) -> Keys:
    vault_id = random_bytes(16).hex()
    keys = Keys(random_bytes(KEY_LENGTH), vault_id=vault_id)
    sealed = [
        {"kind": root.kind, "body": keys.wrapped_by(root, random_bytes=random_bytes), "created_at": at}
        for root in roots
    ]
    with store.writing() as connection:
        if connection.execute(sa.select(vault_table)).first() is not None:
            raise VaultExists("another process made the vault at the same time")
        row = {"vault_id": vault_id, "check_value": keys.check_value(), "created_at": at}
        connection.execute(vault_table.insert(), row)
        connection.execute(envelope.insert(), sealed)
        KeyVersions(keys, random_bytes=random_bytes).add(connection, 1, suite, "first", at=at)
        start_chain(connection, keys, random_bytes=random_bytes)
    return keys


def _master_keys(connection: sa.Connection, root: RootKey) -> Keys:
    """The keys of the first envelope that the root key opens and that fit the vault's check value."""
    vault = connection.execute(sa.select(vault_table)).one()
    wanted = sa.select(envelope).where(envelope.c.kind == root.kind).order_by(envelope.c.envelope_id)
    for row in connection.execute(wanted).all():
        try:
            keys = Keys(root.unwrap(row.body, vault_id=vault.vault_id), vault_id=vault.vault_id)
        except WrongKey:
            continue
        if keys.fits(vault.check_value):
            return keys
        raise VaultDamaged("the root envelope is of another vault")
    raise WrongKey(f"{_NAMES.get(root.kind, 'this key')} does not open the vault; nothing was touched")
