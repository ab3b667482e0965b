"""Webhooks without an address: made, listed, kept alive, and their payloads read with a cursor."""

from base64 import b64encode
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from emulators.airtable.changes import Changes, computed_changes, written_changes
from emulators.airtable.errors import invalid_request, missing_field, refuse
from emulators.airtable.ids import Ids
from emulators.airtable.model import Base
from emulators.airtable.payloads import Filters, bodies
from emulators.airtable.transaction import Transaction
from emulators.clock import timestamp
from emulators.policy import Policy

WEBHOOKS_MAX = 10
PAGE_MAX = 50
ERROR_CODES = frozenset({"INVALID_FILTERS", "INVALID_HOOK", "INTERNAL_ERROR"})
LIFE = timedelta(days=7)
LATE = timedelta(seconds=2)
DATA_TYPES = frozenset({"tableData", "tableFields", "tableMetadata"})


@dataclass(slots=True)
class Webhook:
    """One webhook. `payloads` are the kept ones; the first of them has number `first`."""

    id: str
    specification: dict[str, Any]
    filters: Filters
    secret: str
    expires: datetime
    url: str | None = None
    broken: bool = False
    notifies: bool = True
    first: int = 1
    payloads: deque[tuple[datetime, dict[str, Any]]] = field(default_factory=deque)

    @property
    def cursor(self) -> int:
        """The number the next payload will get."""
        return self.first + len(self.payloads)

    def active(self, now: datetime) -> bool:
        """Whether it still takes payloads."""
        return not self.broken and now < self.expires

    def forget(self, now: datetime) -> None:
        """Drop payloads older than a week."""
        while self.payloads and now - self.payloads[0][0] >= LIFE:
            self.payloads.popleft()
            self.first += 1


def create(base: Base, body: dict[str, Any], *, ids: Ids, now: datetime) -> dict[str, Any]:
    """A new webhook, alive for seven days. Raises `Refusal`."""
    specification = body.get("specification")
    if not isinstance(specification, dict):
        raise missing_field("specification")
    filters = _read(base, specification)
    _sweep(base, now)
    if len(base.webhooks) >= WEBHOOKS_MAX:
        raise refuse(422, "TOO_MANY_WEBHOOKS_IN_BASE", f"A base has at most {WEBHOOKS_MAX} webhooks")
    secret = b64encode(ids.secret()).decode()
    hook = Webhook(ids.new("ach"), specification, filters, secret, now + LIFE, body.get("notificationUrl"))
    base.webhooks[hook.id] = hook
    return {
        "id": hook.id,
        "macSecretBase64": secret,
        "expirationTime": timestamp(hook.expires, milliseconds=True),
    }


def _read(base: Base, specification: dict[str, Any]) -> Filters:
    try:
        filters = Filters.read(specification)
    except (KeyError, TypeError) as error:
        raise invalid_request() from error
    known = {field_id for table in base.tables.values() for field_id in table.fields}
    named = (
        (filters.field_ids or frozenset())
        | (filters.schema_field_ids or frozenset())
        | (filters.included or frozenset())
    )
    if not filters.data_types or not filters.data_types <= DATA_TYPES or not named <= known:
        raise invalid_request()
    if filters.table_id is not None and filters.table_id not in base.tables:
        raise invalid_request()
    return filters


def listing(base: Base, now: datetime) -> dict[str, Any]:
    """All webhooks of a base."""
    _sweep(base, now)
    return {"webhooks": [_shown(hook, now) for hook in base.webhooks.values()]}


def _shown(hook: Webhook, now: datetime) -> dict[str, Any]:
    return {
        "id": hook.id,
        "specification": hook.specification,
        "notificationUrl": hook.url,
        "cursorForNextPayload": hook.cursor,
        "lastNotificationResult": None,
        "areNotificationsEnabled": hook.notifies,
        "lastSuccessfulNotificationTime": None,
        "isHookEnabled": hook.active(now),
        "expirationTime": timestamp(hook.expires, milliseconds=True),
    }


def find(base: Base, hook_id: str, now: datetime) -> Webhook:
    """A webhook, alive or within the week after its end. Raises `Refusal`."""
    _sweep(base, now)
    hook: Webhook | None = base.webhooks.get(hook_id)
    if hook is None:
        raise refuse(404, "NOT_FOUND")
    return hook


def refresh(hook: Webhook, now: datetime) -> dict[str, Any]:
    """Seven more days. Raises `Refusal` for a dead one, which nothing revives."""
    if not hook.active(now):
        raise refuse(422, "INVALID_WEBHOOK_STATE", "The webhook has expired or is disabled")
    hook.expires = now + LIFE
    return {"expirationTime": timestamp(hook.expires, milliseconds=True)}


def payloads(hook: Webhook, *, cursor: int, limit: int, now: datetime, policy: Policy) -> dict[str, Any]:
    """Up to fifty payloads from number `cursor` on. Reading keeps a living webhook alive. Raises `Refusal`."""
    hook.forget(now)
    if hook.active(now):
        hook.expires = now + LIFE
    if cursor < hook.first:
        if cursor < 1 or policy.expired_cursor_is_refused:
            raise refuse(422, "INVALID_CURSOR", "Payloads before that cursor are no longer kept")
        cursor = hook.first
    start = cursor - hook.first
    latest = now - LATE if policy.payloads_come_late else now
    page = islice(hook.payloads, start, start + min(limit, PAGE_MAX))
    found = [payload for moment, payload in page if moment <= latest]
    following = cursor + len(found)
    return {"payloads": found, "cursor": following, "mightHaveMore": following < hook.cursor}


def publish(tx: Transaction) -> None:
    """Tell every living webhook what the transaction changed. One action may take several payloads with one number."""
    hooks = [hook for hook in tx.base.webhooks.values() if hook.active(tx.now)]
    if not hooks:
        return
    stages = [written_changes(tx)]
    if tx.policy.computed_changes_in_payloads:
        stages.append(computed_changes(tx))
    for hook in hooks:
        hook.forget(tx.now)
        if hook.filters.sources is None or tx.source in hook.filters.sources:
            _append(tx, hook, stages)
        _break_if_watched_field_is_gone(tx, hook, stages[0])


def _append(tx: Transaction, hook: Webhook, stages: Iterable[Changes]) -> None:
    for changes in stages:
        for body in bodies(changes, hook.filters, tx.base, split=tx.policy.payload_per_record):
            hook.payloads.append((tx.now, _envelope(tx.base, tx.now) | {"actionMetadata": _actor(tx)} | body))


def _break_if_watched_field_is_gone(tx: Transaction, hook: Webhook, changes: Changes) -> None:
    gone = [field_id for change in changes.tables.values() for field_id in change.destroyed_fields]
    if hook.filters.watches_any_of(gone):
        _break(tx.base, hook, "INVALID_HOOK", tx.now)


def break_all(base: Base, code: str, now: datetime) -> int:
    """Let every living webhook of a base end with an error payload of that code; how many did. The service says nowhere what
    brings `INVALID_FILTERS` about, so nothing but this does. Raises `ValueError` for a code that does not exist."""
    if code not in ERROR_CODES:
        raise ValueError(f"code is one of {sorted(ERROR_CODES)}")
    living = [hook for hook in base.webhooks.values() if hook.active(now)]
    for hook in living:
        _break(base, hook, code, now)
    return len(living)


def _break(base: Base, hook: Webhook, code: str, now: datetime) -> None:
    hook.payloads.append((now, _envelope(base, now) | {"error": True, "code": code}))
    hook.broken = True


def _envelope(base: Base, now: datetime) -> dict[str, Any]:
    return {
        "timestamp": timestamp(now, milliseconds=True),
        "baseTransactionNumber": base.transactions,
        "payloadFormat": "v0",
    }


def _actor(tx: Transaction) -> dict[str, Any]:
    user = tx.user.json() | {"permissionLevel": tx.base.permission_level}
    return {"source": tx.source, "sourceMetadata": {"user": user}}


def _sweep(base: Base, now: datetime) -> None:
    for hook in [hook for hook in base.webhooks.values() if now - hook.expires >= LIFE]:
        del base.webhooks[hook.id]


def dump(hook: Webhook, *, history: bool) -> dict[str, Any]:
    """As JSON; without `history`, the webhook but not what it has told."""
    return {
        "id": hook.id,
        "specification": hook.specification,
        "secret": hook.secret,
        "expires": hook.expires.isoformat(),
        "url": hook.url,
        "broken": hook.broken,
        "notifies": hook.notifies,
        "first": hook.first if history else hook.cursor,
        "payloads": [[moment.isoformat(), payload] for moment, payload in hook.payloads if history],
    }


def load(state: dict[str, Any]) -> Webhook:
    """From JSON."""
    return Webhook(
        state["id"],
        state["specification"],
        Filters.read(state["specification"]),
        state["secret"],
        datetime.fromisoformat(state["expires"]),
        state["url"],
        state["broken"],
        state["notifies"],
        state["first"],
        deque((datetime.fromisoformat(moment), payload) for moment, payload in state["payloads"]),
    )
