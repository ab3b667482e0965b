"""`make sim`: plays seeds, tells which fail and how to play them again, and keeps them in tests/cases/seeds.txt."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.mutants import MUTANTS, catch
from tests.simulation.run import Verdict, run
from tests.simulation.scenario import events_of, tell
from tests.simulation.shrink import shrunk

CASES = Path(__file__).parents[1] / "cases" / "seeds.txt"
OPEN = CASES.with_name("open_seeds.txt")
SEEDS = 100
SHOWN_MAX = 5
PROGRESS_EVERY = 25


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say; 1 when an invariant failed or a mutant got away."""
    asked = _parser().parse_args(arguments)
    if asked.mutants:
        return _mutants(asked.jobs, asked.seeds)
    seeds = _seeds(asked)
    known = set(_listed(OPEN)) if len(seeds) > 1 else set()
    started, failed = time.monotonic(), []
    for number, verdict in enumerate(_played(seeds, asked.jobs), start=1):
        if verdict.complaints:
            _report(verdict, known=verdict.seed in known)
            failed += [] if verdict.seed in known else [verdict]
        _tell_progress(number, len(seeds), len(failed))
    for verdict in failed[:SHOWN_MAX] if asked.shrink else ():
        _shrink(verdict)
    if asked.keep:
        _keep(verdict.seed for verdict in failed)
    print(f"{len(seeds)} seeds, {len(failed)} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many seeds to play (default {SEEDS})")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="play this one only, and tell what happened in it")
    parser.add_argument(
        "--cases", action="store_true", help="play the seeds that are kept in tests/cases/seeds.txt"
    )
    parser.add_argument(
        "--mutants", action="store_true", help="plant bugs, one at a time; all must be caught"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time")
    parser.add_argument(
        "--no-shrink", dest="shrink", action="store_false", help="do not shorten failing runs"
    )
    parser.add_argument("--no-keep", dest="keep", action="store_false", help="do not keep failing seeds")
    return parser


def _seeds(asked: argparse.Namespace) -> list[int]:
    if asked.seed is not None:
        return [asked.seed]
    return kept_seeds() if asked.cases else list(range(asked.first, asked.first + asked.seeds))


def kept_seeds() -> list[int]:
    """The seeds that failed once, and some that never did."""
    return _listed(CASES)


def _listed(file: Path) -> list[int]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def _played(seeds: Sequence[int], jobs: int) -> Iterator[Verdict]:
    if len(seeds) == 1 or jobs == 1:
        yield from map(run, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run, seeds)


def _tell_progress(number: int, count: int, failed: int) -> None:
    """On one line of a terminal; elsewhere a line now and then."""
    terminal = sys.stderr.isatty()
    if terminal or number % PROGRESS_EVERY == 0:
        text = f"{number} of {count} seeds, {failed} failed"
        print(
            f"\r{text}" if terminal else text,
            end="\n" if not terminal or number == count else "",
            file=sys.stderr,
        )


def _report(verdict: Verdict, *, known: bool) -> None:
    told = "is known to fail" if known else "fails"
    print(f'\nseed {verdict.seed} {told}; again: make sim ARGS="--seed {verdict.seed}"', flush=True)
    for complaint in verdict.complaints[:SHOWN_MAX]:
        print(f"  {complaint}")


def _shrink(verdict: Verdict) -> None:
    events = shrunk(verdict.seed, events_of(verdict.seed), verdict.complaints)
    print(f"seed {verdict.seed} still fails with these {len(events)} events:\n{tell(events)}")
    again = run(verdict.seed, events)
    print("  people:", *again.story, sep="\n    ")


def _keep(seeds: Iterable[int]) -> None:
    fresh = [seed for seed in seeds if seed not in kept_seeds()]
    with CASES.open("a", encoding="utf-8") as file:
        file.writelines(f"{seed}\n" for seed in fresh)


def _mutants(jobs: int, seeds: int) -> int:
    """Plant each bug and look for a seed that notices."""
    escaped = []
    with ProcessPoolExecutor(jobs) as pool:
        caught = pool.map(catch, MUTANTS, [seeds] * len(MUTANTS))
        for name, found in zip(MUTANTS, caught, strict=True):
            if found is None:
                escaped.append(name)
                print(f"{name:45} NOT CAUGHT in {seeds} seeds", flush=True)
            else:
                print(f"{name:45} seed {found.seed:4}: {found.complaints[0][:110]}", flush=True)
    print(f"{len(MUTANTS)} mutants, {len(escaped)} got away")
    return 1 if escaped else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets follows the hash seed: with another one, the same seed would play another run.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
