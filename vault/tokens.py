"""Tokens: eight random and two check characters in Crockford base32. They carry nothing of the value.

The ten characters are a code word of a Reed-Solomon code over GF(32) with distance three: any one or two wrong
characters, and so each single substitution and each transposition, fail the check. The check needs no key: it tells
a mistyped token from a foreign one; only the vault knows which tokens it issued.
"""

import re
import struct
from collections.abc import Callable
from functools import reduce
from operator import xor

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LENGTH = 10
RANDOM_LENGTH = 8
# Fewer letters could read as a number: only digits, 12345E6789, 0X12345678.
LETTERS_MIN = 3
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def _powers() -> list[int]:
    """Powers of a generator of GF(32), modulus x^5 + x^2 + 1."""
    powers = [1]
    while len(powers) < 31:
        doubled = powers[-1] << 1
        powers.append(doubled ^ 0b100101 if doubled & 32 else doubled)
    return powers


_POWERS = _powers()
_LOGARITHMS = {power: exponent for exponent, power in enumerate(_POWERS)}


def _shift(value: int, exponent: int) -> int:
    """`value` times the generator to `exponent`, in GF(32)."""
    return _POWERS[(_LOGARITHMS[value] + exponent) % 31] if value else 0


def _sums(values: list[int]) -> tuple[int, int]:
    """The two parity sums: of the values, and of the values weighted by their position."""
    return reduce(xor, values, 0), reduce(xor, (_shift(v, i) for i, v in enumerate(values)), 0)


def _checks_of(plain: int, weighted: int) -> str:
    """The two characters at positions 8 and 9 that bring these parity sums of the first eight to zero."""
    # a + b = plain and g^8 a + g^9 b = weighted give b = (weighted + g^8 plain) / (g^8 + g^9).
    divisor = _LOGARITHMS[_POWERS[8] ^ _POWERS[9]]
    second = _shift(weighted ^ _shift(plain, 8), -divisor)
    return ALPHABET[plain ^ second] + ALPHABET[second]


def _letters(text: str) -> int:
    return sum(character.isalpha() for character in text)


_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]


def _contributions() -> list[list[int]]:
    """What each pair of characters at each of the four places of pairs adds to the two parity sums, packed into ten bits.

    The sums are linear, so a code word's sums are these, added up; with them a batch of tokens costs a few look-ups each.
    """
    places = []
    for start in range(0, RANDOM_LENGTH, 2):
        zeros = [0] * start
        pairs = [_sums([*zeros, value >> 5, value & 31]) for value in range(1024)]
        places.append([plain << 5 | weighted for plain, weighted in pairs])
    return places


_CONTRIBUTIONS = _contributions()
_CHECKS = [_checks_of(plain, weighted) for plain in range(32) for weighted in range(32)]
_DRAW = struct.Struct(">4H")
_ENOUGH_LETTERS = re.compile(rf"(?:[0-9]*[A-Z]){{{LETTERS_MIN}}}").match


def new_tokens(random_bytes: Callable[[int], bytes], count: int) -> list[str]:
    """Fresh tokens; `random_bytes(n)` gives n random bytes. Uniqueness is the store's business."""
    first, second, third, fourth = _CONTRIBUTIONS
    tokens: list[str] = []
    while len(tokens) < count:
        for drawn in _DRAW.iter_unpack(random_bytes(_DRAW.size * (count - len(tokens)))):
            a, b, c, d = drawn
            # Five bits of each byte.
            a, b, c, d = (
                a >> 3 & 992 | a & 31,
                b >> 3 & 992 | b & 31,
                c >> 3 & 992 | c & 31,
                d >> 3 & 992 | d & 31,
            )
            check = _CHECKS[first[a] ^ second[b] ^ third[c] ^ fourth[d]]
            token = f"{_PAIRS[a]}{_PAIRS[b]}{_PAIRS[c]}{_PAIRS[d]}{check}"
            if _ENOUGH_LETTERS(token):
                tokens.append(token)
    return tokens


def new_token(random_bytes: Callable[[int], bytes]) -> str:
    """One fresh token."""
    return new_tokens(random_bytes, 1)[0]


def is_token(text: str) -> bool:
    """Whether the text has the form of a token and its check characters hold."""
    if len(text) != TOKEN_LENGTH or not all(character in _VALUES for character in text):
        return False
    return _letters(text) >= LETTERS_MIN and _sums([_VALUES[character] for character in text]) == (0, 0)
