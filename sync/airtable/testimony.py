"""What the webhook testifies of our own writes: whether a cell still showed what we believed when we wrote over it.

Airtable has no compare-and-set, but the payload of a write tells what stood there before. What we believed is remembered
before the write is sent, so that a crash in between loses nothing; as keyed digests, for a cell may hold plaintext.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from sync.connection import Bindings, CellValue, RowId, SeenRow, Update
from validators.raw import Raw
from validators.schema import TableKey

from .bound import BoundTable
from .cells import encode, is_blank, partial_row
from .client import Json

LATE_MAX = timedelta(minutes=10)
"""A write that the webhook has not told of after so long changed nothing, or was never sent."""
OUR_SOURCE = "publicApi"

Belief = list[Any]
"""One write of one cell: when, the digest of what was written, and the digests that may have stood there."""
Beliefs = dict[RowId, dict[str, list[Belief]]]
"""By record and column id, oldest first."""


class Testimony:
    """Compares what own writes are told to have replaced with what they were meant to replace."""

    def __init__(self, bindings: Bindings, *, secret: str, clock: Callable[[], datetime]) -> None:
        """`secret` keys the digests and must not stand in the hub."""
        self._bindings, self._clock = bindings, clock
        self._key = hashlib.blake2b(secret.encode(), person=b"own writes").digest()
        self._left: dict[TableKey, Beliefs] = {}

    def remember(self, table: BoundTable, updates: Iterable[Update]) -> None:
        """These updates are about to be sent."""
        beliefs, now = self._load(table.key), self._clock().isoformat()
        for op in updates:
            for key, value in op.cells.items():
                if key in table.columns:
                    column = table.columns[key]
                    waiting = beliefs.setdefault(op.row_id, {}).setdefault(column.id, [])
                    # An earlier write may still arrive in between, or be all that arrived.
                    known = [self._digest(op.before.get(key)), *(after for _, after, _ in waiting)]
                    waiting.append([now, self._digest(value), known])
        self._store(table.key, beliefs)

    def hear(
        self, payloads: Sequence[Json], tables: Iterable[BoundTable]
    ) -> Mapping[TableKey, tuple[SeenRow, ...]]:
        """The cells that were overwritten unseen, as they stood before, in rows that show nothing else."""
        self._left = {}
        return {
            table.key: rows
            for table in tables
            if (beliefs := self._load(table.key)) and (rows := tuple(self._lost(payloads, table, beliefs)))
        }

    def acknowledge(self) -> None:
        """What was heard is safe in the hub."""
        for table, beliefs in self._left.items():
            self._store(table, beliefs)
        self._left = {}

    def _lost(self, payloads: Sequence[Json], table: BoundTable, beliefs: Beliefs) -> Iterator[SeenRow]:
        for payload in payloads:
            if payload.get("actionMetadata", {}).get("source") != OUR_SOURCE:
                continue
            changes = payload.get("changedTablesById", {}).get(table.id, {})
            for row_id, change in changes.get("changedRecordsById", {}).items():
                if cells := self._unseen(table, row_id, change, beliefs.get(row_id, {})):
                    yield partial_row(table, row_id, cells)
        self._left[table.key] = self._recent(beliefs)

    def _unseen(
        self, table: BoundTable, row_id: RowId, change: Json, waiting: dict[str, list[Belief]]
    ) -> Json:
        """The previous cells, by column id, that nobody here had seen."""
        previous = change.get("previous", {}).get("cellValuesByFieldId", {})
        now = partial_row(table, row_id, change.get("current", {}).get("cellValuesByFieldId", {})).cells
        before = partial_row(table, row_id, previous).cells
        lost = {}
        for key in now.keys() & before.keys():
            column_id = table.columns[key].id
            written, stood = self._digest(now[key]), self._digest(before[key])
            beliefs = waiting.get(column_id, [])
            match = next((at for at, belief in enumerate(beliefs) if belief[1] == written), None)
            # The service may have changed what we wrote: then any write that is waited for may be the one.
            candidates = beliefs if match is None else [beliefs[match]]
            if candidates and not any(stood in (after, *known) for _, after, known in candidates):
                lost[column_id] = previous[column_id]
            if match is not None:
                del beliefs[: match + 1]
        return lost

    def _recent(self, beliefs: Beliefs) -> Beliefs:
        oldest = self._clock() - LATE_MAX
        kept: Beliefs = {}
        for row_id, cells in beliefs.items():
            for column_id, waiting in cells.items():
                if recent := [one for one in waiting if datetime.fromisoformat(one[0]) > oldest]:
                    kept.setdefault(row_id, {})[column_id] = recent
        return kept

    def _load(self, table: TableKey) -> Beliefs:
        stored: Beliefs = orjson.loads(self._bindings.get(_binding(table)) or "{}")
        return stored

    def _store(self, table: TableKey, beliefs: Beliefs) -> None:
        if beliefs:
            self._bindings.set(_binding(table), orjson.dumps(beliefs).decode())
        else:
            self._bindings.drop(_binding(table))

    def _digest(self, value: Raw | CellValue) -> str:
        """Equal for cells that `cells.same` finds equal."""
        shape = encode(value)
        if isinstance(shape, list):
            shape = sorted(shape)
        elif isinstance(shape, int | float) and not isinstance(shape, bool):
            shape = float(shape)
        text = orjson.dumps(None if is_blank(shape) else shape)
        return hashlib.blake2b(text, key=self._key, digest_size=12).hexdigest()


def _binding(table: TableKey) -> str:
    return f"writes:{table}"
