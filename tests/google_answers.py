"""For the whole suite: every answer of an emulated Google must be one that Google's discovery documents allow."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import pytest

from emulators.exchange import Request, Response
from emulators.google.service import GoogleService
from tests.emulators.google_discovery import violations


@contextmanager
def watching(judge: Callable[[list[str]], None]) -> Iterator[None]:
    """Tells of every answer not met before what it broke, in process and over HTTP alike, since both ask the service."""
    fine: set[bytes] = set()
    answer = GoogleService.handle

    def held_to_the_documents(service: GoogleService, request: Request) -> Response:
        response = answer(service, request)
        # Tests ask the same thing again and again: an answer that was judged fine need not be read once more.
        mark = blake2b(response.body, key=f"{request.method} {request.path}".encode()[-64:]).digest()
        if mark not in fine:
            broken = violations(request.method, request.path, response)
            judge(broken)
            fine.update([] if broken else [mark])
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GoogleService, "handle", held_to_the_documents)
        yield


@pytest.fixture(scope="session", autouse=True)
def google_violations() -> Iterator[list[str]]:
    """What answers so far broke the documents."""
    found: list[str] = []
    with watching(found.extend):
        yield found


def watched(code: str, report: Path) -> list[str]:
    """The command of a program of its own, run from the project's folder, whose answers go into `report`: a line for each.

    A line is empty where an answer was fine, so that a report with no lines says that nothing was judged.
    """
    return [
        sys.executable,
        "-c",
        f"from tests import google_answers; google_answers.run({code!r}, {str(report)!r})",
    ]


def run(code: str, report: str) -> None:
    """In the watched program: written line by line, since it may be killed."""
    with (
        Path(report).open("a", buffering=1, encoding="utf-8") as lines,
        watching(lambda broken: print(*broken, sep=" | ", file=lines)),
    ):
        exec(code, {"__name__": "__main__"})


def judged(report: Path) -> set[str]:
    """The lines of a report, equal ones once: just the empty one if every answer was fine."""
    return set(report.read_text("utf-8").splitlines())


@pytest.fixture(autouse=True)
def google_answers_pass_discovery(google_violations: list[str]) -> Iterator[None]:
    """Blames the test during which an answer broke the documents."""
    google_violations.clear()
    yield
    assert not google_violations, "\n".join(google_violations[:20])
