"""Making, recovering and reporting on a vault on the command line."""

from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from structlog.testing import CapturingLogger

from tests.tablekeeper.cli_office import PASSPHRASE, Office, bare_office


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("recovery")) as made:
        yield made


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str | None]:
    return {"TABLEKEEPER_HOME": str(tmp_path / "home")}


def written(folder: Path) -> tuple[Path, str]:
    """An identity in a file, and its recipient."""
    identity = pyrage.x25519.Identity.generate()
    file = folder / "identity.txt"
    file.write_text(f"# kept elsewhere\n{identity}\n", encoding="utf-8")
    return file, str(identity.to_public())


@pytest.mark.parametrize("arguments", [[], ["--accept-loss", "--recovery", "age1x"]])
def test_a_vault_is_not_made_before_its_loss_was_thought_of(
    bare: Office, home: dict[str, str | None], arguments: list[str]
) -> None:
    answer = bare.run("vault", "init", *arguments, changed=home)
    assert answer.code == 2
    assert "--recovery RECIPIENT" in answer.err
    assert not Path(str(home["TABLEKEEPER_HOME"])).exists()


def test_what_is_no_recipient_makes_no_vault(bare: Office, home: dict[str, str | None]) -> None:
    answer = bare.run("vault", "init", "--recovery", "age1nonsense", changed=home)
    assert answer.code == 2
    assert "age1" in answer.err
    assert not Path(str(home["TABLEKEEPER_HOME"])).exists()


def test_a_lost_passphrase_is_replaced_with_the_recovery_identity(
    bare: Office, home: dict[str, str | None], tmp_path: Path
) -> None:
    file, recipient = written(tmp_path)
    made = bare.run("vault", "init", "--recovery", recipient, "--json", changed=home)
    assert (made.code, made.json["recovery"]) == (0, recipient)
    lost = {**home, "TABLEKEEPER_PASSPHRASE": "forgotten"}
    refused = bare.run("vault", "verify", changed=lost)
    assert refused.code == 2
    assert "vault recover" in refused.err
    recovered = bare.run("vault", "recover", "--identity", str(file), given="new horse\n", changed=lost)
    assert recovered.code == 0
    assert bare.run("vault", "verify", changed=home).code == 2, "the old one opens nothing any more"
    opened = bare.run("vault", "verify", "--json", changed={**home, "TABLEKEEPER_PASSPHRASE": "new horse"})
    assert (opened.code, opened.json["recovery"]) == (0, [recipient])
    assert "new horse" not in recovered.out + recovered.err


def test_the_new_root_key_may_be_what_the_environment_names(
    bare: Office, home: dict[str, str | None], tmp_path: Path
) -> None:
    file, recipient = written(tmp_path)
    assert bare.run("vault", "init", "--recovery", recipient, changed=home).code == 0
    new = {**home, "TABLEKEEPER_PASSPHRASE": "another horse"}
    assert bare.run("vault", "recover", "--identity", str(file), changed=new).code == 0
    assert bare.run("vault", "verify", changed=new).code == 0


def test_a_stranger_recovers_nothing(bare: Office, home: dict[str, str | None], tmp_path: Path) -> None:
    assert bare.run("vault", "init", "--recovery", written(tmp_path)[1], changed=home).code == 0
    stranger, _ = written(tmp_path)
    answer = bare.run("vault", "recover", "--identity", str(stranger), given="mine\n", changed=home)
    assert answer.code == 2
    assert bare.run("vault", "verify", changed=home).code == 0


def test_an_existing_vault_takes_a_recovery_recipient(
    bare: Office, home: dict[str, str | None], tmp_path: Path
) -> None:
    assert bare.run("vault", "init", "--accept-loss", changed=home).code == 0
    warned = bare.run("vault", "verify", "--report", changed=home)
    assert "NONE" in warned.out
    assert "vault init --recovery" in warned.out
    assert bare.run("status", "--json", changed=home).json["recovery"] is False
    _, recipient = written(tmp_path)
    added = bare.run("vault", "init", "--recovery", recipient, "--json", changed=home)
    assert (added.code, added.json["created"]) == (0, False)
    assert bare.run("status", "--json", changed=home).json["recovery"] is True
    assert bare.run("vault", "init", "--recovery", recipient, changed=home).code == 2, "it has that one"


def test_an_age_identity_opens_the_vault_instead_of_a_passphrase(
    bare: Office, home: dict[str, str | None], tmp_path: Path
) -> None:
    file, _ = written(tmp_path)
    daily = {**home, "TABLEKEEPER_PASSPHRASE": None, "TABLEKEEPER_IDENTITY_FILE": str(file)}
    assert bare.run("vault", "init", "--accept-loss", changed=daily).code == 0
    assert bare.run("vault", "verify", changed=daily).code == 0
    passphrase = {**home, "TABLEKEEPER_PASSPHRASE": PASSPHRASE}
    assert bare.run("vault", "verify", changed=passphrase).code == 2
    gone = {**daily, "TABLEKEEPER_IDENTITY_FILE": str(tmp_path / "none")}
    answer = bare.run("vault", "verify", changed=gone)
    assert answer.code == 2
    assert "TABLEKEEPER_IDENTITY_FILE" in answer.err


def test_the_report_names_suite_version_dates_and_that_no_module_is_certified(
    bare: Office, home: dict[str, str | None]
) -> None:
    assert bare.run("vault", "init", "--accept-loss", changed=home).code == 0
    told = bare.run("vault", "verify", "--report", "--json", changed=home).json["report"]
    assert (told["suite"], told["key_version"], told["certified_module"]) == ("aes", 1, False)
    assert told["last_rotation"] is None
    assert bare.run("vault", "rotate", changed=home).code == 0
    told = bare.run("vault", "verify", "--report", "--json", changed=home).json["report"]
    assert told["key_version"] == 2
    assert told["last_rotation"]
    assert "no certified" in bare.run("vault", "verify", "--report", changed=home).out


def test_setup_makes_a_vault_by_itself_and_warns_that_none_can_recover_it(
    bare: Office, home: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    logged = CapturingLogger()
    monkeypatch.setattr("tablekeeper.cli.opening.log", logged)
    answer = bare.run("setup", "--json", changed=home)
    assert answer.json["vault_created"] is True
    (call,) = logged.calls
    assert (call.method_name, call.args) == ("warning", ("vault_without_recovery",))
    assert "vault init --recovery" in call.kwargs["next"]
