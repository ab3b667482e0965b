"""Runs a world's HTTP door and mailbox in one background thread, and says where everything is."""

import asyncio
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import uvicorn

from emulators.clock import Clock
from emulators.http import CONTROL, MAILBOX, application
from emulators.mailbox import serve_smtp
from emulators.state import KEY_FILE, StateKeeper, write_private
from emulators.world import World


@dataclass(frozen=True, slots=True)
class Running:
    """A world that is being served. `description` is the JSON line of `python -m emulators`."""

    world: World
    description: dict[str, Any]

    @property
    def env(self) -> dict[str, str]:
        """The environment variables that point the product here."""
        return dict(self.description["env"])


@contextmanager
def running(
    *,
    clock: str | Clock = "real",
    quotas: bool = True,
    state: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    seed: int | None = None,
) -> Iterator[Running]:
    """Serve a world on loopback until the block ends. `clock` is "real", "manual" (which starts at the present) or a clock;
    `state` is a folder that the world is read from and kept in."""
    with ExitStack() as cleanup:
        world = World(clock=_clock(clock), seed=seed, quotas=quotas)
        folder = state or Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="emulators-")))
        if state is not None:
            state.mkdir(parents=True, exist_ok=True)
            keeper = StateKeeper(world, state)
            keeper.start()
            cleanup.callback(keeper.close)
        door = Door(world, host, port)
        door.start()
        cleanup.callback(door.stop)
        yield Running(world, describe(world, door, folder))


def _clock(wanted: str | Clock) -> Clock:
    if isinstance(wanted, Clock):
        return wanted
    return Clock(manual=wanted == "manual", start=Clock()())


class Door:
    """The listening side: HTTP and SMTP on free ports of one address, in one thread with one event loop."""

    def __init__(self, world: World, host: str, port: int) -> None:
        self.host = host
        self._socket = socket.create_server((host, port))
        # Accepted connections inherit it. Without it, the answer's body waits 40 ms for the headers' acknowledgement.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self.smtp_port = 0
        self._world = world
        config = uvicorn.Config(
            application(world, host),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="emulators", daemon=True
        )

    @property
    def url(self) -> str:
        """The address of the HTTP door."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Listen; returns once both ports answer."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Finish the request in hand and close."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    async def _serve(self) -> None:
        smtp = await serve_smtp(self._world, self.host)
        self.smtp_port = smtp.sockets[0].getsockname()[1]
        # The socket already listens, so whoever connects from here on is served as soon as the server runs.
        self._ready.set()
        await self._server.serve(sockets=[self._socket])
        smtp.close()


def describe(world: World, door: Door, folder: Path) -> dict[str, Any]:
    """What a client needs to know, as the contract has it; writes the service account's key file into `folder`."""
    account = world.google.service_account_file(door.url)
    key_file = folder.resolve() / KEY_FILE
    write_private(key_file, orjson.dumps(account, option=orjson.OPT_INDENT_2))
    return {
        "airtable": {
            "endpoint_url": door.url,
            "token": world.airtable.token,
            "staff_token": world.airtable.staff_token,
            "base_id": world.base_id,
        },
        "google": {
            "endpoint_url": door.url,
            "service_account_file": str(key_file),
            "token": world.google.token,
            "staff_token": world.google.staff_token,
            "spreadsheet_id": world.spreadsheet_id,
        },
        "smtp": {"host": door.host, "port": door.smtp_port},
        "mailbox_url": door.url + MAILBOX,
        "control_url": door.url + CONTROL,
        "env": _environment(world, door, key_file),
    }


def _environment(world: World, door: Door, key_file: Path) -> dict[str, str]:
    return {
        "TABLEKEEPER_AIRTABLE_URL": door.url,
        "TABLEKEEPER_AIRTABLE_TOKEN": world.airtable.token,
        "TABLEKEEPER_AIRTABLE_BASE": world.base_id,
        "TABLEKEEPER_GOOGLE_URL": door.url,
        "TABLEKEEPER_GOOGLE_CREDENTIALS": str(key_file),
        "TABLEKEEPER_SPREADSHEET": world.spreadsheet_id,
        "TABLEKEEPER_SMTP_URL": f"smtp://{door.host}:{door.smtp_port}",
    }
