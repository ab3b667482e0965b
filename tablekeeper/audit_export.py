"""What an auditor is given of one person or field: who saw it, who could have, and what nobody can know. Pure but for reading."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from vault.audit import entries
from vault.vault import Vault
from vault.windows import Window, Windows

SEEN, ACTED, COULD_HAVE, NOTE = "seen", "acted", "could_have_seen", "note"
LOOKING = frozenset({"reveal", "mask", "compare", "find"})
UNKNOWABLE = (
    "Seen: opened, read in part by a role's own mask, compared or searched through Tablekeeper. Could have seen: whoever had the table while the value stood in it in "
    "plain text, from when the daemon read it until its masking was confirmed; before that it stood there for the seconds of typing, "
    "settling and one interval. The services keep old contents of cells in their version history. Who looked there, then or "
    "later, cannot be known: the services do not tell."
)
BROKEN = (
    "The audit chain is broken: entries were altered, dropped, added or cut off, and are not shown here. `tablekeeper audit verify` "
    "names them."
)
COLUMNS = (
    "part",
    "n",
    "at",
    "until",
    "actor",
    "action",
    "field",
    "subject",
    "token",
    "purpose",
    "reason",
    "count",
    "counts",
    "replica",
    "record",
    "people",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the export is about; an empty part does not narrow it."""

    zone: ZoneInfo
    subject: str = ""
    fields: Set[str] | None = None
    since: date | None = None
    until: date | None = None

    def covers(self, subject: str, field: str) -> bool:
        """Whether it is about this person and field."""
        return (not self.subject or subject == self.subject) and (self.fields is None or field in self.fields)

    def spans(self, start: datetime, end: datetime | None) -> bool:
        """Whether any of this time, which may not have ended, lies within the days asked for."""
        first = start.astimezone(self.zone).date()
        last = end.astimezone(self.zone).date() if end else None
        return (self.until is None or first <= self.until) and (
            self.since is None or last is None or self.since <= last
        )


def who_saw(vault: Vault, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The chain's entries that stand as signed, in order. A search that found nothing names no person and stands under its field alone."""
    for entry in entries(vault):
        at = datetime.fromisoformat(entry["at"])
        if wanted.covers(entry["subject"], entry["field"]) and wanted.spans(at, at):
            part = SEEN if entry["action"] in LOOKING else ACTED
            yield {"part": part, "reason": "", **entry}


def who_could_have(vault: Vault, wanted: Wanted) -> Iterator[dict[str, Any]]:
    """The times in which plaintext stood in a table, and who had it then as far as is known."""
    for window in Windows(vault).all(subject=wanted.subject):
        if wanted.covers(window.subject, window.field) and wanted.spans(window.since, window.until):
            yield _exposed(window)


def _exposed(window: Window) -> dict[str, Any]:
    people = [part for part in (window.readers, "the service account of the daemon") if part]
    return {
        "part": COULD_HAVE,
        "at": window.since.isoformat(),
        "until": window.until.isoformat() if window.until else "not known to be masked",
        "actor": window.typed_by,
        "action": "typed",
        "field": window.field,
        "subject": window.subject,
        "token": window.token,
        "replica": window.place,
        "record": window.record,
        "people": "、".join(people),
    }


def notes(*, whole: bool) -> list[dict[str, Any]]:
    """What the export cannot say; `whole` tells whether the chain is."""
    return [{"part": NOTE, "reason": words} for words in (UNKNOWABLE, *(() if whole else (BROKEN,)))]


def cell(value: object) -> str:
    """Text that no spreadsheet program takes for a formula."""
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
