"""Canonical values as CEL sees them, and back: it knows no Decimal, no date without a time, and no set."""

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .schema import NUMBERS, FieldConfig, FieldKey, FieldType, OptionList
from .text import normalise_text
from .values import Value

UID = "uid"


def midnight(day: date) -> datetime:
    """A day as a timestamp."""
    return datetime.combine(day, time(), UTC)


def to_cel(field: FieldConfig, value: Value | None) -> Any:
    """Double, timestamp, sorted list or text; an unchecked box is false, any other blank null."""
    match value:
        case None:
            return False if field.type is FieldType.BOOL else None
        case Decimal():
            return float(value)
        case datetime():
            return value
        case date():
            return midnight(value)
        case frozenset():
            return sorted(value)
        case _:
            return value


def link_to_cel(
    uid: Value | None, record: Mapping[FieldKey, Value | None], fields: Mapping[FieldKey, FieldConfig]
) -> dict[str, Any] | None:
    """The other record as a map of its uid and these of its fields; null while the link is blank."""
    if uid is None:
        return None
    return {UID: uid, **{key: to_cel(field, record.get(key)) for key, field in fields.items()}}


def from_cel(field: FieldConfig, result: Any, options: OptionList | None) -> Value | None:
    """The canonical value of a computed field. Raises TypeError when the result is of another kind."""
    if result is None or result == "" or result == []:
        return None
    if field.type in NUMBERS:
        return _number(field, result)
    match result:
        case bool() if field.type is FieldType.BOOL:
            return result or None
        case datetime() if field.type is FieldType.DATE:
            return result.astimezone(UTC).date()
        case datetime() if field.type is FieldType.DATETIME:
            return result.astimezone(UTC)
        case list() if field.type is FieldType.MULTISELECT:
            return frozenset(map(str, result))
        case str() if options is not None:
            return options.resolve(result)
        case str() if field.type not in (FieldType.BOOL, FieldType.DATE, FieldType.DATETIME):
            return normalise_text(result) or None
    raise TypeError("the expression gives another kind of value than the field holds")


def _number(field: FieldConfig, result: Any) -> Decimal | None:
    if isinstance(result, bool) or not isinstance(result, int | float):
        raise TypeError("the expression gives no number")
    if not math.isfinite(result):
        return None  # A division by zero.
    return Decimal(str(result)).quantize(Decimal(1).scaleb(-field.precision), ROUND_HALF_UP)
