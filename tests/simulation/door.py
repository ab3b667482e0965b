"""The daemon's way into the world: every request and every step of a cycle may be interrupted by a fault, a person, or death."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from emulators.adapter import WorldAdapter
from emulators.exchange import Request
from emulators.quotas import AIRTABLE_PER_OWNER
from emulators.world import World
from tests.simulation.deed import Deed

TELLING = ("copyPaste", "insertDimension", "deleteDimension", "performUpsert", "offset")


class Killed(BaseException):
    """The daemon's process ends here. No code may catch it; what follows until the restart does not happen."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The request fails in this way; see `emulators/faults.py`."""

    kind: str
    match: str = ""
    """A pattern over what the request is (see `told`): the first such request from here on; by default this very one."""


@dataclass(frozen=True, slots=True)
class Kill:
    """The daemon dies before the request or step, or right after it took effect."""

    after: bool
    match: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody works in a table just before the request arrives. `seed` decides what they do."""

    seed: int
    match: str = ""
    deed: Deed = Deed.INTERRUPT


@dataclass(frozen=True, slots=True)
class Delay:
    """Time passes before the request: what the service keeps for a while is gone."""

    seconds: float
    match: str = ""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Somebody else's scripts, with tokens of the same owner, use up what the services allow him at this moment."""

    match: str = ""


Interruption = Fault | Kill | Person | Delay | Crowd
Moment = tuple[str, int]
"""`request` or `step`, and which one of the cycle, from 0."""


@dataclass(slots=True)
class Interruptions:
    """What happens at which moment of the cycle in hand."""

    world: World
    act: Callable[[Deed, int], None]
    """What a person does: the deed and its seed."""
    due: Mapping[Moment, Interruption] = field(default_factory=dict)
    dead: bool = False
    counts: dict[str, int] = field(default_factory=lambda: {"request": 0, "step": 0})
    hits: list[str] = field(default_factory=list)
    undisturbed: bool = False
    """Nothing happens meanwhile; what waits for a request waits on."""
    _lurking: list[Interruption] = field(default_factory=list)
    """What waits for a request that matches, in this cycle or a later one."""

    def begin(self, due: Mapping[Moment, Interruption]) -> None:
        """A cycle starts."""
        self.due, self.dead = due, False
        self.counts = {"request": 0, "step": 0}

    @contextmanager
    def at(self, kind: str, name: str) -> Iterator[None]:
        """One request or step of the daemon."""
        self._refuse_the_dead()
        found = self._strikes(kind, name)
        match found:
            case Kill(after=False):
                self._die(name, "before")
            case Person(seed=seed, deed=deed):
                self.act(deed, seed)
            case Delay(seconds=seconds):
                self.world.clock.advance(seconds)
            case Crowd():
                self._use_up()
            case Fault(kind=fault):
                self.world.faults.order([{"match": "", "caller": "daemon", "kind": fault, "count": 1}])
        yield
        if isinstance(found, Kill):
            self._die(name, "after")

    def _strikes(self, kind: str, name: str) -> Interruption | None:
        number = self.counts[kind]
        self.counts[kind] += 1
        found = self.due.get((kind, number))
        if kind == "step" or self.undisturbed:
            return found
        self._lurking += [found] if found else []
        struck = next((one for one in self._lurking if re.search(one.match, name)), None)
        if struck is not None:
            self._lurking.remove(struck)
        return struck

    def _use_up(self) -> None:
        now, quotas = self.world.clock(), self.world.quotas
        owner, user = _owner(self.world), "daemon"
        for _ in range(AIRTABLE_PER_OWNER):
            quotas.airtable.verdict(now, base="", owner=owner, billed=False, extend=False)
        for kind in ("read", "write"):
            while quotas.google.allows(now, kind=kind, user=user):
                pass

    def _die(self, name: str, when: str) -> None:
        self.dead = True
        self.hits.append(f"killed {when} {name}")
        raise Killed(name)

    def _refuse_the_dead(self) -> None:
        """Handlers that run while `Killed` passes through would not run in a killed process: they get nothing done."""
        if self.dead:
            raise Killed("dead already")


def _owner(world: World) -> str:
    """Whose tokens the daemon's are; Airtable counts all of them together."""
    bearer = {"authorization": f"Bearer {world.airtable.token}"}
    return world.airtable.owner(Request("airtable", "GET", "/v0/meta/whoami", (), bearer, b""))


def told(request: requests.PreparedRequest) -> str:
    """What a request is: method, path, and the names in its body that tell what it does."""
    body = request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    names = [name for name in TELLING if f'"{name}"' in text]
    return " ".join((str(request.method), request.path_url.split("?")[0], *names))


class DaemonAdapter(WorldAdapter):
    """The transport of the daemon's own clients."""

    def __init__(self, world: World, interruptions: Interruptions) -> None:
        super().__init__(world)
        self._interruptions = interruptions

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """One request, with what is due at this moment."""
        with self._interruptions.at("request", told(request)):
            return super().send(request, *args, **options)
