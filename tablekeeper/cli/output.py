"""What commands have in common when they answer: options, tables, and how values of the archive are shown."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from tablekeeper.cli.explain import Misused

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def table(*headings: str, title: str = "") -> Table:
    """A table for the terminal, as narrow as its content. What does not fit is folded, never cut off."""
    made = Table(title=title or None, title_justify="left", title_style="bold", header_style="bold")
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def add_row(made: Table, cells: Iterable[object]) -> None:
    """A row of plain text; numbers stand on the right."""
    made.add_row(*(Text(str(cell), justify="right" if isinstance(cell, int) else "left") for cell in cells))


def day(text: str) -> date:
    """A day as an option gives it. Raises Misused."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misused(f"{text} is not a day", advice="write it like 2026-11-23") from None


def listed(words: Sequence[str], *, most: int = 10) -> str:
    """The first words of a long list, and how many more there are."""
    more = f" … and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more
