"""Routes below /bases/{base}/webhooks."""

from typing import Any

from emulators.airtable import webhooks
from emulators.airtable.call import Call
from emulators.airtable.errors import not_found
from emulators.airtable.model import Base


def answer(call: Call, base: Base, rest: list[str]) -> Any:
    """Serve one of them. Raises `Refusal`."""
    match call.method, rest:
        case "GET", []:
            return webhooks.listing(base, call.now)
        case "POST", []:
            return webhooks.create(base, call.body(), ids=call.ids, now=call.now)
        case _, [hook_id, *more]:
            return _one(call, base, webhooks.find(base, hook_id, call.now), more)
    raise not_found()


def _one(call: Call, base: Base, hook: webhooks.Webhook, rest: list[str]) -> Any:
    match call.method, rest:
        case "DELETE", []:
            del base.webhooks[hook.id]
            return {}
        case "POST", ["refresh"]:
            return webhooks.refresh(hook, call.now)
        case "POST", ["enableNotifications"]:
            hook.notifies = bool(call.body().get("enable"))
            return {}
        case "GET", ["payloads"]:
            return webhooks.payloads(
                hook,
                cursor=call.count("cursor", 1),
                limit=call.count("limit", webhooks.PAGE_MAX),
                now=call.now,
                policy=call.policy,
            )
    raise not_found()
