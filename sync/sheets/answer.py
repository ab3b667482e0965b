"""A raw answer of `values.batchGetByDataFilter` cut into tabs and rows without being parsed.

An idle answer is only hashed, and of one that changed only the changed rows are worth decoding. The cuts are found by
marks that JSON cannot hold inside a string; text that contains `],[` makes a cut too many, which shows as a row that does
not parse: then the whole tab is parsed and put together again.
"""

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, overload

import orjson

# Inside a JSON string a quote is always escaped, so these can only be keys.
VALUES = b'"values":[['
NEXT_KEY = re.compile(rb'"(?:dataFilters|valueRange)":')
BETWEEN = b"],["

Marks = Sequence[int]
"""A hash per row, the header included; only compared within this run of the daemon."""


@dataclass(frozen=True, slots=True)
class Rows(Sequence[bytes]):
    """Raw rows where they stand in an answer, each without its brackets: nothing is copied until a row is asked for."""

    content: bytes = field(default=b"", repr=False)
    starts: "array[int]" = field(default_factory=lambda: array("q"), repr=False)
    """Where each row begins; one more than there are rows, for each ends before the mark that parts it from the next."""

    @classmethod
    def cut(cls, content: bytes, start: int, end: int) -> "Rows":
        """The rows between two places of an answer."""
        starts = array("q", [start])
        while (start := content.find(BETWEEN, start, end) + len(BETWEEN)) >= len(BETWEEN):
            starts.append(start)
        starts.append(end + len(BETWEEN))
        return cls(content, starts)

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> "Rows":
        """Rows that are known one by one."""
        starts = array("q", [0])
        for row in rows:
            starts.append(starts[-1] + len(row) + len(BETWEEN))
        return cls(BETWEEN.join(rows), starts)

    def __len__(self) -> int:
        return max(len(self.starts) - 1, 0)

    @overload
    def __getitem__(self, place: int) -> bytes: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...

    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        return self.content[self.starts[place] : self.starts[place + 1] - len(BETWEEN)]

    def __iter__(self) -> Iterator[bytes]:
        return (self.content[start : end - len(BETWEEN)] for start, end in pairwise(self.starts))


@dataclass(slots=True)
class TabAnswer:
    """The rows of one tab as raw JSON; row 0 is the header."""

    title: str
    rows: Rows = field(default_factory=Rows, repr=False)

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
        self.rows = Rows.of([orjson.dumps(row)[1:-1] for row in parsed])


class WrongCut(Exception):
    """A row does not parse: some text in the tab contains what rows are cut by."""


def by_tab(content: bytes) -> dict[int, TabAnswer]:
    """The tabs of an answer, by sheet id; a part echoes the filter that asked for it."""
    skeleton, tabs = _cut(content)
    found: dict[int, TabAnswer] = {}
    for part in orjson.loads(skeleton).get("valueRanges", ()):
        values = part["valueRange"]
        rows = next(tabs) if "values" in values else Rows()
        for asked in part["dataFilters"]:
            gid = asked["gridRange"].get("sheetId", 0)
            found[gid] = TabAnswer(values["range"].rsplit("!", 1)[0], rows)
    return found


def _cut(content: bytes) -> tuple[bytes, Iterator[Rows]]:
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
    return b"".join(kept), (Rows.cut(content, start, end) for start, end in spans)
