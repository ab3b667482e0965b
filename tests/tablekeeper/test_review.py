"""The security review looks at the services as they are, and says plainly what it cannot see."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cli_office import Office, office_at_work

from jobs.review import Finding, Mark, Permission, as_html, of_age, of_permissions

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
