"""The rows of flat sheets, read: raw cells beside their canonical values, which serve to compare and are not passed on."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from validators.issues import Rejection
from validators.raw import Raw
from validators.rows import RowParser
from validators.schema import LINKS, FieldKey, SchemaConfig, TableKey
from validators.text import normalise_identifier
from validators.values import Value

from .layout import APPLIED, POLICIES
from .workbook import Cells, Line, Sheet, is_blank

UNDATED = date.min


def origin_of(sheet: Sheet, line: Line) -> str:
    """Where a row comes from, in the words of reports."""
    return f"{sheet.title} 第{line.number}行"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a flat sheet."""

    position: int
    """Its place in the workbook."""
    origin: str
    cells: Mapping[TableKey, Cells] = field(repr=False)
    values: Mapping[TableKey, Mapping[FieldKey, Value]] = field(repr=False)
    """Canonical values of the cells that have one; links as normalised text."""

    @property
    def applied(self) -> date:
        """When the policy of this row was applied for: of two rows, the later one knows better."""
        day = self.values.get(POLICIES, {}).get(APPLIED)
        return day if isinstance(day, date) else UNDATED

    def raw(self, table: TableKey, key: FieldKey) -> Raw:
        """The cell as it stands in the file."""
        return self.cells.get(table, {}).get(key)

    def value(self, table: TableKey, key: FieldKey) -> Value | None:
        """The canonical value of a cell; None where it is blank or wrong."""
        return self.values.get(table, {}).get(key)

    def text(self, table: TableKey, key: FieldKey) -> str:
        """The canonical value as text, else the cell itself without blanks: what a wrong number is compared by."""
        raw = self.raw(table, key)
        if is_blank(raw):
            return ""
        value = self.value(table, key)
        return normalise_identifier(str(raw if value is None else value))

    def holds(self, table: TableKey) -> bool:
        """Whether any cell of that table is filled."""
        return any(not is_blank(raw) for raw in self.cells.get(table, {}).values())


class EntryReader:
    """Reads lines of flat sheets."""

    def __init__(self, schema: SchemaConfig, today: date) -> None:
        self._schema, self._today = schema, today
        self._parser = RowParser(schema)

    def read(self, sheets: Iterable[Sheet]) -> list[Entry]:
        """All rows of these sheets, in the order of the workbook."""
        lines = ((sheet, line) for sheet in sheets for line in sheet.lines)
        return [
            Entry(
                position,
                origin_of(sheet, line),
                line.cells,
                {table: dict(self.values(table, cells)) for table, cells in line.cells.items()},
            )
            for position, (sheet, line) in enumerate(lines)
        ]

    def values(self, table: TableKey, cells: Cells) -> Iterator[tuple[FieldKey, Value]]:
        """The canonical value of every cell that has one."""
        fields = self._schema.tables[table].fields
        plain = {key: raw for key, raw in cells.items() if fields[key].type not in LINKS}
        for key, value in self._parser.parse(table, plain, today=self._today).items():
            if value is not None and not isinstance(value, Rejection):
                yield key, value
        for key in cells.keys() - plain.keys():
            if not is_blank(cells[key]):
                yield key, normalise_identifier(str(cells[key]))
