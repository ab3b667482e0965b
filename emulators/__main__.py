"""`python -m emulators`: serves a world on loopback, prints one JSON line when ready, and ends on SIGTERM or SIGINT."""

import argparse
import gc
import signal
import threading
from pathlib import Path

import orjson

from emulators.server import running

COLLECT_AFTER = 100_000
"""Objects made before the garbage collector looks at the young ones."""


def main() -> None:
    """Parse the options, serve until told to stop."""
    options = _parser().parse_args()
    # A world is one large heap of rows that stay; looking through all of it for cycles again and again is what a read of
    # a large tab would mostly wait for.
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 50, 100)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        serve(options, stop)
    except OSError as error:
        raise SystemExit(f"cannot serve on {options.host}, port {options.port}: {error}") from error


def serve(options: argparse.Namespace, stop: threading.Event) -> None:
    """Print where everything is, and wait for the end."""
    with running(
        clock=options.clock,
        quotas=options.quotas == "on",
        state=options.state,
        host=options.host,
        port=options.port,
    ) as served:
        print(orjson.dumps(served.description).decode(), flush=True)
        stop.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m emulators", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--clock", choices=("real", "manual"), default="real")
    parser.add_argument("--quotas", choices=("on", "off"), default="on")
    parser.add_argument("--state", type=Path, metavar="DIR", help="keep the world in this folder")
    return parser


if __name__ == "__main__":
    main()
