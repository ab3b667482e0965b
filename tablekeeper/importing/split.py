"""From the sheets of a workbook to new rows of the archive. Pure but for the questions that it asks of the archive."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

from sync.admit import NewRow
from sync.connection import Uid
from sync.engine import dependency_order
from validators.schema import SchemaConfig

from .directory import Directory
from .entries import EntryReader
from .existing import Existing
from .layout import ROOT, flat_tables
from .ledger import Ledger
from .listed import Lists
from .notes import Notes
from .people import Identity
from .policies import PolicyIndex
from .workbook import Workbook

_FORMULA = re.compile(r"=|@|[+-][A-Za-z(]")


@dataclass(frozen=True, slots=True)
class Split:
    """The new rows, those that others refer to first, and what there is to say about the rest."""

    rows: tuple[NewRow, ...] = field(repr=False)
    notes: Notes


def split(
    workbook: Workbook, schema: SchemaConfig, existing: Existing, *, new_uid: Callable[[], Uid], today: date
) -> Split:
    """What the workbook adds to the archive. Values are passed on as they stand: the engine normalises and judges."""
    notes, reader = Notes(), EntryReader(schema, today)
    directory = Directory(schema, existing, nameless=frozenset({ROOT}))
    name = Identity.of(schema).name if ROOT in schema.tables else ""
    policies = PolicyIndex(schema, existing, name)
    lists = Lists(schema, existing, directory, policies, notes, new_uid)
    rows: list[NewRow] = []
    order, flat = dependency_order(schema), flat_tables(schema)
    for table in order:
        if table == ROOT:
            ledger = Ledger(schema, existing, directory, policies, notes, new_uid)
            rows += ledger.split(reader.read(sheet for sheet in workbook.sheets if {*flat} & {*sheet.tables}))
        elif table not in flat:
            rows += lists.split(table, [sheet for sheet in workbook.sheets if table in sheet.tables], reader)
    _remark_formulas(rows, notes)
    return Split(tuple(sorted(rows, key=lambda row: order.index(row.table))), notes)


def _remark_formulas(rows: Iterable[NewRow], notes: Notes) -> None:
    """Text that a careless program would run."""
    for row in rows:
        if any(isinstance(raw, str) and _FORMULA.match(raw) for raw in row.cells.values()):
            notes.remark("以“=”等符号开头的内容只作文字保存,不作公式", [row.origin])
