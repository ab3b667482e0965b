"""Turns what went wrong with a request into the errors of `sync/errors.py`. No message repeats what the service said:
Airtable quotes cell values in its texts."""

from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from sync.errors import (
    AnswerLost,
    BudgetSpent,
    CredentialsRefused,
    Misconfigured,
    NotFound,
    ServiceError,
    Unavailable,
)
from sync.retry import Gate

LOCKOUT_S = 30.0
BILLING_LIMIT = "PUBLIC_API_BILLING_LIMIT_EXCEEDED"

TOKEN_ADVICE = (
    "create a personal access token at airtable.com/create/tokens with the scopes data.records:read, data.records:write, "
    "schema.bases:read, schema.bases:write and webhook:manage, and put it in TABLEKEEPER_AIRTABLE_TOKEN"
)
ROLE_ADVICE = (
    "give the token the missing scope, and its owner the role Creator in the base; then: tablekeeper check"
)
BASE_ADVICE = (
    "check the base id in TABLEKEEPER_AIRTABLE_BASE (app…, from the base's address) and add the base to the token's access "
    "list at airtable.com/create/tokens"
)
BUDGET_ADVICE = "the workspace's monthly API calls are used up: raise its plan, or wait for the next month"


class Rejected(Misconfigured):
    """The service understood the request and declines its content (400, 413, 422). `kind` is Airtable's error type.

    `text` is the service's own message and may quote cell values: to be searched, never shown.
    """

    def __init__(self, service: str, kind: str, text: str = "") -> None:
        super().__init__(service, f"the request was declined: {kind}")
        self.kind, self.text = kind, text


def translate(error: requests.RequestException, *, gate: Gate, writing: bool) -> ServiceError:
    """The error to raise instead; closes `gate` on a rate limit. `writing` tells whether the request may have had effect."""
    if error.response is not None and not isinstance(error, requests.exceptions.JSONDecodeError):
        return _refusal(error.response, gate=gate, writing=writing)
    if writing and not _never_sent(error):
        return AnswerLost(gate.service, f"no answer to a write ({type(error).__name__})")
    return Unavailable(gate.service, f"no answer ({type(error).__name__})")


def _refusal(response: requests.Response, *, gate: Gate, writing: bool) -> ServiceError:
    kind, text = _envelope(response)
    match response.status_code:
        case 429 if kind == BILLING_LIMIT:
            return BudgetSpent(gate.service, "the monthly limit of calls is used up", advice=BUDGET_ADVICE)
        case 429:
            return gate.close_for(max(LOCKOUT_S, _retry_after_s(response)))
        case 401:
            return CredentialsRefused(gate.service, "the token was refused", advice=TOKEN_ADVICE)
        case status if status >= 500 or (status in (403, 404) and not kind):
            # A refusal without Airtable's envelope comes from something in between: a proxy or a gateway.
            return (AnswerLost if writing else Unavailable)(gate.service, f"HTTP {status}")
        case 403 if kind == "INVALID_PERMISSIONS":
            return CredentialsRefused(gate.service, "the token may not do this", advice=ROLE_ADVICE)
        case 403 | 404:
            return NotFound(gate.service, f"not found or not shared ({kind})", advice=BASE_ADVICE)
        case status:
            return Rejected(gate.service, kind or f"HTTP_{status}", text)


def _envelope(response: requests.Response) -> tuple[str, str]:
    """Type and message from any of the four envelopes: error as object or as text, errors as list; else blanks."""
    try:
        body: Any = response.json()
    except requests.exceptions.JSONDecodeError:
        return "", ""
    match body:
        case {"error": str(kind)} | {"errors": [{"error": str(kind)}, *_]}:
            return kind, ""
        case {"error": {"type": str(kind), **rest}}:
            return kind, str(rest.get("message", ""))
        case _:
            return "", ""


def _retry_after_s(response: requests.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0.0


def _never_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)
