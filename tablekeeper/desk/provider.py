"""The company's identity provider (OpenID Connect): the authorization code flow with PKCE, state and nonce.

Its answers are judged and forgotten; nothing of them reaches a log. OpenID Connect Core 1.0, section 3.1; RFC 7636.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from tablekeeper.config_problems import ConfigProblems
from tablekeeper.desk.config import DeskConfig, OidcConfig
from validators.references import Problem

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by the provider's private key; never `none`, never one that the client's secret could make."""
SCOPE = "openid profile email"
PATIENCE_S = 10
LEEWAY_S = 60
"""How far the provider's clock may be off."""


class ProviderFailed(Exception):
    """The provider did not vouch for anybody. The message is for the log and tells nothing of its answer."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What one question to the provider is recognised by. None of it can be guessed."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class Provider:
    """Asks the provider who somebody is. Every call goes over the network and may take seconds."""

    def __init__(self, config: OidcConfig, secret: str) -> None:
        self.config, self._secret = config, secret

    def address(self, asking: Asking, back: str) -> str:
        """Where the browser is sent to sign in. Raises ProviderFailed."""
        with self._session(back) as session:
            place = _place(self._described(), "authorization_endpoint")
            url, _ = session.create_authorization_url(
                place, state=asking.state, nonce=asking.nonce, code_verifier=asking.verifier
            )
        return str(url)

    def name(self, asking: Asking, code: str, back: str, now: datetime) -> str:
        """The name of the person whom the provider vouches for with this code. Raises ProviderFailed."""
        described = self._described()
        token = self._token(described, asking, code, back)
        claims = self._claims(described, token, asking, now)
        name = claims.get(self.config.claim)
        if not isinstance(name, str) or not name:
            raise ProviderFailed(f"the token has no {self.config.claim}")
        # Providers let people write their own address until it is verified.
        if self.config.claim == "email" and claims.get("email_verified") is False:
            raise ProviderFailed("the e-mail address is not verified")
        return name

    def _described(self) -> Mapping[str, Any]:
        """The provider's own description. Asked anew each time: sign-ins are few, and keys and addresses change."""
        found = _fetched(f"{self.config.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.config.issuer:
            raise ProviderFailed("the provider calls itself otherwise than desk.oidc.issuer")
        return found

    def _session(self, back: str) -> OAuth2Session:
        return OAuth2Session(
            self.config.client_id,
            self._secret,
            scope=SCOPE,
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _token(self, described: Mapping[str, Any], asking: Asking, code: str, back: str) -> Mapping[str, Any]:
        place = _place(described, "token_endpoint")
        try:
            with self._session(back) as session:
                token: Mapping[str, Any] = session.fetch_token(
                    place,
                    code=code,
                    code_verifier=asking.verifier,
                    timeout=PATIENCE_S,
                    allow_redirects=False,
                )
        except (requests.RequestException, AuthlibBaseError, ValueError) as error:
            raise ProviderFailed(f"no token for the code: {type(error).__name__}") from None
        if not isinstance(token.get("id_token"), str):
            raise ProviderFailed("the answer has no id_token")
        return token

    def _claims(
        self, described: Mapping[str, Any], token: Mapping[str, Any], asking: Asking, now: datetime
    ) -> Mapping[str, Any]:
        try:
            keys = KeySet.import_key_set(_fetched(_place(described, "jwks_uri")))  # type: ignore[arg-type]
            decoded = jwt.decode(str(token["id_token"]), keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {"iss": {"value": self.config.issuer}, "aud": {"value": self.config.client_id}},
                {"nonce": asking.nonce, "client_id": self.config.client_id},
            )
            claims.validate(int(now.timestamp()), LEEWAY_S)
        except (JoseError, AuthlibBaseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFailed(f"the token is not good: {type(error).__name__}") from None
        return dict(claims)


def provider_of(config: DeskConfig, environment: Mapping[str, str]) -> Provider | None:
    """The provider of the configuration, if it has one. Raises ConfigProblems when its secret is not set."""
    if config.oidc is None:
        return None
    secret = environment.get(config.oidc.secret_env, "")
    if not secret:
        words = "is not set: set it to the secret that the identity provider gave the client"
        raise ConfigProblems([Problem(config.oidc.secret_env, words)])
    return Provider(config.oidc, secret)


def _fetched(url: str) -> Mapping[str, Any]:
    try:
        answer = requests.get(url, timeout=PATIENCE_S, allow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise ProviderFailed(f"the provider does not answer: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise ProviderFailed("the provider's answer is no JSON object")
    return found


def _place(described: Mapping[str, Any], name: str) -> str:
    place = described.get(name)
    # Once the issuer has HTTPS, no part of it is spoken to without.
    scheme = str(described["issuer"]).partition(":")[0]
    if not isinstance(place, str) or not place.startswith(("https://", f"{scheme}://")):
        raise ProviderFailed(f"the provider names no {name} that can be used")
    return place
