"""An identity number for tests, and what a cell shows of it."""

import re

STAND_IN = re.compile(r"^1\*{16}.〔[0-9A-Z]{10}〕$")


def identity(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


ID_NUMBER = identity("11010519900307123")
