"""Amounts, counts and percentages as staff write them, as Decimal at the field's precision."""

import re
from decimal import ROUND_HALF_UP, Decimal

from .issues import Rejection
from .raw import Raw
from .rejections import LONG_NUMBER, reject
from .schema import FieldType
from .text import normalise_identifier

_NUMBER = re.compile(r"([-+]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d+)?", re.ASCII)
_CURRENCY = re.compile(r"^([-+]?)(?:¥|CNY|RMB|人民币)+")
_SCALE = re.compile(r"(千|万|百万|千万|亿)?(?:元整?|圆整?)?$")
_UNIT = re.compile(r"(周岁|岁|年|个月|月|天|日|次|人|个|期|CM|厘米|KG|公斤|千克)$")
_SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}

_MEND = "在本格只填数字"


def parse_number(raw: Raw, kind: FieldType, *, precision: int) -> Decimal | Rejection:
    """The number, quantised half up. An amount may carry 元 or 万元; a percentage `12%` is 0.12."""
    number = _of_text(raw, kind) if isinstance(raw, str) else _of_number(raw)
    if number is None:
        return reject("number_shape", "不是有效的数字", _MEND)
    if abs(number) >= LONG_NUMBER:
        return reject("number_size", "数值过大", _MEND)
    if kind is FieldType.INT and number != number.to_integral_value():
        return reject("number_whole", "应为整数", _MEND)
    quantised = number.quantize(Decimal(1).scaleb(-precision), ROUND_HALF_UP)
    return abs(quantised) if quantised.is_zero() else quantised  # There is no minus zero in a table.


def _of_number(raw: Raw) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    # The shortest text of a float is what was typed; its exact binary value is not.
    number = Decimal(str(raw))
    return number if number.is_finite() else None


def _of_text(raw: str, kind: FieldType) -> Decimal | None:
    text = normalise_identifier(raw).replace("−", "-")
    match kind:
        case FieldType.MONEY:
            return _amount(text)
        case FieldType.PERCENT if text.endswith("%"):
            number = _plain(text.removesuffix("%"))
            return None if number is None else number / 100
        case FieldType.PERCENT:
            return _plain(text)
        case _:
            return _plain(_UNIT.sub("", text))


def _amount(text: str) -> Decimal | None:
    digits = _CURRENCY.sub(r"\1", text)
    scale = _SCALE.search(digits)
    assert scale is not None, "the pattern matches the empty end"
    number = _plain(digits[: scale.start()])
    return None if number is None else number * _SCALES.get(scale[1], 1)


def _plain(text: str) -> Decimal | None:
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        return None
    return Decimal(text.replace(",", ""))
