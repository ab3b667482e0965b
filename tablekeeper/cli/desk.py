"""The command desk: the page inside the company's network for what must not be in the cloud."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from jobs.restore_marker import require_resumed
from sync.lease import serving
from tablekeeper.cli.explain import Failed, Misused
from tablekeeper.cli.main import app, console, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption

DEFAULT_PORT = 8460


@app.command()
def desk(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None, typer.Option(help="The port; by default that of archive.desk_url. 0: any that is free.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="Certificate chain for HTTPS, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Private key of the certificate, PEM.")] = None,
    json: JsonOption = False,
) -> None:
    """The desk: see, compare, correct, enter and find what must not be in the cloud. Runs until SIGTERM, beside the daemon."""
    _require_pair(certificate, key)
    with opened() as archive, _serving(archive.environment.home):
        url = archive.config.archive.desk_url
        # NiceGUI takes a second to load: only this command pays for it.
        from tablekeeper.desk.provider import provider_of
        from tablekeeper.desk.serve import Door, serve

        provider = provider_of(archive.config.desk, os.environ)

        door = Door(host, _port(url) if port is None else port, certificate, key)
        if not door.is_loopback and certificate is None and not url.startswith("https://"):
            raise Misused(
                f"{host} is reached over the network, and without HTTPS everybody there could read along",
                advice="give --certificate and --key, or put a proxy with HTTPS before it and name its address in "
                "archive.desk_url",
            )

        def ready(where: str) -> None:
            if json:
                print_json({"url": where, "desk_url": url})
            else:
                console.print(f"desk: {where}   (Ctrl+C ends it)")

        try:
            serve(archive, door, ready=ready, provider=provider)
        except OSError as error:
            advice = "give another --port, or stop what listens there"
            raise Failed(f"cannot listen on {host}:{door.port}: {error.strerror}", advice=advice) from None


@contextmanager
def _serving(home: Path) -> Iterator[None]:
    """No restore takes the archive away meanwhile, and none waits for a person. Raises ArchivePaused, LeaseTaken."""
    require_resumed(home)
    with serving(home):
        yield


def _require_pair(certificate: Path | None, key: Path | None) -> None:
    if (certificate is None) != (key is None):
        raise Misused("a certificate and its key go together", advice="give both --certificate and --key")
    for file in (certificate, key):
        if file is not None and not file.is_file():
            raise Misused(f"there is no file {file}", advice="name the PEM file")


def _port(url: str) -> int:
    """The port in the desk's address; behind a proxy that address need not name ours."""
    return urlsplit(url).port or DEFAULT_PORT
