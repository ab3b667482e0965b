"""The command review: access, users, keys, drills, exposure, held rows, libraries, in one report."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from jobs.review import Mark
from tablekeeper.cli.explain import Waits
from tablekeeper.cli.main import app, out, print_json
from tablekeeper.cli.opening import opened
from tablekeeper.cli.output import JsonOption
from tablekeeper.keeping import reviewed
from tablekeeper.leak_scan import scan


@app.command()
def leaks(json: JsonOption = False) -> None:
    """Look for identity numbers, cards and mobiles in columns where none belong. The daemon does it every day."""
    with opened(calling=True) as archive:
        found = scan(archive)
    if json:
        print_json({"found": found.found, "unread": list(found.unread)})
    else:
        lines = [f"{place}  {count}" for place, count in found.found.items()] or ["none found"]
        out.print(
            "\n".join([*lines, *(f"{name} could not be read" for name in found.unread)]), soft_wrap=True
        )
    if found.found:
        raise Waits(
            f"{found.total} number(s) in the open", advice="move each into its own column, or delete it"
        )


@app.command()
def review(
    to: Annotated[
        Path | None, typer.Option("--to", help="The folder of the report; else `reviews` in the home.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Who can open what, how old the keys are, what was exposed, what waits too long. The daemon does it every quarter."""
    with opened(calling=True) as archive:
        found = reviewed(archive, to)
    if json:
        print_json(
            {"findings": [asdict(one) for one in found.findings], "files": [str(one) for one in found.files]}
        )
    else:
        out.print(found.text, soft_wrap=True)
    if looks := sum(one.mark is Mark.LOOK for one in found.findings):
        raise Waits(f"{looks} thing(s) to look into", advice=f"the report: {found.files[0]}")
