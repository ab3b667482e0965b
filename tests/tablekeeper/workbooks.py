"""Small legacy workbooks for the tests of the import, and the default archive that they move into."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from itertools import count
from pathlib import Path

from openpyxl import Workbook as ExcelWorkbook

from sync.admit import NewRow
from tablekeeper.config import Config, load
from tablekeeper.importing.existing import Empty, Existing
from tablekeeper.importing.report import ImportReport, preview
from tablekeeper.importing.sheets import understood
from tablekeeper.importing.split import Split, split
from tablekeeper.importing.workbook import Grid, Workbook
from validators.identity import check_character
from validators.raw import Raw

TODAY = date(2026, 11, 22)
ROOT = Path(__file__).parents[2]

LEDGER = (
    "姓名",
    "性别",
    "出生年月",
    "身份证号",
    "联系电话",
    "险种",
    "保单号",
    "投保时间",
    "年收入",
    "健康状况",
)


@cache
def archive_config() -> Config:
    return load(ROOT / "config.yaml")


def identity_number(birth: date, place: int = 1) -> str:
    """A woman's number with the right check character, of a province that there is not."""
    body = f"170101{birth:%Y%m%d}{place:02}2"
    return body + check_character(body)


BIRTH = date(1990, 3, 7)
NUMBER = identity_number(BIRTH)


def ledger_row(**cells: Raw) -> tuple[Raw, ...]:
    """A sound row of a flat sheet; `cells` by header."""
    sound: dict[str, Raw] = {
        "姓名": "王芳",
        "性别": "女",
        "出生年月": BIRTH,
        "身份证号": NUMBER,
        "联系电话": "15400000001",
        "险种": "定寿",
        "保单号": "P2020000001",
        "投保时间": date(2020, 1, 1),
        "年收入": 60000,
        "健康状况": "标准",
    }
    return tuple({**sound, **cells}[header] for header in LEDGER)


def ledger(*rows: tuple[Raw, ...], headers: Sequence[str] = LEDGER) -> Grid:
    return Grid("台账", (tuple(headers), *rows))


def workbook_of(*grids: Grid) -> Workbook:
    return understood(grids, archive_config())


def uids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"R{next(numbers):021}"


def split_of(*grids: Grid, existing: Existing | None = None) -> Split:
    return split(workbook_of(*grids), archive_config(), existing or Empty(), new_uid=uids(), today=TODAY)


def rows_of(table: str, *grids: Grid) -> list[NewRow]:
    return [row for row in split_of(*grids).rows if row.table == table]


def report_of(*grids: Grid) -> ImportReport:
    workbook, parts = workbook_of(*grids), split_of(*grids)
    return preview(workbook, parts, archive_config(), Empty(), today=TODAY)


def saved(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """An .xlsx file with these sheets."""
    book = ExcelWorkbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
