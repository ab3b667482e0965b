"""Holds answers against Google's own discovery documents, which google-api-python-client ships."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "array": list,
}
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


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
    """The schema of the answer to a request, {} for an empty answer; raises LookupError for an unknown path."""
    source = document(name)
    for method in sorted(methods(source), key=lambda one: -len(one["path"])):
        template = source["servicePath"] + method.get("flatPath", method["path"])
        pattern = re.sub(r"\\\{\w+\\\}", r"[^/:]+", re.escape(template)).replace(r"\+", "")
        if method["httpMethod"] == http and re.fullmatch("/" + pattern.lstrip("/"), path):
            found: dict[str, Any] | None = method.get("response")
            return found
    raise LookupError(f"{http} {path} is no method of {name}")


def problems(name: str, schema: dict[str, Any], value: Any, where: str = "$") -> Iterator[str]:
    """Everything in a value that the schema does not allow."""
    if "$ref" in schema:
        schema = document(name)["schemas"][schema["$ref"]]
    kind = schema.get("type", "object")
    if kind == "any":
        return
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{where}: {type(value).__name__} is no {kind}"
    elif kind == "object":
        yield from _object_problems(name, schema, value, where)
    elif kind == "array":
        for index, item in enumerate(value):
            yield from problems(name, schema["items"], item, f"{where}[{index}]")
    elif kind == "string":
        yield from _string_problems(schema, value, where)


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
