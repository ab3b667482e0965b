"""The desk at a hundred thousand records: what a record's page takes, against reading the same record from the store.

`desk_ratio` is the processor's time for the whole page, from the request to its last byte (session, rights, rendering, headers),
divided by its time for reading that record with its masks: one read of the hub and one of the vault, through the same functions.
`desk_hub_ratio` divides by the hub's half alone, the strictest reading.
"""

import asyncio
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlencode, urlsplit

from bench.desk_archive import CLERK, KEY, TABLE, fill, variables
from sync.connection import Uid
from tablekeeper.archive import Archive, open_archive
from tablekeeper.config import load
from tablekeeper.environment import Environment

RECORDS = 100_000
ASKED, WARMING = 100, 10
ROOT = Path(__file__).resolve().parent.parent
COMMAND = (sys.executable, "-c", "from tablekeeper.cli import main; main()")
HERE = "http://bench"


def desk_figures(records: int = RECORDS) -> dict[str, Any]:
    """Medians over records picked at random, in seconds.

    `desk_page_s` is a page over HTTP from a desk in a process of its own. `desk_work_s` is what the processor does for the same page,
    `desk_read_s` what it does for the read, and `desk_ratio` one against the other: whatever else the machine does, is in neither.
    """
    config = load(ROOT / "config.yaml")
    with tempfile.TemporaryDirectory() as folder, mock.patch.dict("os.environ", variables(Path(folder))):
        uids = fill(config, Path(folder), records)
        picked = random.Random(7).sample(uids, min(ASKED + WARMING, records))
        page_s = _over_http(picked)
        with open_archive(config, Environment.read()) as archive:
            read_s = statistics.median(_worked(lambda uid=uid: _read(archive, uid)) for uid in picked)  # type: ignore[misc]
            hub_s = statistics.median(_worked(lambda uid=uid: _read_hub(archive, uid)) for uid in picked)  # type: ignore[misc]
            work_s = asyncio.run(_in_process(archive, picked))
    return {
        "desk_records": records,
        "desk_page_s": round(page_s, 5),
        "desk_work_s": round(work_s, 5),
        "desk_read_s": round(read_s, 6),
        "desk_ratio": round(work_s / read_s, 2),
        "desk_hub_ratio": round(work_s / hub_s, 2),
    }


def _read_hub(archive: Archive, uid: Uid) -> None:
    with archive.hub.reading() as unit:
        assert unit.records.get(TABLE, uid) is not None


def _read(archive: Archive, uid: Uid) -> None:
    """The record with its masks, which is what the page shows of it: one half is in the hub, the other in the vault."""
    with archive.hub.reading() as unit:
        record = unit.records.get(TABLE, uid)
    assert record is not None
    sensitive = archive.config.tables[TABLE].sensitive
    assert archive.vault.look_up([str(record.values[key]) for key in sensitive if key in record.values])


def _worked(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


async def _in_process(archive: Archive, uids: list[Uid]) -> float:
    """The application called as its server calls it."""
    from tablekeeper.desk.desk import Desk
    from tablekeeper.desk.doors import Address
    from tablekeeper.desk.pages import application
    from tablekeeper.desk.sessions import Sessions
    from tablekeeper.desk.standing import Watch
    from vault.users import Users

    sessions, users = Sessions(archive.engine.clock), Users(archive.vault)
    desk = Desk(archive, users, sessions, Address(frozenset({HERE}), secure=False), Watch(archive))
    app, key = application(desk), sessions.begin(users.all()[0])
    orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    answers: asyncio.Queue[Any] = asyncio.Queue()
    orders.put_nowait({"type": "lifespan.startup"})
    living: asyncio.Task[None] = asyncio.create_task(
        app({"type": "lifespan", "asgi": {"version": "3.0"}}, orders.get, answers.put)
    )
    await answers.get()
    times = []
    for uid in uids:
        started = time.thread_time()
        await app(_scope(f"/r/{uid}", key), _nothing, answers.put)
        times.append(time.thread_time() - started)
        for visit in list(desk.visits.values()):
            visit.client.delete()  # Nobody opens a socket here, and a page that waits for one takes its turns.
        sent = [answers.get_nowait() for _ in range(answers.qsize())]
        assert sent[0]["status"] == 200
    orders.put_nowait({"type": "lifespan.shutdown"})
    await living
    return statistics.median(times[WARMING:])


def _scope(path: str, key: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"bench"), (b"cookie", f"desk={key}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("bench", 80),
    }


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def _over_http(uids: list[Uid]) -> float:
    with _running() as url:
        browser = Browser(url)
        browser.sign_in()
        times = [_timed(lambda uid=uid: browser.see(uid)) for uid in uids]  # type: ignore[misc]
        browser.close()
    return statistics.median(times[WARMING:])


@contextmanager
def _running() -> Iterator[str]:
    """The command in a process of its own; its address."""
    command = [*COMMAND, "--config", str(ROOT / "config.yaml"), "desk", "--port", "0", "--json"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    try:
        assert running.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            line = running.stdout.readline()
            assert line, "the desk did not start"
            told += line
        yield str(json.loads(told)["url"])
    finally:
        running.terminate()
        running.communicate(timeout=20)


class Browser:
    """One connection that is kept open, as browsers keep theirs; it costs next to nothing beside what is measured."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = HTTPConnection(urlsplit(url).netloc)
        self._cookies: dict[str, str] = {}

    def sign_in(self) -> None:
        """As the one user there is."""
        _, page = self._ask("/sign-in")
        form = re.search(r'name="form" value="(\w+)"', page)
        assert form is not None
        status, _ = self._ask("/sign-in", {"form": form[1], "to": "/", "name": CLERK, "key": KEY})
        assert status == 303, status

    def see(self, uid: Uid) -> None:
        """A record's page, to its last byte."""
        status, page = self._ask(f"/r/{uid}")
        assert status == 200 and "139****" in page

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {
            "Cookie": cookies,
            "Origin": self._url,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(form) if form else None
        self._connection.request("POST" if form else "GET", path, body, headers)
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("set-cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.read().decode()
