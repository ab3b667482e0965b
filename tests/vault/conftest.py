"""A vault in a folder of its own, with a cheap passphrase and a clock that the test moves."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vault.config import VaultConfig
from vault.keys import Argon2Cost, RootKey, from_passphrase
from vault.values import Secret
from vault.vault import Vault


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def root() -> RootKey:
    return from_passphrase("correct horse", cost=Argon2Cost(iterations=1, lanes=1, memory_kib=64))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/vault.sqlite3"


@pytest.fixture
def vault(url: str, root: RootKey, clock: ManualClock) -> Iterator[Vault]:
    made = Vault.create(url, root, clock=clock, config=VaultConfig(purposes=("理赔",)))
    yield made
    made.close()


@pytest.fixture
def secret() -> Callable[..., Secret]:
    """Builds a secret; what a test does not care about is filled in."""

    def build(
        value: str = "PLAINTEXT-ONE",
        *,
        subject: str = "R1",
        field: str = "customers.id_number",
        mask: str = "1****1",
        valid: bool = True,
        searchable: bool = True,
    ) -> Secret:
        return Secret(field, subject, value, mask, valid=valid, searchable=searchable)

    return build
