"""The daemon's way into the world: every request and every step of a cycle may be interrupted by a fault, a person, or death."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from emulators.adapter import WorldAdapter
from emulators.world import World


class Killed(BaseException):
    """The daemon's process ends here. No code may catch it; what follows until the restart does not happen."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The request fails in this way; see `emulators/faults.py`."""

    kind: str
    match: str = ""
    """A pattern over service, method and path: the first such request from here on fails; by default this very one."""


@dataclass(frozen=True, slots=True)
class Kill:
    """The daemon dies before the request or step, or right after it took effect."""

    after: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody works in a table just before the request arrives. `seed` decides what they do."""

    seed: int


Interruption = Fault | Kill | Person
Moment = tuple[str, int]
"""`request` or `step`, and which one of the cycle, from 0."""


@dataclass(slots=True)
class Interruptions:
    """What happens at which moment of the cycle in hand."""

    world: World
    act: Callable[[int], None]
    due: Mapping[Moment, Interruption] = field(default_factory=dict)
    dead: bool = False
    counts: dict[str, int] = field(default_factory=lambda: {"request": 0, "step": 0})
    hits: list[str] = field(default_factory=list)
    _acting: bool = False

    def begin(self, due: Mapping[Moment, Interruption]) -> None:
        """A cycle starts."""
        self.due, self.dead = due, False
        self.counts = {"request": 0, "step": 0}

    @contextmanager
    def at(self, kind: str, name: str) -> Iterator[None]:
        """One request or step of the daemon."""
        self._refuse_the_dead()
        number = self.counts[kind]
        self.counts[kind] += 1
        found = self.due.get((kind, number))
        match found:
            case Kill(after=False):
                self._die(name, "before")
            case Person(seed=seed):
                self.act(seed)
            case Fault(kind=fault, match=match) if kind == "request":
                self.world.faults.order([{"match": match, "caller": "daemon", "kind": fault, "count": 1}])
        yield
        if isinstance(found, Kill):
            self._die(name, "after")

    def _die(self, name: str, when: str) -> None:
        self.dead = True
        self.hits.append(f"killed {when} {name}")
        raise Killed(name)

    def _refuse_the_dead(self) -> None:
        """Handlers that run while `Killed` passes through would not run in a killed process: they get nothing done."""
        if self.dead:
            raise Killed("dead already")


class DaemonAdapter(WorldAdapter):
    """The transport of the daemon's own clients."""

    def __init__(self, world: World, interruptions: Interruptions) -> None:
        super().__init__(world)
        self._interruptions = interruptions

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """One request, with what is due at this moment."""
        with self._interruptions.at("request", f"{request.method} {request.path_url.split('?')[0]}"):
            return super().send(request, *args, **options)
