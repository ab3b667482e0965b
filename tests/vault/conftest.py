"""A vault in a folder of its own, with a cheap passphrase and a clock that the test moves."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.postgres import Stores
from vault.config import FieldClass, VaultConfig
from vault.keys import Argon2Cost, RootKey, from_passphrase
from vault.plaintext import Plaintext
from vault.users import User, Users
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


CHEAP = Argon2Cost(iterations=1, lanes=1, memory_kib=64)
ROLES: Any = {
    "客服": {
        "reveal": ["contact"],
        "compare": ["identity", "contact", "account"],
        "find": ["contact"],
        "correct": ["plain", "customers.id_number"],
        "enter": True,
        "masks": {"account": "account_verify", "customers.email": "redact"},
    },
    "理赔": {"reveal": ["contact", "claims.payee_account"]},
    "主管": {"approve": True},
}
CLASSES: Mapping[str, FieldClass] = {
    "customers.id_number": "identity",
    "customers.mobile": "contact",
    "customers.email": "contact",
    "policies.pay_account": "account",
    "claims.payee_account": "account",
}


@pytest.fixture
def users(vault: Vault) -> Users:
    return Users(vault, cost=CHEAP)


@pytest.fixture
def add_user(users: Users) -> Callable[..., User]:
    """Adds a user; what a test does not care about is filled in."""

    def add(name: str, **given: Any) -> User:
        usual = {
            "title": "客服专员",
            "role": "客服",
            "approved_by": "wang.fang",
            "key": "correct-battery-staple",
            "actor": "ops",
        }
        return users.add(name, **{**usual, **given})

    return add


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def root() -> RootKey:
    return from_passphrase("correct horse", cost=CHEAP)


@pytest.fixture
def url(stores: Stores) -> str:
    return stores("vault")


@pytest.fixture
def vault(url: str, root: RootKey, clock: ManualClock) -> Iterator[Vault]:
    config = VaultConfig(purposes=("理赔",), roles=ROLES, budgets={"contact": 2, "identity": 2})
    config.settle(classes=CLASSES, zone=ZoneInfo("Asia/Shanghai"))
    made = Vault.create(url, root, clock=clock, config=config)
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
        return Secret(field, subject, Plaintext(value), mask, valid=valid, searchable=searchable)

    return build
