"""batchUpdate request that finds and replaces text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from emulators.google.a1 import Box
from emulators.google.cells import Formula, text_value
from emulators.google.context import Context
from emulators.google.entered import parse_entered
from emulators.google.errors import Json, invalid
from emulators.google.grid import Sheet
from emulators.google.render import Renderer
from emulators.google.values_write import with_number_format


def find_replace(context: Context, body: Json) -> Json:
    """findReplace: counts of what changed; zero is left out."""
    if not body.get("find"):
        raise invalid("find must not be empty.")
    pattern = _pattern(body)
    changed: list[tuple[int, int, bool, int]] = []
    for sheet, box in _search_places(context, body):
        changed += _replace_in(context, context.document.edit(sheet.sheet_id), box, pattern, body)
    counts = {
        "valuesChanged": sum(not formula for _, _, formula, _ in changed),
        "formulasChanged": sum(formula for _, _, formula, _ in changed),
        "rowsChanged": len({(sheet_id, row) for sheet_id, row, _, _ in changed}),
        "sheetsChanged": len({sheet_id for sheet_id, *_ in changed}),
        "occurrencesChanged": sum(count for *_, count in changed),
    }
    return {name: count for name, count in counts.items() if count}


def _pattern(body: Json) -> re.Pattern[str]:
    text = body["find"] if body.get("searchByRegex") else re.escape(body["find"])
    try:
        return re.compile(
            f"^(?:{text})$" if body.get("matchEntireCell") else text,
            0 if body.get("matchCase") else re.IGNORECASE,
        )
    except re.error as error:
        raise invalid(f"Invalid regular expression: {error}") from None


def _search_places(context: Context, body: Json) -> list[tuple[Sheet, Box]]:
    if body.get("range") is not None:
        return [context.document.area(body["range"])]
    if body.get("sheetId") is not None:
        sheet = context.document.sheet(body["sheetId"])
        return [(sheet, sheet.box)]
    return [(sheet, sheet.box) for sheet in context.document.ordered()]


def _replace_in(
    context: Context, sheet: Sheet, box: Box, pattern: re.Pattern[str], body: Json
) -> Iterator[tuple[int, int, bool, int]]:
    renderer, new = context.renderer(), str(body.get("replacement") or "")
    for index, row in [*sheet.used_rows(box)]:
        for column in range(box.left, min(box.right, len(row.values))):
            value, is_formula = row.values[column], isinstance(row.values[column], Formula)
            if value is None or (is_formula and not body.get("includeFormulas")):
                continue
            text = value.text if isinstance(value, Formula) else _shown(renderer, sheet, index, column)
            replaced, count = pattern.subn(
                new if body.get("searchByRegex") else new.replace("\\", "\\\\"), text
            )
            if count:
                context.touch(sheet, Box(index, column, index + 1, column + 1), "findReplace")
                _retype(context, sheet, index, column, replaced)
                yield sheet.sheet_id, index, is_formula, count


def _shown(renderer: Renderer, sheet: Sheet, row: int, column: int) -> str:
    stored = sheet.value(row, column)
    return renderer.shown(
        renderer.evaluator.value(sheet, row, column), renderer.number_format(sheet, row, column, stored)
    )


def _retype(context: Context, sheet: Sheet, row: int, column: int, text: str) -> None:
    style = sheet.row(row).style(column)
    current = style.number_format if style else {}
    value, brought = (
        parse_entered(text, locale=context.locale, current=current, year=context.now().year)
        if text
        else (text_value(text), None)
    )
    new = with_number_format(style, dict(brought)) if brought and not current else style
    sheet.write(row, column, values=[value], styles=[new])
