"""Spoilt headers: a run as any other, but for somebody who clears, shifts or exchanges headers of a spreadsheet again and again,
and somebody who drags its columns about, also just before a write.

Drawn apart, so that ordinary seeds and the table of mutants stay what they are. Staff go by what stands in a column, and not by
its header, until that is right again: what is typed into the wrong column is nobody's to tell.
"""

from collections.abc import Iterator
from random import Random

from tests.simulation.deed import Deed
from tests.simulation.door import Person
from tests.simulation.scenario import INSERTS, LOOKS, UPDATES, Act, Cycle, Event, Wait, events_of

SPOILT = 0.2
"""Before how many cycles somebody spoils headers."""
DRAGGED, DRAGGED_AT_A_WRITE = 0.2, 0.3
"""Before how many cycles, and in how many of them, somebody drags a column."""


def spoilt_of(seed: int) -> tuple[Event, ...]:
    """The events of a seed with spoilt headers."""
    return tuple(_spoilt(seed))


def _spoilt(seed: int) -> Iterator[Event]:
    random, mover = Random(f"headers {seed}"), Random(f"columns {seed}")
    for event in events_of(seed):
        if not isinstance(event, Cycle):
            yield event
            continue
        if random.random() < SPOILT:
            yield Act(Deed.SPOIL_HEADERS, random.randrange(1_000_000_000))
            if random.random() < 0.5:
                yield Wait(random.choice((1, 6)))
        yield from _dragged(event, mover)


def _dragged(cycle: Cycle, random: Random) -> Iterator[Event]:
    """A cycle with somebody who drags a column before it, or before a request of it."""
    chance, seed = random.random(), random.randrange(1_000_000_000)
    if chance < DRAGGED:
        yield Act(Deed.DRAG_COLUMNS, seed)
    elif chance < DRAGGED + DRAGGED_AT_A_WRITE:
        person = Person(seed, random.choice((UPDATES, INSERTS, LOOKS, "")), Deed.DRAG_COLUMNS)
        cycle = Cycle((*cycle.due, (("request", random.randrange(4)), person)))
    yield cycle
