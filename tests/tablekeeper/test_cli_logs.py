"""`docs/LOGS.md` and the code name the same events with the same levels and fields."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path

from sync.engine import CycleReport

ROOT = Path(__file__).parents[2]
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}
BY_VARIABLE = "event"
"""The daemon logs a cycle with `event(...)`: as info when there is something to say."""


@dataclass
class Event:
    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """Name, level and fields of every line the code can log."""
    for package in ("tablekeeper", "jobs", "sync", "vault", "validators"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (level := level_of(node.func)):
                    (name,) = node.args
                    assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: name the event in place"
                    spread = {each.name for each in fields(CycleReport)}
                    keys = [{word.arg} if word.arg else spread for word in node.keywords]
                    yield str(name.value), level, set().union(*keys)


def level_of(function: ast.expr) -> str | None:
    if isinstance(function, ast.Name):
        return "info" if function.id == BY_VARIABLE else None
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "log" and function.attr in LEVELS else None
    return None


def logged() -> dict[str, Event]:
    found: dict[str, Event] = {}
    for name, level, keys in calls():
        event = found.setdefault(name, Event())
        event.levels.add(level)
        event.fields |= keys
    return found


def documented() -> dict[str, Event]:
    text = (ROOT / "docs/LOGS.md").read_text(encoding="utf-8")
    sections = re.split(r"^### ", text, flags=re.MULTILINE)[1:]
    found = {}
    for section in sections:
        heading = re.match(r"`(\w+)` \((\w+)\)\n", section)
        assert heading, section[:40]
        found[heading[1]] = Event({heading[2]}, set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)))
    return found


def test_every_event_is_documented_and_every_documented_event_exists() -> None:
    assert documented().keys() == logged().keys()


def test_levels_and_fields_are_as_documented() -> None:
    assert documented() == logged()


def test_every_event_says_what_to_do_at_night() -> None:
    text = (ROOT / "docs/LOGS.md").read_text(encoding="utf-8")
    assert text.count("\nAt three in the morning: ") == len(documented())
