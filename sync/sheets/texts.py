"""Everything that stands in a spreadsheet, ours or not, a block of rows at a time: for whoever looks for what should not be there."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from sync.connection import Bindings, Texts
from validators.schema import TableKey

from .client import SheetsClient
from .grid import Json

BLOCK = 5_000
_FIELDS = "sheets.properties(sheetId,gridProperties(rowCount))"


def texts(client: SheetsClient, bindings: Bindings, tables: Sequence[TableKey]) -> Iterator[Texts]:
    """Every column of every tab, the hidden one included."""
    ours = {gid: table for table in tables if (gid := bindings.get(f"tab:{table}"))}
    for sheet in client.document(_FIELDS)["sheets"]:
        properties = sheet["properties"]
        table = ours.get(str(properties["sheetId"]), "")
        headers: list[str] = []
        for top in range(0, properties.get("gridProperties", {}).get("rowCount", 0), BLOCK):
            rows = _block(client, properties["sheetId"], top)
            headers = list(map(str, rows[0])) if top == 0 and rows else headers
            yield from _columns(table, headers, rows)


def _block(client: SheetsClient, gid: int, top: int) -> list[list[Any]]:
    area: Json = {"sheetId": gid, "startRowIndex": top, "endRowIndex": top + BLOCK}
    answer = orjson.loads(client.values([area]).joined())
    ranges = answer.get("valueRanges") or [{}]
    return list(ranges[0].get("valueRange", {}).get("values", []))


def _columns(table: TableKey, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[Texts]:
    for place in range(max(map(len, rows), default=0)):
        shown = tuple(str(row[place]) for row in rows if place < len(row) and row[place] not in ("", None))
        yield Texts(table, place + 1, headers[place] if place < len(headers) else "", shown)
