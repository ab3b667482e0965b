"""Amounts and counts: what staff write around the digits is no error, what changes them is."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.issues import Rejection
from validators.numbers import parse_number
from validators.raw import Raw
from validators.schema import FieldType

MONEY, INT, PERCENT, DECIMAL = FieldType.MONEY, FieldType.INT, FieldType.PERCENT, FieldType.DECIMAL


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("12,000.79元", "12000.79"),
        ("¥1200.90", "1200.90"),
        ("¥ 1,200", "1200"),
        ("人民币1200元整", "1200"),
        ("1.5万元", "15000"),
        ("1.5万", "15000"),
        ("2亿元", "200000000"),
        ("12000.5", "12000.5"),
        ("-1200", "-1200"),
        ("-¥1,200", "-1200"),
        (1200.16, "1200.16"),
        (0.1 + 0.2, "0.30"),
        (12000, "12000"),
        (2.675, "2.68"),
        (Decimal("2.345"), "2.35"),
        ("-0.001", "0.00"),
    ],
)
def test_an_amount_has_one_form_however_it_is_written(written: Raw, amount: str) -> None:
    found = parse_number(written, MONEY, precision=2)
    assert found == Decimal(amount)
    assert format(found, "f") == format(Decimal(amount).quantize(Decimal("0.01")), "f")


@pytest.mark.parametrize(
    "written",
    [
        "1,5",
        "12,00",
        "1.2.3",
        "$5",
        "5美元",
        "1e5",
        "nan",
        "",
        "元",
        "万",
        ".",
        "5-6",
        True,
        [],
        float("nan"),
        float("inf"),
        Decimal("-Infinity"),
        Decimal("sNaN"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_rejected(written: Raw) -> None:
    assert isinstance(parse_number(written, MONEY, precision=2), Rejection)


def test_a_percentage_is_a_fraction() -> None:
    assert parse_number("12%", PERCENT, precision=4) == Decimal("0.12")
    assert parse_number("12.5%", PERCENT, precision=4) == Decimal("0.125")
    assert parse_number(0.12, PERCENT, precision=4) == Decimal("0.12")
    assert isinstance(parse_number("12%", MONEY, precision=2), Rejection)


def test_a_count_may_carry_its_unit_but_no_fraction() -> None:
    assert parse_number("20年", INT, precision=0) == Decimal(20)
    assert parse_number("3.0", INT, precision=0) == Decimal(3)
    assert parse_number("175cm", DECIMAL, precision=1) == Decimal(175)
    assert isinstance(parse_number(3.5, INT, precision=0), Rejection)


def test_a_number_with_more_digits_than_a_spreadsheet_keeps_is_rejected() -> None:
    assert isinstance(parse_number(10**15, MONEY, precision=2), Rejection)
    assert isinstance(parse_number(1e300, MONEY, precision=2), Rejection)


@given(st.decimals(-(10**14), 10**14, places=2))
def test_every_amount_survives_its_own_text(amount: Decimal) -> None:
    for written in (format(amount, "f"), f"¥{amount:,f}元", amount):
        assert parse_number(written, MONEY, precision=2) == amount


@given(
    st.text(alphabet="0123456789.,-+¥元万%eE ", max_size=12), st.sampled_from([MONEY, INT, PERCENT, DECIMAL])
)
def test_no_text_breaks_the_parser(raw: str, kind: FieldType) -> None:
    assert isinstance(parse_number(raw, kind, precision=2), Decimal | Rejection)
