"""The security review looks at the services as they are, and says plainly what it cannot see."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
import pytest
import requests

from jobs.review import Finding, Mark, Permission, as_html, of_age, of_base, of_permissions
from tests.tablekeeper.cli_office import Office, office_at_work

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("review")) as made:
        yield made


def share(office: Office, **permission: str) -> None:
    """A person shares the spreadsheet."""
    google = office.description["google"]
    url = f"{google['endpoint_url']}/drive/v3/files/{google['spreadsheet_id']}/permissions"
    headers = {"Authorization": f"Bearer {google['staff_token']}"}
    requests.post(url, json=permission, headers=headers, timeout=10).raise_for_status()


def test_link_sharing_and_a_stranger_are_found_in_the_service(office: Office, tmp_path: Path) -> None:
    share(office, type="anyone", role="reader")
    share(office, type="user", role="writer", emailAddress="stranger@example.com")
    answer = office.run("review", "--to", str(tmp_path), "--json")
    assert answer.code == 4
    told = {(one["part"], one["mark"]): one["what"] for one in answer.json["findings"]}
    found = [one["what"] for one in answer.json["findings"] if one["part"] == "access: sheets"]
    assert "open by link to everybody as reader" in found
    assert any(what.startswith("stranger@example.com (writer) is not in `people`") for what in found)
    assert "by hand" in told["access: airtable", "unknown"]
    assert told["restore drill", "look"] == "last one that passed: never"
    assert {path.suffix for path in tmp_path.iterdir()} == {".html", ".txt"}


def test_findings_are_reminders_for_operations_until_a_review_finds_nothing(office: Office) -> None:
    """Without what was found: the to-do table is abroad."""
    share(office, type="user", role="writer", emailAddress="guest@example.com")
    assert office.run("review").code == 4
    due = {
        one["title"]: one
        for one in office.run("reminders", "--json").json["due"]
        if one["kind"] == "安全审计"
    }
    sheets = next(title for title in due if "谁能打开sheets" in title)
    assert not [title for title in due if "example.com" in title]
    assert (due[sheets]["to"], due[sheets]["department"]) == (None, "信息技术部")
    explained = office.run("reminders", "explain", due[sheets]["item"], "--json").json
    assert explained["recipient"]["why"] == ["the reminder is for the department 信息技术部"]
    drill = next(title for title in due if "恢复演练" in title)
    assert office.run("backup", "drill").code == 0
    assert office.run("review").code == 4
    titles = {one["title"] for one in office.run("reminders", "--json").json["due"]}
    assert (sheets in titles, drill in titles) == (True, False)


def test_young_keys_are_no_finding_and_a_missing_backup_is(office: Office, tmp_path: Path) -> None:
    """Until one is made."""
    with office.editing() as raw:
        recipient = str(pyrage.x25519.Identity.generate().to_public())
        raw["backup"] = {"recipients": [recipient], "to": str(tmp_path / "a"), "keys_to": str(tmp_path / "k")}

    def found() -> dict[str, str]:
        answer = office.run("review", "--to", str(tmp_path), "--json").json
        return {one["part"]: f"{one['mark']} {one['what']}" for one in answer["findings"]}

    assert found()["keys"].startswith("good version 1 ")
    assert found()["backup"] == "look last one that was made: never"
    assert office.run("backup").code == 0
    assert found()["backup"].startswith("good last one that was made: 20")


def test_an_airtable_base_tells_people_groups_and_links_where_the_plan_does() -> None:
    """As the metadata of Enterprise plans has it."""
    answer = {
        "individualCollaborators": {
            "baseCollaborators": [{"email": "li@x.cn", "permissionLevel": "edit"}],
            "workspaceCollaborators": [{"email": "boss@x.cn", "permissionLevel": "owner"}],
        },
        "groupCollaborators": {"baseCollaborators": [{"name": "理赔", "permissionLevel": "edit"}]},
        "inviteLinks": {"baseInviteLinks": [{"id": "inv1", "permissionLevel": "edit"}]},
    }
    found = of_permissions("airtable", of_base(answer), expected=["li@x.cn", "boss@x.cn", "理赔"], own="")
    assert [one.what for one in found] == ["open by link to everybody as edit"]
    assert of_base({}) == []


def test_a_listed_domain_is_no_finding_and_a_missing_one_is() -> None:
    whole = [Permission("domain", "x.cn", "reader")]
    assert of_permissions("sheets", whole, expected=["@x.cn"], own="")[0].mark is Mark.GOOD
    assert "open by link to x.cn" in of_permissions("sheets", whole, expected=[], own="")[0].what
    assert "has no access" in of_permissions("sheets", [], expected=["@x.cn"], own="")[0].what


def test_known_vulnerabilities_are_told_by_library(office: Office, tmp_path: Path) -> None:
    """What the tool says, what its database does not know, or that it could not reach it."""
    good, bad = {"name": "good", "version": "1", "vulns": []}, {"name": "bad", "version": "2", "vulns": [{}]}
    strange = {"name": "strange", "skip_reason": "not found"}
    told = json.dumps({"dependencies": [good, bad, strange]})
    assert _libraries(office, tmp_path, f"echo '{told}'; exit 1") == [
        ("look", "known vulnerabilities in bad 2"),
        ("good", "1 without a known vulnerability"),
        ("unknown", "1 that the database does not know: strange"),
    ]
    assert _libraries(office, tmp_path, "echo no connection >&2; exit 1") == [
        ("unknown", "pip-audit could not reach its database: nothing was looked up")
    ]


def test_libraries_that_the_database_does_not_know_are_not_called_good(
    office: Office, tmp_path: Path
) -> None:
    strange = [{"name": f"strange{n}", "skip_reason": "not found"} for n in range(7)]
    told = json.dumps({"dependencies": strange})
    assert _libraries(office, tmp_path, f"echo '{told}'") == [
        (
            "unknown",
            "7 that the database does not know: strange0, strange1, strange2, strange3, strange4 …",
        )
    ]


def _libraries(office: Office, folder: Path, script: str) -> list[tuple[str, str]]:
    """What a review finds of the libraries when pip-audit does this."""
    tool = folder / "pip-audit"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(0o755)
    changed = {"PATH": f"{folder}:/usr/bin:/bin"}
    found = office.run("review", "--json", "--to", str(folder), changed=changed).json["findings"]
    return [(one["mark"], one["what"]) for one in found if one["part"] == "libraries"]


def test_people_are_compared_both_ways_and_the_daemon_belongs() -> None:
    here = [Permission("user", "li@x.cn", "writer"), Permission("user", "bot@x.cn", "writer")]
    assert of_permissions("sheets", here, expected=["LI@x.cn"], own="bot@x.cn")[0].mark is Mark.GOOD
    (gone,) = of_permissions("sheets", here[1:], expected=["li@x.cn"], own="bot@x.cn")
    assert (gone.mark, "has no access" in gone.what) == (Mark.LOOK, True)


@pytest.mark.parametrize(("days", "mark"), [(1, Mark.GOOD), (99, Mark.GOOD), (101, Mark.LOOK)])
def test_what_is_too_long_ago_is_to_be_looked_into(days: int, mark: Mark) -> None:
    at = (NOW - timedelta(days=days)).isoformat()
    assert of_age("drill", at, NOW, most=timedelta(days=100), what="last").mark is mark
    assert of_age("drill", None, NOW, most=timedelta(days=100), what="last").mark is Mark.LOOK


def test_a_name_from_a_service_is_text_in_the_page() -> None:
    html = as_html("archive", NOW.date(), [Finding("access", Mark.LOOK, "<script>alert(1)</script>")])
    assert "<script>" not in html
