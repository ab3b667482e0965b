"""The option `--reason`: what people give stays on record, so nobody's number may stand in it."""

from typing import Any

import typer

from tablekeeper.cli.explain import Misused
from validators.prose import find_sensitive


def reason_option(told: str) -> Any:
    """The option, with `told` as its help."""
    return typer.Option(help=told, callback=_without_numbers)


def _without_numbers(reason: str) -> str:
    """Raises Misused, which does not quote it."""
    if find_sensitive(reason):
        raise Misused(
            "a person's number stands in the reason, and reasons stay on record",
            advice="give it without the number; whom it is about is on record by the record's 记录编号",
        )
    return reason
