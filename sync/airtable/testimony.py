"""What the webhook testifies of our own writes: whether a cell still showed what we believed when we wrote over it, or a
record when we deleted it.

Airtable has no compare-and-set, but the payload of a write tells what stood there before. What we believed is remembered
before the write is sent, so that a crash in between loses nothing; as keyed digests, for a cell may hold plaintext.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from sync.connection import Bindings, CellValue, Remove, RowId, SeenRow, Uid, Update
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
Removals = dict[RowId, tuple[str, Uid]]
"""The records that are about to be deleted: when, and which they are."""


class Testimony:
    """Compares what own writes are told to have replaced with what they were meant to replace."""

    def __init__(self, bindings: Bindings, *, secret: str, clock: Callable[[], datetime]) -> None:
        """`secret` keys the digests and must not stand in the hub."""
        self._bindings, self._clock = bindings, clock
        self._key = hashlib.blake2b(secret.encode(), person=b"own writes").digest()
        self._left: dict[str, Beliefs | Removals] = {}

    def remember(self, table: BoundTable, updates: Iterable[Update]) -> None:
        """These updates are about to be sent."""
        beliefs, now = self._load(_writes(table.key)), self._clock().isoformat()
        for op in updates:
            for key, value in op.cells.items():
                if key in table.columns:
                    column = table.columns[key]
                    waiting = beliefs.setdefault(op.row_id, {}).setdefault(column.id, [])
                    # An earlier write may still arrive in between, or be all that arrived.
                    known = [self._digest(op.before.get(key)), *(after for _, after, _ in waiting)]
                    waiting.append([now, self._digest(value), known])
        self._store(_writes(table.key), beliefs)

    def remember_removals(self, table: BoundTable, removals: Iterable[Remove]) -> None:
        """These records are about to be deleted, as they were seen just now."""
        now, waiting = self._clock().isoformat(), self._load(_removals(table.key))
        self._store(_removals(table.key), waiting | {op.row_id: (now, op.uid) for op in removals})

    def hear(
        self, payloads: Sequence[Json], tables: Iterable[BoundTable]
    ) -> Mapping[TableKey, tuple[SeenRow, ...]]:
        """The cells that were overwritten unseen, as they stood before, in rows that show nothing else; and what people typed
        into records that we deleted before we heard of it, in rows that bear their uids."""
        self._left = {}
        lost = {
            table.key: (*self._overwritten(payloads, table), *self._deleted(payloads, table))
            for table in tables
        }
        return {key: rows for key, rows in lost.items() if rows}

    def acknowledge(self) -> None:
        """What was heard is safe in the hub."""
        for name, waiting in self._left.items():
            self._store(name, waiting)
        self._left = {}

    def _overwritten(self, payloads: Sequence[Json], table: BoundTable) -> Iterator[SeenRow]:
        beliefs: Beliefs = self._load(_writes(table.key))
        if not beliefs:
            return
        for payload in payloads:
            if not _is_ours(payload):
                continue
            changes = payload.get("changedTablesById", {}).get(table.id, {})
            for row_id, change in changes.get("changedRecordsById", {}).items():
                if cells := self._unseen(table, row_id, change, beliefs.get(row_id, {})):
                    yield partial_row(table, row_id, cells)
        self._left[_writes(table.key)] = self._recent(beliefs)

    def _deleted(self, payloads: Sequence[Json], table: BoundTable) -> Iterator[SeenRow]:
        removals: Removals = self._load(_removals(table.key))
        if not removals:
            return
        typed: dict[RowId, dict[str, Any]] = {}
        for payload in payloads:
            changes = payload.get("changedTablesById", {}).get(table.id, {})
            for row_id, change in {} if _is_ours(payload) else changes.get("changedRecordsById", {}).items():
                typed.setdefault(row_id, {}).update(change.get("current", {}).get("cellValuesByFieldId", {}))
            for row_id in changes.get("destroyedRecordIds", ()):
                cells = {key: value for key, value in typed.pop(row_id, {}).items() if not is_blank(value)}
                if _is_ours(payload) and row_id in removals and cells:
                    yield replace(partial_row(table, row_id, cells), uid=removals[row_id][1])
        oldest = self._clock() - LATE_MAX
        recent = {key: one for key, one in removals.items() if datetime.fromisoformat(one[0]) > oldest}
        self._left[_removals(table.key)] = recent

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

    def _load(self, name: str) -> Any:
        return orjson.loads(self._bindings.get(name) or "{}")

    def _store(self, name: str, waiting: Beliefs | Removals) -> None:
        if waiting:
            self._bindings.set(name, orjson.dumps(waiting).decode())
        else:
            self._bindings.drop(name)

    def _digest(self, value: Raw | CellValue) -> str:
        """Equal for cells that `cells.same` finds equal."""
        shape = encode(value)
        if isinstance(shape, list):
            shape = sorted(shape)
        elif isinstance(shape, int | float) and not isinstance(shape, bool):
            shape = float(shape)
        text = orjson.dumps(None if is_blank(shape) else shape)
        return hashlib.blake2b(text, key=self._key, digest_size=12).hexdigest()


def _is_ours(payload: Json) -> bool:
    return bool(payload.get("actionMetadata", {}).get("source") == OUR_SOURCE)


def _writes(table: TableKey) -> str:
    return f"writes:{table}"


def _removals(table: TableKey) -> str:
    return f"removals:{table}"
