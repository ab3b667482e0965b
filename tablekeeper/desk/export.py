"""The result of an import as a workbook to keep: which row of the file became what. No value of a sensitive field is in it."""

from collections.abc import Iterable, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.utils.exceptions import IllegalCharacterError

from sync.admit import AdmitReport
from tablekeeper.importing.report import ImportReport
from tablekeeper.importing.taking_in import taken_in

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
UNPRINTABLE = "(无法显示)"


def result_workbook(before: ImportReport, after: AdmitReport) -> bytes:
    """Two sheets: counts by table, and the findings by row of the file."""
    book = Workbook()
    counts, findings = book.active, book.create_sheet("需要更正或补充")
    assert counts is not None
    counts.title = "结果"
    rows = (
        [one["table"], one["new"], one["held"], one["waiting"], one["present"]]
        for one in taken_in(before, after)
    )
    _fill(counts, [("表", "新增", "待更正", "等待", "已在档"), *rows])
    told = (
        (origin, one.table, one.field, one.level, one.message, one.mend)
        for one in before.problems
        for origin in one.origins
    )
    _fill(findings, [("位置", "表", "字段", "级别", "问题", "处理"), *told])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _fill(sheet: object, rows: Iterable[Sequence[object]]) -> None:
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            _put(sheet.cell(number, column), value)  # type: ignore[attr-defined]


def _put(cell: Cell, value: object) -> None:
    """A number as a number; any text as text, also one that a spreadsheet would take for a formula."""
    if isinstance(value, int):
        cell.value = value
        return
    text = str(value)
    try:
        cell.value = f"'{text}" if text.startswith(FORMULA_SIGNS) else text
    except IllegalCharacterError:
        cell.value = UNPRINTABLE
    cell.data_type = "s"
