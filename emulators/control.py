"""The control endpoint: what a test or a demo asks of the world beside the services' own API."""

from typing import Any

import orjson

from emulators.exchange import Request, Response
from emulators.faults import BadFault
from emulators.policy import UnknownPolicy
from emulators.world import World

JSON = {"Content-Type": "application/json; charset=utf-8"}


def control(world: World, request: Request) -> Response:
    """Serve one request below `control_url`; `request.path` is what follows it. 400 says what was wrong."""
    action = ACTIONS.get((request.method, request.path.strip("/")))
    if action is None:
        known = sorted(f"{method} {name}" for method, name in ACTIONS)
        return answer({"error": "no such action", "known": known}, status=404)
    try:
        with world.lock:
            return answer(action(world, request))
    except (orjson.JSONDecodeError, BadFault, UnknownPolicy, KeyError, TypeError, ValueError) as error:
        return answer({"error": f"{type(error).__name__}: {error}"}, status=400)


def mailbox(world: World) -> Response:
    """The mails received, newest last."""
    with world.lock:
        return answer(world.mailbox.mails)


def answer(content: Any, *, status: int = 200) -> Response:
    """A JSON response."""
    return Response(status, orjson.dumps(content), JSON)


def _requests(world: World, request: Request) -> Any:
    return world.journal.since(int(request.first("since", "0")))


def _time(world: World, request: Request) -> Any:
    if request.method == "POST":
        world.clock.advance(float(request.json()["advance_s"]))
        world.changes += 1
    return {"now": world.clock().isoformat()}


def _faults(world: World, request: Request) -> Any:
    if request.method == "POST":
        orders = request.json()
        world.faults.order(orders if isinstance(orders, list) else [orders])
    return world.faults.left()


def _state(world: World, request: Request) -> Any:
    return world.dump(history=request.first("history") == "1")


def _reset(world: World, request: Request) -> Any:
    world.reset()
    return {}


def _quotas(world: World, request: Request) -> Any:
    if request.method == "POST":
        wanted = request.json()
        world.quotas.on = bool(wanted.get("on", world.quotas.on))
        if "airtable_monthly" in wanted:
            world.quotas.airtable.monthly_budget = wanted["airtable_monthly"]
    return {"on": world.quotas.on, "airtable_monthly": world.quotas.airtable.monthly_budget}


def _policy(world: World, request: Request) -> Any:
    if request.method == "POST":
        world.policy.change(request.json())
        world.changes += 1
    return world.policy.dump()


def _seed(world: World, request: Request) -> Any:
    world.seed(request.json())
    return {}


def _links(world: World, request: Request) -> Any:
    if request.method == "POST":
        world.links = [_link(entry) for entry in request.json()]
    return world.links


def _steps(world: World, request: Request) -> Any:
    if request.method == "POST":
        world.steps = [str(step) for step in request.json()]
    return world.steps


def _link(entry: dict[str, Any]) -> dict[str, str]:
    url = str(entry["url"])
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"not an address of the web: {url}")
    return {"title": str(entry["title"]), "url": url}


def _webhooks(world: World, request: Request) -> Any:
    world.changes += 1
    return {"broken": world.airtable.break_webhooks(request.json()["break"])}


ACTIONS = {
    ("GET", "requests"): _requests,
    ("GET", "clock"): _time,
    ("POST", "clock"): _time,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _faults,
    ("GET", "state"): _state,
    ("POST", "reset"): _reset,
    ("GET", "quotas"): _quotas,
    ("POST", "quotas"): _quotas,
    ("GET", "policy"): _policy,
    ("POST", "policy"): _policy,
    ("POST", "seed"): _seed,
    ("POST", "webhooks"): _webhooks,
    ("GET", "links"): _links,
    ("POST", "links"): _links,
    ("GET", "steps"): _steps,
    ("POST", "steps"): _steps,
}
