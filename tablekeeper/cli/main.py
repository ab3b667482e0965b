"""The command `tablekeeper`: global options, exit codes, and errors as one clear message instead of a traceback."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from sync.errors import BudgetSpent, LeaseTaken, Misconfigured, ServiceError, SyncError, Unavailable
from tablekeeper.config_problems import ConfigProblems
from tablekeeper.logs import start_logging, where
from vault.errors import VaultError

DONE, FAILED, USAGE, UNAVAILABLE, WAITS = 0, 1, 2, 3, 4

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps an insurer's customer archive in Airtable and Google Sheets safe, valid, in step and reviewed.",
)
console = Console(stderr=True, highlight=False)


@dataclass(slots=True)
class Options:
    """The options before the command."""

    config: Path = Path("config.yaml")


options = Options()


@app.callback()
def _options(
    config: Annotated[Path, typer.Option(help="The archive's settings.", show_default=True)] = Path(
        "config.yaml"
    ),
) -> None:
    options.config = config
    start_logging()


class Waits(Exception):
    """The command has done what it may; the rest waits for a person."""


class Failed(Exception):
    """Something failed and has been reported to the person already."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; ends the process with the exit codes of the contract."""
    from tablekeeper.cli import commands

    commands.register()
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    try:
        result = app(args=arguments, standalone_mode=False)
        return result if isinstance(result, int) else DONE
    except Exception as error:
        return _explain(error)
    except KeyboardInterrupt:
        return _tell("stopped", FAILED)


def _explain(error: Exception) -> int:
    match error:
        case Waits():
            return _tell(str(error), WAITS)
        case Failed():
            return FAILED
        case ConfigProblems():
            return _tell(str(error), USAGE)
        case BudgetSpent() | Unavailable():
            return _tell(_advised(error), UNAVAILABLE)
        case Misconfigured():
            return _tell(_advised(error), USAGE)
        case VaultError():
            return _tell(f"vault: {error}", USAGE)
        case LeaseTaken() | SyncError():
            return _tell(str(error), FAILED)
    if (code := getattr(error, "exit_code", None)) is not None:  # Usage errors of the command line library.
        show = getattr(error, "format_message", None)
        return _tell(show() if show else str(error), code)
    return _tell(f"internal error {type(error).__name__} at {where(error)}; please report this line", FAILED)


def _advised(error: ServiceError) -> str:
    return f"{error}\n→ {error.advice}" if error.advice else str(error)


def _tell(message: str, code: int) -> int:
    console.print(message, style="red" if code != WAITS else "yellow", markup=False, soft_wrap=True)
    return code
