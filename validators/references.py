"""Finds every reference in the raw configuration that leads nowhere, however malformed the rest of it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault of the configuration: `path` like `tables.policies.fields.premium.min`, and what to do."""

    path: str
    message: str


def problems(raw: Mapping[str, Any]) -> list[Problem]:
    """Every bad reference in the sections `options`, `tables` and `rules`, as YAML gave them."""
    raise NotImplementedError
