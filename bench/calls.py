"""Calls to the services: of an idle cycle, of one edit, of a thousand pasted rows, of a sorted tab."""

from typing import Any

from bench.archive import Office, bench_archive
from bench.people import HEADERS, row_of
from sync.cycle import run_cycle
from tablekeeper.archive import Archive

SMALL, PASTED, SORTED = 20, 1_000, 10_000
WIDTH = len(HEADERS)


def call_figures() -> dict[str, Any]:
    """Counts by the emulators; no figure depends on the machine."""
    return {**edits(), **paste(), **sort()}


def edits() -> dict[str, Any]:
    """One edited cell on either side, plain and sensitive, from the poll that sees it until both sides agree."""
    with bench_archive("airtable", "sheets") as (there, archive):
        there.type_rows(HEADERS, [row_of(n) for n in range(SMALL)])
        calm(archive, there)
        figures: dict[str, Any] = {"idle_calls": settled(archive, there)}
        there.edit_airtable("备注1", "在 Airtable 改了")
        figures["edit_airtable_calls"] = settled(archive, there) - figures["idle_calls"]
        there.type_rows(["备注1"], [["在表格改了"]])
        figures["edit_sheets_calls"] = settled(archive, there) - figures["idle_calls"]
        there.type_rows(["手机号码"], [["13900139000"]])
        figures["edit_sensitive_calls"] = settled(archive, there) - figures["idle_calls"]
        return figures


def calm(archive: Archive, there: Office) -> None:
    """Cycles until nothing is left to do."""
    while run_cycle(archive.engine).busy:
        there.wait(1)
    run_cycle(archive.engine)
    there.calls()


def settled(archive: Archive, there: Office) -> int:
    """Calls from the cycle that sees a change until one has nothing left to write; that one is not counted."""
    total = 0
    there.calls()
    while True:
        report = run_cycle(archive.engine)
        calls = there.calls()
        if not report.busy:
            return total or calls
        total += calls
        there.wait(1)


def paste() -> dict[str, Any]:
    """A thousand rows pasted into the spreadsheet, which Airtable takes ten at a time."""
    with bench_archive("airtable", "sheets") as (there, archive):
        calm(archive, there)
        there.type_rows(HEADERS, [row_of(n) for n in range(PASTED)])
        return {"bulk_sheets_calls_ratio": round(settled(archive, there) / (PASTED / 10 + 3), 3)}


def sort() -> dict[str, Any]:
    """A person sorts a tab: writes afterwards."""
    with bench_archive("sheets") as (there, archive):
        there.type_rows(HEADERS, [row_of(n) for n in range(SORTED)])
        calm(archive, there)
        there.sort_rows()
        written = 0
        while (report := run_cycle(archive.engine)).busy:
            written += sum(report.written.values())
        return {"sort_writes": written}
