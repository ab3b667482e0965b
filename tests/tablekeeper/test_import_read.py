"""Reading a workbook: what stands in its sheets, and one clear message for every file that is none."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from tablekeeper.importing.read import read_grids, read_workbook
from tablekeeper.importing.workbook import Grid, ImportProblem
from tests.tablekeeper.workbooks import LEDGER, archive_config, ledger, ledger_row, saved, workbook_of


def refused(path: Path) -> ImportProblem:
    with pytest.raises(ImportProblem) as caught:
        read_workbook(path, archive_config())
    return caught.value


def test_rows_are_counted_as_the_spreadsheet_counts(tmp_path: Path) -> None:
    rows = [["某公司客户台账"], [], list(LEDGER), list(ledger_row())]
    book = read_workbook(saved(tmp_path / "a.xlsx", 台账=rows), archive_config())
    assert [line.number for line in book.sheets[0].lines] == [4]


def test_a_text_that_looks_like_a_formula_survives_as_text(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", 台账=[["姓名", "备注"], ["王芳", None]])
    book = load_workbook(path)
    book.worksheets[0]["B2"].value = '=HYPERLINK("x","点击")'
    book.worksheets[0]["B2"].data_type = "s"
    book.save(path)
    assert read_grids(path)[0].rows[1] == ("王芳", '=HYPERLINK("x","点击")')


def test_a_formula_counts_as_what_was_last_shown_for_it(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", 台账=[["姓名", "年收入"], ["王芳", "=1+2"]])
    edited = tmp_path / "b.xlsx"
    with ZipFile(path) as old, ZipFile(edited, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v></v>", b"<v>3</v>").replace(b"<v />", b"<v>3</v>"))
    assert read_grids(edited)[0].rows[1] == ("王芳", 3)


def test_a_wrong_size_in_the_file_hides_no_rows(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", 台账=[["姓名", "性别"], ["王芳", "女"], ["李芳", "女"]])
    edited = tmp_path / "b.xlsx"
    with ZipFile(path) as old, ZipFile(edited, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:B3"', b'ref="A1"'))
    assert len(read_grids(edited)[0].rows) == 3


def test_an_error_value_is_no_value(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", 台账=[["姓名", "性别"], ["王芳", "#N/A"]])
    assert read_grids(path)[0].rows[1] == ("王芳", None)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "找不到文件 nowhere.xlsx" in refused(tmp_path / "nowhere.xlsx").message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "打不开文件" in refused(tmp_path).message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "空文件"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "密码"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .xls"),
        ("姓名,电话\n".encode(), "不是 .xlsx"),
    ],
)
def test_each_kind_of_wrong_file_has_its_own_message(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    problem = refused(path)
    assert message in problem.message
    assert problem.advice


def test_an_archive_of_something_else_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "无法读取" in refused(path).message


def test_a_truncated_file_is_unreadable(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", 台账=[["姓名", "性别"], ["王芳", "女"]])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert refused(path).advice


def test_a_workbook_of_something_else_names_its_sheets(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.xlsx", 库存=[["货号", "数量"], ["X1", 3]])
    assert "库存" in refused(path).message


def test_an_empty_workbook_says_so(tmp_path: Path) -> None:
    assert "没有内容" in refused(saved(tmp_path / "a.xlsx", Sheet1=[])).message


def test_a_foreign_sheet_beside_the_ledger_is_left_out_and_named() -> None:
    book = workbook_of(Grid("库存", (("货号", "数量"), ("X1", 3))), ledger(ledger_row()))
    assert book.foreign == ("库存",)
    assert [sheet.title for sheet in book.sheets] == ["台账"]


def test_totals_and_signatures_below_the_table_are_no_records() -> None:
    total = ("合计", None, None, None, None, None, None, None, 60000, None)
    signed = ("制表人:王芳  审核:李明", *[None] * 9)
    sheet = workbook_of(ledger(ledger_row(), total, signed)).sheets[0]
    assert [line.number for line in sheet.lines] == [2]
    assert sheet.skipped == (3, 4)


def test_a_record_that_begins_like_a_total_stays() -> None:
    sheet = workbook_of(ledger(ledger_row(姓名="共计国"))).sheets[0]
    assert (len(sheet.lines), sheet.skipped) == (1, ())


def test_a_header_repeated_on_every_printed_page_is_no_record() -> None:
    sheet = workbook_of(ledger(ledger_row(), LEDGER, ledger_row(保单号="P2020000002"))).sheets[0]
    assert [line.number for line in sheet.lines] == [2, 4]
