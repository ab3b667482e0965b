"""Lists the rooms of the command line, so that importing them registers their commands."""

import importlib

ROOMS = (
    "work",
    "checks",
    "standing",
    "held",
    "conflicts",
    "deletions",
    "history",
    "secrets",
    "vaults",
    "erasures",
    "exposure",
    "users",
    "rotations",
    "declassifying",
    "verifying",
    "audits",
    "mails",
    "reminding",
    "backups",
    "archives",
    "reviews",
    "handbooks",
    "restores",
    "imports",
    "demo",
    "desk",
)


def register() -> None:
    """Load every command."""
    for room in ROOMS:
        importlib.import_module(f"tablekeeper.cli.{room}")
