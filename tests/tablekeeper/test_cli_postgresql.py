"""An archive whose hub and vault are databases of a PostgreSQL server: the commands, and that no password is shown."""

from collections.abc import Callable, Iterator

import pytest

from tablekeeper.environment import Environment
from tablekeeper.stores import StoreConfig
from tests.tablekeeper.cli_office import Office, bare_office
from vault.errors import VaultInUse
from vault.store import Store

SECRET = "hunter2secret"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("postgresql")) as made:
        yield made


def test_an_archive_works_on_databases_named_in_the_environment(
    office: Office, databases: Callable[[], str]
) -> None:
    urls = [databases().replace("+psycopg", "", 1) for _ in range(2)]
    there: dict[str, str | None] = {"TABLEKEEPER_HUB_URL": urls[0], "TABLEKEEPER_VAULT_URL": urls[1]}
    assert office.run("setup", changed=there).code == 0
    office.airtable("客户基本信息").create({"客户编号": "C00000001", "手机号码": "13900139000"})
    assert office.run("sync", "--json", changed=there).code == 0
    assert "〔" in office.customer("C00000001")["fields"]["手机号码"]
    rehearsed = office.run("sync", "--dry-run", "--json", changed=there)
    assert (rehearsed.code, rehearsed.json["held"]) == (0, 0)
    assert office.run("vault", "rotate", changed=there).code == 0
    assert office.run("vault", "reencrypt", "--suite", "sm4", changed=there).code == 0
    verified = office.run("vault", "verify", "--json", changed=there)
    assert (verified.code, verified.json["hub_tokens"]) == (0, {"live": 1})
    assert not list(office.home.glob("*.sqlite3"))
    vault = Store(urls[1].replace("postgresql://", "postgresql+psycopg://", 1))
    with vault.lease():
        assert office.run("sync", changed=there).code == 1
        other = Store(str(vault.url.render_as_string(hide_password=False)))
        with pytest.raises(VaultInUse), other.lease():
            raise AssertionError
        other.close()
    vault.close()


def test_a_server_that_is_away_is_told_without_its_password(office: Office) -> None:
    away: dict[str, str | None] = {
        "TABLEKEEPER_VAULT_URL": f"postgresql://tablekeeper:{SECRET}@127.0.0.1:1/vault"
    }
    answer = office.run("vault", "verify", "--json", changed=away)
    assert answer.code == 3
    assert SECRET not in answer.out + answer.err


def test_an_address_of_another_kind_is_refused_and_not_quoted(office: Office) -> None:
    answer = office.run("check", changed={"TABLEKEEPER_HUB_URL": f"mysql://root:{SECRET}@host/hub"})
    assert answer.code == 2
    assert "TABLEKEEPER_HUB_URL" in answer.err + answer.out
    assert SECRET not in answer.out + answer.err


def test_no_repr_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"postgresql://tablekeeper:{SECRET}@host/vault"
    monkeypatch.setenv("TABLEKEEPER_VAULT_URL", url)
    environment = Environment.read()
    store = Store(url.replace("postgresql://", "postgresql+psycopg://", 1))
    shown = [environment, environment.stores(StoreConfig()), StoreConfig(vault=url), store.url]
    assert SECRET not in repr(shown) + "".join(map(str, shown))
