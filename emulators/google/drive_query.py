"""Drive's search queries: the test on a file that the text of `q` stands for."""

import re
from collections.abc import Callable

from emulators.google.errors import Json, drive_error

_TERM = re.compile(
    r"""\s*(not\s+)?(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s+in\s+(parents|owners|writers|readers)
    |(\w+)\s*(=|!=|contains|>=|<=|>|<)\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|true|false))\s*(and\s+|or\s+|$)""",
    re.VERBOSE,
)

_TURNED = re.compile(r"""\b(parents)\s+in\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def query(text: str) -> Callable[[Json], bool]:
    """The test that a search query stands for; only `and` or only `or` between terms."""
    tests: list[Callable[[Json], bool]] = []
    joints: set[str] = set()
    position = 0
    # `parents in "x"` is taken for `"x" in parents`: a widely used client writes it that way.
    text = _TURNED.sub(r"\2 in \1", text)
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if not match:
            raise drive_error(400, "invalid", "Invalid Value", parameter="q")
        tests.append(_term(match))
        joints |= {match[7].strip()} - {""}
        position = match.end()
    return lambda file: (any if joints == {"or"} else all)(test(file) for test in tests)


def _term(match: re.Match[str]) -> Callable[[Json], bool]:
    negated = bool(match[1])
    if match[2]:
        wanted, name = _unquoted(match[2]), match[3]
        return lambda file: (wanted in _members(file, name)) != negated
    field, operator, wanted = match[4], match[5], _unquoted(match[6])

    def test(file: Json) -> bool:
        found = (
            str(file.get(field, "")).lower()
            if isinstance(file.get(field), bool)
            else str(file.get(field, ""))
        )
        return _compared(found, operator, wanted) != negated

    return test


def _members(file: Json, name: str) -> list[str]:
    if name == "parents":
        return list(file.get("parents", []))
    return [owner["emailAddress"] for owner in file.get("owners", [])]


def _compared(found: str, operator: str, wanted: str) -> bool:
    if operator == "contains":
        return wanted.casefold() in found.casefold()
    tests = {
        "=": found == wanted,
        "!=": found != wanted,
        ">": found > wanted,
        "<": found < wanted,
        ">=": found >= wanted,
        "<=": found <= wanted,
    }
    return tests[operator]


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] in "'\"" else text
