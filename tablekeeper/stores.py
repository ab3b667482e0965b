"""Where hub and vault of an archive lie: files in its folder, or databases that the environment or the config name."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, SecretStr, field_validator

from validators.schema import Section

HUB_FILE, VAULT_FILE = "hub.sqlite3", "vault.sqlite3"
_DRIVERS = ("postgresql://", "postgresql+psycopg://", "sqlite:///")


class StoreConfig(Section):
    """Databases instead of files. Better named in the environment, because their URLs hold passwords; never printed."""

    hub: SecretStr | None = Field(default=None, description="Like postgresql://user@host/hub.")
    vault: SecretStr | None = Field(
        default=None, description="Another database, like postgresql://user@host/vault."
    )

    @field_validator("hub", "vault")
    @classmethod
    def _an_address(cls, url: SecretStr | None) -> SecretStr | None:
        return checked(url)


@dataclass(frozen=True, slots=True)
class Stores:
    """The URLs of an archive's databases; the repr shows none, for they may hold passwords."""

    hub: str = field(repr=False)
    vault: str = field(repr=False)


def is_missing(url: str) -> bool:
    """Whether this is a file that is not there; a database of a server is asked by whoever opens it."""
    return url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists()


def checked(url: SecretStr | None) -> SecretStr | None:
    """A database URL that this release can work with. Raises ValueError, which never quotes it."""
    if url is not None and not url.get_secret_value().startswith(_DRIVERS):
        raise ValueError("must start with postgresql:// or sqlite:///")
    return url


def stores(home: Path, *named: "StoreConfig") -> Stores:
    """The first URL that is named counts, else the file in the archive's folder."""
    hub = next((one.hub for one in named if one.hub), None)
    vault = next((one.vault for one in named if one.vault), None)
    return Stores(
        _driven(hub) if hub else f"sqlite:///{home / HUB_FILE}",
        _driven(vault) if vault else f"sqlite:///{home / VAULT_FILE}",
    )


def _driven(url: SecretStr) -> str:
    """With the driver that is installed."""
    return url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
