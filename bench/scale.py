"""A table of a hundred thousand rows: CPU and memory of the daemon, each beside its floor in the same run.

The emulators run in a process of their own, so this process' CPU and memory are the daemon's. The floor is parsing the
answer that the daemon gets, with the fastest parser there is. `peak_memory_ratio` covers idle cycles and cycles that see one
change; the first sync, which reads and writes every row, is `first_sync_memory_ratio`.
"""

import ctypes
import gc
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from bench.archive import Office, bench_archive
from bench.calls import calm
from bench.people import HEADERS, row_of
from sync.cycle import run_cycle
from sync.engine import Engine
from sync.sheets.connection import SheetsConnection

ROWS, FEWER = 100_000, 10_000
ROUNDS = 5


def scale_figures(rows: int = ROWS, fewer: int = FEWER) -> dict[str, Any]:
    """Ratios at `rows` rows; `growth_ratio` compares with `fewer`."""
    small, _ = first_sync(fewer)
    large, figures = first_sync(rows)
    return {**figures, "growth_ratio": round(large / (small * rows / fewer), 2)}


def first_sync(rows: int) -> tuple[float, dict[str, Any]]:
    """CPU seconds of the first full sync of a spreadsheet, and what its later cycles cost."""
    with bench_archive("sheets") as (there, archive):
        engine = archive.engine
        calm(archive, there)
        there.type_rows(HEADERS, [row_of(n) for n in range(rows)])
        forget_peak()
        before = peak_bytes()
        cpu = cpu_s(lambda: calm(archive, there))
        print(f"{'first sync':>14} {rows:7} rows {cpu:8.1f} s CPU", flush=True)
        size = len(answer(engine))
        figures: dict[str, float] = {"first_sync_rows_per_s": round(rows / cpu)}
        figures["first_sync_memory_ratio"] = round((peak_bytes() - before) / size, 1)
        return cpu, figures | cycles(there, engine, rows, size)


def cycles(there: Office, engine: Engine, rows: int, size: int) -> dict[str, Any]:
    """An idle cycle and one that sees a changed row, each beside parsing the same answer; memory over what was there before."""
    idle, floor, changed = [], [], []
    peaks: dict[str, list[int]] = {"idle": [], "one_change": []}
    for turn in range(ROUNDS):
        run_cycle(engine)
        idle.append(peaked(lambda: run_cycle(engine), peaks["idle"]))
        floor.append(cpu_s(partial(orjson.loads, answer(engine))))
        there.type_rows(["备注1"], [[f"改了{turn}"]], first=rows // 2)
        changed.append(peaked(lambda: run_cycle(engine), peaks["one_change"]))
    memory = {name: round(max(bytes_) / size, 1) for name, bytes_ in peaks.items()}
    return {
        "idle_cpu_ratio": round(median(idle) / median(floor), 2),
        "one_change_cpu_ratio": round(median(changed) / median(floor), 2),
        "peak_memory_ratio": max(memory.values()),
        "idle_memory_ratio": memory["idle"],
        "one_change_memory_ratio": memory["one_change"],
        "answer_mb": round(size / 1e6, 1),
    }


def peaked(work: Callable[[], object], peaks: list[int]) -> float:
    """CPU seconds; the memory it took over what was there before goes to `peaks`."""
    forget_peak()
    before = peak_bytes()
    seconds = cpu_s(work)
    peaks.append(peak_bytes() - before)
    return seconds


def answer(engine: Engine) -> bytes:
    """What the daemon reads in a cycle."""
    connection = engine.replicas[0].connection
    assert isinstance(connection, SheetsConnection)
    return connection.read().joined()


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    started = time.process_time()
    work()
    return time.process_time() - started


def forget_peak() -> None:
    """Let the kernel measure the peak of memory from here on; what is merely kept for later use does not hide it."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_bytes() -> int:
    """The most memory that this process had since."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("the kernel does not say")
