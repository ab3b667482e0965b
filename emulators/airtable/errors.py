"""Airtable's refusals in their four envelopes.

{"error": {"type", "message"}}   most       {"error": {"type"}}    some without words
{"error": "NOT_FOUND"}           unknown route or malformed id       {"errors": [{"error", "message"}]}   rate limits
"""

from typing import Any

import orjson

from emulators.exchange import Response

JSON = {"Content-Type": "application/json; charset=utf-8"}


class Refusal(Exception):
    """A request that Airtable answers with an error. Its text names types and fields, never a cell's value."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body

    def response(self) -> Response:
        """The answer."""
        return Response(self.status, orjson.dumps(self.body), JSON)


def refuse(status: int, kind: str, message: str = "") -> Refusal:
    """The usual envelope; without a message, the one without words."""
    error = {"type": kind, "message": message} if message else {"type": kind}
    return Refusal(status, {"error": error})


def not_found() -> Refusal:
    """Unknown route, or an id of the wrong form."""
    return Refusal(404, {"error": "NOT_FOUND"})


def unauthenticated() -> Refusal:
    """No token, or an unknown one."""
    return refuse(401, "AUTHENTICATION_REQUIRED", "Authentication required")


def forbidden_model() -> Refusal:
    """A base or table that does not exist, or that the token may not see: the two are told apart nowhere."""
    return refuse(
        403,
        "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
        "Invalid permissions, or the requested model was not found. Check that both your user and your token have "
        "the required permissions, and that the model names and/or ids are correct.",
    )


def forbidden() -> Refusal:
    """Something this token or plan may not do."""
    return refuse(403, "INVALID_PERMISSIONS", "You are not permitted to perform this operation")


def invalid_request(message: str = "") -> Refusal:
    """A body or query of the wrong shape."""
    text = message or "Invalid request: parameter validation failed. Check your request data."
    return refuse(422, "INVALID_REQUEST_UNKNOWN", text)


def missing_field(name: str) -> Refusal:
    """A body without a key it must have."""
    return refuse(422, "INVALID_REQUEST_MISSING_FIELDS", f'Could not find field "{name}" in the request body')


def unknown_field(name: str) -> Refusal:
    """A field that the table does not have."""
    return refuse(422, "UNKNOWN_FIELD_NAME", f'Unknown field name: "{name}"')


def bad_value(field_name: str) -> Refusal:
    """A value that the field's type does not take."""
    return refuse(422, "INVALID_VALUE_FOR_COLUMN", f'Field "{field_name}" cannot accept the provided value')


def computed_field(field_name: str) -> Refusal:
    """A write to a field that computes its own values."""
    message = f'Field "{field_name}" cannot accept a value because the field is computed'
    return refuse(422, "INVALID_VALUE_FOR_COLUMN", message)


def unknown_option(name: str) -> Refusal:
    """A select option that does not exist; the inner escaped quotes are the service's own."""
    message = f'Insufficient permissions to create new select option "\\"{name}\\""'
    return refuse(422, "INVALID_MULTIPLE_CHOICE_OPTIONS", message)


def missing_row(record_id: str) -> Refusal:
    """A record id, to write or to link, that the table does not hold."""
    return refuse(422, "ROW_DOES_NOT_EXIST", f"Record ID {record_id} does not exist in this table")


def bad_formula(detail: str = "Invalid formula. Please check your formula text.") -> Refusal:
    """A filter formula that cannot be read."""
    message = f"The formula for filtering records is invalid: {detail}"
    return refuse(422, "INVALID_FILTER_BY_FORMULA", message)


def rate_limited() -> Refusal:
    """More than five requests a second on one base, or fifty of one person."""
    message = "Rate limit exceeded. Please try again later"
    return Refusal(429, {"errors": [{"error": "RATE_LIMIT_REACHED", "message": message}]})


def budget_spent() -> Refusal:
    """The plan's calls of this month are used up."""
    message = "You have exceeded the API billing limit for this workspace."
    return Refusal(429, {"errors": [{"error": "PUBLIC_API_BILLING_LIMIT_EXCEEDED", "message": message}]})
