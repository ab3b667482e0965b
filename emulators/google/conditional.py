"""The format a cell is shown in: the default, its own, and the conditional formats that apply. Rules of two colours (gradients) are kept and answered, but colour no cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulators.google.cells import Style
from emulators.google.defaults import DEFAULT_FORMAT
from emulators.google.entered import parse_plain
from emulators.google.errors import Json
from emulators.google.formula_syntax import FormulaSyntaxError, parse_formula
from emulators.google.formula_text import carried
from emulators.google.formula_values import FormulaError, scalar, to_text
from emulators.google.formulas import Evaluator, Here, Known
from emulators.google.grid import Sheet, box_of

_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "TEXT_CONTAINS": lambda shown, wanted: wanted in shown,
    "TEXT_NOT_CONTAINS": lambda shown, wanted: wanted not in shown,
    "TEXT_STARTS_WITH": lambda shown, wanted: shown.startswith(wanted),
    "TEXT_ENDS_WITH": lambda shown, wanted: shown.endswith(wanted),
    "TEXT_EQ": lambda shown, wanted: shown == wanted,
    "TEXT_NOT_EQ": lambda shown, wanted: shown != wanted,
}
_NUMBERS: Mapping[str, Callable[..., bool]] = {
    "GREATER": lambda value, bound: value > bound,
    "GREATER_THAN_EQ": lambda value, bound: value >= bound,
    "LESS": lambda value, bound: value < bound,
    "LESS_THAN_EQ": lambda value, bound: value <= bound,
    "EQ": lambda value, bound: value == bound,
    "NOT_EQ": lambda value, bound: value != bound,
    "BETWEEN": lambda value, low, high: low <= value <= high,
    "NOT_BETWEEN": lambda value, low, high: not low <= value <= high,
    "BEFORE": lambda value, bound: value < bound,
    "AFTER": lambda value, bound: value > bound,
    "ON_OR_BEFORE": lambda value, bound: value <= bound,
    "ON_OR_AFTER": lambda value, bound: value >= bound,
}


def effective_format(
    evaluator: Evaluator,
    sheet: Sheet,
    row: int,
    column: int,
    style: Style | None,
    number_format: Mapping[str, str],
) -> Json:
    """A cell's `effectiveFormat`."""
    effective = merged(DEFAULT_FORMAT, style.format if style else {})
    if number_format:
        effective = {**effective, "numberFormat": dict(number_format)}
    for rule in _applied(evaluator, sheet, row, column):
        effective = merged(effective, rule)
    return effective


def _applied(evaluator: Evaluator, sheet: Sheet, row: int, column: int) -> list[Json]:
    """The formats of the rules that hold for a cell, the one that wins last: rules come in the order of their rank."""
    found = []
    for rule in sheet.conditional_formats:
        boxes = [box_of(sheet, area) for area in rule["ranges"]]
        inside = any(box.top <= row < box.bottom and box.left <= column < box.right for box in boxes)
        if inside and "booleanRule" in rule:
            start = min(box.top for box in boxes), min(box.left for box in boxes)
            here = Here(evaluator, sheet, row, column)
            if _holds(here, rule["booleanRule"].get("condition") or {}, start):
                found.append(rule["booleanRule"].get("format") or {})
    return found[::-1]


def _holds(here: Here, condition: Json, start: tuple[int, int]) -> bool:
    """Whether a condition, written for the first cell of its ranges, is true here."""
    kind = str(condition.get("type", ""))
    value = here.evaluator.value(here.sheet, here.row, here.column)
    if kind in ("BLANK", "NOT_BLANK"):
        return (value in (None, "")) == (kind == "BLANK")
    wanted = [
        _entered(here, str(one.get("userEnteredValue", "")), start) for one in condition.get("values", [])
    ]
    known = [one for one in wanted if not isinstance(one, FormulaError)]
    if len(known) < len(wanted) or isinstance(value, FormulaError):
        return False
    if kind == "CUSTOM_FORMULA":
        return bool(known and known[0])
    if kind in _TEXTS:
        return bool(known) and _TEXTS[kind](to_text(value).casefold(), to_text(known[0]).casefold())
    return _number_holds(kind.partition("_")[2], value, known)


def _number_holds(kind: str, value: Known, wanted: Sequence[Any]) -> bool:
    numbers = [one for one in (value, *wanted) if type(one) in (int, float)]
    if kind not in _NUMBERS or len(numbers) != len(wanted) + 1 or not wanted:
        return False
    fits = len(wanted) == (2 if "BETWEEN" in kind else 1)
    return fits and bool(_NUMBERS[kind](*numbers))


def _entered(here: Here, text: str, start: tuple[int, int]) -> Known:
    """A value of a condition: a formula is computed as seen from the cell, anything else is read as if typed."""
    if not text.startswith("="):
        found = parse_plain(text, locale=here.evaluator.document.properties["locale"], year=here.now.year)
        return text if found is None else _plain(found[0])
    try:
        moved = carried(text, here.row - start[0], here.column - start[1])
        return scalar(here.compute(parse_formula(moved)))
    except FormulaSyntaxError:
        return FormulaError("ERROR", "Formula parse error.")
    except FormulaError as error:
        return error


def _plain(value: Any) -> Known:
    return value if isinstance(value, str | bool | int | float) else None


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    """`base` with the parts that `over` names replaced."""
    result = dict(base)
    for name, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(result.get(name), Mapping) and "olor" not in name
        result[name] = merged(result[name], value) if nested else value
    return result
