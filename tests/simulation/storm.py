"""The storm: a run as any other, but for somebody who acts just before many of the daemon's writes, and death or silence right after.

An ordinary run brings these together too seldom. They are drawn apart, so that a storm is its ordinary run with more in it.
"""

from collections.abc import Iterator
from random import Random

from tests.simulation.deed import Deed
from tests.simulation.door import Fault, Interruption, Kill, Moment, Person
from tests.simulation.scenario import BASE_UPDATES, Act, Cycle, Event, events_of

SWAPS, REMOVALS, BATCHES = "copyPaste", "deleteDimension", r"POST \S*:batchUpdate"
SILENCE = ("applied_then_lost", "timeout", "500")
STRUCK, LEFT = 0.4, 0.2
"""How many cycles are struck, and after how many somebody deletes a row."""


def storm_of(seed: int) -> tuple[Event, ...]:
    """The events of a seed in a storm."""
    return tuple(_stormy(seed))


def _stormy(seed: int) -> Iterator[Event]:
    random = Random(f"storm {seed}")
    for event in events_of(seed):
        if not isinstance(event, Cycle):
            yield event
            continue
        yield Cycle(tuple(_strike(random))) if random.random() < STRUCK else event
        if random.random() < LEFT:
            yield Act(Deed.LEAVE, _seed(random))


def _strike(random: Random) -> Iterator[tuple[Moment, Interruption]]:
    """Somebody just before a write; then the daemon dies at a batch or hears nothing of it; then perhaps something more."""
    batch = random.choice((BATCHES, SWAPS, REMOVALS, SWAPS))
    where = random.choice((SWAPS, REMOVALS, BASE_UPDATES))
    yield ("request", 0), Person(_seed(random), where)
    if random.random() < 0.7:
        yield ("request", 1), Kill(random.random() < 0.5, batch)
    else:
        yield ("request", 1), Fault(random.choice(SILENCE), batch)
    if random.random() < 0.4:
        more = Kill(True, batch), Fault("applied_then_lost", batch), Person(_seed(random), batch)
        yield ("request", 2), random.choice(more)


def _seed(random: Random) -> int:
    return random.randrange(1_000_000_000)
