"""Field masks: which parts of an answer are wanted, and which parts of a request are to be written."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from emulators.google.errors import Json, invalid
from emulators.google.schema import MESSAGES

Mask = Mapping[str, Any]
"""Field name -> mask below it; the empty mask means everything."""
EVERYTHING: Final[Mask] = {}


def response_mask(fields: str, message: str) -> Mask:
    """The `fields` query parameter checked against the answer's message; empty text or `*` is everything."""
    mask = parse(fields)
    unknown = next(_unknown_paths(mask, message, ""), None) if mask else None
    if unknown is not None:
        description = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{unknown}'."
        raise invalid(
            "Request contains an invalid argument.", [{"field": unknown, "description": description}]
        )
    return mask


def write_mask(fields: str | None, message: str) -> Mask:
    """The `fields` of an update request; it is required, and `*` means every field."""
    if not fields:
        raise invalid("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    mask = parse(fields)
    unknown = next(_unknown_paths(mask, message, ""), None)
    if unknown is not None:
        raise invalid(f"Invalid field: {unknown}")
    return mask or dict.fromkeys(MESSAGES[message], EVERYTHING)


def _unknown_paths(mask: Mask, kind: str, path: str) -> Any:
    kind = kind.lstrip("[")
    if kind.startswith("{") or kind == "any":
        return
    fields = MESSAGES.get(kind, {})
    for name, below in mask.items():
        here = f"{path}.{name}" if path else name
        if name == "*":
            continue
        if name not in fields:
            yield here
        elif below:
            yield from _unknown_paths(below, fields[name], here)


@lru_cache(maxsize=512)
def parse(fields: str) -> Mask:
    """`a.b,c(d,e/f)` -> {a: {b: {}}, c: {d: {}, e: {f: {}}}}; raises the 400 for one that cannot be read."""
    reader = _Reader(fields.replace("/", ".").replace(" ", ""))
    mask = reader.listing()
    if reader.position != len(reader.text):
        raise _unreadable(fields)
    return EVERYTHING if "*" in mask else mask


def _unreadable(fields: str) -> Exception:
    description = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{fields}'."
    return invalid("Request contains an invalid argument.", [{"field": fields, "description": description}])


class _Reader:
    """A cursor over the text of a mask."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def listing(self) -> dict[str, Any]:
        """Paths separated by commas, merged."""
        merged: dict[str, Any] = {}
        while self.position < len(self.text) and self.text[self.position] != ")":
            _merge(merged, self.path())
            if self.text[self.position : self.position + 1] == ",":
                self.position += 1
        return merged

    def path(self) -> dict[str, Any]:
        """One path, with its parentheses."""
        name = self.name()
        following = self.text[self.position : self.position + 1]
        if following not in (".", "("):
            return {name: {}}
        self.position += 1
        if following == ".":
            below = self.path()
        else:
            below = self.listing()
            self.position += 1
        return {name: {} if "*" in below else below}

    def name(self) -> str:
        start = self.position
        while self.position < len(self.text) and self.text[self.position] not in ".,()":
            self.position += 1
        if start == self.position:
            raise _unreadable(self.text)
        return self.text[start : self.position]


def _merge(into: dict[str, Any], mask: Mask) -> None:
    for name, below in mask.items():
        if name not in into:
            into[name] = dict(below)
        elif not into[name] or not below:
            into[name] = {}
        else:
            _merge(into[name], below)


def wanted(mask: Mask, name: str) -> bool:
    """Whether a field is to be shown at all."""
    return not mask or name in mask


def below(mask: Mask, name: str) -> Mask:
    """The mask inside a wanted field."""
    return mask.get(name, EVERYTHING) if mask else EVERYTHING


def pick(value: Any, mask: Mask) -> Any:
    """`value` cut down to the mask; lists are cut item by item."""
    if not mask:
        return value
    if isinstance(value, list):
        return [pick(item, mask) for item in value]
    if isinstance(value, dict):
        return {name: pick(item, mask[name]) for name, item in value.items() if name in mask}
    return value


def written(old: Mapping[str, Any], new: Mapping[str, Any], mask: Mask) -> Json:
    """`old` with every field of the mask taken from `new`; a field that `new` lacks is cleared."""
    result = dict(old)
    for name, inner in mask.items():
        value = new.get(name)
        if inner and isinstance(value, (dict, type(None))):
            value = written(result.get(name) or {}, value or {}, inner)
        if value is None or (inner and value == {}):
            result.pop(name, None)
        else:
            result[name] = value
    return result
