"""Writes operations to one table: ten records per call, each call all or nothing, one bad record never stopping the rest.

Airtable has no compare-and-set. Where the webhook lives, it tells afterwards what an update replaced (`testimony.py`). Else
an update looks at its records just before it writes, and leaves alone what a person has changed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from sync.connection import (
    Insert,
    Operation,
    Outcome,
    Refused,
    Remove,
    SeenRow,
    SystemColumn,
    Uid,
    Update,
    Written,
)
from sync.errors import AnswerLost, NotFound

from .bound import BoundColumn, BoundTable
from .cells import encode, same, whole_row
from .client import AirtableClient, Record
from .faults import Rejected
from .listing import chunks, rows_by_id, rows_by_uid
from .testimony import Testimony

RECORDS_MAX = 10
"""Airtable's limit for one call."""
UNKNOWN_COLUMN, UNKNOWN_ROW = "UNKNOWN_FIELD_NAME", "ROW_DOES_NOT_EXIST"
INVALID_VALUE = "invalid_value"
"""The reason of a refusal for what was to be written."""

ToWrite = TypeVar("ToWrite", Insert, Update)
Result = Written | Refused


class Writer:
    """Writes to one table. Raises the errors of `sync/errors.py`, and `Rejected` when a column is gone."""

    def __init__(self, client: AirtableClient, table: BoundTable, testimony: Testimony | None = None) -> None:
        """`testimony`: where it will be told what was replaced; None: nowhere."""
        self._client, self._table, self._testimony = client, table, testimony
        self.made_options = False
        """Whether a write had to create an option of a select, so that the known choices are out of date."""

    def write(self, operations: Sequence[Operation]) -> Outcome:
        """Do what the operations say; see `Outcome`."""
        missing = {op.uid: Refused(op.uid, "column_missing") for op in operations if self._lacks_column(op)}
        able = [op for op in operations if op.uid not in missing]
        results = [
            *missing.values(),
            *self._inserts([op for op in able if isinstance(op, Insert)]),
            *self._updates([op for op in able if isinstance(op, Update)]),
        ]
        removes = [op for op in operations if isinstance(op, Remove)]
        edited = self._look(removes)
        unseen = [op for op in removes if op.uid not in edited]
        if self._testimony is not None:
            self._testimony.remember_removals(self._table, unseen)
        for batch in chunks(unseen, RECORDS_MAX):
            edited |= self._remove(batch)
        results += edited.values()
        order = {op.uid: index for index, op in enumerate(operations)}
        results.sort(key=lambda result: order[result.uid])
        return Outcome(
            written=[result for result in results if isinstance(result, Written)],
            removed=[op.uid for op in removes if op.uid not in edited],
            refused=[result for result in results if isinstance(result, Refused)],
        )

    def _lacks_column(self, op: Operation) -> bool:
        return not isinstance(op, Remove) and not op.cells.keys() <= self._table.columns.keys()

    def _inserts(self, inserts: Sequence[Insert]) -> Iterator[Result]:
        for batch in self._batches(inserts):
            yield from self._halving(batch, self._insert, self._insert_twin)

    def _insert(self, batch: Sequence[Insert], *, again: bool = False) -> list[Result]:
        """A record left over from a crash carries the uid already, and is then changed, not doubled."""
        key = self._table.uid_column
        rows = [self._json(op) for op in batch]
        try:
            records = self._client.upsert(self._table.id, rows, key=key, typecast=self._typecast(batch))
        except AnswerLost:
            if again:
                raise
            return self._insert_again(batch)
        by_uid = {record.fields[key]: record for record in records}
        return [self._written(op, by_uid[op.uid]) for op in batch]

    def _insert_again(self, batch: Sequence[Insert]) -> list[Result]:
        """After a lost answer: a record that stands already may have been typed into since, and is left as it stands."""
        standing = rows_by_uid(self._client, self._table, [op.uid for op in batch])
        results = [self._found(op, standing[op.uid][0]) for op in batch if op.uid in standing]
        missing = [op for op in batch if op.uid not in standing]
        if missing:
            results += self._halving(missing, partial(self._insert, again=True), self._insert_twin)
        return results

    def _found(self, op: Insert, row: SeenRow) -> Result:
        shows_it = all(same(row.cells.get(key), encode(value)) for key, value in op.cells.items())
        return Written(op.uid, row) if shows_it else Refused(op.uid, "uid_exists")

    def _insert_twin(self, op: Insert, error: Rejected) -> Result:
        """The service does not choose between several records with one uid: the oldest id stands for it."""
        twins = rows_by_uid(self._client, self._table, [op.uid]).get(op.uid, [])
        if len(twins) < 2:
            return self._refused(op, error)
        changes = {twins[0].row_id: self._json(op)}
        records = self._client.update(self._table.id, changes, typecast=self._typecast([op]))
        return self._written(op, records[0])

    def _updates(self, updates: Sequence[Update], *, again: bool = False) -> Iterator[Result]:
        refused = self._look(updates) if again or self._testimony is None else {}
        yield from refused.values()
        safe = [op for op in updates if op.uid not in refused]
        if self._testimony is not None:
            self._testimony.remember(self._table, safe)
        for batch in self._batches(safe):
            yield from self._halving(batch, partial(self._update, again=again), self._refused)

    def _look(self, operations: Sequence[Update | Remove]) -> dict[Uid, Refused]:
        """The operations that would meet a person's edit, and the updates that would meet no row."""
        # Where only system columns change, there is nothing that a person could have changed meanwhile.
        looked_at = [op for op in operations if isinstance(op, Remove) or op.cells]
        shown = rows_by_id(self._client, self._table, {op.row_id for op in looked_at})
        refused = {}
        for op in looked_at:
            if op.row_id in shown and self._changed_meanwhile(op, shown[op.row_id]):
                refused[op.uid] = Refused(op.uid, "changed_meanwhile")
            elif op.row_id not in shown and isinstance(op, Update):
                refused[op.uid] = Refused(op.uid, "row_gone")
        return refused

    def _update(self, batch: Sequence[Update], *, again: bool) -> list[Result]:
        changes = {op.row_id: self._json(op) for op in batch}
        try:
            records = self._client.update(self._table.id, changes, typecast=self._typecast(batch))
        except AnswerLost:
            if again:
                raise
            # Looking again tells a person's edit from our own write, and writing the same twice does no harm.
            return list(self._updates(batch, again=True))
        by_id = {record.id: record for record in records}
        return [self._written(op, by_id[op.row_id]) for op in batch]

    def _changed_meanwhile(self, op: Update | Remove, row: SeenRow) -> bool:
        told = op.cells if isinstance(op, Update) else op.before
        for key, value in told.items():
            shown = row.cells.get(key)
            expected = (encode(op.before.get(key)), encode(value))
            if key in self._table.columns and not any(same(shown, one) for one in expected):
                return True
        return False

    def _remove(self, batch: Sequence[Remove]) -> dict[Uid, Refused]:
        """Delete records; returns those that somebody edited before a second try."""
        try:
            self._client.delete(self._table.id, [op.row_id for op in batch])
        except (AnswerLost, NotFound, Rejected):
            # One record that is gone already refuses all, and a lost answer leaves open which are: delete what stands.
            edited = self._look(batch)
            left = [op.row_id for op in batch if op.uid not in edited]
            if standing := rows_by_id(self._client, self._table, left):
                self._client.delete(self._table.id, list(standing))
            return edited
        return {}

    def _batches(self, operations: Sequence[ToWrite]) -> Iterator[list[ToWrite]]:
        """Records that need a new option go apart: the switch that allows it also lets the service guess at values."""
        for typecast in (False, True):
            yield from chunks((op for op in operations if self._typecast([op]) is typecast), RECORDS_MAX)

    def _halving(
        self,
        batch: Sequence[ToWrite],
        send: Callable[[Sequence[ToWrite]], list[Result]],
        give_up: Callable[[ToWrite, Rejected], Result],
    ) -> list[Result]:
        """Send a batch; when it is declined, find the bad record by halves."""
        try:
            return send(batch)
        except Rejected as error:
            if error.kind == UNKNOWN_COLUMN:
                raise
            if len(batch) == 1:
                return [give_up(batch[0], error)]
        half = len(batch) // 2
        first = self._halving(batch[:half], send, give_up)
        return first + self._halving(batch[half:], send, give_up)

    def _typecast(self, batch: Iterable[Insert | Update]) -> bool:
        needed = any(
            not choices_of(value) <= column.choices
            for op in batch
            for column, value in self._cells(op)
            if column.choices
        )
        self.made_options = self.made_options or needed
        return needed

    def _cells(self, op: Insert | Update) -> Iterator[tuple[BoundColumn, Any]]:
        """The cells to write, as JSON, by column. A system column that somebody deleted is left out."""
        numbered = {SystemColumn.UID: op.uid} if isinstance(op, Insert) else {}
        for key, value in chain(op.cells.items(), op.system.items(), numbered.items()):
            if key in self._table.columns:
                yield self._table.columns[key], encode(value)

    def _json(self, op: Insert | Update) -> dict[str, Any]:
        return {column.id: value for column, value in self._cells(op)}

    def _written(self, op: Insert | Update, record: Record) -> Written:
        return Written(op.uid, whole_row(self._table, record.id, record.fields))

    def _refused(self, op: Insert | Update, error: Rejected) -> Refused:
        # The same error type names the record itself, or a record that one of its links points to.
        gone = error.kind == UNKNOWN_ROW and isinstance(op, Update) and op.row_id in error.text
        named = [
            column.header for column in self._table.columns.values() if f'"{column.header}"' in error.text
        ]
        return Refused(op.uid, "row_gone" if gone else INVALID_VALUE, " ".join([error.kind, *named]))


def choices_of(value: Any) -> frozenset[str]:
    """The options that the JSON of a select cell names."""
    return frozenset(value) if isinstance(value, list) else frozenset({value} if value else ())
