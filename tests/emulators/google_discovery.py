"""Holds answers against Google's own discovery documents, which google-api-python-client ships.

`tests/conftest.py` lets every answer of every emulated Google in the suite pass through `violations`.
"""

import json
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from typing import Any

import orjson

from emulators.exchange import Response

TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")
REPEATED = ("RowData", "CellData", "CellFormat", "DimensionProperties")
"""What an answer with grid data holds a thousand times over, mostly equal: judged once each."""
ROWS_OF_ANYTHING = {"type": "array", "items": {"type": "array", "items": {"type": "any"}}}


def violations(method: str, path: str, response: Response) -> list[str]:
    """What Google's documents do not allow in an answer of Sheets or Drive; other paths are not judged."""
    name = "sheets.v4" if path.startswith("/v4/") else "drive.v3" if path.startswith("/drive/v3/") else ""
    if not name or not response.headers.get("Content-Type", "").startswith("application/json"):
        return []
    answer = orjson.loads(response.body)
    if response.status != 200:
        return [f"{method} {path}: {problem}" for problem in _error_problems(name, response.status, answer)]
    try:
        schema = response_schema(name, method, path.replace("/:", ":"))
    except LookupError as error:
        return [str(error)]
    if schema is None:
        return [f"{method} {path} answers nothing"]
    return [f"{method} {path}: {problem}" for problem in problems(name, schema, answer)]


def _error_problems(name: str, status: int, answer: Any) -> Iterator[str]:
    """An error is an object with the status as its code and a message; Sheets adds the status' name, Drive its reasons."""
    error = answer.get("error") if isinstance(answer, dict) else None
    if (
        not isinstance(error, dict)
        or error.get("code") != status
        or not isinstance(error.get("message"), str)
    ):
        yield f"{status} without its error: {answer}"
    elif name == "sheets.v4" and not re.fullmatch(r"[A-Z_]+", str(error.get("status"))):
        yield f"{status} without a status: {error}"


@cache
def document(name: str) -> dict[str, Any]:
    """A discovery document by file name, `sheets.v4`."""
    folder = resources.files("googleapiclient").joinpath("discovery_cache", "documents")
    found: dict[str, Any] = json.loads(folder.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return found


def methods(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All methods below a resource."""
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def response_schema(name: str, http: str, path: str) -> dict[str, Any] | None:
    """The schema of the answer to a request, None for an empty answer; raises LookupError for an unknown path."""
    for verb, pattern, found in _patterns(name):
        if verb == http and pattern.fullmatch(path):
            return found
    raise LookupError(f"{http} {path} is no method of {name}")


@cache
def _patterns(name: str) -> list[tuple[str, re.Pattern[str], dict[str, Any] | None]]:
    """Verb, path and answer of each method, the longest paths first."""
    source = document(name)
    found = []
    for method in sorted(methods(source), key=lambda one: -len(one["path"])):
        template = source["servicePath"] + method.get("flatPath", method["path"])
        # A colon may stand in a range as it is; elsewhere it begins the name of a custom method.
        pattern = re.escape(template).replace(r"\+", "").replace(r"\{range\}", "[^/]+")
        pattern = re.sub(r"\\\{\w+\\\}", "[^/:]+", pattern)
        found.append((method["httpMethod"], re.compile("/" + pattern.lstrip("/")), method.get("response")))
    return found


def problems(name: str, schema: dict[str, Any], value: Any, where: str = "$") -> Iterator[str]:
    """Everything in a value that the schema does not allow."""
    if "$ref" in schema:
        if schema["$ref"] in REPEATED:
            yield from (where + rest for rest in _known_problems(name, schema["$ref"], orjson.dumps(value)))
            return
        schema = document(name)["schemas"][schema["$ref"]]
    kind = schema.get("type", "object")
    if kind == "any":
        return
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{where}: {type(value).__name__} is no {kind}"
    elif kind == "object":
        yield from _object_problems(name, schema, value, where)
    elif kind == "array" and schema.get("items") == ROWS_OF_ANYTHING["items"]:
        # A tab of values: only that each row is a list; its cells may be anything.
        yield from (f"{where}: a row is no list" for row in value if type(row) is not list)
    elif kind == "array":
        for index, item in enumerate(value):
            yield from problems(name, schema["items"], item, f"{where}[{index}]")
    elif kind == "string":
        yield from _string_problems(schema, value, where)


@lru_cache(maxsize=20_000)
def _known_problems(name: str, message: str, content: bytes) -> tuple[str, ...]:
    schema = document(name)["schemas"][message]
    return tuple(problems(name, schema, orjson.loads(content), ""))


def _object_problems(name: str, schema: dict[str, Any], value: dict[str, Any], where: str) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    for key, item in value.items():
        inner = known.get(key, others)
        if inner is None:
            yield f"{where}.{key}: unknown"
        else:
            yield from problems(name, inner, item, f"{where}.{key}")


def _string_problems(schema: dict[str, Any], value: str, where: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value} is not in the enumeration"
    if schema.get("format") in ("int64", "uint64") and not re.fullmatch(r"-?\d+", value):
        yield f"{where}: {value} is no 64-bit integer"
    if schema.get("format") == "date-time" and not RFC3339.match(value):
        yield f"{where}: {value} is no time"
