"""What every command starts with: config, environment, and as much of the archive as it needs."""

import getpass
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from sync.connection import Connection
from sync.store.hub import Hub
from tablekeeper.archive import (
    HUB_FILE,
    VAULT_FILE,
    Archive,
    connect,
    hub_url,
    open_archive,
    private_folder,
    vault_url,
)
from tablekeeper.cli.explain import Misused
from tablekeeper.cli.main import options
from tablekeeper.config import Config, load
from tablekeeper.environment import Environment, needed
from vault.age_keys import AgeKey
from vault.errors import VaultExists
from vault.vault import Vault

log = structlog.get_logger("vault")
NEXT_RECOVERY = "tablekeeper vault init --recovery RECIPIENT"


def settings() -> tuple[Config, Environment]:
    """Config and environment. Raises ConfigProblems with everything that is wrong."""
    return load(options.config), Environment.read()


@contextmanager
def opened() -> Iterator[Archive]:
    """The archive of the config and the environment."""
    config, environment = settings()
    with open_archive(config, environment) as archive:
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
    root = environment.root_key()
    return Vault.open(vault_url(environment.home), root, config=config.vault, trust_clock=trust_clock)


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
    folder = private_folder(environment.home)
    root = environment.root_key()
    _require_no_records(folder, config)
    Vault.create(vault_url(folder), root, recovery=recovery, config=config.vault).close()


def _require_no_records(folder: Path, config: Config) -> None:
    """A hub with records whose vault is gone must not get an empty one: its tokens would stand for nothing.

    Raises Misused.
    """
    if (folder / VAULT_FILE).exists() or not (folder / HUB_FILE).exists():
        return
    hub = Hub(hub_url(folder), config)
    try:
        with hub.reading() as unit:
            records = sum(sum(unit.records.count(table).values()) for table in config.tables)
    finally:
        hub.close()
    if records:
        raise Misused(
            f"the hub in {folder} knows {records} record(s), but their vault is gone",
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
        home = environment.home if looking else private_folder(environment.home)
        if looking and not (home / HUB_FILE).exists():
            home = Path(cleanup.enter_context(TemporaryDirectory(prefix="tablekeeper-")))
        hub = Hub(hub_url(home), config)
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
