"""Numbers that do not belong in prose are found, numbers that do are left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from validators.identity import check_character
from validators.prose import find_sensitive

BODY = "51010719800506447"
IDENTITY = BODY + check_character(BODY)
LONG_CARD = "622202123456789012" + luhn.calc_check_digit("622202123456789012")
CARD = "622202123456789" + luhn.calc_check_digit("622202123456789")

WIDE = "".join(chr(ord(digit) + 0xFEE0) for digit in "13832664897")


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in find_sensitive(text)]


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        (f"配偶身份证{IDENTITY}", IDENTITY, "idno"),
        (
            f"号码:{IDENTITY[:6]} {IDENTITY[6:14]} {IDENTITY[14:]}。",
            f"{IDENTITY[:6]} {IDENTITY[6:14]} {IDENTITY[14:]}",
            "idno",
        ),
        ("本人电话13832664897备用", "13832664897", "phone"),
        ("打+86 139-6083-5093", "+86 139-6083-5093", "phone"),
        (f"收款卡{CARD} 50元", CARD, "account"),
        (f"收款卡{LONG_CARD}", LONG_CARD, "account"),
        (WIDE, WIDE, "phone"),
        (
            f"卡 {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}",
            f"{CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]}",
            "account",
        ),
    ],
)
def test_a_number_is_found_where_it_stands(text: str, number: str, kind: str) -> None:
    assert found(text) == [(number, kind)]


@pytest.mark.parametrize(
    "text",
    [
        "续保保单P202358584435",
        "赔案CL13800138000",
        "流水138001380001",
        "2024-03-01 首次拜访,保费12000.79元",
        f"错号{IDENTITY[:17]}{'0' if IDENTITY[17] != '0' else '1'}",
        f"错卡{CARD[:-1]}{(int(CARD[-1]) + 1) % 10}",
        "",
    ],
)
def test_policy_numbers_amounts_and_dates_are_left_alone(text: str) -> None:
    assert found(text) == []


def test_several_numbers_are_given_in_order_and_never_twice() -> None:
    text = f"{CARD}、13832664897、{IDENTITY}和13832664897"
    assert [kind for _, kind in found(text)] == ["account", "phone", "idno", "phone"]


def test_an_identity_number_that_could_also_be_a_card_is_one_number() -> None:
    bodies = (f"51010719800506{order:03}" for order in range(1000))
    both = next(each for body in bodies if luhn.is_valid(each := body + check_character(body)))
    assert found(f"号码{both}") == [(both, "idno")]


@given(st.text(), st.text(), st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(0, 999))
def test_an_identity_number_between_any_prose_is_found(
    before: str, after: str, birth: date, order: int
) -> None:
    body = f"110105{birth:%Y%m%d}{order:03}"
    number = body + check_character(body)
    assert (number, "idno") in found(f"{before}。{number},{after}")
