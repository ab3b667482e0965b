"""Formulas as trees. Parses; does not compute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from emulators.google.formula_text import TOKEN, Reference, parse_reference


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text or boolean; `error` names an error written out, such as `#REF!`."""

    value: float | str | bool
    error: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """A reference to a cell or range."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class Named:
    """The name of a named range."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator with its arguments; a missing argument is None."""

    name: str
    arguments: tuple[Node | None, ...]


Node = Literal | Cells | Named | Call
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("=", "<>", "<", ">", "<=", ">="),
    ("&",),
    ("+", "-"),
    ("*", "/"),
    ("^",),
)
Token = tuple[str, str]


class FormulaSyntaxError(Exception):
    """The text is no formula: Google shows `#ERROR!`."""


@lru_cache(maxsize=131072)
def parse_formula(text: str) -> Node:
    """The tree of a formula with its leading `=`; raises FormulaSyntaxError."""
    tokens = [
        (match.lastgroup or "", match[0])
        for match in TOKEN.finditer(text.removeprefix("=").removeprefix("+"))
        if match.lastgroup != "space"
    ]
    parser = _Parser(tokens)
    tree = parser.level(0)
    if parser.position != len(tokens):
        raise FormulaSyntaxError(text)
    return tree


class _Parser:
    """A cursor over tokens; one method per level of precedence."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def level(self, depth: int) -> Node:
        """Operators of one precedence, from the left."""
        if depth == len(_LEVELS):
            return self.signed()
        left = self.level(depth + 1)
        while self.peek() in _LEVELS[depth]:
            operator = self.take()[1]
            left = Call(operator, (left, self.level(depth + 1)))
        return left

    def signed(self) -> Node:
        """A sign binds tighter than `^`, as in spreadsheets."""
        if self.peek() in ("-", "+"):
            operator = self.take()[1]
            return Call("unary" + operator, (self.signed(),))
        node = self.primary()
        while self.peek() == "%":
            self.take()
            node = Call("percent", (node,))
        return node

    def primary(self) -> Node:
        """A value, reference, call or parenthesis."""
        kind, text = self.take()
        if kind == "operator" and text == "(":
            node = self.level(0)
            self.expect(")")
            return node
        makers: dict[str, Callable[[str], Node]] = {
            "text": lambda found: Literal(found[1:-1].replace('""', '"')),
            "number": lambda found: Literal(float(found)),
            "error": lambda found: Literal(found, error=True),
            "reference": lambda found: Cells(parse_reference(found)),
            "name": self.named,
        }
        if kind not in makers:
            raise FormulaSyntaxError(text)
        return makers[kind](text)

    def named(self, name: str) -> Node:
        """A call, a boolean, or a named range."""
        if self.peek() == "(":
            self.take()
            return Call(name.upper(), self.arguments())
        if name.upper() in ("TRUE", "FALSE"):
            return Literal(name.upper() == "TRUE")
        return Named(name)

    def arguments(self) -> tuple[Node | None, ...]:
        """Arguments up to the closing parenthesis."""
        found: list[Node | None] = []
        if self.peek() == ")":
            self.take()
            return ()
        while True:
            found.append(None if self.peek() in (",", ";", ")") else self.level(0))
            mark = self.take()[1]
            if mark == ")":
                return tuple(found)
            if mark not in (",", ";"):
                raise FormulaSyntaxError(mark)

    def peek(self) -> str:
        """The next operator, or empty text."""
        if self.position >= len(self.tokens):
            return ""
        kind, text = self.tokens[self.position]
        return text if kind == "operator" else ""

    def take(self) -> Token:
        """The next token."""
        if self.position >= len(self.tokens):
            raise FormulaSyntaxError("end")
        self.position += 1
        return self.tokens[self.position - 1]

    def expect(self, mark: str) -> None:
        """The next token must be that operator."""
        if self.take()[1] != mark:
            raise FormulaSyntaxError(mark)
