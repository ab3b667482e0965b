"""check and setup: every problem at once, each with what to do; and an error is one message, never a traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from tablekeeper.config import load
from tablekeeper.dry import rehearse, rehearsing
from tablekeeper.environment import Environment
from tablekeeper.reload import keep_config
from tests.tablekeeper.cli_office import Answer, Office, bare_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with bare_office(tmp_path_factory.mktemp("ready")) as made:
        made.make_vault()
        assert made.run("setup").code == 0
        yield made


def parts(answer: Answer) -> set[str]:
    return {problem["part"] for problem in answer.json["problems"]}


def broken_config(office: Office) -> Path:
    path = office.folder / "broken.yaml"
    text = office.config.read_text(encoding="utf-8")
    path.write_text(text.replace("type: idno", "type: idnoo", 1), encoding="utf-8")
    return path


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_before_setup_check_names_what_is_missing_and_makes_nothing(office: Office) -> None:
    answer = office.run("check", "--diff", "--json")
    assert answer.code == 2
    assert parts(answer) == {"vault", "airtable", "sheets"}
    assert answer.json["would_write"] is None
    assert any(change["table"] == "客户基本信息" for change in answer.json["setup"]["airtable"])
    assert not office.home.exists()


def test_setup_can_be_rehearsed_before_there_is_a_vault(office: Office) -> None:
    answer = office.run("setup", "--dry-run", "--json")
    assert answer.code == 0
    assert answer.json["vault_created"] is False
    assert not office.home.exists()


def test_a_broken_config_hides_no_wrong_token_passphrase_or_mail_server(ready: Office) -> None:
    answer = ready.run(
        "check",
        "--json",
        config=broken_config(ready),
        changed={
            "TABLEKEEPER_AIRTABLE_TOKEN": "patWrong.0",
            "TABLEKEEPER_SPREADSHEET": "unknown",
            "TABLEKEEPER_PASSPHRASE": "wrong",
            "TABLEKEEPER_SMTP_URL": f"smtp://127.0.0.1:{closed_port()}",
        },
    )
    assert answer.code == 2
    assert parts(answer) == {"config", "vault", "airtable", "sheets", "mail"}
    assert all(problem["mend"] for problem in answer.json["problems"] if problem["part"] != "config")


def test_a_missing_variable_is_named_beside_other_problems(office: Office) -> None:
    answer = office.run(
        "check", changed={"TABLEKEEPER_AIRTABLE_TOKEN": None, "TABLEKEEPER_SPREADSHEET": "unknown"}
    )
    assert answer.code == 2
    assert "TABLEKEEPER_AIRTABLE_TOKEN: is not set" in answer.out
    assert "sheets: the spreadsheet" in answer.out


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"TABLEKEEPER_AIRTABLE_TOKEN": "patWrong.0"}, 2, "TABLEKEEPER_AIRTABLE_TOKEN"),
        ({"TABLEKEEPER_AIRTABLE_BASE": "appUnknown0000000"}, 2, "TABLEKEEPER_AIRTABLE_BASE"),
        ({"TABLEKEEPER_SPREADSHEET": "unknown"}, 2, "share the spreadsheet"),
        ({"TABLEKEEPER_GOOGLE_CREDENTIALS": None}, 2, "TABLEKEEPER_GOOGLE_CREDENTIALS"),
        ({"TABLEKEEPER_AIRTABLE_URL": f"http://127.0.0.1:{closed_port()}"}, 3, "airtable: no answer"),
    ],
)
def test_what_setup_cannot_work_with_is_one_message(
    office: Office, changed: dict[str, str | None], code: int, words: str
) -> None:
    answer = office.run("setup", "--json", changed=changed)
    assert answer.code == code
    assert words in answer.json["error"] + answer.json["advice"]
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["frobnicate"], "frobnicate"),
        (["status", "--frobnicate"], "--frobnicate"),
        (["reveal", "9TQK27MB4D"], "--purpose"),
        (["digest", "preview", "--on", "tomorrow"], "tomorrow is not a day"),
    ],
)
def test_a_wrong_command_line_is_told_in_json_too(office: Office, arguments: list[str], words: str) -> None:
    answer = office.run(*arguments, "--json")
    assert answer.code == 2
    assert words in answer.json["error"]


def test_a_config_that_is_not_there_is_told_with_what_to_do(office: Office) -> None:
    answer = office.run("status", config=office.folder / "nowhere.yaml")
    assert answer.code == 2
    assert "name it with --config" in answer.err


def test_all_lines_of_a_broken_config_are_told(office: Office) -> None:
    answer = office.run("status", "--json", config=broken_config(office))
    assert answer.code == 2
    assert any("did you mean 'idno'" in problem for problem in answer.json["problems"])


def test_beside_a_broken_config_status_tells_of_the_one_at_work(ready: Office) -> None:
    keep_config(ready.config, ready.home)
    answer = ready.run("status", "--json", config=broken_config(ready))
    assert answer.code == 2 and "did you mean 'idno'" in answer.err
    assert answer.json["diagnosis"]["kind"] == "never" and "客户基本信息" in answer.json["records"]


def test_what_a_broken_config_changes_is_not_said_to_be_nothing(ready: Office) -> None:
    answer = ready.run("check", "--diff", config=broken_config(ready))
    assert "the config is as it was" not in answer.out
    assert "what the changed config would do cannot be told" in answer.out


def test_after_setup_check_is_content(ready: Office) -> None:
    answer = ready.run("check", "--diff", "--json").json
    open_values = [one["candidates"] for one in answer.pop("disclosure") if one["field"] == "id_number"]
    assert open_values == [45, 45]
    assert answer == {
        "ok": True,
        "problems": [],
        "notes": [],
        "config_changes": [],
        "setup": {"airtable": [], "sheets": []},
        "would_write": {"airtable": {}, "sheets": {}},
    }


def test_a_deleted_tab_is_missed_until_setup_makes_it_anew(ready: Office) -> None:
    ready.delete_tab("保险合同信息")
    answer = ready.run("check", "--json")
    assert answer.code == 2
    (problem,) = answer.json["problems"]
    assert (problem["part"], problem["mend"]) == ("sheets", "tablekeeper setup")
    assert problem["what"].startswith("保险合同信息: create the tab")
    assert ready.run("sync").code == 1
    assert ready.run("setup").code == 0
    assert ready.run("check").code == 0


def test_a_column_that_the_config_adds_is_what_check_says_setup_would_make(ready: Office) -> None:
    changed = ready.folder / "changed.yaml"
    text = ready.config.read_text(encoding="utf-8")
    changed.write_text(
        text.replace("      wechat:\n", "      zodiac: {name: 星座, type: text}\n      wechat:\n")
    )
    answer = ready.run("check", "--diff", config=changed)
    assert answer.code == 2
    assert "客户基本信息  create the column 星座" in answer.out


def test_what_a_rehearsal_logs_says_that_it_is_one(ready: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert ready.run("sync").code == 0
    with ready.editing() as raw:
        raw["tables"]["customers"]["fields"]["wechat"]["type"] = "longtext"
    with (
        ready.surroundings({}),
        capture_logs(processors=[merge_contextvars]) as told,
        rehearsing(load(ready.config), Environment.read()) as (archive, rehearsals),
    ):
        rehearse(archive, rehearsals)
    assert "config_taken_over" in [line["event"] for line in told]
    assert all(line.get("rehearsal") for line in told)
