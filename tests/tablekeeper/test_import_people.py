"""Which rows are one person, and which value of several is taken."""

from datetime import date

import pytest

from tests.tablekeeper.workbooks import BIRTH, NUMBER, identity_number, ledger, ledger_row, rows_of, split_of
from validators.raw import Raw

OTHER = identity_number(BIRTH, place=2)


def customers(*rows: tuple[Raw, ...]) -> int:
    return len(rows_of("customers", ledger(*rows)))


@pytest.mark.parametrize(
    "written", [f" {NUMBER} ", NUMBER.lower(), f"{NUMBER[:6]} {NUMBER[6:]}", NUMBER.translate({49: "１"})]
)
def test_one_number_however_written_is_one_person(written: str) -> None:
    assert customers(ledger_row(), ledger_row(身份证号=written, 联系电话=None, 保单号="P2020000002")) == 1


@pytest.mark.parametrize("unusable", [float(NUMBER[:17] + "0"), NUMBER[:6] + NUMBER[8:17], None])
def test_a_row_without_usable_number_joins_by_name_birth_and_phone(unusable: Raw) -> None:
    rows = ledger_row(身份证号=unusable), ledger_row(保单号="P2020000002")
    assert customers(*rows) == 1
    assert rows_of("customers", ledger(*rows))[0].cells["id_number"] == NUMBER


def test_a_row_without_usable_number_and_another_phone_is_not_merged() -> None:
    assert customers(ledger_row(), ledger_row(身份证号=None, 联系电话="15400000002")) == 2


def test_one_wrong_number_of_one_name_and_birth_is_one_person() -> None:
    wrong = NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")
    row = ledger_row(身份证号=wrong, 联系电话=None)
    assert customers(row, ledger_row(身份证号=wrong, 联系电话="15400000002", 保单号="P2020000002")) == 1


def test_two_usable_numbers_are_two_people_though_all_else_agrees() -> None:
    assert customers(ledger_row(), ledger_row(身份证号=OTHER)) == 2


def test_two_names_under_one_number_are_two_people() -> None:
    assert customers(ledger_row(), ledger_row(姓名="李芳", 保单号="P2020000002")) == 2


def test_a_row_that_fits_two_people_joins_neither() -> None:
    assert customers(ledger_row(), ledger_row(身份证号=OTHER), ledger_row(身份证号=None)) == 3


def test_a_blank_name_is_filled_from_another_row_of_that_number() -> None:
    (row,) = rows_of("customers", ledger(ledger_row(姓名=None), ledger_row(保单号="P2020000002")))
    assert row.cells["full_name"] == "王芳"


def test_rows_that_tell_nobodys_name_or_number_are_not_lost() -> None:
    nobody = ledger_row(姓名=None, 身份证号=None)
    assert customers(nobody, nobody) == 2


def test_the_latest_application_knows_best_and_the_others_are_named() -> None:
    old = ledger_row(联系电话="15400000001", 投保时间=date(2019, 1, 1))
    new = ledger_row(联系电话="15400000002", 投保时间=date(2021, 1, 1), 保单号="P2020000002")
    parts = split_of(ledger(new, old))
    assert next(row for row in parts.rows if row.table == "customers").cells["mobile"] == "15400000002"
    assert [(remark.text, remark.origins) for remark in parts.notes.remarks] == [
        ("同一客户各行的手机号码不同,已用较新的一行", ("台账 第3行",))
    ]


def test_a_usable_value_beats_a_later_one_that_is_none() -> None:
    good = ledger_row(投保时间=date(2019, 1, 1))
    bad = ledger_row(联系电话="154000", 投保时间=date(2021, 1, 1), 保单号="P2020000002")
    assert rows_of("customers", ledger(good, bad))[0].cells["mobile"] == "15400000001"


def test_values_that_only_look_different_are_not_reported() -> None:
    same = ledger_row(联系电话="+86 154-0000-0001", 保单号="P2020000002")
    assert split_of(ledger(ledger_row(), same)).notes.remarks == ()


def test_a_later_blank_does_not_erase() -> None:
    rows = ledger_row(), ledger_row(联系电话=" ", 投保时间=date(2021, 1, 1), 保单号="P2020000002")
    assert rows_of("customers", ledger(*rows))[0].cells["mobile"] == "15400000001"
