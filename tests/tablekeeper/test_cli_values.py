"""Values, on record and never by accident: find, reveal, vault, audit; the mails of a day; a workbook that moves in."""

import csv
import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests
from openpyxl import Workbook

from sync.lease import lease
from tests.tablekeeper.cli_office import MOBILE, Answer, Office, office_at_work


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("office")) as made:
        yield made


def token_of(office: Office) -> str:
    (found,) = office.run("find", "手机号码", "--json", given=MOBILE).json["found"]
    return str(found["token"])


# Values


def test_find_takes_the_value_from_standard_input_and_shows_no_value(office: Office) -> None:
    answer = office.run("find", "mobile", given="+86 139-0013-9000\n")
    assert answer.code == 0
    assert "客户基本信息 C00000001  手机号码 139****9000〔" in answer.out
    assert MOBILE not in answer.out + answer.err


def test_find_of_what_nobody_has_finds_nothing(office: Office) -> None:
    assert office.run("find", "mobile", "--json", given="13900139001").json == {"found": []}


def test_find_refuses_fields_whose_values_could_be_guessed(office: Office) -> None:
    answer = office.run("find", "婚姻状况", given="已婚")
    assert answer.code == 2
    assert "身份证号码" in answer.err
    assert office.run("find", "mobile", given="").code == 2


def test_reveal_prints_the_value_alone_and_leaves_a_trace(office: Office) -> None:
    token = token_of(office)
    for given in (token, f"139****9000〔{token}〕"):
        assert office.run("reveal", given, "--purpose", "核对身份").out == f"{MOBILE}\n"
    seen = [row for row in exported(office, "--field", "手机号码") if row["part"] == "seen"]
    assert (seen[-1]["action"], seen[-1]["actor"], seen[-1]["purpose"]) == ("reveal", "tester", "核对身份")


def test_reveal_without_a_known_purpose_is_refused_and_recorded(office: Office) -> None:
    answer = office.run("reveal", token_of(office), "--purpose", "好奇", "--json")
    assert answer.code == 2
    assert "核对身份" in answer.json["error"]
    assert MOBILE not in answer.out
    assert office.run("audit", "export", "--json").json["entries"][-1]["action"] == "reveal_refused"


def test_reveal_of_no_token_fails(office: Office) -> None:
    assert office.run("reveal", "9TQK27MB4D", "--purpose", "核对身份").code == 1


def test_a_wrong_passphrase_says_what_to_set(office: Office) -> None:
    answer = office.run("held", "--json", changed={"TABLEKEEPER_PASSPHRASE": "wrong"})
    assert answer.code == 2
    assert "TABLEKEEPER_PASSPHRASE" in answer.json["advice"]


# Vault and audit


def exported(office: Office, *about: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(office.run("audit", "export", *about).out)))


def test_a_vault_is_made_once(office: Office) -> None:
    answer = office.run("vault", "init", "--accept-loss")
    assert answer.code == 2
    assert "it was not touched" in answer.err


def altered(office: Office, folder: Path, statement: str) -> dict[str, str | None]:
    """An environment with a copy of the archive, in whose vault somebody has been at work."""
    shutil.copytree(office.home, folder / "home")
    with closing(sqlite3.connect(folder / "home/vault.sqlite3")) as vault, vault:
        vault.execute(statement)
    return {"TABLEKEEPER_HOME": str(folder / "home")}


def test_vault_verify_misses_a_token_that_the_vault_lost(office: Office, tmp_path: Path) -> None:
    changed = altered(office, tmp_path, "DELETE FROM sealed_value WHERE field = 'customers.mobile' AND valid")
    answer = office.run("vault", "verify", "--json", changed=changed)
    assert answer.code == 1
    assert answer.json["hub_tokens"]["unknown"] == 1
    assert office.run("vault", "verify", "--json").json["hub_tokens"].keys() == {"live"}


def test_a_broken_chain_is_told_with_its_entry(office: Office, tmp_path: Path) -> None:
    changed = altered(office, tmp_path, "DELETE FROM audit WHERE n = 2")
    answer = office.run("audit", "verify", "--json", changed=changed)
    assert answer.code == 1
    assert answer.json["faults"][0]["entry"] == 2
    assert office.run("audit", "verify").code == 0


def test_the_export_is_no_formula_and_can_be_narrowed(office: Office) -> None:
    who = "=cmd|' /C calc'!A0"
    office.run("find", "mobile", given=MOBILE, changed={"TABLEKEEPER_USER": who})
    seen = [row for row in exported(office) if row["part"] == "seen"]
    assert seen[-1]["actor"] == f"'{who}"
    assert office.run("audit", "export", "--to", "2020-01-01", "--json").json["entries"] == []
    assert office.run("audit", "export", "--field", "身份证号码", "--json").json["entries"] == []
    assert office.run("audit", "export", "--field", "星座").code == 2


def test_the_export_says_who_could_have_seen_what_and_what_nobody_can_know(office: Office) -> None:
    """The office's first numbers were typed into Airtable in plain text."""
    uid = office.uid("C00000001")
    rows = exported(office, "--subject", uid, "--field", "手机号码")
    (could_have,) = [row for row in rows if row["part"] == "could_have_seen"]
    assert (could_have["replica"], could_have["record"]) == ("airtable", uid)
    assert could_have["at"] <= could_have["until"] < "3"
    assert "service account" in could_have["people"]
    assert rows[-1]["part"] == "note"
    assert "cannot be known" in rows[-1]["reason"]
    lines = office.run("audit", "export", "--subject", uid, "--format", "jsonl").out.splitlines()
    assert {json.loads(line)["part"] for line in lines} >= {"could_have_seen", "note"}
    assert MOBILE not in "".join(lines)


def test_an_anchor_tells_a_vault_that_was_set_back(office: Office, tmp_path: Path) -> None:
    older = altered(office, tmp_path, "SELECT 1")
    file = tmp_path / "anchors"
    for _ in range(2):
        assert office.run("audit", "anchor", "--to", str(file), "--json").json["file"] == str(file)
    assert office.run("audit", "verify", "--anchor", str(file)).code == 0
    answer = office.run("audit", "verify", "--anchor", str(file), "--json", changed=older)
    assert answer.code == 1
    assert answer.json["faults"] == []
    assert [fault["kind"] for fault in answer.json["anchor_faults"]] == ["set_back", "set_back"]
    (tmp_path / "none").write_text("")
    assert office.run("audit", "verify", "--anchor", str(tmp_path / "none")).code == 2


def test_an_anchor_is_not_kept_beside_the_vault(office: Office) -> None:
    answer = office.run("audit", "anchor", "--to", str(office.home / "anchors"))
    assert answer.code == 2
    assert "elsewhere" in answer.err
    assert json.loads(office.run("audit", "anchor").out)["n"] > 0


def test_erasing_asks_and_then_destroys(office: Office) -> None:
    office.airtable("客户基本信息").create(
        {"客户编号": "C00000009", "客户姓名": "孙七", "手机号码": "13600136000"}
    )
    assert office.run("sync").code == 0
    uid = office.uid("C00000009")
    assert office.run("vault", "erase", uid, "--reason", "申请").code == 2
    assert office.run("vault", "erase", uid, "--reason", "申请", "--yes", "--json").json["tokens"] == 1
    assert office.run("sync").code == 0
    assert office.run("find", "mobile", "--json", given="13600136000").json == {"found": []}
    assert office.run("audit", "export", "--subject", uid, "--json").json["entries"][-1]["purpose"] == "申请"


# Mails


def mails(office: Office) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = requests.get(office.description["mailbox_url"], timeout=10).json()
    return found


def test_a_preview_sends_nothing_and_hides_names(office: Office, tmp_path: Path) -> None:
    answer = office.run("digest", "preview", "--json", "--html", str(tmp_path / "page.html"))
    (mail,) = (mail for mail in answer.json["mails"] if mail["to"] == "zhou@example.com")
    assert mail["digest"] == "manager_weekly"
    assert "陈**" in mail["text"]
    assert "陈静" not in answer.out
    assert "陈**" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert mails(office) == []


def test_a_mail_waits_for_the_server_and_is_sent_once(office: Office) -> None:
    answer = office.run("digest", "send", "--json", changed={"TABLEKEEPER_SMTP_URL": "smtp://127.0.0.1:1"})
    assert (answer.code, answer.json["waiting"]) == (3, 2)
    with lease(office.home):
        assert "wait for the mail server" in office.run("status").out
    assert office.run("digest", "send", "--json").json["sent"] == 2
    assert office.run("digest", "send", "--json").json["sent"] == 0
    assert len({mail["to"][0] for mail in mails(office)}) == len(mails(office)) == 2


def test_sending_without_a_mail_server_says_what_to_set(office: Office) -> None:
    answer = office.run("digest", "send", changed={"TABLEKEEPER_SMTP_URL": None})
    assert answer.code == 2
    assert "TABLEKEEPER_SMTP_URL: is not set" in answer.err


def test_reminders_list_what_is_due_on_a_day(office: Office) -> None:
    due = office.run("reminders", "--json").json["due"]
    assert [(one["number"], one["title"], one["to"]) for one in due] == [
        ("C00000002", "更正未生效的内容：手机号码", "A0001")
    ]
    listed = office.run("reminders").out.splitlines()
    assert [listed[1].split()[1:], listed[2].split()[:2]] == [
        ["today", "高", "更正未生效的内容：手机号码"],
        ["客户基本信息", "C00000002"],
    ]
    assert f"{due[0]['to_name']} <{', '.join(due[0]['mailed_to'])}>  {due[0]['item']}" in listed[2]
    explained = office.run("reminders", "explain", due[0]["key"], "--json").json
    assert explained["rule"]["id"] == "held_rows"
    assert explained["recipient"]["why"] == ["the table's owner: agent_no"]
    assert office.run("reminders", "explain", "C00000002").code == 0
    assert office.run("reminders", "explain", "C00000009").code == 2


def test_reminders_of_another_day_are_another_list(office: Office) -> None:
    due = office.run("reminders", "--on", "2030-01-01", "--json").json
    assert due["on"] == "2030-01-01"
    assert {one["reminder"] for one in due["due"]} != {"held_rows"}


# Import


def workbook(folder: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "台账"
    sheet.append(["姓名", "性别", "身份证号", "联系电话", "险种", "保单号", "投保时间", "保费"])
    sheet.append(
        ["吴一", "女", "110105199003071231", "13500135000", "重疾险", "P20260001", "2026-01-05", 1200]
    )
    sheet.append(["郑二", "男", "", "1350013", "重疾险", "P20260002", "2026-01-06", 1300])
    book.save(folder / "legacy.xlsx")
    return folder / "legacy.xlsx"


def imported(answer: Answer) -> dict[str, tuple[int, int, int, int]]:
    return {
        one["table"]: (one["new"], one["held"], one["waiting"], one["present"])
        for one in answer.json["taken_in"]
    }


def test_a_workbook_is_shown_taken_in_and_not_taken_in_twice(office: Office, tmp_path: Path) -> None:
    file = str(workbook(tmp_path))
    rehearsed = office.run("import", file, "--dry-run", "--json")
    assert (rehearsed.code, rehearsed.json["dry_run"]) == (0, True)
    assert len(office.airtable("保险合同信息").all()) == 0
    answer = office.run("import", file, "--json")
    assert answer.code == 0
    assert sum(imported(answer)["保险合同信息"][:3]) == 2
    assert "1350013" not in answer.out
    numbers = {row["fields"].get("保单号") for row in office.airtable("保险合同信息").all()}
    assert numbers == {"P20260001", "P20260002"}
    again = office.run("import", file, "--json")
    assert (again.code, again.json["adds"]) == (0, 0)


def test_a_file_that_is_no_workbook_is_told_with_what_to_do(office: Office, tmp_path: Path) -> None:
    (tmp_path / "notes.xlsx").write_text("hello")
    answer = office.run("import", str(tmp_path / "notes.xlsx"), "--json")
    assert answer.code == 2
    assert "另存为 .xlsx" in answer.json["advice"]
    assert office.run("import", str(tmp_path / "nowhere.xlsx")).code == 2
