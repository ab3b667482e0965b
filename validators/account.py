"""Bank accounts: numbers of payment cards, and the accounts of companies, which follow no common rule."""

import re

from stdnum import luhn

from .issues import Rejection
from .rejections import lost_digits, reject
from .text import normalise_identifier

LENGTH_MIN, LENGTH_MAX = 12, 19
CARD_LENGTH_MIN = 16

_MEND = "在本格重新输入完整账号"
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+")


def parse_account(raw: str) -> str | Rejection:
    """The digits of an account. Only UnionPay cards (62…, 16 to 19 digits) must satisfy the Luhn check."""
    text = normalise_identifier(raw)
    if _SCIENTIFIC.fullmatch(text):
        return lost_digits()
    digits = text.replace("-", "")
    if not re.fullmatch(r"[0-9]*", digits):
        return reject("account_shape", "含有不应出现的字符", _MEND)
    is_card = digits.startswith("62")
    least = CARD_LENGTH_MIN if is_card else LENGTH_MIN
    if not least <= len(digits) <= LENGTH_MAX:
        message = f"共{len(digits)}位,应为{least}至{LENGTH_MAX}位"
        return reject("account_length", message, _MEND, partial=len(digits) < least)
    if is_card and not luhn.is_valid(digits):
        # A card of 19 digits passes through 16, 17 and 18 while it is typed.
        return reject("account_check", "卡号校验不符", _MEND, partial=len(digits) < LENGTH_MAX)
    return digits
