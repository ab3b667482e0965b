"""What a cell holds: a value or a formula, and a style (format, validation, note). Rows are immutable, so that a copy of
a sheet is a copy of a list."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from emulators.google.errors import Json, invalid
from emulators.google.formula_text import has_references

CELL_CHARACTERS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as typed, with its `=`."""

    text: str


Value = None | str | bool | int | float | Formula


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """Everything of a cell but its value, as CellData fields. Equal styles are mostly one object, so identity will do."""

    fields: Mapping[str, Any]

    @property
    def format(self) -> Mapping[str, Any]:
        """The user-entered format."""
        found: Mapping[str, Any] = self.fields.get("userEnteredFormat", {})
        return found

    @property
    def number_format(self) -> Mapping[str, str]:
        """`{"type", "pattern"?}` or empty."""
        found: Mapping[str, str] = self.format.get("numberFormat", {})
        return found


@lru_cache(maxsize=4096)
def _style(key: bytes) -> Style:
    return Style(orjson.loads(key))


def style_of(fields: Mapping[str, Any]) -> Style | None:
    """The style with those fields; None for none, so that a plain cell costs nothing."""
    kept = {name: value for name, value in fields.items() if value not in (None, {}, "", [])}
    return _style(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)) if kept else None


class Row:
    """Cells of one row from column A, without the empty end. Never changed in place."""

    __slots__ = ("formulas", "holes", "plain", "references", "shown", "shown_in", "styles", "values")

    def __init__(self, values: Iterable[Value] = (), styles: Iterable[Style | None] = ()) -> None:
        self.values: tuple[Value, ...] = _trimmed(tuple(values))
        self.styles: tuple[Style | None, ...] = _shared(_trimmed(tuple(styles)))
        kinds = {type(value) for value in self.values}
        self.formulas = Formula in kinds
        self.references = self.formulas and any(
            isinstance(value, Formula) and has_references(value.text) for value in self.values
        )
        """Whether a formula of it may change when cells move."""
        self.plain = kinds <= {str}
        """Whether every cell up to the end holds text."""
        self.holes = type(None) in kinds
        self.shown: tuple[str, ...] | None = None
        self.shown_in = ""
        """What the cells show, formulas apart, and the locale in which somebody asked."""

    @property
    def width(self) -> int:
        """Number of columns up to the last cell that holds anything."""
        return max(len(self.values), len(self.styles))

    def value(self, column: int) -> Value:
        """The value in a column, None beyond the end."""
        return self.values[column] if column < len(self.values) else None

    def style(self, column: int) -> Style | None:
        """The style in a column."""
        return self.styles[column] if column < len(self.styles) else None

    def spliced(self, at: int, drop: int, insert: Row) -> Row:
        """Columns `at`..`at+drop` replaced by those of `insert`, which must be `insert.width` wide or padded by the caller."""
        return Row(
            _splice(self.values, at, drop, insert.values), _splice(self.styles, at, drop, insert.styles)
        )

    def with_cells(
        self, left: int, values: Sequence[Value] | None, styles: Sequence[Style | None] | None
    ) -> Row:
        """The row with values, styles or both written from column `left` on."""
        return Row(
            self.values if values is None else _overwritten(self.values, left, values),
            self.styles if styles is None else _overwritten(self.styles, left, styles),
        )

    def cut(self, left: int, right: int) -> Row:
        """Columns `left`..`right` as a row of their own."""
        if left == 0 and right >= self.width:
            return self
        return Row(self.values[left:right], self.styles[left:right])


def _trimmed(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    end = len(cells)
    while end and cells[end - 1] is None:
        end -= 1
    return cells if end == len(cells) else cells[:end]


@lru_cache(maxsize=4096)
def _shared(styles: tuple[Style | None, ...]) -> tuple[Style | None, ...]:
    """Rows that look alike share their styles."""
    return styles


def _padded(cells: tuple[Any, ...], width: int) -> tuple[Any, ...]:
    return cells if len(cells) >= width else cells + (None,) * (width - len(cells))


def _overwritten(cells: tuple[Any, ...], left: int, new: Sequence[Any]) -> tuple[Any, ...]:
    return (*_padded(cells, left)[:left], *new, *cells[left + len(new) :])


def _splice(cells: tuple[Any, ...], at: int, drop: int, insert: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*_padded(cells, at)[:at], *insert, *cells[at + drop :])


EMPTY_ROW = Row()


def number(value: float) -> int | float:
    """A number as Google writes it: 42, not 42.0."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def text_value(text: str) -> Value:
    """Text to store; an empty one empties the cell. Raises the 400 for more than 50,000 characters."""
    if len(text) > CELL_CHARACTERS_MAX:
        raise invalid(
            f"Your input contains more than the maximum of {CELL_CHARACTERS_MAX} characters in a single cell."
        )
    return text or None


def typed_value(entered: Mapping[str, Any] | None) -> Value:
    """An ExtendedValue of a request; `{}` or nothing empties the cell."""
    if not entered:
        return None
    if entered.get("stringValue") is not None:
        return text_value(str(entered["stringValue"]))
    if entered.get("numberValue") is not None:
        return number(float(entered["numberValue"]))
    if entered.get("boolValue") is not None:
        return bool(entered["boolValue"])
    if entered.get("formulaValue") is not None:
        return _formula(str(entered["formulaValue"]))
    return None


def _formula(text: str) -> Value:
    text_value(text)
    return Formula(text) if text.startswith(("=", "+")) else text or None


def entered_json(value: Value) -> Json:
    """A stored value as `userEnteredValue`."""
    if isinstance(value, Formula):
        return {"formulaValue": value.text}
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"numberValue": value}


def float32(value: float) -> int | float:
    """A colour component as proto JSON writes a 32-bit float."""
    single: float = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(6, 10):
        shown = float(f"{single:.{digits}g}")
        if struct.pack("f", shown) == struct.pack("f", single):
            return number(shown)
    return number(single)


def color(value: Mapping[str, Any] | None) -> Json:
    """A colour without its zero components: black is `{}`."""
    return {name: float32(float(part)) for name, part in (value or {}).items() if part}


def with_color_styles(value: Any) -> Any:
    """Each `xColor` gets its `xColorStyle` and the other way round, as Google keeps both."""
    if isinstance(value, list):
        return [with_color_styles(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    result = {name: with_color_styles(item) for name, item in value.items() if item is not None}
    for name in [*result]:
        if name.endswith("ColorStyle") or name == "colorStyle":
            _mirror_style(result, name)
        elif name.endswith("Color") or name == "color":
            _mirror_color(result, name)
    return result


def _mirror_color(fields: dict[str, Any], name: str) -> None:
    if not isinstance(fields[name], Mapping) or "rgbColor" in fields[name]:
        return
    fields[name] = color(fields[name])
    fields[name + "Style"] = {"rgbColor": fields[name]}


def _mirror_style(fields: dict[str, Any], name: str) -> None:
    if fields[name].get("rgbColor") is not None:
        plain = color(fields[name]["rgbColor"])
        fields[name] = {"rgbColor": plain}
        fields[name.removesuffix("Style")] = plain
    elif not fields[name]:
        fields.pop(name)
        fields.pop(name.removesuffix("Style"), None)
