"""spreadsheets.batchUpdate: every request in order, all or none, with the answer's view of the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.google import masks
from emulators.google import requests_cells as cells
from emulators.google import requests_dimensions as dimensions
from emulators.google import requests_fill as fill
from emulators.google import requests_find as find
from emulators.google import requests_objects as objects
from emulators.google import requests_paste as paste
from emulators.google import requests_rows as some_rows
from emulators.google import requests_rules as rules
from emulators.google import requests_shapes as shapes
from emulators.google import requests_sheets as sheets
from emulators.google import requests_sort as sort
from emulators.google import requests_text as texts
from emulators.google.context import Context
from emulators.google.errors import ApiError, Json, invalid

Handler = Callable[[Context, Json], Json | None]
HANDLERS: dict[str, Handler] = {
    "addBanding": rules.add_band,
    "addConditionalFormatRule": rules.add_rule,
    "addDimensionGroup": dimensions.add_group,
    "addFilterView": rules.add_view,
    "addNamedRange": objects.add_named_range,
    "addProtectedRange": objects.add_protection,
    "addSheet": sheets.add,
    "appendCells": cells.append_cells,
    "appendDimension": dimensions.append_dimension,
    "autoFill": fill.auto_fill,
    "autoResizeDimensions": dimensions.auto_resize,
    "clearBasicFilter": rules.clear_filter,
    "copyPaste": paste.copy_paste,
    "createDeveloperMetadata": objects.create_metadata,
    "cutPaste": paste.cut_paste,
    "deleteBanding": rules.delete_band,
    "deleteConditionalFormatRule": rules.delete_rule,
    "deleteDeveloperMetadata": objects.delete_metadata,
    "deleteDimension": dimensions.delete_dimension,
    "deleteDimensionGroup": dimensions.delete_group,
    "deleteDuplicates": some_rows.delete_duplicates,
    "deleteFilterView": rules.delete_view,
    "deleteNamedRange": objects.delete_named_range,
    "deleteProtectedRange": objects.delete_protection,
    "deleteRange": dimensions.delete_range,
    "deleteSheet": sheets.remove,
    "duplicateFilterView": rules.duplicate_view,
    "duplicateSheet": sheets.duplicate,
    "findReplace": find.find_replace,
    "insertDimension": dimensions.insert_dimension,
    "insertRange": dimensions.insert_range,
    "mergeCells": shapes.merge,
    "moveDimension": dimensions.move_dimension,
    "pasteData": texts.paste_data,
    "randomizeRange": some_rows.randomize,
    "repeatCell": cells.repeat_cell,
    "setBasicFilter": rules.set_filter,
    "setDataValidation": cells.set_validation,
    "sortRange": sort.sort_range,
    "textToColumns": texts.text_to_columns,
    "trimWhitespace": texts.trim_whitespace,
    "unmergeCells": shapes.unmerge,
    "updateBanding": rules.update_band,
    "updateBorders": shapes.update_borders,
    "updateCells": cells.update_cells,
    "updateConditionalFormatRule": rules.update_rule,
    "updateDeveloperMetadata": objects.update_metadata,
    "updateDimensionGroup": dimensions.update_group,
    "updateDimensionProperties": dimensions.update_dimension,
    "updateFilterView": rules.update_view,
    "updateNamedRange": objects.update_named_range,
    "updateProtectedRange": objects.update_protection,
    "updateSheetProperties": sheets.update,
    "updateSpreadsheetProperties": sheets.update_spreadsheet,
}


def batch_update(context: Context, body: Json) -> Json:
    """The answer to a batchUpdate; raises the 400 that names the first request at fault, and then nothing is changed."""
    mask = context.mask
    requests = body.get("requests") or []
    if not requests:
        raise invalid("Must specify at least one request.")
    with context.document.transaction():
        replies = [_apply(context, index, request) for index, request in enumerate(requests)]
        answer: Json = {"spreadsheetId": context.document.document_id, "replies": replies}
        if body.get("includeSpreadsheetInResponse") and masks.wanted(mask, "updatedSpreadsheet"):
            answer["updatedSpreadsheet"] = _updated(context, body, masks.below(mask, "updatedSpreadsheet"))
    return {
        name: value if name == "updatedSpreadsheet" else masks.pick(value, masks.below(mask, name))
        for name, value in answer.items()
        if masks.wanted(mask, name)
    }


def _updated(context: Context, body: Json, mask: masks.Mask) -> Json:
    """The spreadsheet afterwards; a mask decides about grid data, else `responseIncludeGridData`."""
    ranges = body.get("responseRanges")
    selection = [context.document.box(text) for text in ranges] if ranges else None
    return context.view().spreadsheet(mask, selection, grid_data=bool(body.get("responseIncludeGridData")))


def _apply(context: Context, index: int, request: Json) -> Json:
    named = [(name, body) for name, body in request.items() if body is not None]
    if len(named) != 1:
        raise invalid(
            f"Invalid requests[{index}]: No request set."
            if not named
            else f"Invalid requests[{index}]: only one request may be set."
        )
    name, body = named[0]
    handler = HANDLERS.get(name)
    if handler is None:
        raise ApiError(
            501, f"Invalid requests[{index}].{name}: not offered by this emulator.", "UNIMPLEMENTED"
        )
    try:
        reply: Any = handler(context, body)
    except ApiError as error:
        raise error.prefixed(f"Invalid requests[{index}].{name}: ") from None
    return {} if reply is None else {name: reply}
