"""Airtable's Web API as a plain function from request to response. Routing and permissions only; the work is elsewhere."""

import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import unquote

import orjson

from emulators.airtable import comments, queries, records, schema, webhooks
from emulators.airtable.computed import Snapshot
from emulators.airtable.errors import (
    JSON,
    Refusal,
    budget_spent,
    forbidden_model,
    invalid_request,
    missing_field,
    not_found,
    rate_limited,
    refuse,
    unauthenticated,
)
from emulators.airtable.ids import Ids, is_id
from emulators.airtable.listing import Lister
from emulators.airtable.model import Base, Field, Record, Table, User
from emulators.airtable.render import Shape, record_json
from emulators.airtable.storage import dump_base, load_base, seeded_base
from emulators.airtable.transaction import Transaction
from emulators.clock import timestamp
from emulators.exchange import Request, Response
from emulators.policy import Policy

ADDRESS_LENGTH_MAX = 16_000
Work = TypeVar("Work")


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
        self._lister = Lister(self._ids)

    # What the world asks.

    def handle(self, request: Request) -> Response:
        """Answer one request; never raises for what a client did."""
        try:
            answer = self._route(request)
        except Refusal as refusal:
            return refusal.response()
        return Response(200, orjson.dumps(answer), JSON)

    def caller(self, request: Request) -> str:
        """Who asks: "staff" or "daemon"."""
        return "staff" if request.bearer == self.staff_token else "daemon"

    def owner(self, request: Request) -> str:
        """The token's owner, or empty for an unknown token."""
        user = self._users().get(request.bearer)
        return user.id if user else ""

    def base_of(self, request: Request) -> str:
        """The base whose limits a request counts against; empty for none."""
        return next((part for part in _parts(request) if is_id(part, "app")), "")

    def quota_error(self, request: Request, kind: str) -> Response:
        """The 429 of a passed limit: "rate" or "budget"."""
        return (budget_spent() if kind == "budget" else rate_limited()).response()

    def create_base(self, name: str, *, id: str | None = None) -> str:
        """An empty base, open to both people."""
        base = Base(id or self._ids.new("app"), name)
        self._add(base)
        return base.id

    def seed(self, bases: dict[str, Any]) -> None:
        """Add bases in the form of seed files; one of the same id is replaced."""
        now = timestamp(self._clock())
        for base_id, content in bases.items():
            self._add(seeded_base(base_id, content, owner=self._daemon, now=now))

    def reset(self) -> None:
        """Forget every base; tokens and people stay."""
        self._bases.clear()
        self._lister = Lister(self._ids)

    def dump(self) -> dict[str, Any]:
        """Everything stored, as JSON-serialisable data."""
        return {
            "token": self.token,
            "staffToken": self.staff_token,
            "daemon": self._daemon.json(),
            "staff": self._staff.json(),
            "bases": [dump_base(base) for base in self._bases.values()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Take up a dumped state. Iterators do not survive, as they do not survive a deploy of the real service."""
        self.token, self.staff_token = state["token"], state["staffToken"]
        self._daemon, self._staff = User(**state["daemon"]), User(**state["staff"])
        self._bases = {base["id"]: load_base(base) for base in state["bases"]}
        self._lister = Lister(self._ids)

    def _add(self, base: Base) -> None:
        base.users |= {user.id: user for user in (self._daemon, self._staff)}
        self._bases[base.id] = base

    def _users(self) -> dict[str, User]:
        return {self.token: self._daemon, self.staff_token: self._staff}

    # Routing.

    def _route(self, request: Request) -> Any:
        if request.bearer not in self._users():
            raise unauthenticated()
        if (
            len(request.path) + sum(len(name) + len(value) + 2 for name, value in request.query)
            > ADDRESS_LENGTH_MAX
        ):
            raise refuse(414, "URI_TOO_LONG")
        match _parts(request):
            case ["meta", *rest]:
                return self._meta(request, rest)
            case ["bases", base_id, "webhooks", *rest]:
                return self._webhooks(request, self._base(base_id), rest)
            case [base_id, record_id, _, "uploadAttachment"] if is_id(record_id, "rec"):
                raise refuse(501, "NOT_IMPLEMENTED")
            case [base_id, table_name, *rest]:
                base = self._base(base_id)
                return self._records(request, base, table_name, rest)
        raise not_found()

    def _base(self, base_id: str) -> Base:
        if not is_id(base_id, "app"):
            raise not_found()
        base = self._bases.get(base_id)
        if base is None:
            raise forbidden_model() if self._policy.unknown_models_are_forbidden else refuse(404, "NOT_FOUND")
        return base

    def _table(self, base: Base, name: str) -> Table:
        table = base.table_named(name)
        if table is not None:
            return table
        if self._policy.unknown_models_are_forbidden:
            raise forbidden_model()
        raise refuse(404, "TABLE_NOT_FOUND", f"Could not find table {name} in application {base.id}")

    def _transact(self, request: Request, base: Base, work: Callable[[Transaction], Work]) -> Work:
        staff = request.bearer == self.staff_token
        tx = Transaction(
            base,
            user=self._staff if staff else self._daemon,
            source="client" if staff else "publicApi",
            now=self._clock(),
            ids=self._ids,
            policy=self._policy,
        )
        try:
            result = work(tx)
        except Refusal:
            tx.rollback()
            raise
        base.transactions += 1
        webhooks.publish(tx)
        return result

    # Metadata.

    def _meta(self, request: Request, rest: list[str]) -> Any:
        match request.method, rest:
            case "GET", ["whoami"]:
                user = self._users()[request.bearer]
                return {"id": user.id, "email": user.email}
            case "GET", ["bases"]:
                return {"bases": [_base_json(base) for base in self._bases.values()]}
            case _, ["bases", base_id, "tables", *more]:
                return self._schema(request, self._base(base_id), more)
            case "GET", ["bases", base_id]:
                # Collaborators are told on Enterprise plans only.
                self._base(base_id)
                raise refuse(404, "NOT_FOUND")
        raise not_found()

    def _schema(self, request: Request, base: Base, rest: list[str]) -> Any:
        if not base.has_metadata:
            raise refuse(404, "NOT_FOUND")
        if not rest and request.method == "GET":
            with_views = any(value == "visibleFieldIds" for _, value in request.query)
            return {"tables": [_table_json(table, with_views) for table in base.tables.values()]}
        if not rest and request.method == "POST":
            person = request.bearer == self.staff_token
            any_type = person or self._policy.tokens_create_computed_fields
            body = _body(request)
            return self._transact(
                request, base, lambda tx: schema.create_table(tx, body, any_type=any_type)
            ).json()
        if rest and (table := base.tables.get(rest[0])) is not None:
            return self._table_schema(request, base, table, rest[1:])
        raise forbidden_model() if rest else not_found()

    def _table_schema(self, request: Request, base: Base, table: Table, rest: list[str]) -> Any:
        person = request.bearer == self.staff_token
        any_type = person or self._policy.tokens_create_computed_fields
        match request.method, rest:
            case "PATCH", []:
                body = _body(request)
                self._transact(request, base, lambda tx: schema.change_table(tx, table, body))
                return table.json()
            case "POST", ["fields"]:
                body = _body(request)
                make = self._transact(
                    request, base, lambda tx: schema.create_field(tx, table, body, any_type=any_type)
                )
                return make.json()
            case "PATCH", ["fields", field_id]:
                column, body = _column(table, field_id), _body(request)
                self._transact(
                    request, base, lambda tx: schema.change_field(tx, table, column, body, any_type=person)
                )
                return column.json()
            case "DELETE", ["fields", field_id] if person:
                # No token can; this is the person at the screen, who has no other way in.
                column = _column(table, field_id)
                self._transact(request, base, lambda tx: tx.remove_field(table, column))
                return {"deleted": True, "id": field_id}
        raise not_found()

    # Webhooks.

    def _webhooks(self, request: Request, base: Base, rest: list[str]) -> Any:
        now = self._clock()
        match request.method, rest:
            case "GET", []:
                return webhooks.listing(base, now)
            case "POST", []:
                return webhooks.create(base, _body(request), ids=self._ids, now=now)
            case "DELETE", [hook_id]:
                del base.webhooks[webhooks.find(base, hook_id, now).id]
                return {}
            case "POST", [hook_id, "refresh"]:
                return webhooks.refresh(webhooks.find(base, hook_id, now), now)
            case "POST", [hook_id, "enableNotifications"]:
                webhooks.find(base, hook_id, now)
                return {}
            case "GET", [hook_id, "payloads"]:
                return self._payloads(request, webhooks.find(base, hook_id, now), now)
        raise not_found()

    def _payloads(self, request: Request, hook: webhooks.Webhook, now: datetime) -> Any:
        try:
            cursor, limit = (
                int(request.first("cursor") or 1),
                int(request.first("limit") or webhooks.PAGE_MAX),
            )
        except ValueError as error:
            raise invalid_request() from error
        strict = self._policy.expired_cursor_is_refused
        return webhooks.payloads(hook, cursor=cursor, limit=limit, now=now, strict=strict)

    # Records.

    def _records(self, request: Request, base: Base, table_name: str, rest: list[str]) -> Any:
        table = self._table(base, table_name)
        snapshot = Snapshot(base, self._clock())
        match request.method, rest:
            case "GET", []:
                return self._lister.page(snapshot, table, queries.from_address(request))
            case "POST", ["listRecords"]:
                return self._lister.page(snapshot, table, queries.from_body(request, _body(request)))
            case "POST", []:
                return self._create(request, base, table, _body(request))
            case (("PATCH" | "PUT"), []):
                return self._update_batch(request, base, table, _body(request))
            case "DELETE", []:
                return self._delete_batch(request, base, table)
            case _, [record_id, *more] if is_id(record_id, "rec"):
                return self._one(request, base, table, record_id, more)
        raise not_found()

    def _one(self, request: Request, base: Base, table: Table, record_id: str, rest: list[str]) -> Any:
        match request.method, rest:
            case "GET", []:
                return self._get(request, base, table, record_id)
            case (("PATCH" | "PUT"), []):
                return self._update_one(request, base, self._record(table, record_id), table)
            case "DELETE", []:
                self._record(table, record_id)
                return self._transact(request, base, lambda tx: records.delete(tx, table, [record_id]))[0]
            case _, ["comments", *more]:
                return self._comments(request, base, self._record(table, record_id), more)
        raise not_found()

    def _record(self, table: Table, record_id: str) -> Record:
        record = table.records.get(record_id)
        if record is None:
            raise refuse(404, "MODEL_ID_NOT_FOUND", "Record not found")
        return record

    def _get(self, request: Request, base: Base, table: Table, record_id: str) -> Any:
        # Any table's name in the path finds the record, so long as it is in the base.
        home = next((other for other in (table, *base.tables.values()) if record_id in other.records), table)
        query = queries.from_address(request)
        shape = Shape(by_id=query.by_id)
        return record_json(Snapshot(base, self._clock()), home, self._record(home, record_id), shape)

    def _create(self, request: Request, base: Base, table: Table, body: dict[str, Any]) -> Any:
        typecast = bool(body.get("typecast"))
        single = "records" not in body
        if single and not isinstance(body.get("fields"), dict):
            raise missing_field("fields")
        entries = [body] if single else records.batch(body, with_ids=False)
        made = self._transact(
            request,
            base,
            lambda tx: [records.create(tx, table, entry["fields"], typecast=typecast) for entry in entries],
        )
        shown = self._shown(base, table, made, body)
        return shown[0] if single else {"records": shown}

    def _update_one(self, request: Request, base: Base, record: Record, table: Table) -> Any:
        body = _body(request)
        if not isinstance(body.get("fields"), dict):
            raise missing_field("fields")
        entries = [{"id": record.id, "fields": body["fields"]}]
        changed = self._transact(
            request, base, lambda tx: _update_all(tx, table, entries, body, request.method)
        )
        return self._shown(base, table, changed, body)[0]

    def _update_batch(self, request: Request, base: Base, table: Table, body: dict[str, Any]) -> Any:
        if "performUpsert" in body:
            return self._upsert(request, base, table, body)
        entries = records.batch(body, with_ids=True)
        changed = self._transact(
            request, base, lambda tx: _update_all(tx, table, entries, body, request.method)
        )
        return {"records": self._shown(base, table, changed, body)}

    def _upsert(self, request: Request, base: Base, table: Table, body: dict[str, Any]) -> Any:
        entries = records.batch(body, with_ids=False)
        merge_on = (body["performUpsert"] or {}).get("fieldsToMergeOn")
        typecast, replace = bool(body.get("typecast")), request.method == "PUT"
        found, created, updated = self._transact(
            request,
            base,
            lambda tx: records.upsert(tx, table, entries, merge_on, typecast=typecast, replace=replace),
        )
        return {
            "records": self._shown(base, table, found, body),
            "createdRecords": created,
            "updatedRecords": updated,
        }

    def _delete_batch(self, request: Request, base: Base, table: Table) -> Any:
        gone = [value for name, value in request.query if name in ("records[]", "records")]
        return {"records": self._transact(request, base, lambda tx: records.delete(tx, table, gone))}

    def _shown(
        self, base: Base, table: Table, found: Iterable[Record], body: dict[str, Any]
    ) -> list[dict[str, Any]]:
        snapshot, shape = Snapshot(base, self._clock()), Shape(by_id=bool(body.get("returnFieldsByFieldId")))
        return [record_json(snapshot, table, record, shape) for record in found]

    def _comments(self, request: Request, base: Base, record: Record, rest: list[str]) -> Any:
        user, now = self._users()[request.bearer], self._clock()
        match request.method, rest:
            case "GET", []:
                size = int(request.first("pageSize") or comments.PAGE_SIZE_MAX)
                return comments.page(base, record, page_size=size, offset=request.first("offset"))
            case "POST", []:
                return comments.add(base, record, _body(request), user=user, ids=self._ids, now=now)
            case "PATCH", [comment_id]:
                return comments.change(base, record, comment_id, _body(request), user=user, now=now)
            case "DELETE", [comment_id]:
                return comments.remove(record, comment_id, user=user)
        raise not_found()


def _update_all(
    tx: Transaction, table: Table, entries: list[dict[str, Any]], body: dict[str, Any], method: str
) -> list[Record]:
    typecast, replace = bool(body.get("typecast")), method == "PUT"
    return [
        records.update(tx, table, entry["id"], entry["fields"], typecast=typecast, replace=replace)
        for entry in entries
    ]


def _parts(request: Request) -> list[str]:
    """The path behind /v0, decoded; a trailing slash is ignored."""
    return [unquote(part) for part in request.path.strip("/").split("/")[1:]]


def _body(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except orjson.JSONDecodeError as error:
        raise refuse(400, "INVALID_REQUEST_BODY", "Could not parse request body") from error
    if not isinstance(body, dict):
        raise invalid_request()
    return body


def _column(table: Table, field_id: str) -> Field:
    column = table.fields.get(field_id)
    if column is None:
        raise forbidden_model()
    return column


def _base_json(base: Base) -> dict[str, str]:
    return {"id": base.id, "name": base.name, "permissionLevel": base.permission_level}


def _table_json(table: Table, with_visible_fields: bool) -> dict[str, Any]:
    shown = table.json()
    if with_visible_fields:
        visible = list(table.fields)
        shown["views"] = [
            view | {"visibleFieldIds": visible} if view["type"] == "grid" else view for view in shown["views"]
        ]
    return shown
