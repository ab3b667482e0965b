"""What a batch is about to do, noted in the hub before it is sent: where nobody heard its answer, it is judged by that.

Of cells there are keyed digests, for they may hold plaintext, and the hub may not. Sends nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

import orjson

from sync.connection import Bindings, CellValue, Insert, Remove, SystemColumn, Uid, Update
from validators.raw import Raw
from validators.text import normalise_text

from .cells import DECIMALS, FORMULA, Entered, Formula, Shown, as_shown, entered, text
from .tabs import Tab
from .writable import cells_to_write

BINDING = "batch"
DIGEST_BYTES = 6
"""Enough to tell one cell's contents from another's; two alike in 10^14 do no harm."""


@dataclass(frozen=True, slots=True)
class RowIntent:
    """What is believed of one row, and what is about to be written to it, as digests by column."""

    position: int
    uid: Uid
    numbered: bool
    """Whether the row is believed to bear `uid` before the batch."""
    whole: bool
    """Whether `before` is all that the row shows; what it does not name is blank then."""
    before: Mapping[int, str]
    after: Mapping[int, str]
    """Nothing where the row is about to be removed."""

    def moved(self, to: Mapping[int, int]) -> "RowIntent":
        """The same where its columns stand now; what went elsewhere is left out."""
        before, after = (
            {to[column]: digest for column, digest in side.items() if column in to}
            for side in (self.before, self.after)
        )
        return replace(self, before=before, after=after)


@dataclass(frozen=True, slots=True)
class BatchIntent:
    """One batch. `number` is what stands above its copies in the scratch tab once it took effect; new rows have none."""

    number: int
    kind: Literal["write", "insert", "remove"]
    gid: int
    columns: Mapping[str, int]
    """Where the columns stood; their headers may be renamed before anybody looks after the batch."""
    rows: tuple[RowIntent, ...]
    headers: str = ""
    """The digest of the headers that it was to find."""

    @property
    def width(self) -> int:
        """Columns from the left that held all of ours."""
        return max(self.columns.values(), default=0) + 1

    def stands_in(self, tab: Tab) -> bool:
        """Whether all columns that are still known stand where they were believed to be."""
        return all(self.columns.get(str(key), column) == column for key, column in tab.at.items())

    def moves(self, tab: Tab) -> Mapping[int, int]:
        """Where the columns stand now, by where they were believed to be."""
        return {self.columns[str(key)]: column for key, column in tab.at.items() if str(key) in self.columns}


@dataclass
class Intents:
    """Remembers the batch in hand, over restarts too. `secret` keys the digests and must not stand in the hub."""

    bindings: Bindings
    secret: Callable[[], bytes]
    number: int = field(init=False)
    """That of the last batch; never given twice."""
    batch: BatchIntent | None = field(init=False)
    """The batch that nobody heard of yet, as far as is known."""

    def __post_init__(self) -> None:
        stored = orjson.loads(self.bindings.get(BINDING) or b'{"number":0}')
        self.number, self.batch = int(stored["number"]), _batch(stored) if "columns" in stored else None

    def begin_write(
        self, tab: Tab, operations: Sequence[Update], written: Sequence[Mapping[int, Entered]]
    ) -> None:
        """These cells are about to be written, of each row by column."""
        rows = [self._of_update(tab, op, cells) for op, cells in zip(operations, written, strict=True)]
        self._begin("write", tab, rows)

    def begin_insert(self, tab: Tab, start: int, operations: Sequence[Insert]) -> None:
        """These rows are about to be inserted, the first of them at position `start`."""
        rows = []
        for position, op in enumerate(operations, start):
            cells = cells_to_write(tab, op, position)
            after = {column: self._digest(entered(cell)) for column, cell in cells.items() if cell}
            rows.append(RowIntent(position, op.uid, False, True, {}, after))
        self._begin("insert", tab, rows)

    def begin_removal(self, tab: Tab, operations: Sequence[Remove]) -> None:
        """These rows are about to be removed."""
        rows = [
            RowIntent(op.position, op.uid, True, False, self._believed(tab, op.before), {})
            for op in operations
        ]
        self._begin("remove", tab, rows)

    def end(self) -> None:
        """What became of the last batch is known, and what had to be undone is undone."""
        if self.batch is not None:
            self.batch = None
            self.bindings.set(BINDING, orjson.dumps({"number": self.number}).decode())

    def is_as_believed(self, tab: Tab, row: RowIntent, found: Sequence[Shown]) -> bool:
        """Whether a row was the one that was meant, as it was meant, by its cells as they stood then."""
        uid = tab.at.get(SystemColumn.UID)
        shown_uid = "" if uid is None else text(_at(found, uid))
        if shown_uid != (row.uid if row.numbered else ""):
            return False
        return all(
            self._was_expected(row, column, _at(found, column)) for column in self._looked_at(tab, row)
        )

    def found_headers(self, batch: BatchIntent, headers: Sequence[Shown]) -> bool:
        """Whether these headers are those that a batch was to find."""
        return batch.headers == self._of_headers([text(header) for header in headers], batch.width)

    def ours(self, row: RowIntent, found: Sequence[Shown]) -> set[int]:
        """The columns in which these cells still show what was written."""
        return {column for column, digest in row.after.items() if self._digest(_at(found, column)) == digest}

    def displaced(self, tab: Tab, row: RowIntent, found: Sequence[Shown]) -> set[int]:
        """The columns in which these cells show what was inserted, if they are that row, under columns that moved: its uid
        stands where no uid belongs."""
        if text(_at(found, tab.at[SystemColumn.UID])) == row.uid or row.uid not in map(text, found):
            return set()
        ours = set(row.after.values())
        return {
            column for column, cell in enumerate(found) if cell is not None and self._digest(cell) in ours
        }

    def _of_update(self, tab: Tab, operation: Update, cells: Mapping[int, Entered]) -> RowIntent:
        before = {**dict.fromkeys(operation.cells), **operation.before}
        after = {column: self._digest(entered(cell)) for column, cell in cells.items()}
        return RowIntent(
            operation.position,
            operation.uid,
            operation.numbered,
            operation.whole,
            self._believed(tab, before),
            after,
        )

    def _believed(self, tab: Tab, before: Mapping[str, Raw | CellValue]) -> dict[int, str]:
        return {tab.at[key]: self._digest(as_shown(raw)) for key, raw in before.items() if key in tab.at}

    def _looked_at(self, tab: Tab, row: RowIntent) -> Set[int]:
        if not row.whole:
            return row.before.keys()
        return {column for key, column in tab.at.items() if not isinstance(key, SystemColumn)}

    def _was_expected(self, row: RowIntent, column: int, found: Shown) -> bool:
        """A formula is never overwritten; where nothing was written it is no news."""
        if found is FORMULA:
            return column not in row.after
        known = row.before.get(column, self._blank), row.after.get(column) if row.numbered else None
        return self._digest(found) in known

    def _begin(self, kind: Literal["write", "insert", "remove"], tab: Tab, rows: Sequence[RowIntent]) -> None:
        self.number += 1
        columns = {str(key): column for key, column in tab.at.items()}
        headers = self._of_headers(tab.headers, tab.width)
        self.batch = BatchIntent(self.number, kind, tab.gid, columns, tuple(rows), headers)
        stored = orjson.dumps(self.batch, option=orjson.OPT_NON_STR_KEYS)
        self.bindings.set(BINDING, stored.decode())

    def _of_headers(self, headers: Sequence[str], width: int) -> str:
        shown = (headers[column] if column < len(headers) else "" for column in range(width))
        return self._digest("|".join(shown))

    @cached_property
    def _key(self) -> bytes:
        return blake2b(self.secret(), person=b"sheets batches").digest()

    @cached_property
    def _blank(self) -> str:
        return self._digest(None)

    def _digest(self, value: Shown) -> str:
        """Equal for cells that `cells.same` finds equal, but for numbers at the edge of what is told apart."""
        return blake2b(orjson.dumps(_form(value)), key=self._key, digest_size=DIGEST_BYTES).hexdigest()


def _at(found: Sequence[Shown], column: int) -> Shown:
    return found[column] if column < len(found) else None


def _form(value: Shown) -> str | float | bool | list[str] | None:
    """One form for all that counts as the same; an unchecked box is blank."""
    if value is None or value is False or value == "":
        return None
    if isinstance(value, Formula):
        return ["formula"]
    if isinstance(value, str):
        return normalise_text(value) or None
    return value if isinstance(value, bool) else round(float(value), DECIMALS)


def _batch(stored: Mapping[str, Any]) -> BatchIntent:
    return BatchIntent(**{**stored, "rows": tuple(_rows(stored["rows"]))})


def _rows(stored: Sequence[Mapping[str, Any]]) -> Iterator[RowIntent]:
    for row in stored:
        columns = {
            side: {int(column): digest for column, digest in row[side].items()}
            for side in ("before", "after")
        }
        yield RowIntent(**{**row, **columns})
