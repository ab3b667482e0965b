"""Reads the options of a list or get request, from the address or from a JSON body."""

import re
from typing import Any

from emulators.airtable.errors import invalid_request
from emulators.airtable.listing import PAGE_SIZE_MAX, Query
from emulators.exchange import Request

SORT = re.compile(r"sort\[(\d+)\]\[(field|direction)\]")
TRUE = ("1", "true", True)


def from_address(request: Request) -> Query:
    """The options in a GET request's query. Raises `Refusal`."""
    options: dict[str, Any] = {}
    sort: dict[int, dict[str, str]] = {}
    for name, value in request.query:
        if found := SORT.fullmatch(name):
            sort.setdefault(int(found.group(1)), {})[found.group(2)] = value
        elif name.endswith("[]") or re.fullmatch(r"\w+\[\d+\]", name):
            options.setdefault(name.partition("[")[0], []).append(value)
        else:
            options[name] = value
    return _query(options | {"sort": [sort[place] for place in sorted(sort)]})


def from_body(request: Request, body: dict[str, Any]) -> Query:
    """The options of POST …/listRecords; zone and locale may stay in the address. Raises `Refusal`."""
    address = {name: value for name, value in request.query if name in ("timeZone", "userLocale")}
    return _query(address | body)


def _query(options: dict[str, Any]) -> Query:
    return Query(
        fields=tuple(_texts(options.get("fields", []))),
        formula=_text(options, "filterByFormula"),
        sort=tuple(_sort(options.get("sort", []))),
        view=_text(options, "view"),
        page_size=_count(options, "pageSize", PAGE_SIZE_MAX) or PAGE_SIZE_MAX,
        max_records=_count(options, "maxRecords", None),
        offset=_text(options, "offset"),
        by_id=options.get("returnFieldsByFieldId") in TRUE,
        as_text=options.get("cellFormat", "json") == "string",
        time_zone=_text(options, "timeZone"),
        user_locale=_text(options, "userLocale"),
        comment_counts="commentCount" in options.get("recordMetadata", []),
    )


def _text(options: dict[str, Any], name: str) -> str:
    value = options.get(name) or ""
    if not isinstance(value, str):
        raise invalid_request()
    return value


def _texts(value: Any) -> list[str]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid_request()
    return names


def _sort(entries: Any) -> list[tuple[str, str]]:
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and "field" in entry for entry in entries
    ):
        raise invalid_request()
    pairs = [(str(entry["field"]), str(entry.get("direction", "asc"))) for entry in entries]
    if any(direction not in ("asc", "desc") for _, direction in pairs):
        raise invalid_request()
    return pairs


def _count(options: dict[str, Any], name: str, default: int | None) -> int | None:
    value = options.get(name)
    if value is None or value == "":
        return default
    try:
        count = int(value)
    except (TypeError, ValueError) as error:
        raise invalid_request() from error
    if count < 1:
        raise invalid_request()
    return min(count, PAGE_SIZE_MAX) if name == "pageSize" else count
