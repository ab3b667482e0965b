"""Which field a column header means: by name or alias, whatever its width, blanks, punctuation and line breaks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sync.connection import SystemColumn
from validators.raw import Raw
from validators.schema import NUMBERS, FieldKey, SchemaConfig, TableConfig, TableKey
from validators.text import normalise_identifier

from .layout import POLICIES, ROOT, flat_tables

Target = tuple[TableKey, FieldKey]

_PUNCTUATION = re.compile(r"[\s*#::、,,.。;;_\-—–|!!??\"'“”‘’]+")
_BRACKETED = re.compile(r"[((\[【<《][^))\]】>》]*[))\]】>》]")
_SCALE = re.compile(r"[((\[【].*?((?:千|万|百万|千万|亿)元).*?[))\]】]")
IGNORED = frozenset({"序号", "行号", "NO", *SystemColumn})
"""Columns that say nothing about the record, or that the daemon itself keeps."""


def header_name(text: Raw) -> str:
    """The form in which equal headers are equal."""
    return _PUNCTUATION.sub("", normalise_identifier(str(text)))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet: its fields, and the scale that its header gives to bare amounts, such as 万元."""

    index: int
    targets: tuple[Target, ...]
    scale: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """A header row, understood as one of these tables."""

    tables: tuple[TableKey, ...]
    columns: tuple[Column, ...]
    unmapped: tuple[str, ...]


class HeaderBook:
    """The headers of a schema: names and aliases of all fields that staff fill in."""

    def __init__(self, schema: SchemaConfig) -> None:
        self._schema = schema
        self._targets: dict[str, list[Target]] = defaultdict(list)
        for table, config in schema.tables.items():
            for name, key in _names(config):
                if (table, key) not in self._targets[name]:
                    self._targets[name].append((table, key))
        flat = flat_tables(schema)
        self._layouts = tuple(
            flat if table == ROOT else (table,)
            for table in schema.tables
            if table == ROOT or table not in flat
        )

    def known(self, header: Raw) -> bool:
        """Whether some field goes by this header."""
        return bool(self._lookup(header))

    def read(self, headers: Iterable[Raw]) -> Columns:
        """The columns of a header row, as the layout that most of its headers belong to."""
        cells = [(index, header) for index, header in enumerate(headers) if header is not None]
        layout = max(self._layouts, key=lambda tables: self._score(cells, tables))
        return self._columns(cells, layout)

    def _score(self, cells: Sequence[tuple[int, Raw]], tables: tuple[TableKey, ...]) -> int:
        return sum(any(table in tables for table, _ in self._lookup(header)) for _, header in cells)

    def _lookup(self, header: Raw) -> list[Target]:
        """A header as it stands, or else without what it adds in brackets."""
        bare = _BRACKETED.sub("", normalise_identifier(str(header)))
        return self._targets.get(header_name(header)) or self._targets.get(header_name(bare), [])

    def _columns(self, cells: Sequence[tuple[int, Raw]], tables: tuple[TableKey, ...]) -> Columns:
        columns: list[Column] = []
        unmapped: list[str] = []
        taken: set[Target] = set()
        found = {index: self._targets_in(header, tables) for index, header in cells}
        fed = frozenset(table for targets in found.values() for table, _ in targets)
        for index, header in cells:
            targets = tuple(t for t in self._fitting(found[index], fed) if t not in taken)
            taken.update(targets)
            if targets:
                columns.append(Column(index, targets, self._scale(header, targets)))
            elif header_name(header) not in IGNORED and not str(header).isspace():
                unmapped.append(str(header).strip())
        return Columns(
            tuple(t for t in tables if t in {t for t, _ in taken}), tuple(columns), tuple(unmapped)
        )

    def _targets_in(self, header: Raw, tables: tuple[TableKey, ...]) -> list[Target]:
        return [target for target in self._lookup(header) if target[0] in tables]

    def _fitting(self, targets: list[Target], fed: frozenset[TableKey]) -> Iterable[Target]:
        """In a flat sheet 投保人 is the customer's name, and a remark belongs to the policy of its row."""
        for table, key in targets:
            config = self._schema.tables[table].fields[key]
            if self._is_flat(table) and config.to == ROOT and key == self._subject(table):
                label = self._schema.tables[ROOT].label
                if label:
                    yield ROOT, label
            elif not (table == ROOT and config.free_text and POLICIES in fed):
                yield table, key

    def _is_flat(self, table: TableKey) -> bool:
        return table != ROOT and table in flat_tables(self._schema)

    def _subject(self, table: TableKey) -> FieldKey | None:
        return self._schema.tables[table].subject

    def _scale(self, header: Raw, targets: tuple[Target, ...]) -> str:
        scale = _SCALE.search(str(header))
        is_number = all(self._schema.tables[table].fields[key].type in NUMBERS for table, key in targets)
        return scale[1] if scale and is_number else ""


def _names(config: TableConfig) -> Iterable[tuple[str, FieldKey]]:
    """Every field's own name before any alias; computed fields are not staff's to fill."""
    fields = {key: field for key, field in config.fields.items() if not field.computed}
    yield from ((header_name(field.name), key) for key, field in fields.items())
    names = {header_name(field.name) for field in config.fields.values()}
    for key, field in fields.items():
        yield from ((name, key) for name in map(header_name, field.aliases) if name not in names)


def scaled(raw: Raw, scale: str) -> Raw:
    """A bare amount below a header such as 年收入(万元), with the unit that the header gives it."""
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return f"{raw}{scale}" if scale and is_number else raw
