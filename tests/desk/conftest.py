"""One office and one desk for all tests: starting them takes longer than most tests."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.desk.desk_office import DeskOffice, add_users, running_desk
from tests.tablekeeper.cli_office import office_at_work

expect.set_options(timeout=15_000)
"""The tests share their processors with the desk, the services and the browser."""


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskOffice]:
    """A desk at work: customers C00000001, and C00000002 whose phone is held."""
    with office_at_work(tmp_path_factory.mktemp("office")) as office:
        add_users(office)
        with running_desk(office) as made:
            yield made
