"""What `setup` found in the spreadsheet, and what it is going to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import orjson

from sync.connection import Bindings, Change
from validators.schema import FieldKey, SchemaConfig, TableKey

from .columns import tabs_marked
from .dress import shape_of
from .grid import Json
from .layout import Column, Layout
from .tabs import Sheet, find_tab, sheets_of

GID_MAX = 2**31 - 1


@dataclass(slots=True)
class Plan:
    """Requests, the changes they make, and what to remember once they are made."""

    requests: list[Json] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    bindings: dict[str, str] = field(default_factory=dict)

    def make(
        self,
        table: str,
        what: str,
        requests: Iterable[Json],
        *,
        blank: tuple[TableKey, tuple[FieldKey, ...]] | None = None,
        adopted: bool = False,
    ) -> None:
        """One change and the requests that make it."""
        self.requests += requests
        self.changes.append(Change(table, what, blank=blank, adopted=adopted))

    def leave(self, table: str, what: str, why: str, *, left: bool = False) -> None:
        """One thing for a person to decide; `left` is about what the replica held once."""
        self.changes.append(Change(table, what, why, left=left))

    def remember(self, layout: Layout, columns: Iterable[Column], schema: SchemaConfig) -> None:
        """How the columns were last configured."""
        for column in columns:
            made = {"header": column.header, "shape": shape_of(column, schema)}
            self.bindings[binding(layout.table, column)] = orjson.dumps(made).decode()


@dataclass(frozen=True, slots=True)
class Place:
    """The spreadsheet as it is."""

    document: Json
    metadata: Sequence[Json]
    bindings: Bindings

    @property
    def sheets(self) -> list[Sheet]:
        """Its tabs."""
        return sheets_of(self.document)

    @property
    def marked(self) -> Mapping[str, Sequence[int]]:
        """Tab ids by the name in our mark."""
        return tabs_marked(self.metadata)

    def tab(self, name: str, title: str) -> Sheet | None:
        """The tab of a table, or one of the daemon's own."""
        return find_tab(name, title, self.sheets, self.marked, self.bindings)

    def views(self, gid: int) -> set[str]:
        """Names of the filter views of a tab."""
        return {
            view.get("title", "")
            for sheet in self.document.get("sheets", ())
            if sheet["properties"].get("sheetId", 0) == gid
            for view in sheet.get("filterViews", ())
        }

    def new_gid(self, name: str) -> int:
        """An id for a new tab, so that one batch can make the tab and fill it. Ids of tabs that are gone are not used again."""
        used = {sheet.gid for sheet in self.sheets} | {int(self.bindings.get(f"tab:{name}") or 0)}
        gid = crc32(name.encode()) & GID_MAX
        while gid in used:
            gid = (gid + 1) & GID_MAX
        return gid

    def made(self, table: TableKey, column: Column) -> Mapping[str, str] | None:
        """How a column was last configured, if that is remembered."""
        remembered = self.bindings.get(binding(table, column))
        return None if remembered is None else orjson.loads(remembered)


def binding(table: TableKey, column: Column) -> str:
    """The name under which a column's last configuration is remembered."""
    return f"column:{table}:{column.key}"
