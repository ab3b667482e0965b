"""Who calls: the service account with its key, the staff person, their tokens, and what a token may do."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from random import Random
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from emulators.google.errors import Json

DAEMON: Final = "daemon@tablekeeper-local.iam.gserviceaccount.com"
STAFF: Final = "staff@example.com"
OWNER: Final = "owner@example.com"
"""Owns the spreadsheets that are there from the start; calls nothing."""
PROJECT: Final = "tablekeeper-local"
TOKEN_LIFE_S: Final = 3600
CLOCK_SKEW_S: Final = 300
SCOPE_ROOT: Final = "https://www.googleapis.com/auth/"
ALL_SCOPES: Final = (SCOPE_ROOT + "spreadsheets", SCOPE_ROOT + "drive")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a bearer token stands for; one without end is good for the run."""

    person: str
    scopes: tuple[str, ...]
    expires: float | None = None


class TokenRefused(Exception):
    """The token endpoint's refusal: an OAuth error code and its description."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Accounts:
    """Keys and tokens. `clock` decides when access tokens end, `real_clock` judges signed assertions."""

    def __init__(
        self, clock: Callable[[], datetime], random: Random, real_clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._random = random
        self._real_clock = real_clock
        self._pem = ""
        self.audiences: set[str] = {"https://oauth2.googleapis.com/token"}
        self.token = self._new_token()
        self.staff_token = self._new_token()
        self._grants: dict[str, Grant] = {}
        self.forget_issued()

    def _new_token(self) -> str:
        return "ya29." + base64.urlsafe_b64encode(self._random.randbytes(48)).decode()

    def forget_issued(self) -> None:
        """Only the two tokens of the run remain."""
        self._grants = {self.token: Grant(DAEMON, ALL_SCOPES), self.staff_token: Grant(STAFF, ALL_SCOPES)}

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        if self._pem:
            key = serialization.load_pem_private_key(self._pem.encode(), None)
            assert isinstance(key, rsa.RSAPrivateKey)
            return key
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def key_pem(self) -> str:
        """The service account's private key, made when it is first asked for."""
        form = serialization.PrivateFormat.PKCS8
        return self._key.private_bytes(
            serialization.Encoding.PEM, form, serialization.NoEncryption()
        ).decode()

    def key_file(self, base_url: str) -> Json:
        """The JSON of a service-account key file."""
        token_uri = base_url.rstrip("/") + "/token"
        self.audiences.add(token_uri)
        return {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "0000000000000000000000000000000000000001",
            "private_key": self.key_pem(),
            "client_email": DAEMON,
            "client_id": "100000000000000000001",
            "auth_uri": base_url.rstrip("/") + "/auth",
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def grant(self, token: str) -> Grant | None:
        """What a token stands for; None when it is unknown or has expired."""
        found = self._grants.get(token)
        if found is None or (found.expires is not None and self._clock().timestamp() >= found.expires):
            return None
        return found

    def issue(self, form: dict[str, str]) -> Json:
        """The token endpoint's answer to a signed assertion; raises TokenRefused."""
        if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
            raise TokenRefused("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type", ""))
        claims = self._verified(form.get("assertion", ""))
        scopes = tuple(str(claims.get("scope", "")).split())
        if not scopes:
            raise TokenRefused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        token = self._new_token()
        self._grants[token] = Grant(DAEMON, scopes, self._clock().timestamp() + TOKEN_LIFE_S)
        return {"access_token": token, "expires_in": TOKEN_LIFE_S - 1, "token_type": "Bearer"}

    def _verified(self, assertion: str) -> Json:
        signed, _, signature = assertion.rpartition(".")
        try:
            header, claims = (orjson.loads(_decoded(part)) for part in signed.split("."))
            raw_signature = _decoded(signature)
        except (ValueError, binascii.Error):
            raise TokenRefused("invalid_grant", "Bad Request") from None
        if not isinstance(claims, dict) or claims.get("iss") != DAEMON:
            raise TokenRefused("invalid_grant", "Invalid grant: account not found")
        self._check_signature(header, signed, raw_signature)
        self._check_claims(claims)
        return claims

    def _check_signature(self, header: Any, signed: str, signature: bytes) -> None:
        try:
            if not isinstance(header, dict) or header.get("alg") != "RS256":
                raise InvalidSignature
            self._key.public_key().verify(signature, signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise TokenRefused("invalid_grant", "Invalid JWT Signature.") from None

    def _check_claims(self, claims: Json) -> None:
        issued, expires = claims.get("iat"), claims.get("exp")
        if claims.get("aud") not in self.audiences:
            raise TokenRefused("invalid_grant", "Invalid JWT: Failed audience check.")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise TokenRefused("invalid_grant", "Invalid JWT: iat and exp are required.")
        now = self._real_clock()
        too_long = expires - issued > TOKEN_LIFE_S
        if too_long or issued > now + CLOCK_SKEW_S or expires < now - CLOCK_SKEW_S:
            raise TokenRefused(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat "
                "and exp values in the JWT claim.",
            )

    def dump(self) -> Json:
        """Keys and tokens as JSON."""
        grants = {
            token: [grant.person, list(grant.scopes), grant.expires] for token, grant in self._grants.items()
        }
        return {
            "private_key": self.key_pem(),
            "token": self.token,
            "staff_token": self.staff_token,
            "grants": grants,
            "audiences": sorted(self.audiences),
        }

    def load(self, state: Json) -> None:
        """What `dump` gave."""
        self._pem = state["private_key"]
        self.__dict__.pop("_key", None)
        self.token, self.staff_token = state["token"], state["staff_token"]
        self._grants = {
            token: Grant(person, tuple(scopes), expires)
            for token, (person, scopes, expires) in state["grants"].items()
        }
        self.audiences |= set(state["audiences"])


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
