"""The log: JSON lines on standard error, or coloured lines on a terminal. `docs/LOGS.md` names the events."""

import logging
import sys
from typing import Any, TextIO

import structlog

# Their lines are no JSON, carry addresses and payload sizes, and say nothing that our own events do not.
QUIET = ("apscheduler", "urllib3", "google", "alembic", "asyncio", "nicegui")


def start_logging(stream: TextIO = sys.stderr, *, level: int = logging.INFO) -> None:
    """Send the log to `stream`."""
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    terminal = stream.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )


def where(error: BaseException) -> str:
    """The places an error passed through, innermost last: file and line only, for messages may hold what staff typed."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " > ".join(places[-8:])
