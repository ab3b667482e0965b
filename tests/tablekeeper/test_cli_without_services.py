"""Commands that look only into hub and vault work on a machine that cannot reach the services, or may not."""

from collections.abc import Iterator

import pytest

from tests.tablekeeper.cli_office import MOBILE, Office, office_at_work

NO_SERVICES = dict.fromkeys(
    (
        "TABLEKEEPER_AIRTABLE_TOKEN",
        "TABLEKEEPER_AIRTABLE_BASE",
        "TABLEKEEPER_GOOGLE_CREDENTIALS",
        "TABLEKEEPER_SPREADSHEET",
    )
)
LOOKING = (
    "vault verify --report",
    "exposure",
    "status",
    "held",
    "conflicts",
    "deletions",
    "archive list",
    "reminders",
    "vault restricted",
    "vault user list",
    "audit verify",
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office_at_work(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.mark.parametrize("command", LOOKING)
def test_a_command_that_only_looks_needs_no_service(office: Office, command: str) -> None:
    answer = office.run(*command.split(), "--json", changed=NO_SERVICES)
    assert answer.code == 0, answer.err


def test_a_search_without_services_finds_the_record_and_leads_nowhere(office: Office) -> None:
    answer = office.run(
        "find", "手机号码", "--purpose", "理赔", "--json", given=MOBILE + "\n", changed=NO_SERVICES
    )
    (found,) = answer.json["found"]
    assert (found["key"], found["link"]) == ("C00000001", None)


def test_an_unreadable_key_of_a_service_is_no_matter_of_the_vault(office: Office) -> None:
    gone = {"TABLEKEEPER_GOOGLE_CREDENTIALS": str(office.folder / "gone.json")}
    assert office.run("vault", "verify", "--json", changed=gone).json["ok"]


@pytest.mark.parametrize("command", ["sync", "setup", "run", "review", "leaks"])
def test_a_command_that_asks_the_services_names_what_it_lacks(office: Office, command: str) -> None:
    answer = office.run(command, changed=NO_SERVICES)
    assert answer.code == 2
    assert "TABLEKEEPER_AIRTABLE_TOKEN" in answer.err
    assert "TABLEKEEPER_GOOGLE_CREDENTIALS" in answer.err
