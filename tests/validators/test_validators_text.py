"""Text that looks the same to staff is the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.text import normalise_identifier, normalise_text


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0", "\u200b", "\ufeff", "\u2060", "\t", "\r\n", "\u2003"])
def test_blanks_that_nobody_sees_are_trimmed_around_a_text(blank: str) -> None:
    assert normalise_text(f"{blank}张三 李四{blank}") == "张三 李四"


def test_line_ends_of_windows_and_old_mac_become_one() -> None:
    assert normalise_text("a\r\nb\rc\nd") == "a\nb\nc\nd"


def test_composed_and_decomposed_letters_are_equal() -> None:
    assert normalise_text("e\u0301") == "\u00e9"


def test_plain_text_keeps_its_full_width_punctuation() -> None:
    assert normalise_text("甲\uff08乙\uff09\uff1a丙") == "甲\uff08乙\uff09\uff1a丙"


def test_an_identifier_is_half_width_upper_case_and_without_blanks() -> None:
    assert normalise_identifier(" p2023\u3000\uff15\uff1858 -x\u200b") == "P20235858-X"


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once
