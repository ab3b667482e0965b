"""For the whole suite: every answer of an emulated Google must be one that Google's discovery documents allow."""

from collections.abc import Iterator
from hashlib import blake2b

import pytest

from emulators.exchange import Request, Response
from emulators.google.service import GoogleService
from tests.emulators.google_discovery import violations


@pytest.fixture(scope="session", autouse=True)
def google_violations() -> Iterator[list[str]]:
    """What answers so far broke the documents; in process and over HTTP alike, since both ask the service."""
    found: list[str] = []
    fine: set[bytes] = set()
    answer = GoogleService.handle

    def held_to_the_documents(service: GoogleService, request: Request) -> Response:
        response = answer(service, request)
        # Tests ask the same thing again and again: an answer that was judged fine need not be read once more.
        mark = blake2b(response.body, key=f"{request.method} {request.path}".encode()[-64:]).digest()
        if mark not in fine:
            broken = violations(request.method, request.path, response)
            found.extend(broken)
            fine.update([] if broken else [mark])
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GoogleService, "handle", held_to_the_documents)
        yield found


@pytest.fixture(autouse=True)
def google_answers_pass_discovery(google_violations: list[str]) -> Iterator[None]:
    """Blames the test during which an answer broke the documents."""
    google_violations.clear()
    yield
    assert not google_violations, "\n".join(google_violations[:20])
