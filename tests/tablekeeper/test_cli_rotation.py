"""Renewing keys on the command line."""

from collections.abc import Iterator

import pytest
from cli_office import MOBILE, Office, office_at_work

from sync.lease import lease


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("rotation")) as made:
        yield made


def revealed(office: Office) -> str:
    token = str(office.customer("C00000001")["fields"]["手机号码"]).split("〔")[1].rstrip("〕")
    return str(office.run("reveal", token, "--purpose", "联系客户").out).strip()


def test_rotating_and_moving_to_sm4_leave_every_value_readable(office: Office) -> None:
    before = office.run("vault", "verify", "--json").json["vault_tokens"]
    rotated = office.run("vault", "rotate", "--json")
    assert rotated.code == 0
    assert rotated.json["version"] == 2
    assert rotated.json["subjects"] > 0
    moved = office.run("vault", "reencrypt", "--suite", "sm4", "--json")
    assert (moved.code, moved.json["suite"], moved.json["version"]) == (0, "sm4", 3)
    assert "vault.suite: aes" in moved.err
    after = office.run("vault", "verify", "--json")
    assert (after.code, after.json["vault_tokens"]) == (0, before)
    assert MOBILE in revealed(office).replace(" ", "").replace("-", "")
    assert office.run("sync", "--json").json["written"] == {}


def test_a_suite_that_is_none_is_refused_before_anything_happens(office: Office) -> None:
    answer = office.run("vault", "reencrypt", "--suite", "des")
    assert answer.code == 2
    assert "aes, sm4" in answer.err


def test_keys_are_renewed_beside_a_running_daemon(office: Office) -> None:
    with lease(office.home):
        assert office.run("vault", "rotate").code == 0
