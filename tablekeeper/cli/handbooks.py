"""The command handbook: a page for each department, made anew from the config."""

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from jobs.handbook import Source, pages
from jobs.reminders import departments
from tablekeeper.cli.main import app, options, out, print_json
from tablekeeper.cli.output import JsonOption
from tablekeeper.config import Config, load

ToOption = Annotated[Path, typer.Option("--to", help="The folder of the pages.")]


@app.command()
def handbook(to: ToOption = Path("handbook"), json: JsonOption = False) -> None:
    """Write the staff handbook: tables, columns, what is checked, what the masks mean, how to mend a row."""
    config = load(options.config)
    today = datetime.now(ZoneInfo(config.archive.timezone)).date()
    to.mkdir(parents=True, exist_ok=True)
    files = []
    for name, html in pages(source_of(config), today).items():
        files.append(to / f"{name or 'index'}.html")
        files[-1].write_text(html, encoding="utf-8")
    if json:
        print_json({"files": [str(file) for file in files]})
    else:
        out.print(f"{len(files)} page(s); begin with {to / 'index.html'}", soft_wrap=True)


def source_of(config: Config) -> Source:
    """The parts of the config that the handbook is made from."""
    archive = config.archive
    people = config.people
    return Source(
        archive.name,
        config,
        config.sync,
        config.masks,
        people.responsible,
        departments(config, people),
        archive.desk_url,
    )
