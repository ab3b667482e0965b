"""Marks on the columns of a spreadsheet (developer metadata): the daemon's, and those by which staff remember what stands where."""

from collections.abc import Mapping
from typing import Any

from tests.simulation.side import Hands

DAEMON, MEMORY = "tablekeeper", "staff"


def marked(hands: Hands, spreadsheet: str, key: str, gid: int | None) -> dict[str, int]:
    """The columns of one tab by what their marks say."""
    body = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": key}}]}
    found = hands("POST", f"/v4/spreadsheets/{spreadsheet}/developerMetadata:search", body) or {}
    marks = [one["developerMetadata"] for one in found.get("matchedDeveloperMetadata", ())]
    places = [(mark["metadataValue"], mark["location"].get("dimensionRange")) for mark in marks]
    return {
        value.partition(":")[2]: place.get("startIndex", 0)
        for value, place in places
        if place and place.get("sheetId", 0) == gid
    }


def marking(gid: int, columns: Mapping[str, int]) -> list[dict[str, Any]]:
    """The requests by which staff mark the columns of a tab, in place of all that they marked before there."""
    return [{"createDeveloperMetadata": {"developerMetadata": _mark(gid, *one)}} for one in columns.items()]


def _mark(gid: int, name: str, index: int) -> dict[str, Any]:
    place = {"sheetId": gid, "dimension": "COLUMNS", "startIndex": index, "endIndex": index + 1}
    return {
        "metadataKey": MEMORY,
        "metadataValue": f"{gid}:{name}",
        "visibility": "DOCUMENT",
        "location": {"dimensionRange": place},
    }


def unmarking(gid: int, names: Mapping[str, int]) -> list[dict[str, Any]]:
    """The requests that take those marks away."""
    lookups = [{"metadataKey": MEMORY, "metadataValue": f"{gid}:{name}"} for name in names]
    return [
        {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}} for lookup in lookups
    ]
