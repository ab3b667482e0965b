"""From a raw cell to the canonical value of its field, or to the reason why it is none."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal

from .account import parse_account
from .choices import parse_bool, parse_multiselect, parse_select
from .contact import parse_email, parse_phone
from .dates import SHANGHAI, parse_date, parse_datetime
from .identity import parse_identity
from .issues import Rejection
from .numbers import parse_number
from .raw import Raw
from .rejections import LONG_NUMBER, lost_digits, reject
from .schema import LINKS, NUMBERS, FieldConfig, FieldType, SchemaConfig
from .text import normalise_identifier, normalise_text
from .values import Value

_MEND = "在本格改正"
TEXT_MAX = 50_000
"""No cell of a spreadsheet holds more characters, so no record may: the tables could never agree."""


def parse(
    field: FieldConfig, raw: Raw, *, schema: SchemaConfig, today: date, document: str | None = None
) -> Value | Rejection | None:
    """The plain canonical value of a cell; None when it is empty.

    A sensitive field gives its own value too (an amount a Decimal), not text. `document` is the kind of
    document an identity number is of. The issue of a rejection names no field: `RowParser` fills it in.
    Links are resolved by whoever knows the other records.
    """
    assert field.type not in LINKS, "links are resolved before"
    cell = _tidied(raw)
    if cell is None:
        return None
    if field.sensitive and isinstance(cell, str) and _is_masked(cell):
        return reject("mask_edited", "含有加密显示的文字", "选中整格输入完整新值")
    value = _parse_type(field, cell, schema, today, document)
    if value is None or isinstance(value, Rejection):
        return value
    return _beyond_limits(field, value, today) or value


def _tidied(raw: Raw) -> Raw:
    """The cell without what makes it look filled: a text of blanks, an empty list, an unchecked box."""
    if isinstance(raw, list):
        return [text for each in raw if (text := normalise_text(each))] or None
    cell = normalise_text(raw) if isinstance(raw, str) else raw
    return None if cell is False or cell == "" else cell


def _is_masked(text: str) -> bool:
    """Every mask has stars in a row, and every token its bracket: neither is ever typed as a value."""
    return "**" in text or "〔" in text


def _parse_type(
    field: FieldConfig, cell: Raw, schema: SchemaConfig, today: date, document: str | None
) -> Value | Rejection | None:
    if field.type in NUMBERS:
        return parse_number(cell, field.type, precision=field.precision)
    if field.type is FieldType.DATE:
        return parse_date(cell)
    if field.type is FieldType.DATETIME:
        return parse_datetime(cell)
    if field.type is FieldType.MULTISELECT and isinstance(cell, list):
        return parse_multiselect(cell, schema.options_of(field)) or None
    text = _as_text(cell)
    return text if isinstance(text, Rejection) else _parse_text(field, text, schema, today, document)


def _parse_text(
    field: FieldConfig, text: str, schema: SchemaConfig, today: date, document: str | None
) -> Value | Rejection | None:
    match field.type:
        case FieldType.BOOL:
            return parse_bool(text)
        case FieldType.SELECT:
            return parse_select(text, schema.options_of(field))
        case FieldType.MULTISELECT:
            return parse_multiselect(text, schema.options_of(field)) or None
        case FieldType.IDNO:
            return parse_identity(text, document, today=today)
        case FieldType.TEXT:
            # One service keeps line ends in a single-line cell, the other does not.
            return _shaped(field, text.replace("\n", " "))
        case FieldType.LONGTEXT:
            return _shaped(field, text)
        case _:
            value = _PARSERS[field.type](text)
            return value if isinstance(value, Rejection) else _shaped(field, value)


_PARSERS: dict[FieldType, Callable[[str], str | Rejection]] = {
    FieldType.PHONE: parse_phone,
    FieldType.EMAIL: parse_email,
    FieldType.ACCOUNT: parse_account,
}


def _as_text(cell: Raw) -> str | Rejection:
    """What a text field holds when a service made the cell a number, a date or a list."""
    match cell:
        case str():
            return cell
        case list():
            return "、".join(cell)
        case bool():
            return "TRUE" if cell else "FALSE"
        case datetime() if cell.time() == time():  # A day, as workbooks give it.
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case int() | float() | Decimal():
            return _number_as_text(Decimal(str(cell)))
    raise AssertionError("an empty cell is parsed before")


def _number_as_text(number: Decimal) -> str | Rejection:
    if not number.is_finite():
        return reject("number_shape", "不是有效的内容", _MEND)
    if abs(number) >= LONG_NUMBER:
        return lost_digits()
    return format(number.to_integral_value() if number == number.to_integral_value() else number, "f")


def _shaped(field: FieldConfig, text: str) -> str | Rejection:
    """The text in the form its pattern asks for. Full width or inner blanks do not make it wrong."""
    value = normalise_identifier(text) if field.upper else text
    if field.pattern is None or re.search(field.pattern, value):
        return value
    tidied = normalise_identifier(text)
    if re.search(field.pattern, tidied):
        return tidied
    return reject("text_shape", f"格式不符,应为{field.shape}" if field.shape else "格式不符", _MEND)


def _beyond_limits(field: FieldConfig, value: Value, today: date) -> Rejection | None:
    match value:
        case Decimal():
            return _out_of_range(field, value)
        case datetime():
            return _in_future(field, value.astimezone(SHANGHAI).date(), today)
        case date():
            return _in_future(field, value, today)
        case str():
            return _wrong_length(field, len(value))
    return None


def _out_of_range(field: FieldConfig, number: Decimal) -> Rejection | None:
    if field.above is not None and number <= field.above:
        return reject("number_above", f"应大于{_plain(field.above)}", "核对后改正")
    if field.min is not None and number < field.min:
        return reject("number_min", f"不能小于{_plain(field.min)}", "核对后改正")
    if field.max is not None and number > field.max:
        return reject("number_max", f"不能大于{_plain(field.max)}", "核对后改正")
    return None


def _plain(limit: Decimal) -> str:
    return format(limit.normalize(), "f")


def _in_future(field: FieldConfig, day: date, today: date) -> Rejection | None:
    late = field.not_future and day > today
    return reject("date_future", "晚于今天", "核对后改正") if late else None


def _wrong_length(field: FieldConfig, length: int) -> Rejection | None:
    if field.min_length is not None and length < field.min_length:
        return reject("text_short", f"共{length}个字,至少{field.min_length}个字", _MEND)
    longest = min(field.max_length or TEXT_MAX, TEXT_MAX)
    if length > longest:
        return reject("text_long", f"共{length}个字,最多{longest}个字", "在本格缩短内容")
    return None
