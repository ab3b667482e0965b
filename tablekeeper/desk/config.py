"""The section `desk` of `config.yaml`: how people sign in at the desk beside their key of the vault."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from validators.schema import Section

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class OidcConfig(Section):
    """The company's own identity provider (OpenID Connect). Whom it vouches for must be a user of the vault."""

    issuer: str = Field(pattern=r"^https?://\S+$")
    """As the provider itself writes it; its configuration lies below it at `.well-known/openid-configuration`."""
    client_id: str = Field(min_length=1)
    secret_env: str = Field(default="TABLEKEEPER_OIDC_SECRET", pattern=r"^[A-Z][A-Z0-9_]*$")
    """The environment variable that holds the client's secret."""
    claim: Literal["email", "preferred_username"] = "preferred_username"
    """What of a person's token is their name in the vault."""
    only: bool = False
    """Whether the vault's own keys open the desk no more."""

    @model_validator(mode="after")
    def _not_in_the_open(self) -> Self:
        parts = urlsplit(self.issuer)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("issuer must start with https://, except on this machine")
        return self


class DeskConfig(Section):
    """The page inside the company's network."""

    oidc: OidcConfig | None = None
