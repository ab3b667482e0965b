"""A connection without a service: rows in a dictionary, edited by tests as people edit a table.

It keeps the contract of `sync/connection.py` and has no judgement of its own; the real connections pass the same contract.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import pytest

from sync.connection import (
    CellValue,
    Change,
    Insert,
    Listing,
    Operation,
    Outcome,
    Refused,
    Remove,
    RowId,
    SeenRow,
    SystemColumn,
    Texts,
    Written,
)
from sync.errors import AnswerLost, HeadersSpoiled, ServiceError, Unavailable
from validators.schema import TableKey

FORMULA = "=FORMULA()"
"""What a cell of a line is given to hold a formula."""


@dataclass
class Line:
    """One row: cells as shown, system columns apart."""

    cells: dict[str, Any] = field(default_factory=dict)
    system: dict[SystemColumn, str] = field(default_factory=dict)


@dataclass
class Sheet:
    """One table; the order of `lines` is the order of rows. Airtable-like tables name their rows, tabs do not."""

    lines: list[Line] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)


class MemoryConnection:
    """Rows in memory. With `link_form` row_id it behaves like Airtable, with key like a spreadsheet."""

    def __init__(self, name: str, link_form: Literal["row_id", "key"]) -> None:
        self.name, self.link_form = name, link_form
        self.tables: dict[TableKey, Sheet] = {}
        self.writes = self.calls = 0
        self.down = False
        self.fail_after: int | None = None
        self.loses_answers = False
        self.lists_everything = True
        self.missing: frozenset[str] = frozenset()
        """Columns that somebody retyped or deleted; what stands in them is not shown."""
        self.lost_options: dict[str, frozenset[str]] = {}
        self.changes: list[tuple[TableKey, Line, dict[str, Any]]] | None = None
        """Cells changed since the last look, where nothing else is told of, as by Airtable's webhooks."""
        self.destroyed: list[tuple[TableKey, RowId]] = []
        """Rows deleted since the last look, where just the changes are told."""
        self._next = 0

    # What people do

    def type_row(self, table: TableKey, **cells: Any) -> Line:
        line = Line(dict(cells))
        self._sheet(table).lines.append(line)
        self._name(table, line)
        return line

    def change(self, table: TableKey, line: Line, **cells: Any) -> None:
        """From now on just the changes are told."""
        line.cells |= cells
        self.changes = [*(self.changes or ()), (table, line, cells)]

    def copy_row(self, table: TableKey, line: Line, **changes: Any) -> Line:
        copied = Line({**line.cells, **changes}, dict(line.system))
        self._sheet(table).lines.append(copied)
        self._name(table, copied)
        return copied

    def delete(self, table: TableKey, line: Line) -> None:
        lines = self._sheet(table).lines
        lines[:] = [other for other in lines if other is not line]
        if self.changes is not None:
            self.destroyed.append((table, self.row_id(table, line)))

    def row_id(self, table: TableKey, line: Line) -> str:
        return self._sheet(table).names.get(id(line), "")

    def find(self, table: TableKey, **cells: Any) -> Line:
        return next(line for line in self.lines(table) if cells.items() <= line.cells.items())

    def lines(self, table: TableKey) -> list[Line]:
        return self._sheet(table).lines

    # What the engine asks

    problems: Sequence[ServiceError] = ()

    def setup(self, *, dry_run: bool = False) -> Sequence[Change]:
        return ()

    def pull(self, *, reread: Mapping[TableKey, frozenset[RowId]], full: bool) -> Iterator[Listing]:
        if self.down:
            raise Unavailable(self.name, "down")
        if self.changes is not None:
            told, self.changes = self.changes, []
            destroyed, self.destroyed = self.destroyed, []
            for table, line, cells in told:
                seen = self._seen(table, self.lines(table).index(line))
                yield Listing(table, (replace(seen, cells=cells, system={}, partial=True),), complete=False)
            for table, row_id in destroyed:
                yield Listing(table, destroyed=(row_id,))
            return
        for table in self.tables:
            shown = [self._seen(table, i) for i in range(len(self.lines(table)))]
            # A blank row of a spreadsheet is none.
            rows = tuple(row for row in shown if row.row_id or row.uid or row.cells or row.formulas)
            yield Listing(
                table,
                rows,
                complete=self.lists_everything,
                missing=self.missing,
                lost_options=self.lost_options,
            )

    def acknowledge(self) -> None: ...

    def apply(self, table: TableKey, operations: Sequence[Operation]) -> Outcome:
        if self.down:
            raise Unavailable(self.name, "down")
        before = list(self.lines(table))
        results = [self._do(table, operation, before) for operation in operations]
        if self.loses_answers:
            raise AnswerLost(self.name, "the connection broke")
        return Outcome(
            [r for r in results if isinstance(r, Written)],
            [r for r in results if isinstance(r, str)],
            [r for r in results if isinstance(r, Refused)],
        )

    def name_columns(self, table: TableKey) -> None:
        self.problems = [one for one in self.problems if not isinstance(one, HeadersSpoiled)]

    def stamp(self, values: Mapping[str, str]) -> None: ...

    def texts(self) -> Iterator[Texts]:
        return iter(())

    def url(self, table: TableKey, row_id: RowId, position: int) -> str | None:
        return None

    def _sheet(self, table: TableKey) -> Sheet:
        return self.tables.setdefault(table, Sheet())

    def _name(self, table: TableKey, line: Line) -> None:
        if self.link_form == "row_id":
            self._next += 1
            self._sheet(table).names[id(line)] = f"rec{self._next:014}"

    def _seen(self, table: TableKey, position: int) -> SeenRow:
        line = self.lines(table)[position]
        return SeenRow(
            uid=line.system.get(SystemColumn.UID, ""),
            row_id=self.row_id(table, line),
            position=position if self.link_form == "key" else -1,
            cells={
                key: value
                for key, value in line.cells.items()
                if value not in (None, "", [], FORMULA) and key not in self.missing
            },
            formulas=frozenset(key for key, value in line.cells.items() if value == FORMULA),
            system={key: text for key, text in line.system.items() if text},
        )

    def _do(self, table: TableKey, operation: Operation, before: list[Line]) -> Written | Refused | str:
        if self.fail_after is not None:
            if self.fail_after == 0:
                raise Unavailable(self.name, "failed in the middle")
            self.fail_after -= 1
        self.writes += 1
        line = self._target(table, operation, before)
        if line is None:
            return Refused(operation.uid, "row_gone")
        if not isinstance(operation, Remove) and not self.missing.isdisjoint(operation.cells):
            return Refused(operation.uid, "column_missing")
        if not isinstance(operation, Insert):
            wrong = {k for k, v in operation.before.items() if _shape(line.cells.get(k)) != _shape(v)}
            if wrong:
                return Refused(operation.uid, "changed_meanwhile")
        if isinstance(operation, Remove):
            self.delete(table, line)
            return operation.uid
        line.cells |= {key: _shown(value) for key, value in operation.cells.items()}
        line.system |= operation.system
        return Written(operation.uid, self._seen(table, self.lines(table).index(line)))

    def _target(self, table: TableKey, operation: Operation, before: list[Line]) -> Line | None:
        if isinstance(operation, Insert):
            return self.type_row(table)
        if operation.row_id:
            return next((line for line in before if self.row_id(table, line) == operation.row_id), None)
        line = before[operation.position] if operation.position < len(before) else None
        numbered = isinstance(operation, Remove) or operation.numbered
        if line is not None and numbered and line.system.get(SystemColumn.UID) != operation.uid:
            return None
        return line


def meanwhile(connection: MemoryConnection, act: Callable[[], None], patch: pytest.MonkeyPatch) -> None:
    """Somebody does something once, just before the next write arrives."""
    apply, todo = connection.apply, [act]

    def late(table: TableKey, operations: Sequence[Operation]) -> Outcome:
        while todo:
            todo.pop()()
        return apply(table, operations)

    patch.setattr(connection, "apply", late)


def _shown(value: CellValue) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _shape(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return sorted(value)
    if isinstance(value, bool):
        return value or None
    if isinstance(value, int | float | Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value or None
