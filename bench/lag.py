"""How long people wait, in simulated seconds under the services' real limits per minute; and an hour beside a plain script.

One base and four spreadsheets of one service account. The daemon's own pace: its interval, its patience with typing.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from statistics import median
from typing import Any

import gspread
import pyairtable

from bench.archive import Office, bench_archive
from bench.calls import calm
from bench.people import HEADERS, TITLE, identity, row_of
from sync.cycle import run_cycle
from tablekeeper.archive import Archive
from tablekeeper.daemon import next_cycle_s, polling_of

ROWS, EDITS = 30, 24
SCRIPT_ROWS, SCRIPT_EDITS, HOUR_S, SCRIPT_EVERY_S = 10_000, 60, 3_600, 60
PATIENT = {"settle_s": 5, "settle_partial_s": 60, "calls_per_s": 5}
LIMIT_S = 300


def lag_figures() -> dict[str, Any]:
    """Waiting times of edits in both directions and of a typed identity number."""
    random = Random(7)
    with bench_archive("airtable", *["sheets"] * 4, quotas=True, **PATIENT) as (there, archive):
        there.type_rows(HEADERS, [row_of(n) for n in range(ROWS)])
        daemon = Daemon(archive, there)
        daemon.until(lambda: len(there.column("备注1", spreadsheet=3)) == ROWS)
        daemon.run(120)
        waits, windows = [], []
        for number in range(EDITS):
            daemon.run(random.uniform(20, 40))
            text = f"改了{number}"
            if number % 2:
                there.edit_airtable("备注1", text)
                waits.append(daemon.until(lambda: text in there.column("备注1", spreadsheet=3)))  # noqa: B023
            else:
                there.type_rows(["备注2"], [[text]])
                waits.append(daemon.until(lambda: there.airtable_cell("备注2") == text))  # noqa: B023
            daemon.run(random.uniform(20, 40))
            typed = identity(number + ROWS)
            there.type_rows(["身份证号码"], [[typed]], first=2 + number)
            windows.append(daemon.until(lambda: typed not in there.column("身份证号码")))  # noqa: B023
        visible = [wait - PATIENT["settle_s"] for wait in waits]
        return {
            "edit_to_visible_s": round(median(visible), 1),
            "edit_to_visible_worst_s": round(max(visible), 1),
            "plaintext_window_s": round(median(windows), 1),
        }


class Daemon:
    """The daemon's loop on the office's clock: a cycle every interval, or sooner where it asks for that."""

    def __init__(self, archive: Archive, there: Office) -> None:
        self._archive, self._there = archive, there
        self._next = there.clock()
        self._polling = polling_of(archive.engine)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self._there.clock() + timedelta(seconds=seconds)
        while self._next <= end:
            self._turn()
        self._there.wait(max(0.0, (end - self._there.clock()).total_seconds()))

    def until(self, seen: Callable[[], bool]) -> float:
        """Seconds until something can be seen."""
        start = self._there.clock()
        while not seen():
            self._turn()
            waited = (self._there.clock() - start).total_seconds()
            assert waited < LIMIT_S, "it never came"
        return (self._there.clock() - start).total_seconds()

    def _turn(self) -> None:
        self._there.wait(max(0.0, (self._next - self._there.clock()).total_seconds()))
        engine, config = self._archive.engine, self._archive.config.sync
        now = engine.clock()
        look_at = self._polling.due(now, engine.settling.replicas())
        report = run_cycle(engine, look_at=look_at)
        self._polling.looked(look_at, frozenset(report.pulled), now)
        pause = next_cycle_s(report, config) or config.interval_s
        self._next = self._there.clock() + timedelta(seconds=pause)


def script_figures() -> dict[str, Any]:
    """Calls and CPU of a simulated hour with sixty edits, ours beside the script that a team writes first."""
    with bench_archive("airtable", "sheets") as (there, archive):
        there.type_rows(HEADERS, [row_of(n) for n in range(SCRIPT_ROWS)])
        calm(archive, there)
        ours = hour(there, archive.config.sync.interval_s, lambda: run_cycle(archive.engine))
        script = Script(there)
        theirs = hour(there, SCRIPT_EVERY_S, script.run)
    return {
        "script_calls_ratio": round(ours[0] / theirs[0], 2),
        "script_cpu_ratio": round(ours[1] / theirs[1], 2),
    }


def hour(there: Office, every_s: float, turn: Callable[[], object]) -> tuple[int, float]:
    """Calls and CPU seconds of an hour in which a person edits a cell every minute and `turn` runs at its own pace."""
    there.calls()
    cpu, edits = 0.0, iter(range(SCRIPT_EDITS))
    for second in range(0, HOUR_S, int(every_s)):
        if second % (HOUR_S // SCRIPT_EDITS) == 0 and (number := next(edits, None)) is not None:
            there.type_rows(["备注1"], [[f"{every_s}-{number}"]], first=2 + number * 7)
        started = time.process_time()
        turn()
        cpu += time.process_time() - started
        there.wait(every_s)
    return there.calls(), cpu


class Script:
    """Reads both sides whole, compares with what it saw last, writes the differences to the other side."""

    def __init__(self, there: Office) -> None:
        airtable, google = there.description["airtable"], there.description["google"]
        api = pyairtable.Api(airtable["token"], endpoint_url=airtable["endpoint_url"])
        self._table = api.table(airtable["base_id"], TITLE)
        client = gspread.service_account(google["service_account_file"], http_client=there.local_client())
        self._sheet = client.open_by_key(google["spreadsheet_id"]).worksheet(TITLE)
        self._last: dict[str, dict[str, Any]] = {}

    def run(self) -> None:
        """One turn."""
        records = {str(row["fields"][HEADERS[0]]): row for row in self._table.all()}
        rows = {str(row[HEADERS[0]]): row for row in self._sheet.get_all_records()}
        for key, row in rows.items():
            changed = dict(self._changes(row, self._last.get(key, row)))
            if changed:
                self._table.update(records[key]["id"], changed)
        self._last = rows

    def _changes(self, row: dict[str, Any], last: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for header, value in row.items():
            if header in HEADERS and value != last.get(header):
                yield header, value
