"""The command `tablekeeper`: global options, exit codes, and errors as one clear message instead of a traceback."""

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from tablekeeper.cli.explain import DONE, FAILED, WAITS, Told, explain
from tablekeeper.logs import start_logging

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Keeps an insurer's customer archive in Airtable and Google Sheets safe, valid, in step and reviewed.",
)
console = Console(stderr=True, highlight=False)
"""For what is said beside the work: progress, messages."""
out = Console(highlight=False, markup=False, emoji=False)
"""For what was asked for. What it prints may come from tables, so nothing in it is markup."""


@dataclass(slots=True)
class Options:
    """The options before the command, and how answers are given."""

    config: Path = Path("config.yaml")
    json: bool = False
    answered: bool = False
    """Whether the one JSON object has been printed."""


options = Options()


@app.callback()
def _options(
    config: Annotated[Path, typer.Option(help="The archive's settings.", show_default=True)] = Path(
        "config.yaml"
    ),
) -> None:
    options.config = config
    start_logging()


def main(arguments: list[str] | None = None) -> None:
    """Run a command; ends the process with the exit codes of the contract."""
    sys.exit(_run(arguments))


def _run(arguments: list[str] | None) -> int:
    from tablekeeper.cli import commands

    # A core of a process that crashed would hold keys and plaintext.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    commands.register()
    # Known before the options are read, because a wrong one is to be reported in JSON too.
    options.json, options.answered = "--json" in (sys.argv[1:] if arguments is None else arguments), False
    try:
        result = app(args=arguments, prog_name="tablekeeper", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else DONE
    except BrokenPipeError:
        # Whoever read our output has left; Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        return _tell(explain(error))
    except KeyboardInterrupt:
        return _tell(Told(FAILED, "stopped"))


def _tell(told: Told) -> int:
    text = told.message + (f"\n→ {told.advice}" if told.advice else "")
    if text:
        console.print(text, style="yellow" if told.code == WAITS else "red", markup=False, soft_wrap=True)
    if options.json and not options.answered:
        print_json({"error": told.message, "advice": told.advice, "exit_code": told.code, **told.more})
    return told.code


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    options.answered = True
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())
