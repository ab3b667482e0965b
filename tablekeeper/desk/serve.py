"""Serves the desk until it is told to stop. HTTPS by a given certificate, or behind a proxy that speaks it."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import structlog
import uvicorn

from tablekeeper.archive import Archive
from tablekeeper.desk.desk import Desk
from tablekeeper.desk.doors import Address
from tablekeeper.desk.pages import application
from tablekeeper.desk.provider import Provider
from tablekeeper.desk.sessions import Sessions
from tablekeeper.desk.standing import Watch
from vault.users import Users

log = structlog.get_logger("desk")

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
ANYWHERE = ("0.0.0.0", "::", "")
STOP_S = 3


@dataclass(frozen=True, slots=True)
class Door:
    """Where the desk listens, and how."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in ("127.0.0.1", "localhost", "::1")


def serve(
    archive: Archive, door: Door, *, ready: Callable[[str], None], provider: Provider | None = None
) -> None:
    """Answer until SIGTERM or SIGINT. `ready` is told the address. Raises OSError when the port is taken."""
    listening = _listen(door)
    port = listening.getsockname()[1]
    address = address_of(archive.config.archive.desk_url, door, port)
    sessions, watch = Sessions(archive.engine.clock), Watch(archive)
    desk = Desk(archive, Users(archive.vault), sessions, address, watch, provider)
    config = uvicorn.Config(
        application(desk),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=door.certificate,
        ssl_keyfile=door.key,
        ws_max_size=1_000_000,
        h11_max_incomplete_event_size=64_000,
    )
    log.info("desk_started", host=door.host, port=port, https=bool(door.certificate))
    ready(f"{'https' if door.certificate else 'http'}://{_named(door.host)}:{port}")
    uvicorn.Server(config).run(sockets=[listening])
    log.info("desk_stopped")


def address_of(desk_url: str, door: Door, port: int) -> Address:
    """The origins under which browsers come: that of `archive.desk_url`, and this machine's own names."""
    scheme = "https" if door.certificate else "http"
    names = {*LOOPBACK, *(() if door.host in ANYWHERE else (_named(door.host),))}
    parts = urlsplit(desk_url)
    origins = {f"{parts.scheme}://{parts.netloc}", *(f"{scheme}://{name}:{port}" for name in names)}
    return Address(frozenset(origins), secure=parts.scheme == "https" or bool(door.certificate))


def _named(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(door: Door) -> socket.socket:
    """Open before anything is said: port 0 has a number, a taken port is an error at once, and nobody comes too early."""
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((door.host, door.port))
        listening.listen()
    except OSError:
        listening.close()
        raise
    return listening
