"""The errors Google answers with, as one exception type and the two body forms it is written in.

ApiError
├── invalid()            400 INVALID_ARGUMENT
├── unauthenticated()    401 UNAUTHENTICATED
├── forbidden()          403 PERMISSION_DENIED
├── not_found()          404 NOT_FOUND
└── drive_*()            the same codes in Drive's older body form
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from emulators.exchange import Response

Json = dict[str, Any]
JSON_HEADERS: Mapping[str, str] = {"Content-Type": "application/json; charset=UTF-8"}
QUOTA_PER_MINUTE = 60
PROJECT_NUMBER = "100000000001"
ERROR_INFO: Json = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com"}
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"


@dataclass(eq=False)
class ApiError(Exception):
    """An answer other than success; `body` is the JSON object below `error`."""

    code: int
    message: str
    status: str = ""
    extra: Json = field(default_factory=dict)

    @property
    def body(self) -> Json:
        """The error object in the order Google writes it."""
        status = {"status": self.status} if self.status else {}
        return {"code": self.code, "message": self.message, **status, **self.extra}

    def prefixed(self, prefix: str) -> "ApiError":
        """The same error with `prefix` before its message, as batches name the request that failed."""
        return ApiError(self.code, prefix + self.message, self.status, self.extra)


def invalid(message: str, violations: Sequence[Json] = ()) -> ApiError:
    """400; `violations` are field violations `{"field", "description"}`."""
    extra = {"details": [{"@type": BAD_REQUEST, "fieldViolations": list(violations)}]} if violations else {}
    return ApiError(400, message, "INVALID_ARGUMENT", extra)


def invalid_field(path: str, description: str) -> ApiError:
    """400 whose only violation repeats the message, as the JSON parser of Google's front end answers."""
    violation = {"field": path, "description": description} if path else {"description": description}
    return invalid(description, [violation])


def not_found() -> ApiError:
    """404 as Sheets writes it."""
    return ApiError(404, "Requested entity was not found.", "NOT_FOUND")


def forbidden(message: str = "The caller does not have permission") -> ApiError:
    """403 as Sheets writes it."""
    return ApiError(403, message, "PERMISSION_DENIED")


def unauthenticated() -> ApiError:
    """401 for a missing, unknown or expired token."""
    return ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        "UNAUTHENTICATED",
    )


def drive_error(code: int, reason: str, message: str, *, parameter: str = "") -> ApiError:
    """An error in Drive's form; `parameter` names the request parameter at fault."""
    where = {"locationType": "parameter", "location": parameter} if parameter else {}
    return ApiError(
        code, message, "", {"errors": [{"message": message, "domain": "global", "reason": reason, **where}]}
    )


def drive_not_found(file_id: str) -> ApiError:
    """404 as Drive writes it."""
    return drive_error(404, "notFound", f"File not found: {file_id}.", parameter="fileId")


def quota_exceeded(kind: str) -> ApiError:
    """429; `kind` is `read` or `write`."""
    name = kind.capitalize()
    message = (
        f"Quota exceeded for quota metric '{name} requests' and limit '{name} requests per minute per user' of service "
        f"'sheets.googleapis.com' for consumer 'project_number:{PROJECT_NUMBER}'."
    )
    metadata = {
        "consumer": f"projects/{PROJECT_NUMBER}",
        "quota_limit": f"{name}RequestsPerMinutePerUser",
        "quota_limit_value": str(QUOTA_PER_MINUTE),
        "quota_location": "global",
        "quota_metric": f"sheets.googleapis.com/{kind}_requests",
        "quota_unit": "1/min/{project}/{user}",
        "service": "sheets.googleapis.com",
    }
    info = {**ERROR_INFO, "reason": "RATE_LIMIT_EXCEEDED", "metadata": metadata}
    link = {
        "description": "Request a higher quota limit.",
        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
    }
    more = {"@type": "type.googleapis.com/google.rpc.Help", "links": [link]}
    return ApiError(429, message, "RESOURCE_EXHAUSTED", {"details": [info, more]})


def answer(body: Any, status: int = 200, *, pretty: bool = True) -> Response:
    """A JSON answer, indented by two spaces unless the caller asked otherwise."""
    option = orjson.OPT_APPEND_NEWLINE | (orjson.OPT_INDENT_2 if pretty else 0) | orjson.OPT_NON_STR_KEYS
    return Response(status, orjson.dumps(body, option=option), JSON_HEADERS)


def failure(error: ApiError) -> Response:
    """The answer that carries an error."""
    return answer({"error": error.body}, error.code)
