"""What Tablekeeper takes from the environment: credentials, addresses and its home. No value of it is ever printed."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sync.config import PLACE_VARIABLE, ReplicaConfig, SyncConfig
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.stores import StoreConfig, Stores, checked, stores
from validators.references import Problem
from vault.age_keys import identity_key
from vault.keys import RootKey, from_passphrase

PREFIX = "TABLEKEEPER_"

_PURPOSES = {
    "airtable_token": "set it to a personal access token with the scopes data.records, schema.bases and webhook",
    "airtable_base": "set it to the id of the base, which starts with app",
    "google_credentials": "set it to the path of the service account's key file",
    "spreadsheet": "set it to the id of the spreadsheet, the long part of its address",
    "smtp_url": "set it to the mail server, like smtp://host:25 or smtps://user:password@host:465",
    "passphrase": "set it, or TABLEKEEPER_PASSPHRASE_FILE or TABLEKEEPER_IDENTITY_FILE, to what opens the vault",
}

HomePath = Annotated[Path, BeforeValidator(lambda value: Path(value).expanduser())]


class Environment(BaseSettings):
    """The `TABLEKEEPER_*` variables. What is absent is None; a service address that is None is the service's own."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: HomePath = Path("~/.tablekeeper").expanduser()
    """Folder of hub, vault, logs and backups."""
    passphrase: SecretStr | None = None
    passphrase_file: HomePath | None = None
    identity_file: HomePath | None = None
    """An age identity that opens the vault instead of a passphrase."""
    airtable_url: str | None = None
    airtable_token: SecretStr | None = None
    airtable_base: str | None = None
    google_url: str | None = None
    google_credentials: HomePath | None = None
    spreadsheet: str | None = None
    smtp_url: SecretStr | None = None
    hub_url: SecretStr | None = None
    vault_url: SecretStr | None = None
    places: Mapping[str, str] = {}
    """What `place_env` of a replica may name: variables like TABLEKEEPER_SPREADSHEET_CLAIMS, by their whole name."""

    @field_validator("airtable_url", "google_url")
    @classmethod
    def _an_address(cls, address: str | None) -> str | None:
        if address is not None and not address.startswith(("https://", "http://")):
            raise ValueError("must start with https:// or http://")
        return address.rstrip("/") if address else address

    @field_validator("hub_url", "vault_url")
    @classmethod
    def _a_database(cls, url: SecretStr | None) -> SecretStr | None:
        return checked(url)

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None and not address.get_secret_value().startswith(
            ("smtp://", "smtps://", "smtp+starttls://")
        ):
            raise ValueError("must start with smtp://, smtps:// or smtp+starttls://")
        return address

    @classmethod
    def read(cls) -> Self:
        """The environment of this run. Raises ConfigProblems naming every variable that cannot be used."""
        try:
            return cls(places=places_in(os.environ))
        except ValidationError as error:
            raise ConfigProblems(
                Problem(variable(str(found["loc"][0])), found["msg"].removeprefix("Value error, "))
                for found in error.errors(include_url=False, include_input=False)
            ) from None

    def stores(self, config: StoreConfig) -> Stores:
        """Where hub and vault lie: the environment's databases, or the config's, or files in the archive's folder."""
        return stores(self.home, StoreConfig(hub=self.hub_url, vault=self.vault_url), config)

    def require(self, *names: str) -> None:
        """Raises ConfigProblems naming every variable of `names` that is missing or leads to no file."""
        problems = [problem for name in names if (problem := self._problem(name))]
        if problems:
            raise ConfigProblems(problems)

    def place_of(self, replica: ReplicaConfig) -> str | None:
        """Where a replica lies: its own place, or the one that its variable, or else its service's variable, names."""
        if replica.place_env:
            return self.places.get(replica.place_env)
        return replica.place or (self.airtable_base if replica.service == "airtable" else self.spreadsheet)

    def serves(self, replica: ReplicaConfig) -> bool:
        """Whether a replica is worked with: one whose own variable is not set is left alone, and nothing waits for it."""
        return replica.place_env is None or self.place_of(replica) is not None

    def served(self, config: SyncConfig) -> SyncConfig:
        """The settings with the replicas that are worked with."""
        return config.model_copy(update={"replicas": tuple(filter(self.serves, config.replicas))})

    def unserved(self, config: SyncConfig) -> dict[str, str]:
        """The replicas that are left alone, with the variable that is not set."""
        return {one.name: one.place_env or "" for one in config.replicas if not self.serves(one)}

    def root_key(self) -> RootKey:
        """What opens the vault: the age identity, or else the passphrase from its variable or file.

        Raises ConfigProblems, WrongKey, KeyUnreadable.
        """
        self.require("passphrase")
        if self.identity_file is not None:
            return identity_key(self.identity_file.read_text(encoding="utf-8"))
        if self.passphrase is not None:
            return from_passphrase(self.passphrase.get_secret_value())
        assert self.passphrase_file is not None, "require() has seen to one of the three"
        return from_passphrase(self.passphrase_file.read_text(encoding="utf-8").strip())

    def _problem(self, name: str) -> Problem | None:
        if name == "passphrase" and self.identity_file is not None:
            return _unreadable("identity_file", self.identity_file)
        if name == "passphrase" and self.passphrase is None and self.passphrase_file is not None:
            return _unreadable("passphrase_file", self.passphrase_file)
        value = getattr(self, name)
        if value is None:
            return Problem(variable(name), f"is not set: {_PURPOSES[name]}")
        return _unreadable(name, value) if isinstance(value, Path) else None


def variable(name: str) -> str:
    """The environment's name of a setting."""
    return PREFIX + name.upper()


def places_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that name the place of one replica; what is empty counts as not set."""
    return {name: text for name, text in variables.items() if PLACE_VARIABLE.match(name) and text}


def needed(config: SyncConfig) -> tuple[str, ...]:
    """The settings without which the replicas of a configuration cannot be reached."""
    names: dict[str, None] = {}
    for replica in config.replicas:
        credential, place = _SERVICES[replica.service]
        names |= {credential: None} if replica.place or replica.place_env else {credential: None, place: None}
    return tuple(names)


_SERVICES = {
    "airtable": ("airtable_token", "airtable_base"),
    "sheets": ("google_credentials", "spreadsheet"),
}


def _unreadable(name: str, path: Path) -> Problem | None:
    try:
        empty = not path.read_text(encoding="utf-8")
    except OSError as error:
        return Problem(variable(name), f"its file cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        return Problem(variable(name), "its file is not UTF-8 text")
    return Problem(variable(name), "its file is empty") if empty else None
