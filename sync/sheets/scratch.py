"""The hidden tab through which pre-images pass. Sensitive plaintext may stand in it for a moment, and is wiped at once."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sync.connection import Bindings
from sync.errors import ServiceError

from .answer import TabAnswer
from .cells import Entered, entered
from .client import SheetsClient
from .grid import Json, area, copy, quoted, wipe, write_cells
from .intent import Intents
from .tabs import SCRATCH, Sheet, Tab, find_tab

TOP = 100
"""First row in use: a formula copied there keeps references to rows above its own, which at the edge would break."""
SIGNATURE = TOP - 1
"""The row in which a batch says which one it is, and of which tab."""
HEADERS = SIGNATURE - 1
"""The row that shows that tab's headers as the batch found them: they tell under which columns it wrote."""
ROWS, COLUMNS = 2600, 60


@dataclass(slots=True)
class Scratch:
    """Knows the tab, grows it, wipes it."""

    client: SheetsClient
    bindings: Bindings
    intents: Intents
    sheet: Sheet | None = None
    soiled: int = 0
    """How many rows from the top may hold something. Only they are wiped: a whole tab takes a hundred times as long."""
    urgent: bool = False
    """Whether they may hold plaintext. Rows that show stand-ins only may wait for the next write, which wipes them first."""
    settled: bool = False
    """Whether all that stands there is known. An earlier run, or a batch without an answer, may have left what nobody read."""

    @property
    def found(self) -> bool:
        """Whether the tab is known."""
        return self.sheet is not None

    @property
    def gids(self) -> list[int]:
        """The tab's id, if known."""
        return [self.sheet.gid] if self.sheet else []

    @property
    def title(self) -> str:
        """As ranges want it."""
        assert self.sheet is not None, "ready() comes first"
        return quoted(self.sheet.title)

    def locate(self, sheets: Sequence[Sheet], marked: Mapping[str, Sequence[int]]) -> None:
        """Find the tab among those that exist."""
        self.sheet = find_tab(SCRATCH, SCRATCH, sheets, marked, self.bindings)

    def ready(self, width: int) -> int:
        """Make the tab if somebody deleted it, widen it if a table has grown; its id."""
        if self.sheet is None:
            reply = self.client.update([creation(width)])["replies"][0]["addSheet"]["properties"]
            self.sheet = Sheet(reply["sheetId"], reply["title"], ROWS, max(COLUMNS, width))
            self.bindings.set(f"tab:{SCRATCH}", str(self.sheet.gid))
        if self.sheet.columns < width or self.sheet.rows < ROWS:
            columns = max(width, self.sheet.columns)
            size = {"rowCount": ROWS, "columnCount": columns}
            properties = {"sheetId": self.sheet.gid, "gridProperties": size}
            change = {"properties": properties, "fields": "gridProperties(rowCount,columnCount)"}
            self.client.update([{"updateSheetProperties": change}], repeatable=True)
            self.sheet = Sheet(self.sheet.gid, self.sheet.title, ROWS, columns)
        return self.sheet.gid

    def leading(self) -> list[Json]:
        """Requests to put before others that use the tab: what an earlier batch left is wiped on the way."""
        return [wipe(gid, self.soiled) for gid in self.gids if self.soiled]

    def sign(self, gid: int, tab: Tab) -> list[Json]:
        """The requests that put the batch's number, the tab that it copies from, and that tab's headers above what it copies."""
        cells: list[Entered] = [
            {"numberValue": self.intents.number},
            {"numberValue": tab.gid},
        ]
        headers = area(tab.gid, (0, 1), (0, tab.width))
        return [
            write_cells(gid, SIGNATURE, 0, [cells]),
            copy(headers, rows_at(gid, HEADERS, 1, tab.width), "PASTE_VALUES"),
        ]

    def is_signed(self, cells: Sequence[Entered]) -> bool:
        """Whether the row above what was copied bears the number of the last batch: then that took effect."""
        return bool(cells) and entered(cells[0]) == self.intents.number

    def wipe(self) -> None:
        """Empty the tab of plaintext now; if Google does not answer, the next pull sees to it."""
        requests = self.leading()
        if requests and self.urgent and self.settled:
            with suppress(ServiceError):
                self.client.update(requests, repeatable=True)
                self.soiled, self.urgent = 0, False

    def soil(self, rows: int) -> None:
        """Rows up to this one may hold what staff typed, from before the request is sent until the tab is wiped."""
        self.soiled, self.urgent = max(self.soiled, rows), True

    def found_clean(self) -> None:
        """What was copied is known now, and none of it is plaintext."""
        self.urgent = False

    def look(self, answers: Mapping[int, TabAnswer]) -> None:
        """What stands there that nobody has read, in an answer that shows all tabs, is to be wiped."""
        found = None if self.settled else next((answers[gid] for gid in self.gids if gid in answers), None)
        if found is not None and found.rows:
            self.soil(len(found.rows))


def creation(width: int, gid: int | None = None) -> Json:
    """The request that makes the tab."""
    size = {"rowCount": ROWS, "columnCount": max(COLUMNS, width)}
    properties: Json = {"title": SCRATCH, "hidden": True, "gridProperties": size}
    if gid is not None:
        properties["sheetId"] = gid
    return {"addSheet": {"properties": properties}}


def rows_at(gid: int, start: int, count: int, width: int) -> Json:
    """Where a block of copied rows goes."""
    return area(gid, (start, start + count), (0, width))
