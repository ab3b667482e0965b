"""Tokens: form, check characters, and what they can never be taken for."""

import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.tokens import ALPHABET, TOKEN_LENGTH, is_token, new_token

issued = st.builds(lambda: new_token(os.urandom))
positions = st.integers(0, TOKEN_LENGTH - 1)


@given(issued)
def test_an_issued_token_is_a_token(token: str) -> None:
    assert is_token(token)
    assert len(token) == 10
    assert set(token) <= set(ALPHABET)


@given(issued, positions, st.sampled_from(ALPHABET))
def test_every_single_substitution_is_caught(token: str, position: int, character: str) -> None:
    typed = token[:position] + character + token[position + 1 :]
    assert is_token(typed) == (typed == token)


@given(issued, positions, positions)
def test_every_transposition_is_caught(token: str, one: int, other: int) -> None:
    characters = list(token)
    characters[one], characters[other] = characters[other], characters[one]
    typed = "".join(characters)
    assert is_token(typed) == (typed == token)


@given(issued)
def test_a_token_is_stable_under_compatibility_normalisation_and_upper_case(token: str) -> None:
    assert unicodedata.normalize("NFKC", token).upper() == token


@given(issued)
def test_a_token_never_reads_as_a_number_or_a_formula(token: str) -> None:
    with pytest.raises(ValueError):
        float(token)
    with pytest.raises(ValueError):
        int(token, 0)
    assert token[0] not in "=+-@"


def test_a_draw_that_would_read_as_a_number_is_drawn_again() -> None:
    draws = iter([bytes(8), bytes([10, 11, 12, 13, 14, 15, 16, 17])])
    assert new_token(lambda n: next(draws)).startswith("ABCDEFGH")


@pytest.mark.parametrize(
    "text", ["", "ABCDEFGH", "12345E6789", "0000000000", "ABCDEFGHIL", "abcdefghjk", "１２３４５６７８９Ａ"]
)
def test_other_texts_are_no_tokens(text: str) -> None:
    assert not is_token(text)


@given(issued)
def test_a_token_with_more_or_less_behind_it_is_none(token: str) -> None:
    """Zeros add nothing to the parity sums: only the length tells."""
    assert not is_token(token + "0")
    assert not is_token(token[:-1])


@given(st.binary(min_size=8, max_size=8).filter(lambda drawn: sum(byte & 31 > 9 for byte in drawn) > 2))
def test_each_random_byte_is_one_character(drawn: bytes) -> None:
    """Five bits of each, none of them shared: else tokens would be fewer than they seem."""
    assert new_token(lambda n: drawn)[:8] == "".join(ALPHABET[byte & 31] for byte in drawn)


def test_the_format_of_the_check_characters_is_fixed() -> None:
    """A vector computed once; tokens in the tables outlive any release."""
    assert new_token(lambda n: bytes([10, 11, 12, 13, 14, 15, 16, 17])) == "ABCDEFGH55"
