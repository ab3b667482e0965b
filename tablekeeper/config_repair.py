"""Makes faulty sections readable for the compilers of expressions, so that their mistakes are reported in the same run.

What it gives is for finding problems only; nothing ever works with it.
"""

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Sections = TypeVar("Sections", bound=BaseModel)

_ROUNDS_MAX = 6


def repaired(raw: Mapping[str, Any], model: type[Sections]) -> Sections | None:
    """The sections of `model` without the entries that it refuses, or None when nothing usable remains."""
    sections = copy.deepcopy({name: raw[name] for name in model.model_fields if name in raw})
    for _ in range(_ROUNDS_MAX):
        try:
            return model.model_validate(sections)
        except ValidationError as error:
            # From the last to the first: removing an item of a list moves those behind it.
            for found in reversed(error.errors(include_url=False)):
                _repair(sections, found["loc"], missing=found["type"] == "missing")
    return None


def _repair(sections: Any, location: tuple[int | str, ...], *, missing: bool) -> None:
    location = tuple(step for step in location if step != "[key]")
    if missing and location[0] in ("rules", "reminders", "digests"):
        # What is left of the item says nothing that could be judged.
        location, missing = location[:2], False
    parent = sections
    for step in location[:-1]:
        parent = _child(parent, step)
    if missing and isinstance(parent, dict):
        # A field stays a field, so that no rule that reads it is blamed.
        parent[location[-1]] = "text"
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
