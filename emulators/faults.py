"""Faults on order: the next requests that match an expectation fail in a named way, and then the service is well again."""

import re
from dataclasses import dataclass
from typing import Any

KINDS = frozenset({"429", "500", "503", "html", "timeout", "reset", "applied_then_lost", "slow"})
CALLERS = frozenset({"daemon", "staff", "any"})


class BadFault(Exception):
    """A fault order that cannot be understood."""


@dataclass(slots=True)
class Fault:
    """One order: requests of `caller` whose 'service method path' matches get `kind`, `count` times."""

    pattern: re.Pattern[str]
    caller: str
    kind: str
    count: int


class Faults:
    """The orders still open, in the order they came."""

    def __init__(self) -> None:
        self._open: list[Fault] = []

    def order(self, orders: list[dict[str, Any]]) -> None:
        """Add these orders, all or none; an empty list ends every open one. Raises `BadFault`."""
        parsed = [_parse(entry) for entry in orders]
        self._open = [*self._open, *parsed] if parsed else []

    def strike(self, line: str, caller: str) -> str:
        """The kind of fault this request gets, or an empty string. Uses the order up by one."""
        for fault in self._open:
            if fault.count > 0 and fault.caller in (caller, "any") and fault.pattern.search(line):
                fault.count -= 1
                return fault.kind
        return ""

    def left(self) -> list[dict[str, Any]]:
        """The open orders in the form they were given."""
        return [
            {"match": fault.pattern.pattern, "caller": fault.caller, "kind": fault.kind, "count": fault.count}
            for fault in self._open
            if fault.count > 0
        ]


def _parse(entry: Any) -> Fault:
    if not isinstance(entry, dict):
        raise BadFault("a fault is an object with match, caller, kind and count")
    kind, caller = str(entry.get("kind", "")), str(entry.get("caller", "any"))
    if kind not in KINDS or caller not in CALLERS:
        raise BadFault(f"kind is one of {sorted(KINDS)}, caller one of {sorted(CALLERS)}")
    try:
        return Fault(re.compile(str(entry.get("match", ""))), caller, kind, int(entry.get("count", 1)))
    except (re.error, ValueError) as error:
        raise BadFault(str(error)) from error
