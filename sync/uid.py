"""Record ids: `R`, 10 characters of time, 10 random, 1 check character, all Crockford base32.

Time-ordered, because random keys double the cost of a growing index. The check character (modulo 31, so that it stays in
the alphabet) catches a mistyped or torn id before it is taken for another record.
"""

from collections.abc import Callable
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TIME_LENGTH = RANDOM_LENGTH = 10
LENGTH = 1 + TIME_LENGTH + RANDOM_LENGTH + 1


def new_uid(now: datetime, random_bits: Callable[[int], int]) -> str:
    """A new record id. `random_bits(k)` returns k random bits, as `secrets.randbits` does."""
    milliseconds = int(now.timestamp() * 1000)
    body = _encode(milliseconds, TIME_LENGTH) + _encode(random_bits(5 * RANDOM_LENGTH), RANDOM_LENGTH)
    return f"R{body}{_check(body)}"


def is_uid(text: str) -> bool:
    """Whether `text` has the form of a record id and its check character fits."""
    if len(text) != LENGTH or text[0] != "R" or any(c not in ALPHABET for c in text[1:]):
        return False
    return _check(text[1:-1]) == text[-1]


def _encode(number: int, length: int) -> str:
    return "".join(ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(length)))


def _check(body: str) -> str:
    # 31 is prime and below the alphabet's size: every single wrong character and every swap of neighbours changes the
    # sum, save for the pair 0 and Z, which differ by 31; Z never stands for 0 in handwriting or in copying.
    return ALPHABET[sum((i + 1) * ALPHABET.index(c) for i, c in enumerate(body)) % 31]
