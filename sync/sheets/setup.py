"""Making what is missing: decides from what is there, then writes everything in one atomic batch.

Nothing is deleted, reordered or retyped; what is left to a person is reported with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from sync.connection import Bindings, Change
from validators.schema import SchemaConfig

from . import dress, status
from .cells import shown, text
from .client import SheetsClient
from .closed import PROTECTIONS
from .extend import Extension, filter_view, owned
from .grid import Json, area
from .layout import LEFT, Layout
from .plan import Place, Plan
from .scratch import creation as scratch_creation
from .tabs import SCRATCH, STATUS, Sheet

ROWS_NEW = 1000
DOCUMENT = f"properties(timeZone,autoRecalc),sheets(properties,filterViews.title,{PROTECTIONS})"
PROPERTIES = {"timeZone": "Asia/Shanghai", "autoRecalc": "MINUTE"}
"""Serials are wall time of Shanghai. Without the recalculation NOW() stands still while nobody edits, and the warning of
系统状态 would never appear by itself."""
SCHEMA_MARK = "schema:1"
LEFT_TAB = "本表已不属于这份表格,不再同步,填在其中的号码不会加密 → 右键点击下方的表名,选“删除”"


@dataclass(frozen=True, slots=True)
class Setup:
    """Brings a spreadsheet up to the config."""

    client: SheetsClient
    schema: SchemaConfig
    layouts: Sequence[Layout]
    bindings: Bindings

    def run(self, *, dry_run: bool) -> Sequence[Change]:
        """Make what is missing; with `dry_run` only say what."""
        plan = self._plan()
        if dry_run:
            return plan.changes
        if plan.requests:
            self.client.update(plan.requests)
        for name, value in plan.bindings.items():
            if self.bindings.get(name) != value:
                self.bindings.set(name, value)
        return plan.changes

    def _plan(self) -> Plan:
        place = Place(self.client.document(DOCUMENT), self.client.metadata(), self.bindings)
        tabs = {layout.table: place.tab(layout.table, layout.title) for layout in self.layouts}
        headers = self._headers([tab for tab in tabs.values() if tab])
        plan = Plan()
        _plan_properties(place, plan)
        for layout in self.layouts:
            tab = tabs[layout.table]
            if tab is None:
                self._plan_tab(layout, place.new_gid(layout.table), plan)
            else:
                Extension(layout, tab, headers.get(tab.gid, ()), place, self.schema).plan(plan)
        self._plan_own_tabs(place, plan)
        self._leave_tabs(place, plan)
        return plan

    def _headers(self, tabs: Sequence[Sheet]) -> Mapping[int, Sequence[str]]:
        """The header rows of tabs that exist."""
        if not tabs:
            return {}
        answer = orjson.loads(self.client.values([area(tab.gid, (0, 1)) for tab in tabs]).joined())
        return {
            asked["gridRange"].get("sheetId", 0): [
                text(shown(cell)) for row in part["valueRange"].get("values", ()) for cell in row
            ]
            for part in answer.get("valueRanges", ())
            for asked in part["dataFilters"]
        }

    def _plan_tab(self, layout: Layout, gid: int, plan: Plan) -> None:
        grid = {
            "rowCount": ROWS_NEW,
            "columnCount": len(layout.columns),
            "frozenRowCount": 1,
            "frozenColumnCount": len(LEFT),
        }
        tab = {"addSheet": {"properties": {"sheetId": gid, "title": layout.title, "gridProperties": grid}}}
        columns = [
            request
            for index, column in enumerate(layout.columns)
            for request in dress.created(layout, column, gid, index, self.schema)
        ]
        plan.make(
            layout.title,
            f"create the tab with {len(layout.columns)} columns",
            [tab, *columns, *owned(layout, gid)],
            blank=(layout.table, ()),
        )
        at = {column.key: index for index, column in enumerate(layout.columns)}
        for view in layout.config.views:
            plan.make(layout.title, f"add the filter view {view.name}", filter_view(view, gid, at))
        plan.remember(layout, layout.columns, self.schema)
        plan.bindings[f"tab:{layout.table}"] = str(gid)

    def _leave_tabs(self, place: Place, plan: Plan) -> None:
        """Tabs of tables that the replica no longer holds: what stands there may be staff's own, so a person deletes it."""
        held = {layout.table for layout in self.layouts} | {SCRATCH, STATUS}
        titles = {sheet.gid: sheet.title for sheet in place.sheets}
        for name, gids in place.marked.items():
            for gid in gids if name not in held else ():
                if gid in titles:
                    plan.leave(titles[gid], "delete the tab", LEFT_TAB, left=True)

    def _plan_own_tabs(self, place: Place, plan: Plan) -> None:
        width = max(len(layout.columns) for layout in self.layouts)
        for name in (SCRATCH, STATUS):
            tab = place.tab(name, name)
            gid = tab.gid if tab else place.new_gid(name)
            if tab is None:
                made = (
                    status.creation(gid)
                    if name == STATUS
                    else [scratch_creation(width, gid), dress.mark(name, {"sheetId": gid})]
                )
                plan.make(name, "create the tab", made)
            plan.bindings[f"tab:{name}"] = str(gid)


def _plan_properties(place: Place, plan: Plan) -> None:
    present = place.document.get("properties", {})
    wrong = {name: value for name, value in PROPERTIES.items() if present.get(name) != value}
    if wrong:
        change: Json = {"properties": wrong, "fields": ",".join(wrong)}
        plan.make("", f"set {', '.join(wrong)} of the spreadsheet", [{"updateSpreadsheetProperties": change}])
    if not any(entry.get("metadataValue") == SCHEMA_MARK for entry in place.metadata):
        plan.requests.append(dress.mark(SCHEMA_MARK, {"spreadsheet": True}))
