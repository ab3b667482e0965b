"""Telephones, addresses and accounts: one form for many spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from validators.account import parse_account
from validators.contact import parse_email, parse_phone
from validators.issues import Rejection

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "+86 138-0013-8000",
        "0086138-0013-8000",
        "86-138-0013-8000",
        "８６１３８００１３８０００",
        "(+86) 138 0013 8000",
        "\u200b138\u00a00013\u30008000",
    ],
)
def test_a_mobile_has_one_form_however_it_is_written(written: str) -> None:
    assert parse_phone(written) == "13800138000"


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("(010)12345678", "010-12345678"),
        ("+86 10 1234 5678", "010-12345678"),
        ("0312 1234567", "0312-1234567"),
        ("021 6234 5678 转 801", "021-62345678-801"),
        ("021-62345678-801", "021-62345678-801"),
        ("400-800-1234", "4008001234"),
        ("+852 9123 4567", "+85291234567"),
        ("00852 9123 4567", "+85291234567"),
    ],
)
def test_landlines_extensions_and_numbers_abroad(written: str, canonical: str) -> None:
    assert parse_phone(written) == canonical
    assert parse_phone(canonical) == canonical


@given(mobiles)
def test_every_mobile_is_a_fixed_point(number: str) -> None:
    assert parse_phone(number) == number


@given(mobiles, st.integers(1, 10))
def test_a_mobile_still_being_typed_is_partial(number: str, length: int) -> None:
    found = parse_phone(number[:length])
    assert isinstance(found, Rejection)
    assert found.partial


def test_a_mobile_still_being_typed_is_never_taken_for_a_pager() -> None:
    found = parse_phone("16000000")
    assert isinstance(found, Rejection)
    assert found.partial


def test_a_short_mobile_says_how_many_digits_it_has() -> None:
    found = parse_phone("138218200")
    assert isinstance(found, Rejection)
    assert found.issue.message == "共9位,应为11位"


@pytest.mark.parametrize("written", ["138001380001", "1380013800a", "12800138000", "010-123456789012", "九"])
def test_what_can_be_no_phone_is_not_partial(written: str) -> None:
    found = parse_phone(written)
    assert isinstance(found, Rejection)
    assert not found.partial


def test_a_landline_without_area_code_says_what_is_missing() -> None:
    found = parse_phone("82345678")
    assert isinstance(found, Rejection)
    assert "区号" in found.issue.message


@given(st.text(alphabet="0123456789+-()转 xX", max_size=25))
def test_no_text_breaks_the_phone_parser_and_what_passes_stays(raw: str) -> None:
    found = parse_phone(raw)
    assert isinstance(found, Rejection) or parse_phone(found) == found


def test_the_domain_of_an_address_has_no_case_and_the_name_before_it_has() -> None:
    assert parse_email(" Bob.X@Example.COM ") == "Bob.X@example.com"


@pytest.mark.parametrize(
    "written", ["bob", "bob@local", "a b@example.com", "@example.com", "a@b@example.com", "a@-.com"]
)
def test_what_is_no_address_is_rejected(written: str) -> None:
    assert isinstance(parse_email(written), Rejection)


cards = st.from_regex(r"62[0-9]{13,16}", fullmatch=True).map(lambda body: body + luhn.calc_check_digit(body))


@given(cards)
def test_a_card_passes_with_blanks_between(card: str) -> None:
    assert parse_account(" ".join(card[place : place + 4] for place in range(0, len(card), 4))) == card


@given(cards, st.integers(2, 14), st.integers(1, 9))
def test_one_changed_digit_of_a_card_never_passes(card: str, place: int, step: int) -> None:
    wrong = card[:place] + str((int(card[place]) + step) % 10) + card[place + 1 :]
    assert isinstance(parse_account(wrong), Rejection)


def test_an_account_of_a_company_needs_no_check_digit() -> None:
    assert parse_account("3602-0001-0920-0123456") == "3602000109200123456"
    assert parse_account("010900123456") == "010900123456"


def test_a_card_still_being_typed_is_never_taken_for_a_shorter_account() -> None:
    # Even where the first digits happen to satisfy the check by themselves.
    for length in range(2, 15):
        begun = "62220212345678901"[:length]
        found = parse_account(begun + luhn.calc_check_digit(begun))
        assert isinstance(found, Rejection)
        assert found.partial


@pytest.mark.parametrize("written", ["6.2220212345E+18", "工行1234567890123", "12345678901234567890"])
def test_what_can_be_no_account_is_rejected_for_good(written: str) -> None:
    found = parse_account(written)
    assert isinstance(found, Rejection)
    assert not found.partial
