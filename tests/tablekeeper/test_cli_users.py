"""Users on the command line: once there is one, only users open values, with their key, for a purpose, within budgets."""

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from tablekeeper.archive import vault_url
from tests.tablekeeper.cli_office import MOBILE, PASSPHRASE, Answer, Office, bare_office
from vault.keys import from_passphrase
from vault.plaintext import Plaintext
from vault.values import Secret
from vault.vault import Vault

KEY = "correct-battery-staple"


@pytest.fixture
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("office")) as made:
        made.make_vault()
        with made.editing() as raw:
            raw["vault"]["budgets"] = {"contact": 1}
        yield made


@pytest.fixture
def token(office: Office) -> str:
    vault = Vault.open(vault_url(office.home), from_passphrase(PASSPHRASE))
    (sealed,) = vault.seal(
        [Secret("customers.mobile", "R1", Plaintext(MOBILE), "139****9000", searchable=True)]
    )
    vault.close()
    return sealed.token


def add(office: Office, name: str = "li.na", *more: str, given: str = f"{KEY}\n") -> Answer:
    person = ("--role", "客服", "--title", "客服专员", "--approved-by", "wang.fang")
    return office.run("vault", "user", "add", name, *person, *more, given=given)


def reveal(office: Office, token: str, *more: str, **changed: str | None) -> Answer:
    return office.run("reveal", token, "--purpose", "联系客户", *more, changed=changed)


def test_a_vault_without_users_is_opened_by_who_holds_the_root_key(
    office: Office, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = mock.Mock()
    monkeypatch.setattr("tablekeeper.cli.acting.log", log)
    answer = reveal(office, token)
    assert (answer.code, answer.out) == (0, f"{MOBILE}\n")
    assert log.warning.call_args.kwargs["next"] == "tablekeeper vault user add"
    entry = office.run("audit", "export", "--json").json["entries"][-1]
    assert (entry["actor"], entry["action"], entry["reason"]) == ("tester", "reveal", "no users yet")


def test_a_user_opens_values_with_their_key_within_their_budget(office: Office, token: str) -> None:
    assert add(office).code == 0
    answer = reveal(office, token, "--user", "li.na", TABLEKEEPER_USER_KEY=KEY)
    assert (answer.code, answer.out) == (0, f"{MOBILE}\n")
    again = reveal(office, token, "--json", TABLEKEEPER_USER="li.na", TABLEKEEPER_USER_KEY=KEY)
    assert again.code == 4
    assert "budget" in again.json["error"]
    found = office.run(
        "find", "mobile", "--user", "li.na", given=MOBILE, changed={"TABLEKEEPER_USER_KEY": KEY}
    )
    assert found.code == 4
    (alarm,) = office.run("vault", "alarms", "--acknowledge", "--json").json["alarms"]
    assert (alarm["kind"], alarm["actor"]) == ("budget", "li.na")
    assert office.run("vault", "alarms", "--json").json["alarms"] == []


def test_once_there_is_a_user_nobody_else_opens_values(office: Office, token: str) -> None:
    add(office)
    for name, key in (("tester", KEY), ("li.na", "wrong-key-wrong-key")):
        answer = reveal(office, token, TABLEKEEPER_USER=name, TABLEKEEPER_USER_KEY=key)
        assert answer.code == 1
        assert "vault user list" in answer.err
        assert MOBILE not in answer.out
    nobody_to_ask = reveal(office, token, "--user", "li.na")
    assert nobody_to_ask.code == 2
    assert "TABLEKEEPER_USER_KEY" in nobody_to_ask.err


def test_a_key_may_stand_in_a_file(office: Office, token: str) -> None:
    add(office)
    (office.folder / "key").write_text(f"{KEY}\n")
    changed = {"TABLEKEEPER_USER_KEY_FILE": str(office.folder / "key")}
    assert reveal(office, token, "--user", "li.na", **changed).out == f"{MOBILE}\n"


def test_a_disabled_user_waits_for_a_person_and_says_which_command(office: Office, token: str) -> None:
    add(office)
    assert office.run("vault", "user", "disable", "li.na", "--json").json["disabled"] is True
    answer = reveal(office, token, "--user", "li.na", TABLEKEEPER_USER_KEY=KEY)
    assert answer.code == 4
    assert "vault user enable" in answer.err
    office.run("vault", "user", "enable", "li.na", "--approved-by", "wang.fang")
    assert reveal(office, token, "--user", "li.na", TABLEKEEPER_USER_KEY=KEY).code == 0


def test_a_made_key_is_printed_once_and_works(office: Office, token: str) -> None:
    made: Any = add(office, "li.na", "--generate", "--json", given="").json
    assert reveal(office, token, "--user", "li.na", TABLEKEEPER_USER_KEY=made["key"]).code == 0
    assert made["key"] not in office.run("vault", "user", "list").out
    fresh = office.run("vault", "user", "key", "li.na", "--generate", "--json").json["key"]
    assert reveal(office, token, "--user", "li.na", TABLEKEEPER_USER_KEY=made["key"]).code == 1
    assert fresh != made["key"]


def test_what_does_not_fit_is_told_with_what_would(office: Office) -> None:
    assert "管理层" in add(office, "li.na", "--role", "客户服务").err
    assert add(office, "li.na", "--approved-by", "li.na").code == 2
    assert add(office, "tester").code == 2
    assert add(office, given="").code == 2
    assert add(office, given="short\n").code == 2
    assert office.run("vault", "user", "list", "--json").json == {"users": []}


def test_the_list_names_everybody_with_their_state(office: Office) -> None:
    add(office)
    assert add(office, "wu.di", "--until", "2020-01-01").code == 2
    office.run("vault", "user", "disable", "li.na")
    (one,) = office.run("vault", "user", "list", "--json").json["users"]
    assert (one["name"], one["role"], one["approved_by"], one["state"]) == (
        "li.na",
        "客服",
        "wang.fang",
        "disabled",
    )
    assert "li.na" in office.run("vault", "user", "list").out
