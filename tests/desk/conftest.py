"""One office and one desk for all tests: starting them takes longer than most tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.desk.desk_office import DeskOffice, add_users, running_desk
from tests.tablekeeper.cli_office import office_at_work

RULES = ["wcag2a", "wcag2aa", "wcag21aa"]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskOffice]:
    """A desk at work: customers C00000001, and C00000002 whose phone is held."""
    with office_at_work(tmp_path_factory.mktemp("office")) as office:
        add_users(office)
        with running_desk(office) as made:
            yield made


@pytest.fixture
def keep_picture(keep_picture: Callable[..., Path]) -> Callable[..., Path]:
    """Keeps a picture of the desk, and finds the page fit for everybody as it stands there."""

    def keep(page: Page, name: str, *, full_page: bool = False) -> Path:
        file = keep_picture(page, name, full_page=full_page)
        assert_fit(page)
        return file

    return keep


def assert_fit(page: Page) -> None:
    """Nothing serious for people who see, hear or point otherwise, and nothing wider than the window."""
    found = Axe().run(page, options={"runOnly": RULES})
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    assert [
        (
            one["id"],
            [(node["html"][:200], node["any"][0]["message"] if node["any"] else "") for node in one["nodes"]][
                :3
            ],
        )
        for one in serious
    ] == []
    assert page.viewport_size
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
