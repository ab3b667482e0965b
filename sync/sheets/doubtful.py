"""Cells of which a listing does not tell whether they hold a formula or a text that looks like one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from validators.schema import TableKey

from .answer import TabAnswer
from .cells import FORMULA, Shown, entered
from .client import SheetsClient
from .grid import Json, area, runs
from .tabs import Tab

SUSPECT = re.compile(b"\"'?=")
"""A row without this has no such cell."""
ENTERED = "sheets(properties.sheetId,data(startRow,startColumn,rowData.values.userEnteredValue))"

Doubtful = tuple[int, int, str]
"""Row, column, and what the listing tells."""


def is_doubtful(cell: Any) -> bool:
    """A listing shows text that begins with `=` as it shows a formula, and nobody promises that it does not put an
    apostrophe before such a text."""
    return isinstance(cell, str) and cell.startswith(("=", "'="))


@dataclass(slots=True)
class DoubtfulCells:
    """Asks what was entered in such cells, once for each that is new."""

    client: SheetsClient
    _known: dict[TableKey, dict[Doubtful, Shown]] = field(default_factory=dict)

    def ask_about(
        self, tab: Tab, answer: TabAnswer, positions: Sequence[int]
    ) -> dict[tuple[int, int], Shown]:
        """What really stands in those cells of ours at these positions, by row and column. Raises WrongCut."""
        suspects = [position for position in positions if SUSPECT.search(answer.rows[position])]
        doubtful = [
            (position, column, cells[column])
            for position, cells in answer.decode(suspects)
            for column in tab.at.values()
            if column < len(cells) and is_doubtful(cells[column])
        ]
        known = self._known.get(tab.layout.table, {})
        if any(cell not in known for cell in doubtful):
            known = self._ask(tab, doubtful)
        self._known[tab.layout.table] = {cell: known[cell] for cell in doubtful}
        return {(position, column): known[position, column, told] for position, column, told in doubtful}

    def _ask(self, tab: Tab, doubtful: Sequence[Doubtful]) -> dict[Doubtful, Shown]:
        """One read of what was entered in those cells, in stretches down each column."""
        areas = [
            area(tab.gid, stretch, (column, column + 1))
            for column in sorted({column for _, column, _ in doubtful})
            for stretch in runs(position for position, own, _ in doubtful if own == column)
        ]
        found = entered_cells(self.client.cells(areas, ENTERED), tab.gid)
        return {
            (position, column, told): _entered_or_told(found.get((position, column)), told)
            for position, column, told in doubtful
        }


def _entered_or_told(found: Shown, told: str) -> Shown:
    """A formula or the text that was entered; what the listing told where something else has come to stand meanwhile."""
    return found if found is FORMULA or (isinstance(found, str) and told.endswith(found)) else told


def entered_cells(document: Json, gid: int) -> Mapping[tuple[int, int], Shown]:
    """What was entered in the cells of one tab, by row and column."""
    return {
        (data.get("startRow", 0) + down, data.get("startColumn", 0) + across): entered(
            cell.get("userEnteredValue", {})
        )
        for sheet in document.get("sheets", ())
        if sheet["properties"].get("sheetId", 0) == gid
        for data in sheet.get("data", ())
        for down, row in enumerate(data.get("rowData", ()))
        for across, cell in enumerate(row.get("values", ()))
    }
