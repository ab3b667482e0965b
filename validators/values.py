"""Canonical values: the one form in which hub, merge and rules see a cell, whatever service it came from.

Absent is None; `""`, `[]` and false are absent too. See the table of formats in the design.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

from .schema import LINKS, NUMBERS, FieldConfig, FieldType

Value = str | Decimal | date | datetime | bool | frozenset[str]
"""text and selects: str; numbers: Decimal at the field's precision; date; datetime in UTC; checkbox: True;
multi-select: set of options; link: uid; multi-link: set of uids; sensitive: token."""

Json = str | bool | list[str]


def dump_value(value: Value) -> Json:
    """The JSON form of a value, for the store and the vault. Inverse of `load_value`."""
    match value:
        case bool() | str():
            return value
        case Decimal():
            return format(value, "f")
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case frozenset():
            return sorted(value)


def load_value(field: FieldConfig, json: Json, *, plain: bool = False) -> Value:
    """The value of `field` that `dump_value` gave; `plain` reads a sensitive field's own value, not its token."""
    if field.sensitive and not plain:
        return str(json)
    match json:
        case bool():
            return json
        case list():
            return frozenset(json)
    if field.type in NUMBERS:
        return Decimal(json)
    if field.type is FieldType.DATE:
        return date.fromisoformat(json)
    if field.type is FieldType.DATETIME:
        return datetime.fromisoformat(json)
    return json


def refers(field: FieldConfig, value: Value | None) -> frozenset[str]:
    """The uids that a link value names."""
    if value is None or field.type not in LINKS:
        return frozenset()
    return value if isinstance(value, frozenset) else frozenset({str(value)})
