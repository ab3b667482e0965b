"""Typed text and formulas: what the spreadsheet makes of them."""

import pytest

from tests.emulators.google_office import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("0042", 42, "42"),
        ("2,000,000.01", 2000000.01, "2,000,000.01"),
        ("3_1_0", "3_1_0", "3_1_0"),
        ("$100.15", 100.15, "$100.15"),
        ("10%", 0.1, "10%"),
        ("true", True, "TRUE"),
        ("'007", "007", "007"),
        ("2024/3/1", 45352, "2024/3/1"),
        ("2024年3月1日", 45352, "2024年3月1日"),
        ("Mar 1 2016", 42430, "Mar 1 2016"),
        ("10:30", 0.4375, "10:30"),
        ("617 555-1234", "617 555-1234", "617 555-1234"),
        ("138****8000〔9TQK27MB4D〕", "138****8000〔9TQK27MB4D〕", "138****8000〔9TQK27MB4D〕"),
        ("110101199003071234", 110101199003071234.0, "1.10101E+17"),
        ("2024-02-30", "2024-02-30", "2024-02-30"),
    ],
)
def test_typed_text_becomes_what_a_person_would_get(
    office: Office, typed: str, stored: object, shown: str
) -> None:
    assert office.typed(typed, "UNFORMATTED_VALUE") == stored
    assert office.get("H1") == [[shown]]


def test_a_text_column_keeps_what_is_typed(office: Office) -> None:
    fields = "userEnteredFormat.numberFormat"
    office.batch(
        {
            "repeatCell": {
                "range": {"sheetId": 0},
                "cell": {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}},
                "fields": fields,
            }
        }
    )
    assert [office.typed(text, "UNFORMATTED_VALUE") for text in ("0042", "=1+1", "2020-01-01")] == [
        "0042",
        "=1+1",
        "2020-01-01",
    ]


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("= 1 / 1024", "0.0009765625"),
        ("=4/2", "2"),
        ("=2^3^2", "64"),
        ("=-2^2", "4"),
        ("=1/3", "0.3333333333"),
        ('="客户"&A1', "客户7"),
        ("=SUM(A1:B2)", "12"),
        ("=SUM(A:A)", "12"),
        ("=COUNTA(A1:C9)", "5"),
        ('=IF(A1>5,"大","小")', "大"),
        ('=IF(B1="ABC","same","other")', "same"),
        ("=A1=7", "TRUE"),
        ("=sheet1!a1*2", "14"),
        ("=1/0", "#DIV/0!"),
        ("=FOO(1)", "#NAME?"),
        ("=(1", "#ERROR!"),
        ("=Nowhere!A1", "#REF!"),
        ('="x"+1', "#VALUE!"),
        ("=H1", "#REF!"),
        ('=IFERROR(1/0,"—")', "—"),
        ('=HYPERLINK("http://x.test/1","查看")', "查看"),
        ('=TEXT(C1,"yyyy-mm-dd")', "2020-01-01"),
        ('=TEXT(0.256,"0.0%")', "25.6%"),
        ("=VLOOKUP(5,A1:B2,2,FALSE)", "TRUE"),
        ('=COUNTIF(A:A,">5")', "1"),
        ("=ROUND(2.345,2)", "2.35"),
        ('=DATEDIF(C1,DATE(2026,3,2),"Y")', "6"),
        ('=TEXTJOIN("、",TRUE,A1:A2)', "7、5"),
    ],
)
def test_formulas_compute(office: Office, formula: str, shown: str) -> None:
    office.put("A1:C2", [[7, "abc", 43831], [5, True, ""]])
    assert office.typed(formula) == shown
    assert office.get("H1", "FORMULA")[0][0].replace(" ", "") == formula.replace(" ", "")


def test_a_status_cell_turns_by_itself_when_the_stamp_is_old(office: Office) -> None:
    office.put("A1:B1", [['=IF(NOW()-B1>1/24,"⚠ 同步已停止","正常")', "2026-03-02 03:30:00"]], "USER_ENTERED")
    assert office.get("A1") == [["正常"]]
    office.advance(minutes=31)
    assert office.get("A1") == [["⚠ 同步已停止"]]


def test_now_follows_the_spreadsheets_time_zone(office: Office) -> None:
    office.batch(
        {"updateSpreadsheetProperties": {"properties": {"timeZone": "Asia/Shanghai"}, "fields": "timeZone"}}
    )
    assert office.typed("=NOW()") == "3/2/2026 12:00:00"


def test_a_link_formula_shows_its_address(office: Office) -> None:
    office.put("A1", [['=HYPERLINK("http://x.test/"&B1,"查看")', "R01"]], "USER_ENTERED")
    answer = office.call(
        "GET", "", query={"ranges": "A1", "fields": "sheets.data.rowData.values(hyperlink,formattedValue)"}
    )
    assert answer["sheets"][0]["data"][0]["rowData"][0]["values"] == [
        {"formattedValue": "查看", "hyperlink": "http://x.test/R01"}
    ]


def test_an_error_is_a_value_with_a_type(office: Office) -> None:
    office.put("A1", [["=1/0"]], "USER_ENTERED")
    answer = office.call(
        "GET", "", query={"ranges": "A1", "fields": "sheets.data.rowData.values.effectiveValue"}
    )
    error = answer["sheets"][0]["data"][0]["rowData"][0]["values"][0]["effectiveValue"]["errorValue"]
    assert error["type"] == "DIVIDE_BY_ZERO"
