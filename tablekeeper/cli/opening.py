"""What every command starts with: config, environment, and as much of the archive as it needs."""

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from jobs.restore_marker import require_installed
from sync.connection import Connection
from sync.store.hub import Hub
from tablekeeper.archive import Archive, connect, hub_url, open_archive, private_folder
from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import options
from tablekeeper.config import Config, load
from tablekeeper.environment import Environment, needed
from tablekeeper.stores import Stores, is_missing
from vault.age_keys import AgeKey
from vault.errors import VaultExists
from vault.opening import exists
from vault.vault import Vault

log = structlog.get_logger("vault")
NEXT_RECOVERY = "tablekeeper vault init --recovery RECIPIENT"


def settings() -> tuple[Config, Environment]:
    """Config and environment. Raises ConfigProblems with everything that is wrong."""
    return load(options.config), Environment.read()


@contextmanager
def opened(*, calling: bool = False) -> Iterator[Archive]:
    """The archive of the config and the environment; `calling` its services takes their credentials."""
    config, environment = settings()
    with open_archive(config, environment, calling=calling) as archive:
        yield archive


@contextmanager
def opened_vault() -> Iterator[tuple[Config, Vault]]:
    """The vault alone, which needs no service. Raises ConfigProblems, VaultError."""
    config, environment = settings()
    vault = open_vault(config, environment)
    try:
        yield config, vault
    finally:
        vault.close()


def open_vault(config: Config, environment: Environment, *, trust_clock: bool = False) -> Vault:
    """The vault of the archive; the caller closes it."""
    require_installed(environment.home)
    root = environment.root_key()
    url = environment.stores(config.store).vault
    return Vault.open(url, root, config=config.vault, trust_clock=trust_clock)


def make_vault(config: Config, environment: Environment) -> bool:
    """Create the vault of an archive that has none; whether it did. Nobody was asked for a recovery recipient: it warns."""
    environment.require("passphrase", *needed(environment.served(config.sync)))
    try:
        create_vault(config, environment)
    except VaultExists:
        return False
    log.warning("vault_without_recovery", next=NEXT_RECOVERY)
    return True


def create_vault(config: Config, environment: Environment, *, recovery: AgeKey | None = None) -> None:
    """Create the vault; without `recovery`, losing the root key loses everything. Raises VaultExists."""
    private_folder(environment.home)
    root = environment.root_key()
    lying = environment.stores(config.store)
    _require_no_records(lying, config)
    Vault.create(lying.vault, root, recovery=recovery, config=config.vault).close()


def _require_no_records(lying: Stores, config: Config) -> None:
    """A hub with records whose vault is gone must not get an empty one: its tokens would stand for nothing.

    Raises Misused.
    """
    if is_missing(lying.hub) or exists(lying.vault):
        return
    hub = Hub(lying.hub, config)
    try:
        with hub.reading() as unit:
            records = sum(sum(unit.records.count(table).values()) for table in config.tables)
    finally:
        hub.close()
    if records:
        raise Misused(
            f"the hub knows {records} record(s), but their vault is gone",
            advice="restore the vault from the last backup; a new one could open none of their values",
        )


@contextmanager
def connections(
    config: Config, environment: Environment, *, looking: bool = False
) -> Iterator[Sequence[Connection]]:
    """The connections without vault and engine. With `looking`, a hub that is not there yet is not made either."""
    served = environment.served(config.sync)
    environment.require(*needed(served))
    with ExitStack() as cleanup:
        url = environment.stores(config.store).hub
        if looking and is_missing(url):
            url = hub_url(Path(cleanup.enter_context(TemporaryDirectory(prefix="tablekeeper-"))))
        elif not looking:
            private_folder(environment.home)
        hub = Hub(url, config)
        cleanup.callback(hub.close)
        yield [connect(config, environment, replica, hub) for replica in served.replicas]


def actor() -> str:
    """Who types this command, for the audit chain."""
    name = os.environ.get("TABLEKEEPER_USER", "").strip()
    if name:
        return name
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise Misused(
            "nobody knows who you are", advice="set TABLEKEEPER_USER to your name, for the audit chain"
        ) from None
