"""How the value parsers say no: an error without a field, which whoever parses the row fills in."""

from .issues import Issue, Rejection
from .schema import Level

LONG_NUMBER = 10**15
"""Spreadsheets keep 15 digits of a number; from here on the last ones are no longer those that were typed."""


def reject(code: str, message: str, mend: str, *, partial: bool = False) -> Rejection:
    """A rejection in the words of staff. Neither text may carry the value."""
    return Rejection(Issue(code, Level.ERROR, (), message, mend), partial)


def lost_digits() -> Rejection:
    """A number that a spreadsheet has rounded: what was typed cannot be told any more."""
    return reject("digits_lost", "表格把长号码变成了数字,末几位已丢失", "把单元格设为文本,再重新输入完整号码")
