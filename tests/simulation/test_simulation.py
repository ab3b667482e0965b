"""The kept seeds hold all invariants; and a seed plays the same run every time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("weather", [[], ["--storm"], ["--headers"]], ids=["fair", "storm", "headers"])
def test_kept_seeds_hold_every_invariant(weather: list[str]) -> None:
    """In a process of its own, whose hash seed makes a run repeatable; see tests/cases/seeds.txt and storms.txt."""
    asked = [*weather, "--cases", "--no-shrink", "--no-keep", "--jobs", "1"]
    played = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *asked],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode == 0, played.stdout


def test_the_same_seed_plays_the_same_run_in_another_process() -> None:
    """Every request in the same order, ids included. Keys, nonces and tokens never stand in one."""
    assert _trace_in_a_process(4) == _trace_in_a_process(4)


def _trace_in_a_process(seed: int) -> str:
    telling = f"from tests.simulation.run import run; print(*run({seed}).trace, sep='\\n')"
    return subprocess.run(
        [sys.executable, "-c", telling],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
