"""Reads the services' list of API calls: which of the daemon's change something, and when it has come to rest."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from tablekeeper.demo.office import wait_for
from tablekeeper.demo.stage import Stage

Call = Mapping[str, Any]
SHEETS_LISTING = "values:batchGetByDataFilter"
READS_BY_POST = (
    "listRecords",
    ":getByDataFilter",
    SHEETS_LISTING,
    "developerMetadata:search",
)
"""Calls that ask with a body: they are sent as POST and change nothing."""
REST_S = 1.6
"""Longer than a row takes to settle: what was typed last has been written by then."""
ROUNDS_MIN = 3
"""So many rounds without a write: the first of them may have begun before the last edit."""
CALM_S_MAX = 90.0


def is_write(call: Call) -> bool:
    """Whether this call of the daemon changes a table. Its webhook is no table."""
    if call["caller"] != "daemon" or call["method"] == "GET" or call["service"] not in ("airtable", "sheets"):
        return False
    path = str(call["path"])
    return not path.endswith(READS_BY_POST) and "/webhooks" not in path


def rounds(calls: Iterable[Call], spreadsheets: int = 1) -> int:
    """How often the daemon looked at everything: once in a cycle it lists each spreadsheet, after Airtable."""
    listings = [
        call for call in calls if call["caller"] == "daemon" and str(call["path"]).endswith(SHEETS_LISTING)
    ]
    return len(listings) // spreadsheets


def calm(stage: Stage) -> None:
    """Wait until the daemon looks and finds nothing to write. Raises NotSeen."""
    last, since = stage.last_request(), time.monotonic()

    def rests() -> bool:
        nonlocal last, since
        calls = stage.requests_since(last)
        writes = [call["n"] for call in calls if is_write(call)]
        if writes:
            last, since = int(writes[-1]), time.monotonic()
            return False
        return time.monotonic() - since >= REST_S and rounds(calls, 1 + len(stage.departments)) >= ROUNDS_MIN

    wait_for("守护进程无事可写", rests, seconds=CALM_S_MAX)
