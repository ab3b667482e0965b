"""What each field type takes, and the form it is stored in. Links have a file of their own, since they reach other tables."""

import math
import re
from collections.abc import Callable
from typing import Any

from emulators.airtable import choices, links, moments
from emulators.airtable.errors import bad_value, computed_field
from emulators.airtable.model import Field, Table
from emulators.airtable.transaction import Transaction

TEXT_LENGTH_MAX = 100_000
RATING_MAX = 10
TRUE_WORDS = frozenset({"true", "checked", "yes", "1", "☑", "✓"})
NUMBER = re.compile(r"[-+]?(\d[\d,]*\.?\d*|\.\d+)([eE][-+]?\d+)?")
BULLET = re.compile(r"^(\s*)[*+] ", re.MULTILINE)

Converter = Callable[[Transaction, Field, Any, bool], Any]


def convert(tx: Transaction, table: Table, column: Field, value: Any, *, typecast: bool) -> Any:
    """The stored form of a written value, None for an empty cell. Raises `Refusal` where the type does not take it.

    With `typecast`, values are bent to the type where possible and emptied where not; options and linked records come
    into being as a side effect.
    """
    if column.computed:
        raise computed_field(column.name)
    if column.type == "richText":
        return _rich_text(column, value)
    if value is None or value == "" or value == [] or value is False:
        return None
    if column.type == "multipleRecordLinks":
        return links.convert(tx, column, value, typecast=typecast)
    return CONVERTERS.get(column.type, _as_given)(tx, column, value, typecast)


def _as_given(tx: Transaction, column: Field, value: Any, typecast: bool) -> Any:
    return value


def _text(tx: Transaction, column: Field, value: Any, typecast: bool) -> str | None:
    text = value if isinstance(value, str) else plain_text(value)
    if not (typecast or isinstance(value, str)) or len(text) > TEXT_LENGTH_MAX:
        raise bad_value(column.name)
    return (text.strip() or None) if tx.policy.text_is_trimmed else text


def plain_text(value: Any) -> str:
    """Any JSON value as text, as a paste would show it."""
    if isinstance(value, list):
        return ", ".join(plain_text(item) for item in value)
    if isinstance(value, dict):
        return str(value.get("name") or value.get("text") or value.get("id") or "")
    if isinstance(value, bool):
        return "checked" if value else ""
    return str(value)


def _rich_text(column: Field, value: Any) -> str:
    """Markdown as the service gives it back: bullets are hyphens, and there is always a last line break, even alone."""
    if value is not None and not isinstance(value, str):
        raise bad_value(column.name)
    text = BULLET.sub(r"\1- ", value or "")
    return text if text.endswith("\n") else text + "\n"


def _number(tx: Transaction, column: Field, value: Any, typecast: bool) -> int | float | None:
    if isinstance(value, str) and typecast:
        return _parse_number(value, percent=column.type == "percent")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise bad_value(column.name)
    return as_number(value)


def as_number(value: float) -> int | float:
    """Whole numbers without a fraction, as the service writes them."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _parse_number(text: str, *, percent: bool) -> int | float | None:
    found = NUMBER.search(text)
    if not found:
        return None
    number = float(found.group().replace(",", ""))
    return as_number(number / 100 if percent and "%" in text else number)


def _rating(tx: Transaction, column: Field, value: Any, typecast: bool) -> int | None:
    number = _number(tx, column, value, typecast)
    if number is None or number == 0:
        return None
    if not isinstance(number, int) or not 1 <= number <= column.option("max", RATING_MAX):
        raise bad_value(column.name)
    return number


def _duration(tx: Transaction, column: Field, value: Any, typecast: bool) -> int | float | None:
    if isinstance(value, str) and typecast and ":" in value:
        parts = [_parse_number(part, percent=False) or 0 for part in value.split(":")]
        hours, minutes, seconds = [*parts, 0, 0][:3]
        return as_number(hours * 3600 + minutes * 60 + seconds)
    return _number(tx, column, value, typecast)


def _checkbox(tx: Transaction, column: Field, value: Any, typecast: bool) -> bool | None:
    if value is True:
        return True
    if not typecast:
        raise bad_value(column.name)
    return True if str(value).strip().lower() in TRUE_WORDS else None


def _date(tx: Transaction, column: Field, value: Any, typecast: bool) -> str | None:
    stored = moments.store_date(value, loose=typecast)
    if stored is None and not typecast:
        raise bad_value(column.name)
    return stored


def _datetime(tx: Transaction, column: Field, value: Any, typecast: bool) -> str | None:
    stored = moments.store_datetime(value, column, loose=typecast)
    if stored is None and not typecast:
        raise bad_value(column.name)
    return stored


def _single_select(tx: Transaction, column: Field, value: Any, typecast: bool) -> str | None:
    if not isinstance(value, str) and not typecast:
        raise bad_value(column.name)
    return choices.choose(tx, column, plain_text(value), typecast=typecast)


def _multiple_selects(tx: Transaction, column: Field, value: Any, typecast: bool) -> list[str] | None:
    if isinstance(value, str) and typecast:
        value = [part.strip() for part in value.split(",")]
    if not isinstance(value, list) or not (typecast or all(isinstance(item, str) for item in value)):
        raise bad_value(column.name)
    chosen = [choices.choose(tx, column, plain_text(item), typecast=typecast) for item in value]
    return list(dict.fromkeys(name for name in chosen if name)) or None


def _collaborator(tx: Transaction, column: Field, value: Any, typecast: bool) -> dict[str, str] | None:
    wanted = value if isinstance(value, dict) else {"id": value, "email": value, "name": value}
    for user in tx.base.users.values():
        if user.id == wanted.get("id") or user.email == wanted.get("email"):
            return user.json()
        if typecast and user.name == wanted.get("name"):
            return user.json()
    if typecast:
        return None
    raise bad_value(column.name)


def _collaborators(tx: Transaction, column: Field, value: Any, typecast: bool) -> list[dict[str, str]] | None:
    if not isinstance(value, list):
        raise bad_value(column.name)
    found = [_collaborator(tx, column, item, typecast) for item in value]
    return [user for user in found if user] or None


def _attachments(tx: Transaction, column: Field, value: Any, typecast: bool) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and ("url" in item or "id" in item) for item in value
    ):
        raise bad_value(column.name)
    return [_attachment(tx, item) for item in value]


def _attachment(tx: Transaction, item: dict[str, Any]) -> dict[str, Any]:
    url = str(item.get("url", ""))
    name = item.get("filename") or url.rsplit("/", 1)[-1] or "attachment"
    given = {key: item[key] for key in ("size", "type", "width", "height", "thumbnails") if key in item}
    return {
        "id": item.get("id") or tx.ids.new("att"),
        "url": url,
        "filename": name,
        "size": 0,
        "type": "",
    } | given


def _barcode(tx: Transaction, column: Field, value: Any, typecast: bool) -> dict[str, str]:
    if isinstance(value, str) and typecast:
        return {"text": value}
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise bad_value(column.name)
    return {key: str(value[key]) for key in ("text", "type") if value.get(key) is not None}


CONVERTERS: dict[str, Converter] = {
    "singleLineText": _text,
    "multilineText": _text,
    "email": _text,
    "url": _text,
    "phoneNumber": _text,
    "number": _number,
    "currency": _number,
    "percent": _number,
    "rating": _rating,
    "duration": _duration,
    "checkbox": _checkbox,
    "date": _date,
    "dateTime": _datetime,
    "singleSelect": _single_select,
    "multipleSelects": _multiple_selects,
    "singleCollaborator": _collaborator,
    "multipleCollaborators": _collaborators,
    "multipleAttachments": _attachments,
    "barcode": _barcode,
}
