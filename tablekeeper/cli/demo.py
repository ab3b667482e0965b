"""The command `demo`: a morning at the office on emulated services. Needs no setting of the environment."""

import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tablekeeper.cli.explain import Failed, Misused
from tablekeeper.cli.main import app, options, print_json
from tablekeeper.cli.output import JsonOption
from tablekeeper.importing.workbook import ImportProblem

Input = Annotated[
    Path | None, typer.Option("--input", help="A workbook to begin with, instead of the sample.")
]
Keep = Annotated[
    Path | None, typer.Option(help="A new folder to play in and to leave behind, for a closer look.")
]
Serve = Annotated[
    bool, typer.Option("--serve", help="Leave everything running at the end, to be tried in a browser.")
]


@app.command()
def demo(workbook: Input = None, json: JsonOption = False, keep: Keep = None, serve: Serve = False) -> None:
    """Play a morning at the office, on this machine alone, and check that nothing was lost and no plaintext is left."""
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise Misused(f"{keep} is not empty", advice="name a folder that does not exist yet")
    try:
        # Here, because only the demo needs the emulators, which an installation for work need not have.
        from tablekeeper.demo.office import NotSeen
        from tablekeeper.demo.run import Outcome, run
        from tablekeeper.demo.show import Show
        from tablekeeper.demo.stage import StageFailed
    except ModuleNotFoundError as missing:
        advice = "pip install 'tablekeeper[emulators]'"
        raise Misused(f"the demo needs the package {missing.name}", advice=advice) from None
    # An end from outside must not leave the demo's daemon behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    show = Show(Console(stderr=json, highlight=False))

    def stay(outcome: Outcome) -> None:
        """Say where it is, and wait for SIGINT or SIGTERM."""
        if json:
            print_json(outcome.as_json())
        guests = outcome.desk.guests if outcome.desk else ()
        show.invitation(outcome.address, {guest.name: guest.key for guest in guests}, keep)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()

    try:
        outcome = run(show, options.config, workbook_file=workbook, keep=keep, stay=stay if serve else None)
    except ImportProblem as problem:
        raise Misused(problem.message, advice=problem.advice) from None
    except (NotSeen, StageFailed) as failure:
        raise Failed(str(failure)) from None
    if json and not serve:
        print_json(outcome.as_json())
    if not outcome.good:
        raise Failed
