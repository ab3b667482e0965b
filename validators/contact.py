"""Telephone numbers and e-mail addresses."""

import re

import phonenumbers
from phonenumbers import PhoneNumber

from .issues import Rejection
from .rejections import reject
from .text import normalise_identifier, normalise_text

MOBILE_LENGTH = 11

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_COUNTRY = re.compile(r"^(\+86|0086|86(?=1[3-9]\d{9}$))", re.ASCII)
_PUNCTUATION = re.compile(r"[-().·—–]")
_EXTENSION = re.compile(r"(?:转|EXT\.?|X|#|(?<=\d{7})-)(\d{1,6})$", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")

_MEND_PHONE = "在本格重新输入完整号码"


def parse_phone(raw: str) -> str | Rejection:
    """A mobile as 11 digits, a landline as `010-12345678` (extension: `-801`), 400 as digits, abroad as `+852…`."""
    text = normalise_identifier(raw)
    extension = _EXTENSION.search(text)
    digits = _PUNCTUATION.sub("", text[: extension.start()] if extension else text)
    national = _COUNTRY.sub("", digits)
    if _MOBILE.fullmatch(national):
        return national
    if not re.fullmatch(r"\+?[0-9]*", digits):
        return reject("phone_shape", "含有不应出现的字符", _MEND_PHONE)
    return _parse_by_plan(digits, national, extension[1] if extension else None)


def _parse_by_plan(digits: str, national: str, extension: str | None) -> str | Rejection:
    # What starts with 1 as dialled within China is a mobile; the plan also knows pagers, which are shorter.
    number = None if digits.startswith("1") else _known_number(digits)
    if number is None:
        return _unknown_number(national)
    formatted = _canonical(number)
    return f"{formatted}-{extension}" if extension else formatted


def _known_number(digits: str) -> PhoneNumber | None:
    """The number that the numbering plans know, read as dialled in China. Google's libphonenumber is the source."""
    try:
        number = phonenumbers.parse("+" + digits[2:] if digits.startswith("00") else digits, "CN")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _canonical(number: PhoneNumber) -> str:
    if number.country_code != 86:
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    national = phonenumbers.national_significant_number(number)
    area = phonenumbers.length_of_geographical_area_code(number)
    return f"0{national[:area]}-{national[area:]}" if area else national


def _unknown_number(national: str) -> Rejection:
    length = len(national)
    partial = length < MOBILE_LENGTH
    if national.startswith("1"):
        if length == MOBILE_LENGTH:
            return reject("phone_unknown", "号段不存在", _MEND_PHONE)
        return reject("phone_length", f"共{length}位,应为{MOBILE_LENGTH}位", _MEND_PHONE, partial=partial)
    if length in (7, 8) and not national.startswith("0"):
        return reject("phone_area", "座机缺少区号", "补上区号,如010-12345678", partial=True)
    return reject("phone_unknown", "不是有效的电话号码", _MEND_PHONE, partial=partial)


def parse_email(raw: str) -> str | Rejection:
    """An address with its domain in lower case; the part before the @ belongs to the receiver and stays."""
    local, at, domain = normalise_text(raw).replace("＠", "@").removeprefix("mailto:").rpartition("@")
    address = f"{local}{at}{domain.lower()}"
    if _EMAIL.fullmatch(address):
        return address
    return reject("email_shape", "不是有效的邮箱地址", "按 name@example.com 的格式填写")
