"""A vault that cannot be worked with, on the command line: one message, advice, an exit code, no traceback."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.store.hub import Hub
from sync.store.records import State
from tablekeeper.archive import hub_url, vault_url
from tablekeeper.config import load
from tests.tablekeeper.cli_office import PASSPHRASE, Office, bare_office
from vault.keys import from_passphrase
from vault.plaintext import Plaintext
from vault.values import Secret
from vault.vault import Vault


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("bad")) as made:
        made.make_vault()
        vault = Vault.open(vault_url(made.home), from_passphrase(PASSPHRASE))
        vault.seal([Secret("customers.mobile", "R1", Plaintext("13900139000"), "****")])
        vault.close()
        yield made


def changed(office: Office, folder: Path, *statements: str) -> dict[str, str | None]:
    """An environment with a copy of the archive in whose vault somebody has been at work."""
    shutil.copytree(office.home, folder / "home")
    with closing(sqlite3.connect(folder / "home/vault.sqlite3")) as vault, vault:
        for statement in statements:
            vault.execute(statement)
    return {"TABLEKEEPER_HOME": str(folder / "home")}


def test_a_clock_set_back_waits_for_a_person(office: Office, tmp_path: Path) -> None:
    home = changed(office, tmp_path, "UPDATE sealed_value SET state_at = '2999-01-01T00:00:00.000000+00:00'")
    refused = office.run("vault", "verify", "--json", changed=home)
    assert refused.code == 4
    assert "2999-01-01" in refused.json["error"]
    assert "accept-clock" in refused.json["advice"]
    assert office.run("vault", "accept-clock", changed=home).code == 0
    assert office.run("vault", "verify", changed=home).code == 0


def test_a_damaged_row_is_named_by_its_token_and_shows_no_value(office: Office, tmp_path: Path) -> None:
    home = changed(office, tmp_path, "UPDATE sealed_value SET equality = zeroblob(16)")
    answer = office.run("vault", "verify", changed=home)
    assert answer.code == 1
    assert "equality: " in answer.out
    assert "13900139000" not in answer.out + answer.err


def test_a_suite_of_a_later_release_advises_to_install_it(office: Office, tmp_path: Path) -> None:
    later = "UPDATE key_encryption_key SET body = CAST(x'07' || substr(body, 2) AS BLOB)"
    answer = office.run("vault", "rotate", "--json", changed=changed(office, tmp_path, later))
    assert answer.code == 1
    assert "suite 7" in answer.json["error"]
    assert "install the release" in answer.json["advice"]


def test_a_hub_whose_vault_is_gone_gets_no_empty_one(office: Office, tmp_path: Path) -> None:
    home = changed(office, tmp_path)
    hub = Hub(hub_url(tmp_path / "home"), load(office.config))
    with hub.unit() as unit:
        unit.records.save("customers", "R1", {}, state=State.LIVE, now=datetime.now(UTC))
    hub.close()
    (tmp_path / "home/vault.sqlite3").unlink()
    for command in (["setup"], ["vault", "init", "--accept-loss"]):
        answer = office.run(*command, changed=home)
        assert answer.code == 2
        assert "their vault is gone" in answer.err
    assert not (tmp_path / "home/vault.sqlite3").exists()


def test_an_export_from_a_broken_chain_says_so_and_leaves_out_what_was_altered(
    office: Office, tmp_path: Path
) -> None:
    assert office.run("vault", "verify").code == 0
    whole = office.run("audit", "export", "--json")
    assert (whole.code, "broken" in whole.json) == (0, False)
    altered = "UPDATE audit SET entry = replace(CAST(entry AS TEXT), 'tester', 'nobody') WHERE n = 1"
    home = changed(office, tmp_path, altered)
    answer = office.run("audit", "export", "--json", changed=home)
    assert answer.code == 1
    assert "audit verify" in answer.json["broken"]
    assert [one["n"] for one in answer.json["entries"]] == [one["n"] for one in whole.json["entries"][1:]] + [
        whole.json["entries"][-1]["n"] + 1
    ]
    table = office.run("audit", "export", changed=home)
    assert "audit verify" in table.out.splitlines()[-1]


def test_a_person_let_in_by_the_database_alone_is_found(office: Office, tmp_path: Path) -> None:
    said = "vault user add li.na --role 客服 --title 客服专员 --approved-by wang.fang --generate"
    assert office.run(*said.split()).code == 0
    home = changed(office, tmp_path, "UPDATE vault_user SET role = '合规'")
    answer = office.run("vault", "verify", "--json", changed=home)
    assert answer.code == 1
    assert answer.json["row_faults"] == [{"kind": "user", "name": "li.na"}]


def test_a_time_that_is_none_is_damage_and_told_as_such(office: Office, tmp_path: Path) -> None:
    raised = (
        "INSERT INTO alarm (at, day, kind, actor, what) VALUES ('soon', '2026-11-23', 'budget', 'li.na', 'x')"
    )
    answer = office.run("status", "--json", changed=changed(office, tmp_path, raised))
    assert answer.code == 1
    assert "an alarm was edited" in answer.json["error"]
