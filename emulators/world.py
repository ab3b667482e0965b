"""One world: both services, the mailbox, the clock, faults and limits. Every door hands its requests to `World.handle`."""

import random
import secrets
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from emulators.airtable.service import AirtableService
from emulators.clock import Clock
from emulators.exchange import Request, Response
from emulators.faults import Faults
from emulators.google.service import GoogleService
from emulators.journal import Journal
from emulators.mailbox import Mailbox
from emulators.policy import Policy
from emulators.quotas import Quotas

BASE_NAME = "客户保险档案"
SLOW_S = 3.0
NO_ANSWER_S = 120.0

HTML_ERROR = b"<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry...</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door does: wait `delay_s`, then send the response, or cut the connection where there is none."""

    response: Response | None
    delay_s: float = 0.0


def service_of(path: str) -> str:
    """Which service a path belongs to, by its first part; empty for none."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "upload":
        return "drive" if rest.startswith("drive/") else ""
    return {"v0": "airtable", "v4": "sheets", "drive": "drive", "token": "oauth"}.get(first, "")


READS = (":getByDataFilter", "/values:batchGetByDataFilter", "/developerMetadata:search", "/listRecords")
"""Ends of paths that are only read by POST, because what they ask for may be long."""


class World:
    """Single-threaded behind `lock`: whoever reads or changes a world that a server shares must hold it."""

    def __init__(self, *, clock: Clock | None = None, seed: int | None = None, quotas: bool = True) -> None:
        """`clock` is manual by default. The same `seed` gives equal traces; without one, ids are unguessable."""
        self.lock = threading.RLock()
        self.clock = clock or Clock(manual=True)
        self.policy = Policy()
        self.mailbox = Mailbox()
        self.faults = Faults()
        self.journal = Journal()
        self.quotas = Quotas(on=quotas)
        self.changes = 0
        """Counts whatever may have changed the state, so that the keeper of the state file knows when to write."""
        self.links: list[dict[str, str]] = []
        """What else the page leads to, as `title` and `url`."""
        self.steps: list[str] = []
        """What a visitor of the page may try first."""
        source = random.Random(secrets.randbits(128) if seed is None else seed)
        self.airtable = AirtableService(clock=self.clock, random=source, policy=self.policy)
        self.google = GoogleService(clock=self.clock, random=source, policies=self.policy)
        self.base_id = self.airtable.create_base(BASE_NAME)
        self.spreadsheet_id = self.google.create_spreadsheet(BASE_NAME)

    def handle(self, request: Request) -> Answer:
        """Serve one API request: fault, limit, service, journal."""
        with self.lock:
            caller = self._service(request).caller(request)
            path = unquote(request.path)
            fault = self.faults.strike(f"{request.service} {request.method} {path}", caller)
            answer, status = self._answer(request, fault, caller)
            self.changes += request.method != "GET" and not path.endswith(READS)
            self.journal.note(
                service=request.service,
                method=request.method,
                path=path,
                status=status,
                caller=caller,
                fault=fault,
            )
            return answer

    def deliver(self, content: bytes, *, sender: str, recipients: list[str]) -> None:
        """Put one mail into the mailbox."""
        with self.lock:
            self.mailbox.deliver(content, sender=sender, recipients=recipients)
            self.changes += 1

    def _service(self, request: Request) -> AirtableService | GoogleService:
        return self.airtable if request.service == "airtable" else self.google

    def _answer(self, request: Request, fault: str, caller: str) -> tuple[Answer, int]:
        if fault in ("timeout", "reset"):
            return Answer(None, NO_ANSWER_S if fault == "timeout" else 0.0), 0
        instead = self._injected(request, fault)
        if instead is not None:
            return Answer(instead), instead.status
        response = self._refusal(request, caller) or self._service(request).handle(request)
        if fault == "applied_then_lost":
            return Answer(None), response.status
        return Answer(response, SLOW_S if fault == "slow" else 0.0), response.status

    def _injected(self, request: Request, fault: str) -> Response | None:
        if fault == "429":
            return self._rate_error(request)
        if fault in ("500", "503"):
            return _outage(request.service, int(fault))
        if fault == "html":
            return Response(503, HTML_ERROR, {"Content-Type": "text/html; charset=UTF-8"})
        return None

    def _rate_error(self, request: Request) -> Response:
        if request.service == "airtable":
            return self.airtable.quota_error(request, "rate")
        return self.google.quota_error(request, self.google.quota_kind(request) or "read")

    def _refusal(self, request: Request, caller: str) -> Response | None:
        # A person at the screen is not subject to the limits of the interfaces, and does not use up the daemon's.
        if not self.quotas.on or caller == "staff":
            return None
        return (
            self._airtable_refusal(request)
            if request.service == "airtable"
            else self._google_refusal(request)
        )

    def _airtable_refusal(self, request: Request) -> Response | None:
        owner = self.airtable.owner(request)
        if not owner:
            return None
        verdict = self.quotas.airtable.verdict(
            self.clock(),
            base=self.airtable.base_of(request),
            owner=owner,
            billed=not request.path.startswith("/v0/meta/"),
            extend=self.policy.lockout_extends,
        )
        return self.airtable.quota_error(request, verdict) if verdict else None

    def _google_refusal(self, request: Request) -> Response | None:
        kind = self.google.quota_kind(request)
        if kind is None or self.quotas.google.allows(
            self.clock(), kind=kind, user=self.google.caller(request)
        ):
            return None
        return self.google.quota_error(request, kind)

    def seed(self, content: dict[str, Any]) -> None:
        """Add bases (replacing those of the same id) and spreadsheets in the form of the control endpoint."""
        with self.lock:
            self.airtable.seed(content.get("bases", {}))
            for sheet in content.get("spreadsheets", []):
                title, private = str(sheet.get("title", "")), bool(sheet.get("private", False))
                self.google.create_spreadsheet(title, id=sheet.get("id"), private=private)
            self.changes += 1

    def reset(self) -> None:
        """Begin anew with the same tokens, the same empty base and spreadsheet; clock, policy and limits stay."""
        with self.lock:
            self.airtable.reset()
            self.google.reset()
            self.airtable.create_base(BASE_NAME, id=self.base_id)
            self.google.create_spreadsheet(BASE_NAME, id=self.spreadsheet_id)
            self.mailbox.mails.clear()
            self.faults.order([])
            self.journal = Journal()
            self.quotas.reset()
            self.changes += 1

    def dump(self, *, history: bool = True) -> dict[str, Any]:
        """Everything stored, as JSON-serialisable data. Without `history`, webhooks are shown without the payloads that the
        service keeps for a week, and which hold every value that was ever typed."""
        with self.lock:
            return {
                "airtable": self.airtable.dump(history=history),
                "google": self.google.dump(),
                "clock": self.clock.dump(),
                "policy": self.policy.dump(),
                "mails": list(self.mailbox.mails),
                "base_id": self.base_id,
                "spreadsheet_id": self.spreadsheet_id,
            }

    def load(self, state: dict[str, Any]) -> None:
        """Take up a dumped world."""
        with self.lock:
            self.airtable.load(state["airtable"])
            self.google.load(state["google"])
            self.clock.load(state["clock"])
            self.policy.change(state["policy"])
            self.mailbox.mails[:] = state["mails"]
            self.base_id, self.spreadsheet_id = state["base_id"], state["spreadsheet_id"]


def _outage(service: str, status: int) -> Response:
    """A 5xx in the shape of the service."""
    headers = {"Content-Type": "application/json; charset=UTF-8"}
    if service == "airtable":
        return Response(
            status,
            b'{"error":{"type":"SERVER_ERROR","message":"Try again. If the problem persists, contact support."}}',
            headers,
        )
    word, text = (
        ("INTERNAL", "Internal error encountered.")
        if status == 500
        else ("UNAVAILABLE", "The service is currently unavailable.")
    )
    error: dict[str, Any] = {"code": status, "message": text}
    if service == "drive":
        error["errors"] = [{"domain": "global", "reason": "backendError", "message": text}]
    else:
        error["status"] = word
    return Response(status, orjson.dumps({"error": error}, option=orjson.OPT_INDENT_2), headers)
