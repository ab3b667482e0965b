"""The `TABLEKEEPER_*` variables: what is missing is named all at once, and no value is ever shown."""

from pathlib import Path

import pytest

from sync.config import ReplicaConfig, SyncConfig
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.environment import Environment, needed
from vault.keys import from_passphrase

SECRET = "pat-never-to-be-seen"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Environment.model_fields:
        monkeypatch.delenv(f"TABLEKEEPER_{name.upper()}", raising=False)


def test_all_missing_variables_are_named_in_one_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEKEEPER_AIRTABLE_TOKEN", SECRET)
    with pytest.raises(ConfigProblems) as caught:
        Environment.read().require(*needed(SyncConfig()), "passphrase")
    assert [problem.path for problem in caught.value.problems] == [
        *("TABLEKEEPER_AIRTABLE_BASE", "TABLEKEEPER_GOOGLE_CREDENTIALS"),
        *("TABLEKEEPER_SPREADSHEET", "TABLEKEEPER_PASSPHRASE"),
    ]
    assert SECRET not in str(caught.value)


def test_an_empty_variable_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEKEEPER_AIRTABLE_BASE", "")
    with pytest.raises(ConfigProblems, match="TABLEKEEPER_AIRTABLE_BASE: is not set"):
        Environment.read().require("airtable_base")


def test_a_replica_that_names_its_own_place_needs_no_variable_for_it() -> None:
    config = SyncConfig(replicas=(ReplicaConfig(name="a", service="airtable", place="appA"),))
    assert needed(config) == ("airtable_token",)


DEPARTMENT = ReplicaConfig(name="理赔部", service="sheets", place_env="TABLEKEEPER_SPREADSHEET_CLAIMS")


def test_a_department_whose_variable_is_not_set_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEKEEPER_SPREADSHEET", "main")
    monkeypatch.setenv("TABLEKEEPER_SPREADSHEET_CLAIMS", "")
    config = SyncConfig(replicas=(ReplicaConfig(name="sheets", service="sheets"), DEPARTMENT))
    environment = Environment.read()
    assert [replica.name for replica in environment.served(config).replicas] == ["sheets"]
    assert environment.unserved(config) == {"理赔部": "TABLEKEEPER_SPREADSHEET_CLAIMS"}


def test_a_department_lies_where_its_own_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLEKEEPER_SPREADSHEET", "main")
    monkeypatch.setenv("TABLEKEEPER_SPREADSHEET_CLAIMS", "claims")
    assert Environment.read().place_of(DEPARTMENT) == "claims"


def test_secrets_are_not_in_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIRTABLE_TOKEN", "PASSPHRASE"):
        monkeypatch.setenv(f"TABLEKEEPER_{name}", SECRET)
    monkeypatch.setenv("TABLEKEEPER_SMTP_URL", f"smtp://user:{SECRET}@mail")
    assert SECRET not in repr(Environment.read())


@pytest.mark.parametrize("name", ["AIRTABLE_URL", "GOOGLE_URL", "SMTP_URL"])
def test_a_malformed_address_is_a_problem_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"TABLEKEEPER_{name}", SECRET)
    with pytest.raises(ConfigProblems, match=f"TABLEKEEPER_{name}: must start with") as caught:
        Environment.read()
    assert SECRET not in str(caught.value)


def test_a_credential_file_that_is_not_there_is_named_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TABLEKEEPER_GOOGLE_CREDENTIALS", str(tmp_path / SECRET))
    with pytest.raises(
        ConfigProblems, match="TABLEKEEPER_GOOGLE_CREDENTIALS: its file cannot be read"
    ) as caught:
        Environment.read().require("google_credentials")
    assert SECRET not in str(caught.value)


def test_the_passphrase_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A line end that an editor adds is no part of it."""
    (tmp_path / "passphrase").write_text(f"{SECRET}\n", encoding="utf-8")
    monkeypatch.setenv("TABLEKEEPER_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    assert Environment.read().root_key() == from_passphrase(SECRET)


@pytest.mark.parametrize(("content", "why"), [(b"", "is empty"), (b"\xff\xfe\x00", "is not UTF-8 text")])
def test_a_passphrase_file_without_text_opens_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "passphrase").write_bytes(content)
    monkeypatch.setenv("TABLEKEEPER_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    with pytest.raises(ConfigProblems, match=f"TABLEKEEPER_PASSPHRASE_FILE: its file {why}"):
        Environment.read().root_key()


def test_the_home_may_start_with_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TABLEKEEPER_HOME", "~/archive")
    assert Environment.read().home == tmp_path / "archive"
