"""The browser fixtures themselves: they see errors and requests elsewhere, and keep pictures."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import DESKTOP, PHONE, OpenPage

GREETING = "data:text/html;charset=utf-8,<meta name=viewport content=width=device-width><h1>档案</h1>"
FIXTURES = "from browser import chromium, keep_picture, open_page"


def outcome_of(test: str, folder: Path, **environment: str) -> str:
    """The last line of a test run of its own."""
    (folder / "conftest.py").write_text(FIXTURES)
    (folder / "test_it.py").write_text(test)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_page_has_the_width_that_was_asked_for(
    open_page: OpenPage, keep_picture: Callable[..., Path], width: int
) -> None:
    page = open_page(GREETING, width=width)
    assert page.evaluate("innerWidth") == width
    assert page.inner_text("h1") == "档案"
    assert keep_picture(page, "greeting").stat().st_size > 1000


@pytest.mark.usefixtures("chromium")
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("<img src=http://example.com/a.png>", "1 passed, 1 error"),
        ("<script>throw new Error('broken')</script>", "1 passed, 1 error"),
        ("<p>well</p>", "1 passed"),
    ],
    ids=["elsewhere", "error", "well"],
)
def test_a_page_that_is_broken_or_looks_elsewhere_fails_its_test(
    tmp_path: Path, fault: str, outcome: str
) -> None:
    test = f"def test_it(open_page):\n    open_page({GREETING + fault!r}).wait_for_timeout(100)\n"
    assert outcome_of(test, tmp_path).startswith(outcome + " in ")


@pytest.mark.parametrize(("continuous", "outcome"), [("true", "1 error"), ("", "1 skipped")])
def test_without_a_browser_tests_are_skipped_save_where_all_has_to_be_tried(
    tmp_path: Path, continuous: str, outcome: str
) -> None:
    test = "def test_it(open_page): pass"
    assert outcome_of(test, tmp_path, CI=continuous, PATH="/nonexistent").startswith(outcome + " in ")
