"""Numbers of identity documents: GB 11643 with check digit, permits, passports, company codes.

GB 11643-1999 also numbers residence permits of Hong Kong, Macao and Taiwan people (81, 82, 83) and the
foreigners' permanent residence cards issued since 2023 (9). Districts are not judged: many that were valid
at someone's birth have gone since, and a mistyped one fails the check digit.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from stdnum.cn import uscc

from .issues import Rejection
from .rejections import lost_digits, reject
from .text import normalise_identifier

RESIDENT = "居民身份证"
COMPANY = "统一社会信用代码"

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
LENGTH = 18

_MEND = "在本格重新输入完整号码"
_MEND_DOCUMENT = "核对证件类型,或在本格重新输入完整号码"
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_UNFINISHED = re.compile(r"[0-9]{1,17}")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+")


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What a number says of its bearer; `region` is the six-digit district code."""

    birth: date | None = None
    sex: Literal["男", "女"] | None = None
    region: str | None = None


def check_character(body: str) -> str:
    """The 18th character that belongs to 17 digits: ISO 7064 MOD 11-2, as GB 11643 has it."""
    return CHECK_CHARACTERS[
        sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11
    ]


def is_citizen_number(number: str) -> bool:
    """Whether a canonical text is an 18-character number with a real birth date and the right check character."""
    return (
        _SHAPE.fullmatch(number) is not None
        and _birth(number) is not None
        and check_character(number[:17]) == number[17]
    )


def facts_of(document: str | None, number: str) -> IdentityFacts:
    """What a canonical number says; nothing where that kind of document says nothing."""
    if not _is_numbered(document) or not is_citizen_number(number):
        return IdentityFacts()
    sex: Literal["男", "女"] = "男" if int(number[16]) % 2 else "女"
    # On a foreigner's card the first six digits are the place of issue and the nationality.
    return IdentityFacts(_birth(number), sex, None if number[0] == "9" else number[:6])


def parse_identity(raw: str, document: str | None, *, today: date) -> str | Rejection:
    """The canonical number of a document of this kind; a blank kind is a resident's card."""
    number = normalise_identifier(raw)
    if _SCIENTIFIC.fullmatch(number):
        return lost_digits()
    return _PARSERS.get(document or RESIDENT, _parse_other)(number, today)


def _is_numbered(document: str | None) -> bool:
    return _PARSERS.get(document or RESIDENT) in (_parse_citizen, _parse_settled, _parse_foreigner)


def _birth(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _parse_citizen(raw: str, today: date) -> str | Rejection:
    number = raw.replace("-", "")
    if not _SHAPE.fullmatch(number):
        return _misshapen(number)
    birth = _birth(number)
    if birth is None or not date(1850, 1, 1) <= birth <= today:
        return reject("idno_birth", "其中的出生日期不成立", _MEND)
    if check_character(number[:17]) != number[17]:
        # What a spreadsheet rounded and somebody then turned back into text ends in zeros.
        return lost_digits() if number.endswith("000") else reject("idno_check", "校验码不符", _MEND)
    return number


def _misshapen(number: str) -> Rejection:
    if not re.fullmatch(r"[0-9]*X?", number):
        return reject("idno_shape", "含有不应出现的字符", _MEND_DOCUMENT)
    partial = _UNFINISHED.fullmatch(number) is not None
    if partial and len(number) == 15:
        # Invalid since 2013-01-01 (居民身份证法 amended 2011). Never converted silently: the bearer has a new card.
        message = "共15位,一代号码已失效,应为18位"
        return reject("idno_first_generation", message, "核对新证件,在本格输入18位号码", partial=True)
    return reject("idno_length", f"共{len(number)}位,应为{LENGTH}位", _MEND, partial=partial)


def _parse_settled(number: str, today: date) -> str | Rejection:
    parsed = _parse_citizen(number, today)
    if isinstance(parsed, str) and parsed[:2] not in ("81", "82", "83"):
        return reject("idno_kind", "港澳台居民居住证号码应以81、82或83开头", _MEND_DOCUMENT)
    return parsed


def _parse_foreigner(number: str, today: date) -> str | Rejection:
    # Cards issued before 2023 carry a nationality in letters and twelve digits, and remain valid until they expire.
    if re.fullmatch(r"[A-Z]{3}[0-9]{12}", number):
        return number
    parsed = _parse_citizen(number, today)
    if isinstance(parsed, str) and parsed[0] != "9":
        return reject("idno_kind", "外国人永久居留身份证号码应以9开头", _MEND_DOCUMENT)
    return parsed


def _parse_company(number: str, today: date) -> str | Rejection:
    number = number.replace("-", "")
    if len(number) != LENGTH:
        message = f"共{len(number)}位,应为{LENGTH}位"
        return reject("idno_length", message, _MEND, partial=len(number) < LENGTH and number.isalnum())
    return number if uscc.is_valid(number) else reject("idno_check", "校验码不符", _MEND)


def _shaped(pattern: str, shape: str) -> Callable[[str, date], str | Rejection]:
    """A parser for numbers that have a shape but no check digit."""
    compiled = re.compile(pattern, re.ASCII)

    def parse(number: str, today: date) -> str | Rejection:
        if compiled.fullmatch(number):
            return number
        # Digits after the initial, if any: what somebody is still typing looks like the beginning of a number.
        partial = re.fullmatch(r"[A-Z]{0,2}[0-9]{0,6}", number) is not None
        return reject("idno_shape", f"应为{shape}", _MEND_DOCUMENT, partial=partial)

    return parse


_parse_other = _shaped(r"[0-9A-Z一-鿿()\-/.·]{3,40}", "3至40位的字母、数字或汉字")

_PARSERS: dict[str, Callable[[str, date], str | Rejection]] = {
    RESIDENT: _parse_citizen,
    "户口簿": _parse_citizen,
    "港澳台居民居住证": _parse_settled,
    "外国人永久居留身份证": _parse_foreigner,
    COMPANY: _parse_company,
    "出生医学证明": _shaped(r"[A-Z]\d{9}", "1位字母加9位数字"),
    "护照": _shaped(r"(?=.*\d)[A-Z0-9]{5,17}", "5至17位字母和数字"),
    "港澳居民来往内地通行证": _shaped(r"[HM]\d{8}(\d{2})?", "H或M加8位数字"),
    "台湾居民来往大陆通行证": _shaped(r"\d{8}|\d{10}(\([A-Z]\)|[A-Z])?", "8位数字"),
    "军官证": _shaped(r"[一-鿿]{1,3}字?第?\d{4,10}号?|\d{6,18}", "“字”号加数字"),
    "警官证": _shaped(r"[一-鿿]{0,3}字?第?\d{4,10}号?", "6位以上数字"),
}
"""By the names of the default option list; a kind that is not listed is only held to be a plausible number."""
