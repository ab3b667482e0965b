"""One action on a base: everything it changes, so that a failed one leaves no trace and a finished one can be told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from emulators.airtable.ids import Ids
from emulators.airtable.model import Base, Field, Record, Table, User
from emulators.clock import timestamp
from emulators.policy import Policy

RecordKey = tuple[str, str]


class Transaction:
    """Changes go through here and take effect at once; `rollback` takes all of them back.

    `before` holds, per touched record (table id, record id), its image before, or None where it is new.
    """

    def __init__(
        self, base: Base, *, user: User, source: str, now: datetime, ids: Ids, policy: Policy
    ) -> None:
        self.base = base
        self.user = user
        self.source = source
        self.now = now
        self.ids = ids
        self.policy = policy
        self.before: dict[RecordKey, Record | None] = {}
        self.written: set[tuple[str, str, str]] = set()
        self.fields_before: dict[RecordKey, Field | None] = {}
        self.tables_before: dict[str, Table | None] = {}
        self._counters_before: dict[RecordKey, int | None] = {}
        self._stamp = (timestamp(now), user.id)

    def create(self, table: Table) -> Record:
        """A new record, with its automatic numbers."""
        record = Record(self.ids.new("rec"), self._stamp[0], self.user.id)
        self.before[table.id, record.id] = None
        for column in table.fields.values():
            if column.type == "autoNumber":
                record.cells[column.id] = self._next_number(table, column)
        table.add(record)
        return record

    def destroy(self, table: Table, record_id: str) -> None:
        """Take a record away."""
        self._remember(table, table.records[record_id])
        table.remove(record_id)

    def write(self, table: Table, record: Record, column: Field, value: Any) -> None:
        """Put a stored value into a cell; None empties it."""
        self._remember(table, record)
        same = record.cells.get(column.id) == value
        self.written.add((table.id, record.id, column.id))
        table.put(record, column.id, value)
        existed = self.before[table.id, record.id] is not None
        if existed and (not same or self.policy.noop_write_moves_modified_time):
            record.modified[column.id] = self._stamp
            table.touch(record.id)

    def add_table(self, table: Table) -> None:
        """A new table."""
        self.tables_before[table.id] = None
        self.base.tables[table.id] = table

    def add_field(self, table: Table, column: Field) -> None:
        """A new field; automatic numbers are given to the rows that stand."""
        self.fields_before[table.id, column.id] = None
        table.fields[column.id] = column
        table.compiled.clear()
        if column.type == "autoNumber":
            for record in table.records.values():
                self._remember(table, record)
                record.cells[column.id] = self._next_number(table, column)

    def change_field(self, table: Table, column: Field) -> None:
        """Note a field's definition before it is changed in place."""
        self.fields_before.setdefault((table.id, column.id), replace(column))
        table.compiled.clear()

    def remove_field(self, table: Table, column: Field) -> None:
        """Take a field and its cells away."""
        self.fields_before.setdefault((table.id, column.id), column)
        for record in table.records.values():
            if column.id in record.cells:
                self._remember(table, record)
                del record.cells[column.id]
        del table.fields[column.id]
        table.compiled.clear()

    def change_table(self, table: Table) -> None:
        """Note a table's name and description before they are changed in place."""
        self.tables_before.setdefault(table.id, replace(table))

    def changed_cells(self, table: Table, record_id: str) -> Iterator[str]:
        """The fields of a record whose stored value differs from before (or was written, if the policy tells those)."""
        before = self.before[table.id, record_id]
        old, new = (before.cells if before else {}), table.records[record_id].cells
        for field_id in dict.fromkeys((*old, *new)):
            told = self.policy.noop_write_reaches_webhooks and (table.id, record_id, field_id) in self.written
            if told or old.get(field_id) != new.get(field_id):
                yield field_id

    def rollback(self) -> None:
        """Take everything back."""
        for (table_id, record_id), image in self.before.items():
            table = self.base.tables[table_id]
            table.recent = None  # The order of changes is that of images now; it is made anew when needed.
            if image is not None:
                table.add(image)
            elif record_id in table.records:
                table.remove(record_id)
        for (table_id, field_id), number in self._counters_before.items():
            self._restore_counter(self.base.tables[table_id], field_id, number)
        for (table_id, field_id), column in self.fields_before.items():
            self._restore_field(self.base.tables[table_id], field_id, column)
        for table_id, image_of_table in self.tables_before.items():
            self._restore_table(table_id, image_of_table)

    def _remember(self, table: Table, record: Record) -> None:
        key = (table.id, record.id)
        if key not in self.before:
            self.before[key] = record.copy()

    def _next_number(self, table: Table, column: Field) -> int:
        last = table.counters.get(column.id)
        self._counters_before.setdefault((table.id, column.id), last)
        table.counters[column.id] = (last or 0) + 1
        return table.counters[column.id]

    @staticmethod
    def _restore_counter(table: Table, field_id: str, number: int | None) -> None:
        if number is None:
            table.counters.pop(field_id, None)
        else:
            table.counters[field_id] = number

    @staticmethod
    def _restore_field(table: Table, field_id: str, column: Field | None) -> None:
        if column is None:
            table.fields.pop(field_id, None)
        else:
            table.fields[field_id] = column
        table.compiled.clear()

    def _restore_table(self, table_id: str, image: Table | None) -> None:
        if image is None:
            del self.base.tables[table_id]
        else:
            table = self.base.tables[table_id]
            table.name, table.description = image.name, image.description
