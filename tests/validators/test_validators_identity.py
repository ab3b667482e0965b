"""Identity numbers: what is caught, what is let through, and what staff are told."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import uscc

from validators.identity import check_character, facts_of, parse_identity
from validators.issues import Rejection

TODAY = date(2026, 11, 22)
FOREIGNER = "外国人永久居留身份证"
SETTLED = "港澳台居民居住证"


def numbered(region: str, birth: date, sequence: int) -> str:
    body = f"{region}{birth:%Y%m%d}{sequence:03}"
    return body + check_character(body)


citizens = st.builds(
    numbered,
    st.integers(110000, 829999).map(str),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)

ADULT = numbered("110105", date(1976, 1, 8), 10)


def code_of(raw: str, document: str | None = None) -> str:
    found = parse_identity(raw, document, today=TODAY)
    assert isinstance(found, Rejection)
    return found.issue.code


def test_the_check_character_of_the_standards_own_example() -> None:
    # GB 11643-1999, appendix: 11010519491231002X and 44052418800101001X? The first is the one in the text.
    assert check_character("11010519491231002") == "X"


@given(citizens)
def test_every_number_with_its_check_character_passes(number: str) -> None:
    assert parse_identity(number, "居民身份证", today=TODAY) == number


@given(citizens, st.integers(0, 16), st.integers(1, 9))
def test_one_changed_digit_never_passes(number: str, place: int, step: int) -> None:
    digit = str((int(number[place]) + step) % 10)
    wrong = number[:place] + digit + number[place + 1 :]
    assert isinstance(parse_identity(wrong, None, today=TODAY), Rejection)


@given(citizens, st.integers(0, 15))
def test_two_swapped_neighbours_never_pass(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert isinstance(parse_identity(wrong, None, today=TODAY), Rejection)


@given(citizens)
def test_a_number_says_birth_sex_and_district(number: str) -> None:
    facts = facts_of("居民身份证", number)
    assert facts.birth == date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    assert facts.sex == ("男" if number[16] in "13579" else "女")
    assert facts.region == number[:6]


@pytest.mark.parametrize(
    "written",
    [
        lambda number: f" {number[:6]} {number[6:14]} {number[14:]} ",
        lambda number: number.lower(),
        lambda number: "".join(chr(ord(each) + 0xFEE0) for each in number),
        lambda number: f"{number[:6]}-{number[6:14]}-{number[14:]}",
    ],
)
def test_ways_of_writing_a_number_are_no_errors(written) -> None:  # type: ignore[no-untyped-def]
    number = next(each for n in range(99) if (each := numbered("330106", date(1991, 9, 10), n)).endswith("X"))
    assert parse_identity(written(number), "居民身份证", today=TODAY) == number


def test_a_number_that_is_too_short_says_by_how_much_and_may_still_be_typed() -> None:
    found = parse_identity(ADULT[:17], None, today=TODAY)
    assert isinstance(found, Rejection)
    assert (found.issue.message, found.issue.mend) == ("共17位,应为18位", "在本格重新输入完整号码")
    assert found.partial


def test_a_number_that_is_too_long_is_not_being_typed() -> None:
    found = parse_identity(ADULT + "1", None, today=TODAY)
    assert isinstance(found, Rejection)
    assert found.issue.message == "共19位,应为18位"
    assert not found.partial


def test_a_first_generation_number_has_its_own_explanation() -> None:
    found = parse_identity(ADULT[:6] + ADULT[8:17], None, today=TODAY)
    assert isinstance(found, Rejection)
    assert "一代号码已失效" in found.issue.message


@pytest.mark.parametrize("text", ["3.10104196907244E+17", "3.10104196907244e+17", "310104196907240000"])
def test_a_number_that_a_spreadsheet_rounded_is_named_as_such(text: str) -> None:
    assert code_of(text) == "digits_lost"


def test_a_wrong_check_digit_is_told_from_a_wrong_date() -> None:
    assert code_of(ADULT[:17] + ("0" if ADULT[17] != "0" else "1")) == "idno_check"
    body = "11010519760230001"
    assert code_of(body + check_character(body)) == "idno_birth"


def test_nobody_is_born_tomorrow() -> None:
    assert code_of(numbered("110105", TODAY + timedelta(days=1), 1)) == "idno_birth"
    assert isinstance(parse_identity(numbered("110105", TODAY, 1), None, today=TODAY), str)


def test_a_district_that_no_list_knows_is_no_error() -> None:
    number = numbered("119999", date(1990, 1, 1), 1)
    assert parse_identity(number, None, today=TODAY) == number


@pytest.mark.parametrize("region", ["810000", "820000", "830000"])
def test_residence_permits_of_the_three_regions_pass(region: str) -> None:
    number = numbered(region, date(1990, 1, 1), 12)
    assert parse_identity(number, SETTLED, today=TODAY) == number
    assert facts_of(SETTLED, number).sex == "女"
    assert code_of(numbered("110105", date(1990, 1, 1), 12), SETTLED) == "idno_kind"


def test_a_foreigners_new_card_passes_and_its_first_digits_are_no_district() -> None:
    number = numbered("911840", date(1990, 1, 1), 2)
    assert parse_identity(number, FOREIGNER, today=TODAY) == number
    facts = facts_of(FOREIGNER, number)
    assert (facts.birth, facts.sex, facts.region) == (date(1990, 1, 1), "女", None)
    assert code_of(ADULT, FOREIGNER) == "idno_kind"


def test_a_foreigners_old_card_passes_and_says_nothing() -> None:
    assert parse_identity("usa110190010112", FOREIGNER, today=TODAY) == "USA110190010112"
    assert facts_of(FOREIGNER, "USA110190010112").birth is None


@pytest.mark.parametrize(
    ("document", "number"),
    [
        ("护照", "E12345678"),
        ("护照", "ED1234567"),
        ("港澳居民来往内地通行证", "H12345678"),
        ("港澳居民来往内地通行证", "M1234567801"),
        ("台湾居民来往大陆通行证", "12345678"),
        ("台湾居民来往大陆通行证", "1234567890(B)"),
        ("出生医学证明", "T110012345"),
        ("军官证", "南字第01234567号"),
        ("警官证", "012345"),
        ("其他", "沪字A-12/3"),
        ("某种新证件", "ABC123"),
    ],
)
def test_documents_without_a_check_digit_are_held_to_their_shape(document: str, number: str) -> None:
    assert parse_identity(number, document, today=TODAY) == number
    assert isinstance(parse_identity("?" + number, document, today=TODAY), Rejection)
    assert facts_of(document, number).birth is None


def test_a_passport_under_the_wrong_kind_points_at_the_kind() -> None:
    found = parse_identity("E12345678", "居民身份证", today=TODAY)
    assert isinstance(found, Rejection)
    assert "证件类型" in found.issue.mend
    assert not found.partial


def test_a_company_code_is_checked_by_its_check_character() -> None:
    code = "91110000600037341"
    code += uscc.calc_check_digit(code)
    assert parse_identity(code.lower(), "统一社会信用代码", today=TODAY) == code
    assert code_of(code[:-1] + ("1" if code[-1] != "1" else "2"), "统一社会信用代码") == "idno_check"


@given(
    st.text(max_size=30),
    st.sampled_from([None, "居民身份证", "护照", SETTLED, FOREIGNER, "统一社会信用代码"]),
)
def test_no_text_breaks_the_parser_and_what_passes_stays(raw: str, document: str | None) -> None:
    found = parse_identity(raw, document, today=TODAY)
    assert isinstance(found, Rejection) or parse_identity(found, document, today=TODAY) == found


@given(citizens, st.integers(1, 17))
def test_no_message_carries_what_was_typed(number: str, length: int) -> None:
    found = parse_identity(number[:length], None, today=TODAY)
    assert isinstance(found, Rejection)
    assert length < 3 or number[:length] not in repr(found)
