"""Spoilt headers: a run as any other, but for somebody who clears, shifts or exchanges headers of a spreadsheet again and again.

Drawn apart, so that ordinary seeds and the table of mutants stay what they are. Staff go by what stands in a column, and not by
its header, until that is right again: what is typed into the wrong column is nobody's to tell.
"""

from collections.abc import Iterator
from random import Random

from tests.simulation.run import Verdict, run
from tests.simulation.scenario import Cycle, Event, SpoilHeaders, Wait, events_of

SPOILT = 0.2
"""Before how many cycles somebody spoils headers."""


def spoilt_of(seed: int) -> tuple[Event, ...]:
    """The events of a seed with spoilt headers."""
    return tuple(_spoilt(seed))


def play_spoilt(seed: int) -> Verdict:
    """Play a seed with spoilt headers."""
    return run(seed, spoilt_of(seed))


def _spoilt(seed: int) -> Iterator[Event]:
    random = Random(f"headers {seed}")
    for event in events_of(seed):
        if isinstance(event, Cycle) and random.random() < SPOILT:
            yield SpoilHeaders(random.randrange(1_000_000_000))
            if random.random() < 0.5:
                yield Wait(random.choice((1, 6)))
        yield event
