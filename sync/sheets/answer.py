"""A raw answer of `values.batchGetByDataFilter` cut into tabs and rows without being parsed.

An idle answer is only hashed, and of one that changed only the changed rows are worth decoding. The cuts are found by
marks that JSON cannot hold inside a string; text that contains `],[` makes a cut too many, which shows as a row that does
not parse: then the whole tab is parsed and put together again.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

# Inside a JSON string a quote is always escaped, so these can only be keys.
VALUES = b'"values":[['
NEXT_KEY = re.compile(rb'"(?:dataFilters|valueRange)":')
BETWEEN = b"],["
PIECE_BYTES = 1 << 20

Marks = Sequence[int]
"""A hash per row, the header included; only compared within this run of the daemon."""


@dataclass(slots=True)
class TabAnswer:
    """The rows of one tab as raw JSON, each without its brackets; row 0 is the header."""

    title: str
    rows: list[bytes] = field(default_factory=list, repr=False)

    @property
    def marks(self) -> "array[int]":
        """What each row is recognised by."""
        return array("q", map(hash, self.rows))

    def decode(self, positions: Sequence[int]) -> Iterator[tuple[int, list[Any]]]:
        """The cells of these rows. Raises WrongCut when a row is not one; `repair` then helps."""
        for position in positions:
            try:
                yield position, orjson.loads(b"[%b]" % self.rows[position])
            except orjson.JSONDecodeError:
                raise WrongCut from None

    def repair(self) -> None:
        """Cut anew, by parsing everything."""
        parsed = orjson.loads(b"[[%b]]" % BETWEEN.join(self.rows))
        self.rows = [orjson.dumps(row)[1:-1] for row in parsed]


class WrongCut(Exception):
    """A row does not parse: some text in the tab contains what rows are cut by."""


def by_tab(content: bytes) -> dict[int, TabAnswer]:
    """The tabs of an answer, by sheet id; a part echoes the filter that asked for it."""
    skeleton, tabs = _cut(content)
    found: dict[int, TabAnswer] = {}
    for part in orjson.loads(skeleton).get("valueRanges", ()):
        values = part["valueRange"]
        rows = next(tabs) if "values" in values else []
        for asked in part["dataFilters"]:
            gid = asked["gridRange"].get("sheetId", 0)
            found[gid] = TabAnswer(values["range"].rsplit("!", 1)[0], rows)
    return found


def _cut(content: bytes) -> tuple[bytes, Iterator[list[bytes]]]:
    """The answer without its values, and the rows of each tab that has any."""
    kept: list[bytes] = []
    spans: list[tuple[int, int]] = []
    place = 0
    while (start := content.find(VALUES, place)) >= 0:
        start += len(VALUES)
        following = NEXT_KEY.search(content, start)
        end = content.rfind(b"]]", start - 1, following.start() if following else len(content))
        kept.append(content[place : start - 1])
        spans.append((start, end))
        place = end + 1
    kept.append(content[place:])
    return b"".join(kept), (_rows(content, start, end) for start, end in spans)


def _rows(content: bytes, start: int, end: int) -> list[bytes]:
    """The rows between two places, cut in pieces so that the answer is never in memory three times."""
    rows: list[bytes] = []
    while (cut := content.find(BETWEEN, start + PIECE_BYTES, end)) >= 0:
        rows += content[start:cut].split(BETWEEN)
        start = cut + len(BETWEEN)
    return rows + content[start:end].split(BETWEEN)
