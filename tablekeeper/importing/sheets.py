"""Finds the header row of each sheet and sorts the cells below it by field. What is no record is left out, and named."""

import re
from collections.abc import Iterable, Iterator, Sequence

from validators.raw import Raw
from validators.schema import FieldKey, SchemaConfig, TableKey
from validators.text import normalise_identifier

from .headers import Columns, HeaderBook, header_name, scaled
from .workbook import Grid, ImportProblem, Line, Sheet, Workbook, is_blank

HEADER_WITHIN = 20
"""Rows from the top among which the header row is looked for."""
HEADERS_MIN = 2
"""Known headers that make a row a header row: one may be a word in a title."""

_FOOTER = re.compile(
    r"(合计|总计|小计|共计|累计|汇总|本页|制表|填表|审核|复核|打印|经办|负责人|单位|说明|注:)"
)


def understood(grids: Iterable[Grid], schema: SchemaConfig) -> Workbook:
    """The sheets of a workbook by table. Raises ImportProblem when nothing in it belongs to the archive."""
    book = HeaderBook(schema)
    sheets: list[Sheet] = []
    foreign: list[str] = []
    for grid in grids:
        sheet = _sheet(grid, book, schema)
        if sheet is not None:
            sheets.append(sheet)
        elif any(map(_filled, grid.rows)):
            foreign.append(grid.title)
    if not sheets:
        raise _nothing(foreign)
    return Workbook(tuple(sheets), tuple(foreign))


def _nothing(foreign: Sequence[str]) -> ImportProblem:
    if not foreign:
        return ImportProblem("工作簿里没有内容", "核对是否选对了文件")
    return ImportProblem(
        f"工作表“{'”、“'.join(foreign)}”中没有找到表头",
        f"表头应在前{HEADER_WITHIN}行,且至少有{HEADERS_MIN}列与 config.yaml 中的栏名或别名相同;别的叫法请加到 aliases",
    )


def _sheet(grid: Grid, book: HeaderBook, schema: SchemaConfig) -> Sheet | None:
    scores = [sum(map(book.known, _filled(row))) for row in grid.rows[:HEADER_WITHIN]]
    if max(scores, default=0) < HEADERS_MIN:
        return None
    top = scores.index(max(scores))
    headers = grid.rows[top]
    columns = book.read(headers)
    skipped: list[int] = []
    lines = tuple(_lines(grid.rows, top, columns, _naming(columns, schema), skipped))
    return Sheet(grid.title, columns.tables, lines, columns.unmapped, tuple(skipped))


def _filled(row: Iterable[Raw]) -> list[Raw]:
    return [cell for cell in row if not is_blank(cell)]


def _naming(columns: Columns, schema: SchemaConfig) -> list[int]:
    """The columns that tell which record a row is: without any of them filled, a row of totals is no record."""

    def names(table: TableKey, key: FieldKey) -> bool:
        config = schema.tables[table]
        field = config.fields[key]
        return key in (config.key, config.label) or field.identity or field.required

    return [column.index for column in columns.columns if any(names(*target) for target in column.targets)]


def _lines(
    rows: Sequence[tuple[Raw, ...]], top: int, columns: Columns, naming: Sequence[int], skipped: list[int]
) -> Iterator[Line]:
    headers = [header_name(cell) for cell in _filled(rows[top])]
    for number, row in enumerate(rows[top + 1 :], top + 2):
        filled = _filled(row)
        if not filled or [header_name(cell) for cell in filled] == headers:
            continue  # Printed ledgers repeat their header on every page.
        if _is_footer(row, filled[0], naming):
            skipped.append(number)
            continue
        line = _line(number, row, columns)
        if any(line.cells.values()):
            yield line


def _is_footer(row: Sequence[Raw], first: Raw, naming: Sequence[int]) -> bool:
    if not (isinstance(first, str) and _FOOTER.match(normalise_identifier(first))):
        return False
    return not _filled(row[index] for index in naming if index < len(row) and row[index] is not first)


def _line(number: int, row: Sequence[Raw], columns: Columns) -> Line:
    filled = {
        column: raw
        for column in columns.columns
        if column.index < len(row) and not is_blank(raw := row[column.index])
    }
    first = columns.tables[0]
    present = {first} | {column.only for column in filled if not column.is_remark}
    cells: dict[TableKey, dict[FieldKey, Raw]] = {table: {} for table in columns.tables}
    for column, raw in filled.items():
        # What several tables know goes to those that the row has; a remark to the last, the policy before the customer.
        targets = [target for target in column.targets if target[0] in present]
        for table, key in targets[-1:] if column.is_remark else targets:
            cells[table][key] = scaled(raw, column.scale)
    return Line(number, cells)
