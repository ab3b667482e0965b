"""`make sim`: plays seeds, tells which fail and how to play them again, and keeps them in tests/cases."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.mutants import MUTANTS, catch
from tests.simulation.run import Verdict, run
from tests.simulation.scenario import Event, events_of, tell
from tests.simulation.shrink import shrunk
from tests.simulation.spoilt import spoilt_of
from tests.simulation.storm import storm_of

CASES = Path(__file__).parents[1] / "cases"
SEEDS = 100
SHOWN_MAX = 5
PROGRESS_EVERY = 25


@dataclass(frozen=True, slots=True)
class Weather:
    """In what a seed is played. `kept` failed once, or never did; `still_open` fail and are not mended yet."""

    events: Callable[[int], tuple[Event, ...]]
    kept: Path
    still_open: Path
    option: str = ""

    def play(self, seed: int) -> Verdict:
        """Play a seed in it."""
        return run(seed, self.events(seed))


FAIR = Weather(events_of, CASES / "seeds.txt", CASES / "open_seeds.txt")
STORM = Weather(storm_of, CASES / "storms.txt", CASES / "open_storms.txt", "--storm ")
SPOILT = Weather(spoilt_of, CASES / "headers.txt", CASES / "open_headers.txt", "--headers ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say; 1 when an invariant failed or a mutant got away."""
    asked = _parser().parse_args(arguments)
    if asked.mutants:
        return _mutants(asked.jobs, asked.seeds)
    weather = STORM if asked.storm else SPOILT if asked.headers else FAIR
    seeds = _seeds(asked, weather)
    known = set(_listed(weather.still_open)) if len(seeds) > 1 else set()
    started, failed = time.monotonic(), []
    for number, verdict in enumerate(_played(weather, seeds, asked.jobs), start=1):
        if verdict.complaints:
            _report(weather, verdict, known=verdict.seed in known)
            failed += [] if verdict.seed in known else [verdict]
        _tell_progress(number, len(seeds), len(failed))
    for verdict in failed[:SHOWN_MAX] if asked.shrink else ():
        _shrink(weather, verdict)
    if asked.keep:
        _keep(weather, (verdict.seed for verdict in failed))
    print(f"{len(seeds)} seeds, {len(failed)} failed, {time.monotonic() - started:.0f} s")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many seeds to play (default {SEEDS})")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="play this one only, and tell what happened in it")
    parser.add_argument("--cases", action="store_true", help="play the seeds that are kept in tests/cases")
    parser.add_argument(
        "--storm",
        action="store_true",
        help="somebody acts just before many writes, and the daemon dies or hears nothing right after",
    )
    parser.add_argument(
        "--headers",
        action="store_true",
        help="somebody clears, shifts and exchanges headers of spreadsheets, and drags columns about",
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


def _seeds(asked: argparse.Namespace, weather: Weather) -> list[int]:
    if asked.seed is not None:
        return [asked.seed]
    return _listed(weather.kept) if asked.cases else list(range(asked.first, asked.first + asked.seeds))


def _listed(file: Path) -> list[int]:
    lines = file.read_text(encoding="utf-8").splitlines()
    return [int(line.split("#")[0]) for line in lines if line.split("#")[0].strip()]


def _played(weather: Weather, seeds: Sequence[int], jobs: int) -> Iterator[Verdict]:
    if len(seeds) == 1 or jobs == 1:
        yield from map(weather.play, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(weather.play, seeds)


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


def _report(weather: Weather, verdict: Verdict, *, known: bool) -> None:
    told = "is known to fail" if known else "fails"
    again = f'make sim ARGS="{weather.option}--seed {verdict.seed}"'
    print(f"\nseed {verdict.seed} {told}; again: {again}", flush=True)
    for complaint in verdict.complaints[:SHOWN_MAX]:
        print(f"  {complaint}")


def _shrink(weather: Weather, verdict: Verdict) -> None:
    events = shrunk(verdict.seed, weather.events(verdict.seed), verdict.complaints)
    print(f"seed {verdict.seed} still fails with these {len(events)} events:\n{tell(events)}")
    again = run(verdict.seed, events)
    print("  people:", *again.story, sep="\n    ")


def _keep(weather: Weather, seeds: Iterable[int]) -> None:
    fresh = [seed for seed in seeds if seed not in _listed(weather.kept)]
    with weather.kept.open("a", encoding="utf-8") as file:
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
