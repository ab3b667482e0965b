"""Looks for sensitive values where none may be. Knows the values in memory only, and tells places and counts, never a value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from tablekeeper.config import Config
from tablekeeper.stores import VAULT_FILE
from validators.raw import Raw
from validators.text import normalise_identifier, normalise_text
from vault.regions import region

LENGTH_MIN = 6
DIGITS_MIN = 9
"""Shorter bare numbers are amounts, which also stand in fields that are not sensitive."""
_NUMBER = re.compile(r"[\d.,]+")
_BOUNDARIES = re.compile(r'["\x00-\x1f]+')
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Needles:
    """The values to look for, in all the forms in which they were typed, imported and sealed."""

    def __init__(self, values: Iterable[Raw], config: Config) -> None:
        known = _options(config)
        self._by_head: dict[str, list[str]] = {}
        for needle in {form for value in values for form in _forms(value) if _is_telling(form, known)}:
            self._by_head.setdefault(needle[:LENGTH_MIN], []).append(needle)

    def __len__(self) -> int:
        return sum(map(len, self._by_head.values()))

    def found_in(self, text: str) -> set[str]:
        """The values that a text holds. A number counts where no further digit stands beside it."""
        found: set[str] = set()
        # Cells repeat, and their text is small beside the whole: each piece is looked through once.
        for piece in set(_BOUNDARIES.split(text)):
            for start in range(len(piece) - LENGTH_MIN + 1):
                for needle in self._by_head.get(piece[start : start + LENGTH_MIN], ()):
                    if piece.startswith(needle, start) and _stands_alone(piece, start, needle):
                        found.add(needle)
        return found


def _options(config: Config) -> frozenset[str]:
    """Words that stand in plain columns as well, and so tell nothing."""
    lists = config.options.values()
    return frozenset(word for options in lists for word in (*options.values, *options.aliases))


def _forms(value: Raw) -> Iterator[str]:
    text = str(value)
    yield from {text, normalise_text(text), normalise_identifier(text)}


def _is_telling(text: str, known: frozenset[str]) -> bool:
    if len(text) < LENGTH_MIN or text in known or "〔" in text or text.startswith("["):
        return False
    if _NUMBER.fullmatch(text):
        return "." not in text and sum(character.isdigit() for character in text) >= DIGITS_MIN
    # A mask shows province, city and district.
    return region(text) != text and not _BOUNDARIES.search(text)


def _stands_alone(piece: str, start: int, needle: str) -> bool:
    before, after = piece[start - 1 : start] if start else "", piece[start + len(needle) :][:1]
    digits_meet = (before.isdigit() and needle[0].isdigit()) or (after.isdigit() and needle[-1].isdigit())
    return not digits_meet or piece[:start].endswith("86")


def readable(content: bytes) -> str:
    """The text in a file of any kind; JSON in a database writes Chinese as escapes."""
    text = content.decode("utf-8", errors="ignore")
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def home_files(home: Path) -> dict[str, str]:
    """Everything in the archive's folder: hub with its log, vault, daemon's log. The vault's files may hold no plaintext either."""
    return {
        "vault file" if path.name.startswith(VAULT_FILE) else path.name: readable(path.read_bytes())
        for path in sorted(home.rglob("*"))
        if path.is_file()
    }


def split_history(state: Mapping[str, Any]) -> tuple[str, str]:
    """What the services hold now, and what their own change history keeps, as the real ones do for a week."""
    bases = state["airtable"]["bases"]
    history = [hook.get("payloads", []) for base in _entries(bases) for hook in _entries(base["webhooks"])]
    current = orjson.dumps({**state, "airtable": _without_payloads(state["airtable"])})
    return current.decode(), orjson.dumps(history).decode()


def _without_payloads(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _without_payloads(part) for name, part in content.items() if name != "payloads"}
    return [_without_payloads(part) for part in content] if isinstance(content, list) else content


def _entries(content: Any) -> list[Any]:
    return list(content.values()) if isinstance(content, dict) else list(content)
