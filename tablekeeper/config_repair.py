"""Makes a faulty schema readable for the rule compiler, so that mistakes in rules are reported in the same run.

What it gives is for finding problems only; nothing ever works with it.
"""

import copy
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from validators.schema import SchemaConfig

_ROUNDS_MAX = 6
_SECTIONS = ("options", "tables", "rules")
# What a missing key gets; any other gets a text that says so.
_STAND_INS = {"type": "text", "check": "true"}


def repaired(raw: Mapping[str, Any]) -> SchemaConfig | None:
    """The schema without the entries that its model refuses, or None when nothing usable remains."""
    sections = copy.deepcopy({name: raw[name] for name in _SECTIONS if name in raw})
    for _ in range(_ROUNDS_MAX):
        try:
            return SchemaConfig.model_validate(sections)
        except ValidationError as error:
            # From the last to the first: removing an item of a list moves those behind it.
            for found in reversed(error.errors(include_url=False)):
                _repair(sections, found["loc"], missing=found["type"] == "missing")
    return None


def _repair(sections: Any, location: tuple[int | str, ...], *, missing: bool) -> None:
    location = tuple(step for step in location if step != "[key]")
    parent = sections
    for step in location[:-1]:
        parent = _child(parent, step)
    if missing and isinstance(parent, dict):
        name = str(location[-1])
        parent[name] = _STAND_INS.get(name, "missing")
    elif isinstance(parent, dict):
        parent.pop(location[-1], None)
    elif isinstance(parent, list) and isinstance(location[-1], int) and location[-1] < len(parent):
        del parent[location[-1]]


def _child(parent: Any, step: int | str) -> Any:
    """What stands below `parent`; None when the location leads through what is no longer there."""
    if isinstance(parent, dict):
        return parent.get(step)
    if isinstance(parent, list) and isinstance(step, int) and step < len(parent):
        return parent[step]
    return None
