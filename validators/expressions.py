"""CEL expressions, compiled once, with what they read. Knows no tables: what a name means is for `rules.py`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cel

from .functions import FUNCTIONS, GUARDS, Function

CONVERSIONS = {"int", "double", "string", "timestamp", "duration"}
METHODS = {"size", "startsWith", "endsWith", "contains", "matches", "has"}
DATE_METHODS = {
    "getFullYear",
    "getMonth",
    "getDayOfMonth",
    "getDate",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
}
BUILT_IN = CONVERSIONS | METHODS | DATE_METHODS
"""What the library itself offers, tried one by one: it has less than the specification."""

_STRING = re.compile(r"""r?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.IGNORECASE)
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|filter|map)\s*\(\s*(\w+)\s*,")
_PATH = r"[a-z_]\w*(?:\s*\.\s*[a-z_]\w*)*"
_MEMBER = re.compile(rf"(?<![\w.])({_PATH})\b(\s*\()?", re.IGNORECASE)
_GUARDED = re.compile(rf"\b(?:{'|'.join(sorted(GUARDS))})\s*\(([^()]*)\)")


class ExpressionProblem(Exception):
    """An expression that cannot be used; the message says why, in English, without any value."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    `names` are its variables, `paths` those read with a member (`customer_no.birth_date`), `guarded` the names
    and paths that stand directly in `blank()`, `filled()` or `coalesce()`, and so may be blank.
    """

    program: cel.Program
    names: frozenset[str]
    paths: frozenset[tuple[str, ...]]
    guarded: frozenset[str]
    functions: Mapping[str, Function]

    def run(self, variables: Mapping[str, Any]) -> Any:
        """The result over these variables, of which only those named are passed.

        Raises whatever CEL raises: TypeError, ValueError, KeyError, RuntimeError.
        """
        return self.program.execute({**{name: variables[name] for name in self.names}, **self.functions})


def compile_expression(source: str) -> Expression:
    """Compiles and analyses one expression; raises ExpressionProblem for bad syntax or an unknown function."""
    try:
        program = cel.compile(source)
    except ValueError as error:
        raise ExpressionProblem(f"not a CEL expression: {_reason(error)}") from None
    called = frozenset(name for name in program.functions() if name.isidentifier() and name[0] != "_")
    unknown = sorted(called - BUILT_IN - FUNCTIONS.keys())
    if unknown:
        raise ExpressionProblem(
            f"unknown function {', '.join(unknown)}; known are {', '.join(sorted(FUNCTIONS))}"
        )
    bare = _STRING.sub("''", source)
    bound = frozenset(_BOUND.findall(bare))
    return Expression(
        program,
        names=frozenset(program.variables()) - bound,
        paths=_paths(bare),
        guarded=frozenset(_close_up(part) for part in ",".join(_GUARDED.findall(bare)).split(",")),
        functions={name: function for name, function in FUNCTIONS.items() if name in called},
    )


def _reason(error: ValueError) -> str:
    """The parser's own sentence, without the picture of the expression that follows it."""
    lines = str(error).splitlines()
    return lines[0].rpartition("ERROR: ")[2] if lines else "unreadable"


def _paths(source: str) -> frozenset[tuple[str, ...]]:
    """Every `a.b.c` in the source; of a call such as `status.startsWith(…)` only what stands before the method."""
    found = ((_close_up(path).split("."), call) for path, call in _MEMBER.findall(source))
    return frozenset(
        tuple(parts[:-1] if call else parts) for parts, call in found if len(parts) > bool(call) + 1
    )


def _close_up(path: str) -> str:
    return re.sub(r"\s", "", path)
