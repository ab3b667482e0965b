"""One HTTP exchange as data, so that a service is a plain function from request to response.

Doors (a socket, a `requests` adapter, a test) translate to and from these two records; services never see a socket.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it reached a service. `path` is still percent-encoded; `query` keeps order and repeats."""

    service: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """Header names in lower case."""
    body: bytes = b""

    def first(self, name: str, default: str = "") -> str:
        """The first query value of that name."""
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        """The body as JSON; raises `orjson.JSONDecodeError`."""
        return orjson.loads(self.body)

    @property
    def bearer(self) -> str:
        """The bearer token, or an empty string."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `headers` in the case the real service uses."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
