"""What the tests of jobs share: an office with a hub, and a real mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.store.hub import Hub
from tests.jobs.jobs_default import SCHEMA as SHIPPED
from tests.jobs.jobs_default import Shipped
from tests.jobs.jobs_lives import settle
from tests.jobs.jobs_mailbox import Mailbox
from tests.jobs.jobs_office import SCHEMA, Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An empty office."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SCHEMA)
    yield Office(hub)
    hub.close()


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[Shipped]:
    """The shipped archive with one customer and their people."""
    hub = Hub(f"sqlite:///{tmp_path}/hub.db", SHIPPED)
    made = Shipped(Office(hub))
    settle(made)
    yield made
    hub.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server on loopback, up for one test."""
    box = Mailbox()
    with box.running():
        yield box
