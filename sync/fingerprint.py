"""A keyed hash of a row as its replica showed it: an unchanged row is recognised without being decoded.

Keyed, because a plain hash in the hub would let anyone who reads it confirm guesses of identity numbers.
"""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson

from .connection import SeenRow, SystemColumn

SIZE = 16
Fingerprint = Callable[[SeenRow], bytes]


def fingerprints(key: bytes) -> Fingerprint:
    """The fingerprint function of an archive; `key` of 32 bytes comes from the vault."""
    keyed = hashlib.blake2b(key=key, digest_size=SIZE, person=b"tablekeeper row")

    def of(row: SeenRow) -> bytes:
        assert not row.partial, "a partial row has no fingerprint"
        cells = sorted((name, _plain(value)) for name, value in row.cells.items())
        # The uid column and the link to the desk are ours; status and note are healed when staff overwrite them.
        system = [
            row.system.get(column, "")
            for column in (SystemColumn.STATUS, SystemColumn.NOTE, SystemColumn.VIEW)
        ]
        state = keyed.copy()
        state.update(orjson.dumps([row.uid, cells, system, sorted(row.formulas)], default=str))
        return state.digest()

    return of


def _plain(value: Any) -> Any:
    # 12, 12.0 and Decimal("12.00") are one cell.
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
