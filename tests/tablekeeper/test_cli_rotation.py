"""Renewing keys on the command line, on a vault that holds a few values."""

from collections.abc import Iterator

import pytest

from sync.lease import lease
from tablekeeper.archive import vault_url
from tests.tablekeeper.cli_office import PASSPHRASE, Office, bare_office
from vault.keys import from_passphrase
from vault.plaintext import Plaintext
from vault.values import Secret
from vault.vault import Vault

VALUES = {f"R{number}": f"1390013900{number}" for number in range(3)}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("rotation")) as made:
        made.make_vault()
        yield made


@pytest.fixture(scope="module")
def tokens(office: Office) -> dict[str, str]:
    """Values by token."""
    vault = Vault.open(vault_url(office.home), from_passphrase(PASSPHRASE))
    sealed = vault.seal(
        [Secret("customers.mobile", who, Plaintext(value), "****") for who, value in VALUES.items()]
    )
    vault.close()
    return {one.token: VALUES[one.subject] for one in sealed}


def test_rotating_and_moving_to_sm4_leave_every_value_readable(
    office: Office, tokens: dict[str, str]
) -> None:
    with lease(office.home):  # As a running daemon holds it.
        rotated = office.run("vault", "rotate", "--json")
        moved = office.run("vault", "reencrypt", "--suite", "sm4", "--json")
    assert (rotated.code, rotated.json["subjects"]) == (0, len(VALUES))
    assert (moved.code, moved.json["suite"], moved.json["left"]) == (0, "sm4", [])
    assert moved.json["version"] == rotated.json["version"] + 1
    assert "vault.suite: aes" in moved.err
    assert office.run("vault", "verify", "--json").code == 0
    for token, value in tokens.items():
        assert value in office.run("reveal", token, "--purpose", "联系客户").out.replace(" ", "")


def test_a_suite_that_is_none_is_refused_before_anything_happens(office: Office) -> None:
    answer = office.run("vault", "reencrypt", "--suite", "des")
    assert answer.code == 2
    assert "aes, sm4" in answer.err
