"""A small identity provider of the tests' own: real HTTP on loopback, codes, PKCE and signed tokens, which tests may spoil."""

import hmac
import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

CLIENT, SECRET = "desk", "the client's secret of the tests"


@dataclass
class IdentityProvider:
    """Vouches for `person`, whoever asks; `spoilt` overrides claims of its tokens."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    spoilt: dict[str, Any] = field(default_factory=dict)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    signing: ECKey | None = None
    """Signs in place of the published key."""
    unsigned: bool = False
    """Signs with the client's secret instead, which more than the provider know."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def vouch_for(self, **person: Any) -> None:
        """From now on for this person, with nothing spoilt."""
        self.person, self.spoilt, self.signing, self.unsigned = person, {}, None, False

    def code_for(self, asked: dict[str, str]) -> str:
        """What the browser carries back."""
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        return code

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The answer to a code; None when anything about the question is wrong."""
        asked = self.codes.pop(form.get("code", ""), None)
        basic = b64decode(authorization.removeprefix("Basic ")).decode()
        if asked is None or basic != f"{urlencode({'': CLIENT})[1:]}:{SECRET}":
            return None
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        fits = hmac.compare_digest(challenge, asked.get("code_challenge", "").encode())
        if not fits or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "1", "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.person, **self.spoilt}
        return {"access_token": "not used", "token_type": "Bearer", "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        if self.unsigned:
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))
        return jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.signing or self.key)

    def described(self) -> dict[str, str]:
        """Its configuration, as OpenID Connect Discovery has it."""
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {"issuer": self.issuer, **{name: f"{self.issuer}/{path}" for name, path in places.items()}}


@contextmanager
def running_provider() -> Iterator[IdentityProvider]:
    """Listens on a free port until the end of the block."""
    provider = IdentityProvider()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                back = {"code": provider.code_for(asked), "state": asked["state"]}
                self.send_response(302)
                self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/keys":
                self._answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                self._answer(provider.described())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            token = provider.token(form, self.headers.get("Authorization", ""))
            self._answer(token or {"error": "invalid_grant"}, 200 if token else 400)

        def _answer(self, found: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield provider
        server.shutdown()
