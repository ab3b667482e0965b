"""The mark of a restored archive: while it lies in the home, nobody works on the archive before a person has said so."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from jobs.backup_errors import ArchivePaused, BackupRefused
from jobs.backup_file import PARTIAL, sync_folder

MARKER = "restored.json"
Stage = Literal["installing", "waiting"]


@dataclass(frozen=True, slots=True)
class Marker:
    """Which plan is being or has been carried out; the moves that belong to it, by name of file."""

    plan: str
    stage: Stage
    staged: str
    aside: str
    summary: Mapping[str, Any]


def read_marker(home: Path) -> Marker | None:
    """The mark in a home; None when the archive serves as usual."""
    try:
        return Marker(**orjson.loads((home / MARKER).read_bytes()))
    except FileNotFoundError:
        return None


def write_marker(home: Path, marker: Marker) -> None:
    """Set the mark, durably and at once."""
    partial = home / (MARKER + PARTIAL)
    partial.write_bytes(orjson.dumps(marker, option=orjson.OPT_INDENT_2))
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(home / MARKER)
    sync_folder(home)


def require_installed(home: Path) -> None:
    """Raises ArchivePaused while a restore that was cut short has left the archive in parts."""
    marker = read_marker(home)
    if marker and marker.stage == "installing":
        raise ArchivePaused(
            f"restoring the archive in {home} was cut short",
            f"tablekeeper resume --accept {marker.plan}  ends it",
        )


def require_resumed(home: Path) -> None:
    """Raises ArchivePaused while a restored archive waits."""
    marker = read_marker(home)
    if marker:
        raise ArchivePaused(
            f"the archive in {home} was restored and waits for a person",
            f"look at the plan with `tablekeeper resume`, then: tablekeeper resume --accept {marker.plan}",
        )


def resume(home: Path, plan: str) -> None:
    """Take the mark away. Raises BackupRefused when another plan waits, or none."""
    marker = read_marker(home)
    if marker is None:
        raise BackupRefused("nothing waits: the archive serves as usual")
    if marker.plan != plan:
        raise BackupRefused(
            f"the plan that waits is {marker.plan}, not {plan}", "look at it: tablekeeper resume"
        )
    (home / MARKER).unlink()
    sync_folder(home)
