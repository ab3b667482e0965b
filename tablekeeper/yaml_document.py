"""Reads a YAML text into plain values and remembers on which line each of them stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

try:  # Built on libyaml, seven times as quick: every command begins by reading the config.
    from yaml import CSafeLoader as _Fastest
except ImportError:
    from yaml import SafeLoader as _Fastest  # type: ignore[assignment]

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
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        entries = list(_entries(node, "")) if node else []
        values = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return _broken(line, error.problem or error.context or "")
    except yaml.reader.ReaderError as error:
        code = error.character if isinstance(error.character, int) else ord(error.character)
        # Its position counts bytes in one loader and characters in the other.
        line = text.count("\n", 0, text.find(chr(code))) + 1
        return _broken(line, f"{error.reason} (U+{code:04X})")
    except RecursionError:
        return _broken(1, "an alias of itself, or nested too deep")
    return YamlDocument(values, dict(reversed(entries)), tuple(_twice(entries)))


class _Loader(_Fastest):
    """Tells the line of a scalar that cannot be what it looks like, as a 30th of February."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            told = f"{node.value}: {error}"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark) from None


def _broken(line: int, message: str) -> YamlDocument:
    return YamlDocument(None, {"": line}, (Problem("", f"not valid YAML: {message}"),))


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
