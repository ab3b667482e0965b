"""Opens an .xlsx file. Whatever is wrong with the file becomes an ImportProblem; nothing is judged here."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from validators.raw import Raw
from validators.schema import SchemaConfig

from .sheets import understood
from .workbook import Grid, ImportProblem, Workbook

ROWS_MAX = 200_000
"""Rows of one sheet: beyond it a file is no ledger that somebody kept by hand."""
TRAILING_BLANKS_MAX = 5_000
"""A formatted but empty tail ends the sheet: some files carry a million rows of it."""

_COMPOUND_FILE = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_UNREADABLE = (BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, OSError, SyntaxError)
"""What openpyxl raises for damaged files; the parser of its XML raises a SyntaxError."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that was handed over without a place on a disk. Its content is what the vault is there for."""

    name: str
    content: bytes = field(repr=False)


def read_workbook(file: Path | File, schema: SchemaConfig) -> Workbook:
    """Every sheet of the file, its columns understood. Raises ImportProblem."""
    return understood(read_grids(file), schema)


def read_grids(file: Path | File) -> tuple[Grid, ...]:
    """Every sheet as it stands. A formula counts as what the spreadsheet last showed for it, or as its own text."""
    taken = _taken(file) if isinstance(file, Path) else file
    _require_workbook(taken)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # On styles and extensions that nothing here reads.
            return tuple(_grids(taken))
    except _UNREADABLE:
        raise ImportProblem(
            f"无法读取 {taken.name},文件可能已损坏", "用 Excel 或 WPS 打开后另存为 .xlsx 再导入"
        ) from None


def _taken(path: Path) -> File:
    try:
        return File(path.name, path.read_bytes())
    except OSError as error:
        reason = "找不到文件" if isinstance(error, FileNotFoundError) else "打不开文件"
        raise ImportProblem(f"{reason} {path.name}", "核对文件的位置、名称和权限") from None


def _require_workbook(file: File) -> None:
    head = file.content[: len(_COMPOUND_FILE)]
    if not head:
        raise ImportProblem(f"{file.name} 是空文件", "核对是否选对了文件")
    if head == _COMPOUND_FILE and _ENCRYPTED in file.content:
        raise ImportProblem(f"{file.name} 设有打开密码", "在 Excel 中取消密码,另存后再导入")
    if head == _COMPOUND_FILE:
        raise ImportProblem(f"{file.name} 是旧版 .xls 格式", "在 Excel 中另存为 .xlsx 再导入")
    if not is_zipfile(BytesIO(file.content)):
        raise ImportProblem(f"{file.name} 不是 .xlsx 工作簿", "在 Excel 或 WPS 中另存为 .xlsx 再导入")


def _grids(file: File) -> Iterator[Grid]:
    # As written, a text such as =HYPERLINK(...) is a text; as shown, a formula is its result.
    written = load_workbook(BytesIO(file.content), read_only=True, data_only=False)
    shown = load_workbook(BytesIO(file.content), read_only=True, data_only=True)
    try:
        for one, other in zip(written.worksheets, shown.worksheets, strict=True):
            yield Grid(one.title, tuple(_rows(one, other)))
    finally:
        written.close()
        shown.close()


def _rows(written: Any, shown: Any) -> Iterator[tuple[Raw, ...]]:
    for sheet in (written, shown):
        sheet.reset_dimensions()  # Some programs write a size that is not the sheet's.
    blanks = 0
    for number, (cells, results) in enumerate(zip(written.iter_rows(), shown.iter_rows(), strict=True), 1):
        row = tuple(_value(cell, result) for cell, result in zip_longest(cells, results))
        blanks = 0 if any(value is not None for value in row) else blanks + 1
        if blanks > TRAILING_BLANKS_MAX:
            return
        if number > ROWS_MAX:
            raise ImportProblem(
                f"工作表“{written.title}”超过 {ROWS_MAX} 行(第 {number} 行仍有内容)", "拆成几个文件分别导入"
            )
        yield row


def _value(cell: Any, result: Any) -> Raw:
    if cell is None or cell.data_type == "e":  # An error such as #N/A is no value.
        return None
    value = cell.value
    if cell.data_type == "f":
        text = getattr(value, "text", value)
        value = text if result is None or result.value is None else result.value
        value = None if result is not None and result.data_type == "e" else value
    if value is None or isinstance(value, str | int | float | bool | date | datetime):
        return value
    return str(value)  # Times and durations: no field of the archive holds them.
