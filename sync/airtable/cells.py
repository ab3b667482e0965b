"""Cells between Airtable's JSON and the engine: REST shapes both ways, and the shapes of webhook payloads inwards.

Only the shape is judged here, never the value.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from pyairtable.utils import datetime_to_iso_str

from sync.connection import CellValue, SeenRow, SystemColumn
from validators.raw import Raw

from .bound import BoundTable
from .client import Json

LISTS = frozenset({"multipleSelects", "multipleRecordLinks"})
NUMBER_TYPES = frozenset({"number", "currency", "percent"})


def is_blank(value: object) -> bool:
    """Whether a cell is empty: absent, null, an empty text or list, an unchecked box. Zero is not."""
    return value is None or value is False or value == "" or value == []


def same(one: Raw, other: Raw) -> bool:
    """Whether two cells show the same. Lists are sets: their order is that of the clicks."""
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return one == other


def encode(value: Raw | CellValue) -> Any:
    """The JSON that sets a cell to `value`; null clears it. What was read comes back as it was."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case datetime():
            return datetime_to_iso_str(value.astimezone(UTC))
        case date():
            return value.isoformat()
        case tuple():
            return list(value) or None
        case _:
            return None if is_blank(value) else value


def decode(kind: str, value: Any) -> Raw:
    """The cell that `value` shows in a column of Airtable type `kind`; None if blank.

    Webhook payloads give options and linked records as objects, REST gives names and ids. Raises `ValueError` for a
    shape that such a column cannot have: somebody has changed its type since the schema was read.
    """
    if is_blank(value):
        return None
    if kind in LISTS and isinstance(value, list):
        return [_text(item, "id" if kind == "multipleRecordLinks" else "name") for item in value]
    if kind == "checkbox" and value is True:
        return True
    if kind in NUMBER_TYPES and isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if kind not in LISTS | NUMBER_TYPES | {"checkbox"}:
        return _text(value, "name")
    raise ValueError(f"not a cell of a {kind} column")


def _text(value: Any, name: str) -> str:
    text = value.get(name) if isinstance(value, Mapping) else value
    if isinstance(text, int | float) and not isinstance(text, bool):
        # Its column holds numbers now, or did: what stands there may be a telephone number, which has to go.
        return f"{text:.15g}"
    if not isinstance(text, str):
        raise ValueError(f"not a text, and without {name}")
    return text


def whole_row(table: BoundTable, row_id: str, fields: Json, actor: str | None = None) -> SeenRow:
    """A record with all its cells; where one cannot be read, with all but that one."""
    cells: dict[str, Raw] = dict(_decoded(table, fields))
    unread = {column.key for key, column in table.by_id.items() if key in fields} - cells.keys()
    if unread:
        # A cell left out of a whole record would be a cleared one.
        blank: dict[str, Raw] = dict.fromkeys(table.columns.keys() - unread)
        return _row(row_id, blank | cells, partial=True, actor=actor)
    shown: dict[str, Raw] = {key: value for key, value in cells.items() if value is not None}
    return _row(row_id, shown, partial=False, actor=actor)


def partial_row(table: BoundTable, row_id: str, fields: Json, actor: str | None = None) -> SeenRow:
    """A record with the cells that changed; cleared ones stand as None."""
    return _row(row_id, dict(_decoded(table, fields)), partial=True, actor=actor)


def _decoded(table: BoundTable, fields: Json) -> Iterator[tuple[str, Raw]]:
    for column_id, value in fields.items():
        column = table.by_id.get(column_id)
        if column is None:
            continue
        try:
            yield column.key, decode(column.type, value)
        except ValueError:
            # Unreadable is not blank: the cell is left out, and the next reading of the schema reports its column.
            continue


def _row(row_id: str, cells: dict[str, Raw], *, partial: bool, actor: str | None) -> SeenRow:
    system = {name: str(cells.pop(name) or "") for name in SystemColumn if name in cells}
    return SeenRow(
        uid=system.get(SystemColumn.UID, ""),
        row_id=row_id,
        position=-1,
        cells=cells,
        system=system,
        partial=partial,
        actor=actor,
    )
