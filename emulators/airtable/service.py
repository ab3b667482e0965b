"""Airtable's Web API as a plain function from request to response: tokens, bases, and the first step of routing."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlencode

import orjson

from emulators.airtable import record_calls, schema, schema_calls, webhook_calls, webhooks
from emulators.airtable.call import Call
from emulators.airtable.errors import (
    JSON,
    Refusal,
    budget_spent,
    forbidden_model,
    not_found,
    rate_limited,
    refuse,
    unauthenticated,
)
from emulators.airtable.ids import Ids, is_id
from emulators.airtable.listing import Lister
from emulators.airtable.model import Base, User
from emulators.airtable.storage import dump_base, load_base, seeded_base
from emulators.airtable.transaction import Transaction
from emulators.clock import timestamp
from emulators.exchange import Request, Response
from emulators.policy import Policy

ADDRESS_LENGTH_MAX = 16_000


class AirtableService:
    """All bases of one workspace, and the two people who work on them: the daemon's account and a member of staff."""

    def __init__(self, *, clock: Callable[[], datetime], random: random.Random, policy: Policy) -> None:
        self._clock = clock
        self._ids = Ids(random)
        self._policy = policy
        self.token = self._ids.token()
        self.staff_token = self._ids.token()
        self._daemon = User(self._ids.new("usr"), "daemon@example.com", "Tablekeeper")
        self._staff = User(self._ids.new("usr"), "staff@example.com", "王芳")
        self._bases: dict[str, Base] = {}
        self._made_anew = 0
        self._lister = Lister(self._ids)

    def handle(self, request: Request) -> Response:
        """Answer one request; whatever a client does wrong is an answer too."""
        try:
            answer = self._route(self._call(request))
        except Refusal as refusal:
            return refusal.response()
        return Response(200, orjson.dumps(answer), JSON)

    def caller(self, request: Request) -> str:
        """Who asks: "staff" or "daemon"."""
        return "staff" if request.bearer == self.staff_token else "daemon"

    def owner(self, request: Request) -> str:
        """The token's owner, or empty for an unknown token."""
        user = self._user(request)
        return user.id if user else ""

    def base_of(self, request: Request) -> str:
        """The base whose limits a request counts against; empty for none."""
        return next((part for part in _parts(request) if is_id(part, "app")), "")

    def quota_error(self, request: Request, kind: str) -> Response:
        """The 429 of a passed limit: "rate" or "budget"."""
        answer = (budget_spent() if kind == "budget" else rate_limited()).response()
        if kind == "budget" or not self._policy.rate_limits_name_the_wait:
            return answer
        return Response(answer.status, answer.body, dict(answer.headers) | {"Retry-After": "30"})

    def create_base(self, name: str, *, id: str | None = None) -> str:
        """An empty base, open to both people."""
        base = Base(id or self._ids.new("app"), name)
        self._add(base)
        return base.id

    @property
    def revision(self) -> str:
        """Moves with every change of a table, and with nothing else."""
        return f"{self._made_anew}.{sum(base.transactions for base in self._bases.values())}"

    def seed(self, bases: dict[str, Any]) -> None:
        """Add bases in the form of seed files; one of the same id is replaced."""
        now = timestamp(self._clock())
        made = [
            seeded_base(base_id, content, owner=self._daemon, now=now) for base_id, content in bases.items()
        ]
        for base in made:
            self._add(base)

    def break_webhooks(self, code: str) -> int:
        """End every living webhook of every base with an error payload; how many there were. Raises `ValueError`."""
        return sum(webhooks.break_all(base, code, self._clock()) for base in self._bases.values())

    def reset(self) -> None:
        """Forget every base; tokens and people stay."""
        self._made_anew += 1
        self._bases.clear()
        self._lister = Lister(self._ids)

    def dump(self, *, history: bool = True) -> dict[str, Any]:
        """Everything stored, as JSON-serialisable data; without `history`, no values that are no longer in a table."""
        return {
            "token": self.token,
            "staffToken": self.staff_token,
            "daemon": self._daemon.json(),
            "staff": self._staff.json(),
            "bases": [dump_base(base, history=history) for base in self._bases.values()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up a dumped state. Iterators do not survive, as they do not survive a deploy of the real service."""
        self.token, self.staff_token = state["token"], state["staffToken"]
        self._daemon, self._staff = User(**state["daemon"]), User(**state["staff"])
        self._bases = {base["id"]: load_base(base) for base in state["bases"]}
        self._lister = Lister(self._ids)

    def _add(self, base: Base) -> None:
        self._made_anew += 1
        base.users |= {user.id: user for user in (self._daemon, self._staff)}
        self._bases[base.id] = base

    def _user(self, request: Request) -> User | None:
        return {self.token: self._daemon, self.staff_token: self._staff}.get(request.bearer)

    def _call(self, request: Request) -> Call:
        user = self._user(request)
        if user is None:
            raise unauthenticated()
        if _address_length(request) > ADDRESS_LENGTH_MAX:
            raise refuse(414, "URI_TOO_LONG")
        return Call(request, user, user is self._staff, self._clock(), self._ids, self._policy, self._lister)

    def _route(self, call: Call) -> Any:
        match _parts(call.request):
            case ["meta", *rest]:
                return self._meta(call, rest)
            case ["bases", base_id, "webhooks", *rest]:
                return webhook_calls.answer(call, self._base(base_id), rest)
            case [base_id, table_name, *rest]:
                return record_calls.answer(call, self._base(base_id), table_name, rest)
        raise not_found()

    def _meta(self, call: Call, rest: list[str]) -> Any:
        match call.method, rest:
            case "GET", ["whoami"]:
                return {"id": call.user.id, "email": call.user.email}
            case "GET", ["bases"]:
                return {"bases": [base.json() for base in self._bases.values()]}
            case "POST", ["bases"]:
                return self._create_base(call)
            case _, ["bases", base_id, "tables", *more]:
                return schema_calls.answer(call, self._base(base_id), more)
            case "GET", ["bases", base_id]:
                # Collaborators are told on Enterprise plans only.
                self._base(base_id)
                raise refuse(404, "NOT_FOUND")
        raise not_found()

    def _create_base(self, call: Call) -> Any:
        body = call.body()
        base = Base(self._ids.new("app"), schema.checked_name(body, "base"))

        def work(tx: Transaction) -> None:
            for entry in body.get("tables", []):
                schema.create_table(tx, entry, any_type=call.person)

        self._add(base)
        try:
            call.transact(base, work)
        except Refusal:
            del self._bases[base.id]
            raise
        return {"id": base.id, "tables": [table.json() for table in base.tables.values()]}

    def _base(self, base_id: str) -> Base:
        if not is_id(base_id, "app"):
            raise not_found()
        base = self._bases.get(base_id)
        if base is None:
            raise forbidden_model() if self._policy.unknown_models_are_forbidden else refuse(404, "NOT_FOUND")
        return base


def _parts(request: Request) -> list[str]:
    """The path behind /v0, decoded; a trailing slash is ignored."""
    return [unquote(part) for part in request.path.strip("/").split("/")[1:]]


def _address_length(request: Request) -> int:
    """The length of path and query as sent, worked out only where it may matter: one character takes up to twelve."""
    short = len(request.path) + sum(len(name) + len(value) + 2 for name, value in request.query)
    return (
        short if short * 12 <= ADDRESS_LENGTH_MAX else len(request.path) + 1 + len(urlencode(request.query))
    )
