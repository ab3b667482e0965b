"""Which field a column header means: by name or alias, whatever its width, blanks, punctuation and line breaks."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.connection import SystemColumn
from validators.raw import Raw
from validators.schema import NUMBERS, FieldKey, SchemaConfig, TableConfig, TableKey
from validators.text import normalise_identifier

from .layout import ROOT, flat_tables
from .workbook import is_blank

Target = tuple[TableKey, FieldKey]

_PUNCTUATION = re.compile(r"[\s*#::、,,.。;;_\-—–|!!??\"'“”‘’【】\[\]<>《》]+")
_BRACKETED = re.compile(r"[(\[【<《][^)\]】>》]*[)\]】>》]")
_SCALE = re.compile(r"[((\[【].*?((?:千|万|百万|千万|亿)元).*?[))\]】]")
IGNORED = frozenset({"序号", "行号", "NO", *SystemColumn})
"""Columns that say nothing about the record, or that the daemon itself keeps."""


def header_name(text: Raw) -> str:
    """The form in which equal headers are equal."""
    return _PUNCTUATION.sub("", normalise_identifier(str(text)))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet and the fields that it feeds: several, if several tables know its header."""

    index: int
    targets: tuple[Target, ...]
    scale: str = ""
    """What the header gives to bare amounts, such as 万元."""
    is_remark: bool = False

    @property
    def only(self) -> TableKey | None:
        """The table that this column belongs to, if it is one."""
        tables = {table for table, _ in self.targets}
        return tables.pop() if len(tables) == 1 else None


@dataclass(frozen=True, slots=True)
class Columns:
    """A header row, understood; `tables` are those that it feeds."""

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
        known = {index: self._targets_in(header, tables) for index, header in cells}
        for index, header in cells:
            targets = tuple(target for target in known[index] if target not in taken)
            taken.update(targets)
            if targets:
                columns.append(self._column(index, header, targets))
            elif header_name(header) not in IGNORED and not is_blank(header):
                unmapped.append(str(header).strip())
        return Columns(_fed(known, tables), tuple(columns), tuple(unmapped))

    def _column(self, index: int, header: Raw, targets: tuple[Target, ...]) -> Column:
        fields = [self._schema.tables[table].fields[key] for table, key in targets]
        scale = _SCALE.search(str(header)) if all(field.type in NUMBERS for field in fields) else None
        is_remark = all(field.free_text for field in fields)
        return Column(index, targets, scale[1] if scale else "", is_remark)

    def _targets_in(self, header: Raw, tables: tuple[TableKey, ...]) -> tuple[Target, ...]:
        known = [target for target in self._lookup(header) if target[0] in tables]
        known.sort(key=lambda target: tables.index(target[0]))
        return tuple(dict.fromkeys(map(self._meant, known)))

    def _meant(self, target: Target) -> Target:
        """In a flat sheet 投保人 is the customer's name."""
        table, key = target
        config, root = self._schema.tables[table], self._schema.tables.get(ROOT)
        is_flat = table != ROOT and table in flat_tables(self._schema)
        is_customer = is_flat and key == config.subject and config.fields[key].to == ROOT
        return (ROOT, root.label) if is_customer and root and root.label else target


def _fed(known: Mapping[int, tuple[Target, ...]], tables: tuple[TableKey, ...]) -> tuple[TableKey, ...]:
    """The tables that the sheet really holds: 业务员 or 备注 alone, which others have too, are no policies."""
    own = {Column(index, targets).only for index, targets in known.items()}
    return tuple(table for place, table in enumerate(tables) if table in own or place == 0)


def _names(config: TableConfig) -> Iterable[tuple[str, FieldKey]]:
    """Names and aliases; computed fields are not staff's to fill."""
    fields = {key: field for key, field in config.fields.items() if not field.computed}
    yield from ((header_name(field.name), key) for key, field in fields.items())
    for key, field in fields.items():
        yield from ((header_name(alias), key) for alias in field.aliases)


def scaled(raw: Raw, scale: str) -> Raw:
    """A bare amount below a header such as 年收入(万元), with the unit that the header gives it."""
    is_number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return f"{raw}{scale}" if scale and is_number else raw
