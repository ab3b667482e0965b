"""Typed cells."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sync.connection import CellValue
from sync.sheets.cells import FORMULA, Entered, encode, entered, same, shown
from sync.sheets.grid import letters, runs


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", {"stringValue": "=1+1"}),
        ("00123", {"stringValue": "00123"}),
        (Decimal("1234.50"), {"numberValue": 1234.5}),
        (Decimal("7.00"), {"numberValue": 7}),
        (date(2020, 1, 1), {"numberValue": 43831}),
        (datetime(2020, 1, 1, 4, tzinfo=UTC), {"numberValue": 43831.5}),
        (True, {"boolValue": True}),
        (("养老", "医疗"), {"stringValue": "养老、医疗"}),
        (None, {}),
        ("", {}),
        ((), {}),
    ],
)
def test_a_value_is_written_typed(value: CellValue, written: Entered) -> None:
    assert encode(value) == written
    assert type(encode(value).get("numberValue")) is type(written.get("numberValue"))


def test_an_instant_is_written_as_wall_time_of_shanghai() -> None:
    assert encode(datetime(2020, 1, 1, 20, tzinfo=UTC)) == {"numberValue": 43832 + 4 / 24}


def test_answer_and_listing_show_a_number_alike() -> None:
    assert entered({"numberValue": 5.0}) == shown(5) == 5
    assert isinstance(entered({"numberValue": 5.0}), int)


def test_formula_is_told_from_text_in_an_answer() -> None:
    assert entered({"formulaValue": "=1+1"}) is FORMULA
    assert entered({"stringValue": "=1+1"}) == "=1+1"


def test_stretches_without_gap() -> None:
    assert list(runs([1, 2, 3, 7, 9, 10])) == [(1, 4), (7, 8), (9, 11)]
    assert list(runs([])) == []


def test_column_letters() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    ("believed", "found"),
    [
        (Decimal("1234.50"), 1234.5),
        (1234.5, 1234.5),
        (date(2020, 1, 1), 43831),
        (datetime(2020, 1, 1, 4, 0, 1, tzinfo=UTC), 43831.50001157407),
        (Decimal("123456789012345678901234"), 1.2345678901234568e23),
        (("养老", "医疗"), "养老、医疗"),
        ("王芳", " 王芳 "),
        (False, None),
        (None, None),
    ],
)
def test_a_cell_shows_what_was_read_or_written(believed: Any, found: Any) -> None:
    assert same(believed, found)


@pytest.mark.parametrize(
    ("believed", "found"),
    [
        (Decimal("1234.50"), 1234.51),
        (Decimal("90000000000.50"), 90000000000.51),
        (110101199003071000, 110101199003071040),
        (date(2020, 1, 1), 43832),
        ("王芳", "王方"),
        (None, "王芳"),
        (True, None),
        ("1", 1),
    ],
)
def test_a_cell_shows_something_else(believed: Any, found: Any) -> None:
    assert not same(believed, found)
