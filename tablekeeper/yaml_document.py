"""Reads a YAML text into plain values and remembers on which line each of them stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from validators.references import Problem


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """The values of a YAML text; `lines` leads from a dotted path to its line, counted from 1."""

    values: Any
    lines: dict[str, int]
    problems: tuple[Problem, ...]


def read_yaml(text: str) -> YamlDocument:
    """Parse `text`. A syntax error is a problem and leaves `values` None; so is a key that stands twice, of which
    YAML itself would silently take the last."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        entries = list(_entries(node, "")) if node else []
        values = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        return _broken(error)
    finally:
        loader.dispose()
    return YamlDocument(values, dict(reversed(entries)), tuple(_twice(entries)))


def _broken(error: yaml.MarkedYAMLError) -> YamlDocument:
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    return YamlDocument(None, {"": line}, (Problem("", f"not valid YAML: {error.problem or error.context}"),))


def _entries(node: yaml.Node, path: str) -> Iterator[tuple[str, int]]:
    """Each path below a node with its line. An entry stands where its key stands, also when its value is an alias."""
    if isinstance(node, yaml.MappingNode):
        pairs = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        pairs = [(str(place), item, item) for place, item in enumerate(node.value)]
    else:
        return
    for name, mark, value in pairs:
        below = f"{path}.{name}" if path else name
        yield below, mark.start_mark.line + 1
        yield from _entries(value, below)


def _twice(entries: list[tuple[str, int]]) -> Iterator[Problem]:
    """Keys that stand twice; what stands below both of them is no second problem."""
    first: dict[str, int] = {}
    again = ""
    for path, line in entries:
        if path in first and not (again and path.startswith(again)):
            again = path + "."
            yield Problem(path, f"stands twice, in lines {first[path]} and {line}; remove one")
        first.setdefault(path, line)
