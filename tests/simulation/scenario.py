"""What happens in one run, decided beforehand from its seed: a list of events that can be shortened and played again."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.simulation.deed import Deed
from tests.simulation.door import Crowd, Delay, Fault, Interruption, Kill, Moment, Person

FAULTS = ("429", "500", "503", "html", "timeout", "reset", "applied_then_lost", "slow")
WRITES = r"POST \S*:batchUpdate|(PATCH|POST|DELETE) /v0/app[^/]*/tbl[^/ ]*(?= |$)"
BASE_UPDATES = r"PATCH /v0/app[^/]*/tbl[^/ ]*$"
UPDATES = f"copyPaste|{BASE_UPDATES}"
INSERTS = "insertDimension|performUpsert"
LOOKS = r"\w:getByDataFilter"
"""The look that precedes the removal of rows."""
LATER_PAGES = "offset"
LOST = ("applied_then_lost", "applied_then_lost", "timeout", "reset")


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody does something. `seed` decides who, where and what."""

    deed: Deed
    seed: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """The daemon runs one cycle, with what happens in it."""

    due: tuple[tuple[Moment, Interruption], ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes, perhaps a lot of it."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Restart:
    """The daemon is stopped and started."""


@dataclass(frozen=True, slots=True)
class BackUp:
    """Hub and vault are copied."""


@dataclass(frozen=True, slots=True)
class Restore:
    """The last copy takes the place of hub and vault."""


@dataclass(frozen=True, slots=True)
class Join:
    """A replica is added to the config."""


@dataclass(frozen=True, slots=True)
class Reconfigure:
    """The operator changes config.yaml. `seed` decides what."""

    seed: int


@dataclass(frozen=True, slots=True)
class Spend:
    """The month's calls to Airtable are used up; or, where they are, somebody buys more."""


Event = Act | Cycle | Wait | Restart | BackUp | Restore | Join | Reconfigure | Spend
WAITS_S = (1, 3, 6, 6, 12, 30, 61, 700, 2000)
RARE_WAITS_S = (86_400, 7 * 86_400 + 3600)


def events_of(seed: int) -> tuple[Event, ...]:
    """The events of a run: some rows first, then a morning of work, mishaps and failures."""
    random = Random(f"scenario {seed}")
    rough, careless = random.choice((0.1, 0.5, 0.9)), random.choice((0.02, 0.1, 0.25))
    found: list[Event] = [_act(Deed.WORK, random) for _ in range(random.randint(3, 6))]
    found += [Wait(6), Cycle(), Wait(6), Cycle()]
    for _ in range(random.randint(15, 40)):
        found += _turn(random, rough, careless)
    # Each drawn apart, so that what comes before stays what it was.
    afternoon = Random(f"afternoon {seed}")
    for _ in range(afternoon.randint(0, 3)):
        found += afternoon.choice((_formula, _copies))(afternoon)
    evening = Random(f"evening {seed}")
    for _ in range(evening.randint(0, 2)):
        found += _crossing(evening)
    return tuple(found)


def _turn(random: Random, rough: float, careless: float) -> list[Event]:
    chance = random.random()
    if chance < 0.45:
        return [_act(Deed.MISHAP if random.random() < careless else Deed.WORK, random)]
    if chance < 0.90:
        return [
            Wait(random.choice(WAITS_S)),
            Cycle(_interruptions(random) if random.random() < rough else ()),
        ]
    if chance < 0.915:
        return _farewell(random)
    if chance < 0.94:
        return [Restart()]
    if chance < 0.95:
        return [BackUp()]
    if chance < 0.96:
        return [Restore()]
    if chance < 0.97:
        return [Join()]
    if chance < 0.985:
        return [Reconfigure(_seed(random))]
    if chance < 0.99:
        return [Spend()]
    return [Wait(random.choice(RARE_WAITS_S)), Cycle()]


def _farewell(random: Random) -> list[Event]:
    """A row is deleted, and while the others follow, somebody works in the same tables."""
    meeting = ("request", random.randrange(4)), Person(_seed(random), random.choice((LOOKS, UPDATES, "")))
    return [_act(Deed.LEAVE, random), Wait(6), Cycle(), Wait(700), Cycle((meeting,)), Wait(6), Cycle()]


def _formula(random: Random) -> list[Event]:
    """A formula, and when it has been seen, a value for its cell from another replica."""
    return [_act(Deed.CALCULATE, random), Wait(6), Cycle(), _act(Deed.ANSWER, random), Wait(6), Cycle()]


def _copies(random: Random) -> list[Event]:
    """A copy and its original, changed within one pull."""
    return [_act(Deed.DUPLICATE, random), Wait(6), Cycle()]


def _crossing(random: Random) -> list[Event]:
    """A cell changed at a spreadsheet, and at a base in the moment before the daemon writes it there."""
    meeting = ("request", 0), Person(_seed(random), BASE_UPDATES, Deed.RIVAL)
    return [_act(Deed.REVISE, random), Wait(6), Cycle((meeting,)), Wait(6), Cycle()]


def _interruptions(random: Random) -> tuple[tuple[Moment, Interruption], ...]:
    found: dict[Moment, Interruption] = {}
    for _ in range(random.choice((1, 2, 2, 3))):
        if random.random() < 0.25:
            found["step", random.randrange(60)] = Kill(after=random.random() < 0.5)
        else:
            found["request", min(int(random.expovariate(0.25)), 25)] = _at_a_request(random)
    return tuple(found.items())


def _at_a_request(random: Random) -> Interruption:
    chance, where = random.random(), random.choice(("", WRITES, UPDATES, INSERTS))
    if chance < 0.40:
        return Fault(random.choice(FAULTS if random.random() < 0.5 else LOST), where)
    if chance < 0.55:
        return Kill(random.random() < 0.6, where)
    if chance < 0.60:
        return Delay(random.choice((40, 400)), random.choice((where, LATER_PAGES)))
    if chance < 0.65:
        return Crowd(where)
    return Person(_seed(random), where)


def _act(deed: Deed, random: Random) -> Act:
    return Act(deed, _seed(random))


def _seed(random: Random) -> int:
    return random.randrange(1_000_000_000)


def tell(events: Sequence[Event]) -> str:
    """The events, one per line."""
    return "\n".join(f"  {event}" for event in events)
