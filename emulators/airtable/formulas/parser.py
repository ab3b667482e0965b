"""Reads a formula into a tree of callables. Precedence, loosest first: comparison, `&`, `+ -`, `* /`, sign."""

import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from emulators.airtable.formulas import dates, logic, numbers, text
from emulators.airtable.formulas.values import FormulaError, Value, equal, less, to_number, to_text

TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)
    | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<field>\{(?:[^}\\]|\\.)*\})
    | (?P<word>[^\W\d]\w*)
    | (?P<sign><=|>=|!=|[-+*/&=<>(),])
    )""",
    re.VERBOSE | re.DOTALL,
)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
DEPTH_MAX = 60


class InvalidFormula(Exception):
    """The text is no formula; the message is the service's."""


class Scope(Protocol):
    """What a formula may ask of the record it runs on."""

    record_id: str
    now: datetime

    @property
    def created(self) -> datetime:
        """When it was made."""

    def field(self, field_id: str) -> Value:
        """A cell's value."""

    def last_modified(self, field_ids: Sequence[str]) -> datetime:
        """When one of these fields, or any if none are named, changed last."""


Node = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Value

    def __call__(self, scope: Scope) -> Value:
        return self.value


@dataclass(frozen=True, slots=True)
class Reference:
    """A field."""

    field_id: str

    def __call__(self, scope: Scope) -> Value:
        return scope.field(self.field_id)


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and what joins them."""

    apply: Callable[[Value, Value], Value]
    left: Node
    right: Node

    def __call__(self, scope: Scope) -> Value:
        return self.apply(self.left(scope), self.right(scope))


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the values of its arguments."""

    function: Callable[..., Value]
    arguments: tuple[Node, ...]

    def __call__(self, scope: Scope) -> Value:
        try:
            return self.function(*[argument(scope) for argument in self.arguments])
        except (ArithmeticError, ValueError, TypeError, IndexError, re.error) as error:
            raise FormulaError(type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class LazyCall:
    """A function that decides itself which arguments to run, or asks about the record or the time."""

    function: Callable[..., Value]
    arguments: tuple[Node, ...]

    def __call__(self, scope: Scope) -> Value:
        return self.function(scope, *self.arguments)


def _last_modified_time(scope: Scope, *fields: Node) -> datetime:
    return scope.last_modified([node.field_id for node in fields if isinstance(node, Reference)])


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return to_number(left) + to_number(right)


def _divide(left: Value, right: Value) -> float:
    dividend, divisor = to_number(left), to_number(right)
    if divisor == 0:
        return math.nan if dividend == 0 or math.isnan(dividend) else math.copysign(math.inf, dividend)
    return dividend / divisor


OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "=": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    ">": lambda left, right: less(right, left),
    "<=": lambda left, right: less(left, right) or equal(left, right),
    ">=": lambda left, right: less(right, left) or equal(left, right),
    "&": lambda left, right: to_text(left) + to_text(right),
    "+": _add,
    "-": lambda left, right: to_number(left) - to_number(right),
    "*": lambda left, right: to_number(left) * to_number(right),
    "/": _divide,
}
LEVELS = (("=", "!=", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"))
EAGER: dict[str, Callable[..., Value]] = (
    text.FUNCTIONS | numbers.FUNCTIONS | dates.FUNCTIONS | logic.FUNCTIONS
)
LAZY: dict[str, Callable[..., Value]] = logic.LAZY | dates.LAZY | {"LAST_MODIFIED_TIME": _last_modified_time}


def parse(formula: str, resolve: Callable[[str], str | None]) -> Node:
    """The formula as a callable. `resolve` turns a field's name or id into its id. Raises `InvalidFormula`."""
    return _Parser(formula, resolve).whole()


def with_ids(formula: str, resolve: Callable[[str], str | None]) -> tuple[str, list[str]]:
    """The formula with its fields by id, so that renaming one does not break it, and those ids."""
    pieces, ids, end = [], [], 0
    for found in TOKEN.finditer(formula):
        name = _unescape(found.group("field")[1:-1]) if found.group("field") else found.group("word")
        field_id = resolve(name) if name and formula[found.end() :].lstrip()[:1] != "(" else None
        if field_id is not None:
            start = found.start(found.lastgroup or 0)
            pieces += [formula[end:start], "{", field_id, "}"]
            ids.append(field_id)
            end = found.end()
    return "".join([*pieces, formula[end:]]), list(dict.fromkeys(ids))


def _unescape(quoted: str) -> str:
    return ESCAPE.sub(lambda found: ESCAPED.get(found.group(1), found.group(1)), quoted)


class _Parser:
    def __init__(self, formula: str, resolve: Callable[[str], str | None]) -> None:
        self._tokens = _tokens(formula)
        self._position = 0
        self._depth = 0
        self._resolve = resolve

    def whole(self) -> Node:
        node = self._level(0)
        if self._position != len(self._tokens):
            raise _invalid()
        return node

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._position] if self._position < len(self._tokens) else ("end", "")

    def _take(self) -> tuple[str, str]:
        token = self._peek()
        self._position += 1
        return token

    def _expect(self, sign: str) -> None:
        if self._take() != ("sign", sign):
            raise _invalid()

    def _level(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._signed()
        node = self._level(level + 1)
        while self._peek()[0] == "sign" and self._peek()[1] in LEVELS[level]:
            apply = OPERATORS[self._take()[1]]
            node = Operation(apply, node, self._level(level + 1))
        return node

    def _signed(self) -> Node:
        if self._peek() == ("sign", "-"):
            self._take()
            return Operation(OPERATORS["-"], Literal(0), self._signed())
        if self._peek() == ("sign", "+"):
            self._take()
            return self._signed()
        return self._atom()

    def _atom(self) -> Node:
        kind, written = self._take()
        if kind == "number":
            return Literal(float(written) if any(sign in written for sign in ".eE") else int(written))
        if kind == "text":
            return Literal(_unescape(written[1:-1]))
        if kind == "field":
            return self._reference(_unescape(written[1:-1]))
        if kind == "word":
            return self._call(written) if self._peek() == ("sign", "(") else self._reference(written)
        if (kind, written) == ("sign", "("):
            return self._group()
        raise _invalid()

    def _group(self) -> Node:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _invalid()
        node = self._level(0)
        self._depth -= 1
        self._expect(")")
        return node

    def _reference(self, name: str) -> Node:
        field_id = self._resolve(name)
        if field_id is None:
            raise InvalidFormula(f"Unknown field names: {name.lower()}")
        return Reference(field_id)

    def _call(self, name: str) -> Node:
        arguments = self._arguments()
        lazy = LAZY.get(name.upper())
        if lazy is not None:
            _check_arity(lazy, (None, *arguments))
            return LazyCall(lazy, arguments)
        eager = EAGER.get(name.upper())
        if eager is None:
            raise InvalidFormula(f"Unknown function: {name}")
        _check_arity(eager, arguments)
        return Call(eager, arguments)

    def _arguments(self) -> tuple[Node, ...]:
        self._expect("(")
        arguments: list[Node] = []
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _invalid()
        while self._peek() != ("sign", ")"):
            if arguments:
                self._expect(",")
            arguments.append(self._level(0))
        self._depth -= 1
        self._expect(")")
        return tuple(arguments)


def _tokens(formula: str) -> list[tuple[str, str]]:
    tokens, position, end = [], 0, len(formula.rstrip())
    while position < end:
        found = TOKEN.match(formula, position)
        if not found or found.lastgroup is None:
            raise _invalid()
        tokens.append((found.lastgroup, found.group(found.lastgroup)))
        position = found.end()
    return tokens


def _check_arity(function: Callable[..., Value], arguments: Sequence[object]) -> None:
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError as error:
        raise _invalid() from error


def _invalid() -> InvalidFormula:
    return InvalidFormula("Invalid formula. Please check your formula text.")
