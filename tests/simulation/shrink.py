"""Shortens a failing run: leaves events and interruptions out while the same invariant still fails."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.simulation.run import run
from tests.simulation.scenario import Cycle, Event

RUNS_MAX = 120


def shrunk(seed: int, events: Sequence[Event], complaints: Sequence[str]) -> tuple[Event, ...]:
    """A shorter list of events with a complaint about the same invariant; gives up after `RUNS_MAX` runs."""
    best, runs = tuple(events), 0
    size = len(best) // 2
    while size and runs < RUNS_MAX:
        shorter = None
        for candidate in _without(best, size):
            runs += 1
            if runs > RUNS_MAX or _still_fails(seed, candidate, complaints):
                shorter = candidate if runs <= RUNS_MAX else None
                break
        best, size = (best if shorter is None else shorter), (size // 2 if shorter is None else size)
    return _calmer(seed, best, complaints)


def _without(events: tuple[Event, ...], size: int) -> Iterator[tuple[Event, ...]]:
    """The events without each stretch of `size`, from the end."""
    for start in reversed(range(0, len(events), size)):
        yield events[:start] + events[start + size :]


def _calmer(seed: int, events: tuple[Event, ...], complaints: Sequence[str]) -> tuple[Event, ...]:
    """Cycles without what happens in them, where that changes nothing."""
    for place, event in enumerate(events):
        if isinstance(event, Cycle) and event.due:
            calm = (*events[:place], replace(event, due=()), *events[place + 1 :])
            events = calm if _still_fails(seed, calm, complaints) else events
    return events


def _still_fails(seed: int, events: Sequence[Event], complaints: Sequence[str]) -> bool:
    kinds = {complaint.split()[0] for complaint in complaints}
    return bool(kinds & {complaint.split()[0] for complaint in run(seed, events).complaints})
