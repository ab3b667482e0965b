"""Findings in their JSON form, as the store keeps them."""

from collections.abc import Mapping
from typing import Any

from validators.issues import Issue
from validators.schema import Level


def dump_issue(issue: Issue) -> dict[str, Any]:
    """Inverse of `load_issue`."""
    return {
        "code": issue.code,
        "level": issue.level,
        "fields": list(issue.fields),
        "message": issue.message,
        "mend": issue.mend,
    }


def load_issue(json: Mapping[str, Any]) -> Issue:
    """The finding that `dump_issue` gave."""
    return Issue(json["code"], Level(json["level"]), tuple(json["fields"]), json["message"], json["mend"])
