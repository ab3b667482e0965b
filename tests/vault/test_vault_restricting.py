"""A restricted person's values are stored and nothing else, but for a legal purpose."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest

from vault.access import Access
from vault.audit import entries
from vault.clock import Clock
from vault.config import RoleConfig, VaultConfig
from vault.errors import Restricted
from vault.keys import RootKey
from vault.plaintext import Plaintext
from vault.restricting import restrict, restrictions
from vault.users import User
from vault.values import Secret
from vault.vault import Vault

FIELD, VALUE = "customers.mobile", "13800138000"
EVERYDAY, LEGAL = "理赔", "司法协助"


@pytest.fixture
def vault(url: str, root: RootKey, clock: Clock) -> Iterator[Vault]:
    """A vault that knows a legal purpose."""
    config = VaultConfig(
        purposes=(EVERYDAY, LEGAL), roles={"客服": RoleConfig(reveal=True, compare=True, find=True)}
    )
    config.settle(classes={FIELD: "contact"}, zone=ZoneInfo("Asia/Shanghai"))
    made = Vault.create(url, root, clock=clock, config=config)
    yield made
    made.close()


@pytest.fixture
def token(vault: Vault) -> str:
    """A value of a restricted person."""
    secret = Secret(FIELD, "R1", Plaintext(VALUE), "138****8000", searchable=True)
    (sealed,) = vault.seal([secret])
    restrict(vault, "R1", until="2034-02-28", law="保险法第87条", actor="tester", reason="申请")
    return sealed.token


@pytest.fixture
def access(vault: Vault, add_user: Callable[..., User], token: str) -> Access:
    return Access(vault, add_user("li.na"))


def test_the_root_holder_opens_and_finds_for_legal_purposes_alone(vault: Vault, token: str) -> None:
    with pytest.raises(Restricted):
        vault.reveal(token, actor="root", purpose=EVERYDAY)
    assert vault.reveal_many([token], actor="root", purpose=EVERYDAY) == {}
    assert vault.find(FIELD, Plaintext(VALUE), actor="root", purpose=EVERYDAY) == []
    assert vault.reveal(token, actor="root", purpose=LEGAL) == VALUE
    assert [one.token for one in vault.find(FIELD, Plaintext(VALUE), actor="root", purpose=LEGAL)] == [token]


def test_a_user_reveals_compares_and_finds_for_legal_purposes_alone(access: Access, token: str) -> None:
    with pytest.raises(Restricted):
        access.reveal(token, EVERYDAY)
    with pytest.raises(Restricted):
        access.compare(token, Plaintext(VALUE))
    assert access.find(FIELD, Plaintext(VALUE), EVERYDAY) == []
    assert access.reveal(token, LEGAL) == VALUE
    assert access.compare(token, Plaintext(VALUE), purpose=LEGAL)


def test_a_refusal_costs_no_budget_and_stands_on_record(vault: Vault, access: Access, token: str) -> None:
    left = access.left("contact")
    with pytest.raises(Restricted):
        access.reveal(token, EVERYDAY)
    assert access.left("contact") == left
    last = list(entries(vault))[-1]
    assert (last["action"], last["reason"]) == ("reveal_refused", "restricted")


def test_an_erased_person_is_no_longer_restricted(vault: Vault, token: str) -> None:
    vault.erase_subject("R1", actor="tester", reason="到期")
    assert restrictions(vault) == []


def test_restricting_again_sets_the_new_date(vault: Vault, token: str) -> None:
    restrict(vault, "R1", until="2036-01-01", law="反洗钱法第34条", actor="tester", reason="申请")
    (one,) = restrictions(vault)
    assert (one.subject, one.until, one.law) == ("R1", "2036-01-01", "反洗钱法第34条")
