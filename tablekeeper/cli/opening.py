"""What every command starts with: config, environment, archive."""

from collections.abc import Iterator
from contextlib import contextmanager

from tablekeeper.archive import Archive, open_archive, private_folder, vault_url
from tablekeeper.cli.main import options
from tablekeeper.config import Config, load
from tablekeeper.environment import Environment, needed
from vault.errors import VaultExists
from vault.keys import from_passphrase
from vault.vault import Vault


def settings() -> tuple[Config, Environment]:
    """Config and environment. Raises ConfigProblems with everything that is wrong."""
    return load(options.config), Environment.read()


@contextmanager
def opened() -> Iterator[Archive]:
    """The archive of the config and the environment."""
    config, environment = settings()
    with open_archive(config, environment) as archive:
        yield archive


def make_vault(config: Config, environment: Environment) -> bool:
    """Create the vault of an archive that has none; whether it did."""
    environment.require("passphrase", *needed(config.sync))
    folder = private_folder(environment.home)
    root = from_passphrase(environment.root_passphrase().get_secret_value())
    try:
        Vault.create(vault_url(folder), root, config=config.vault).close()
    except VaultExists:
        return False
    return True
